/** Exponential decay: η · factor^(step / every) (Keras's ExponentialDecay). */
export interface ExponentialOptions {
  readonly learningRate: number;
  /** Steps in which the rate falls to `factor` of itself. */
  readonly every: number;
  readonly factor: number;
}

export function exponential({ learningRate, every, factor }: ExponentialOptions): (step: number) => number {
  return (step) => learningRate * factor ** (step / every);
}
