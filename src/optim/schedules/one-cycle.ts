/**
 * One cycle: up to the highest rate that training bears, then down to nearly nothing (Smith and Topin 2018, section 3).
 *
 * From η / `rise` to η over the first `warmup` share of the steps, then to η / (`rise` · `fall`) at the last step, each along half a cosine; PyTorch's OneCycleLR has the same form and defaults.
 */
export interface OneCycleOptions {
  /** The highest rate. */
  readonly learningRate: number;
  readonly steps: number;
  readonly rise: number;
  readonly fall: number;
  /** The share of the steps that go up, in (0, 1). */
  readonly warmup: number;
}

export function oneCycle({ learningRate, steps, rise, fall, warmup }: OneCycleOptions): (step: number) => number {
  const start = learningRate / rise;
  const end = start / fall;
  // The peak is between two steps where the share is no whole number of them.
  const last = Math.max(steps - 1, 1);
  const peak = Math.min(Math.max(warmup * steps - 1, 0), last);
  const between = (from: number, to: number, done: number) => to + ((from - to) * (1 + Math.cos(Math.PI * done))) / 2;
  return (step) => {
    const at = Math.min(step, last);
    if (at < peak) return between(start, learningRate, at / peak);
    return between(learningRate, end, last === peak ? 0 : (at - peak) / (last - peak));
  };
}
