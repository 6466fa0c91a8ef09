/**
 * Dropout whose masks can be repeated.
 *
 * In training each value is zeroed with probability `rate` and the others are divided by 1 - rate, so that the expectation stays; at inference the layer is the identity
 * (Srivastava et al. 2014, in the inverted form). TensorFlow.js's own layer either draws from Math.random or, given a seed, zeroes the same values in every step. Here the
 * mask comes from a `Random` that the training loop hands over anew before each step, so masks differ between steps and a resumed run sees the ones it would have seen.
 * A layer that nobody hands anything (under `model.fit`) goes through a sequence of its own, named by its seed.
 *
 * `saveModel` writes the layer as plain "Dropout", which every reader of the format knows; `loadModel` reads it back as this one.
 */
import { tf } from "../backend/tf.ts";
import { Random } from "../random/index.ts";
import { checkRate } from "./options.ts";

/** Options of `dropout`. */
export interface DropoutOptions {
  /** The probability that a value is zeroed, in [0, 1). */
  readonly rate: number;
  /** Names the masks where no training loop supplies them. Default: 0. */
  readonly seed?: number;
  readonly name?: string;
}

/** The layer class. Make one with `dropout`. */
export class SeededDropout extends tf.layers.Layer {
  static readonly className = "SeededDropout";
  readonly rate: number;
  readonly seed: number;
  #random: Random | undefined;
  #calls = 0;

  constructor(config: DropoutOptions) {
    super(config.name === undefined ? {} : { name: config.name });
    checkRate("dropout rate", config.rate);
    this.rate = config.rate;
    this.seed = config.seed ?? 0;
    this.supportsMasking = true;
  }

  /** The masks of the calls to come are drawn from `random`, in order; `undefined` goes back to the layer's own sequence. */
  useRandom(random: Random | undefined): void {
    this.#random = random;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (!kwargs.training || this.rate === 0) return input;
    const random = this.#random ?? new Random(this.seed).split(this.#calls++);
    return tf.tidy(() => input.mul(tf.tensor(dropoutMask(input.size, this.rate, random), input.shape, "float32")));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
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

/** `size` values, each 0 with probability `rate`, else 1 / (1 - rate). */
export function dropoutMask(size: number, rate: number, random: Random): Float32Array {
  const mask = random.fillUniform(new Float32Array(size));
  const kept = 1 / (1 - rate);
  for (let i = 0; i < size; i++) mask[i] = mask[i]! < rate ? 0 : kept;
  return mask;
}
