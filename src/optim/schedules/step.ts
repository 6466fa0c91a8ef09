/**
 * A staircase: the rate is multiplied by `factor` at given steps (He et al. 2016, section 4.2), every so many steps or at a list of them.
 */
export interface StepOptions {
  readonly learningRate: number;
  /** Steps between falls. */
  readonly every?: number;
  /** The steps that are the first with a lower rate, instead of `every`. */
  readonly at?: readonly number[];
  readonly factor: number;
}

export function step({ learningRate, every, at, factor }: StepOptions): (step: number) => number {
  return (step) => {
    const falls = at ? at.filter((boundary) => step >= boundary).length : Math.floor(step / every!);
    return learningRate * factor ** falls;
  };
}
