/**
 * Dropout whose masks can be repeated.
 *
 * In training each value is zeroed with probability `rate` and the others are divided by 1 - rate, so that the expectation stays; at inference the layer is the identity
 * (Srivastava et al. 2014, in the inverted form). TensorFlow.js's own layer either draws from Math.random or, given a seed, zeroes the same values in every step.
 *
 * `saveModel` writes the layer as plain "Dropout", which every reader of the format knows; `loadModel` reads it back as this one.
 */
import { tf } from "../backend/tf.ts";
import type { Random } from "../random/index.ts";
import { dropoutMask, SeededLayer } from "./seeded-layer.ts";

/** Options of `dropout`. */
export interface DropoutOptions {
  /** The probability that a value is zeroed, in [0, 1). */
  readonly rate: number;
  /** Names the masks where no training loop supplies them. Default: 0. */
  readonly seed?: number;
  readonly name?: string;
}

/** The layer class. Make one with `dropout`. */
export class SeededDropout extends SeededLayer {
  static readonly className = "SeededDropout";

  constructor(config: DropoutOptions) {
    super(config, "dropout rate");
  }

  protected override factor(shape: number[], random: Random): tf.Tensor {
    const size = shape.reduce((product, side) => product * side, 1);
    return tf.tensor(dropoutMask(size, this.rate, random), shape, "float32");
  }
}

tf.serialization.registerClass(SeededDropout);

/**
 * A dropout layer.
 *
 * @throws CW_MODEL_OPTION unless `rate` is in [0, 1)
 * @example
 * const hidden = dropout({ rate: 0.5 }).apply(tf.layers.dense({ units: 64 }).apply(input));
 */
export function dropout(options: DropoutOptions): SeededDropout {
  return new SeededDropout(options);
}
