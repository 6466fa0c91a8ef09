/**
 * Half a cosine from η down to `final` · η (Loshchilov and Hutter 2017, equation 5), once or with warm restarts.
 *
 * Cycle i has cycleSteps · cycleFactorⁱ steps and falls from η · cycleDecayⁱ, with `final` · η for the floor of all, as in Keras's CosineDecayRestarts. A single cycle ends at `steps`; later steps stay at its end.
 */
export interface CosineOptions {
  readonly learningRate: number;
  readonly steps: number;
  /** The end as a share of the start, in [0, 1]. */
  readonly final: number;
  /** Steps of the first cycle, for restarts. */
  readonly cycleSteps?: number;
  readonly cycleFactor: number;
  readonly cycleDecay: number;
}

export function cosine(options: CosineOptions): (step: number) => number {
  const { learningRate, steps, final, cycleSteps, cycleFactor, cycleDecay } = options;
  const fall = (done: number, peak = 1) => final + ((1 - final) * peak * (1 + Math.cos(Math.PI * done))) / 2;
  if (cycleSteps === undefined) return (step) => learningRate * fall(Math.min(step / steps, 1));
  return (step) => {
    let start = 0;
    let length = cycleSteps;
    let peak = 1;
    while (step >= start + length) {
      start += length;
      length *= cycleFactor;
      peak *= cycleDecay;
    }
    return learningRate * fall((step - start) / length, peak);
  };
}
