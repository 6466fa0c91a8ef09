/**
 * Which variables decay.
 *
 * Weight decay keeps kernels small because their size is a freedom of the model. A bias or the scale and shift of a normalisation is a position, not a size: pulled to zero it is only wrong (Goyal et al. 2017,
 * section 5.1; He et al. 2019, section 3.1). These are the variables with fewer than two dimensions, and any named bias, beta or gamma.
 */

/** A variable as the rule sees it. */
export interface VariableDescription {
  /** "conv_1/kernel"; TensorFlow.js appends _1, _2… where a name is taken. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Whether weight decay is meant for a variable, where nobody says otherwise. */
export function decaysByDefault({ name, shape }: VariableDescription): boolean {
  return shape.length >= 2 && !/(^|\/)(bias|beta|gamma)(_\d+)?$/.test(name);
}
