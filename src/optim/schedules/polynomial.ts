/** From η to `final` · η as (1 - step / steps)^power (Keras's PolynomialDecay); a straight line with power 1. */
export interface PolynomialOptions {
  readonly learningRate: number;
  readonly steps: number;
  readonly power: number;
  /** The end as a share of the start, in [0, 1]. */
  readonly final: number;
}

export function polynomial({ learningRate, steps, power, final }: PolynomialOptions): (step: number) => number {
  return (step) => learningRate * (final + (1 - final) * (1 - Math.min(step / steps, 1)) ** power);
}
