/**
 * A layer that draws random numbers in training, in a way that can be repeated.
 *
 * The training loop hands it a `Random` anew before each step, so what it draws differs between steps and a resumed run sees what it would have seen. A layer that nobody hands anything
 * (under `model.fit`) goes through a sequence of its own, named by its seed.
 */
import { tf } from "../backend/tf.ts";
import { Random } from "../random/index.ts";
import { checkRate } from "./options.ts";

/** What such layers are made of. */
export interface SeededLayerOptions {
  /** In [0, 1). */
  readonly rate: number;
  readonly seed?: number;
  readonly name?: string;
}

/** The common part of dropout and stochastic depth: the identity at inference, a random factor in training. */
export abstract class SeededLayer extends tf.layers.Layer {
  readonly rate: number;
  readonly seed: number;
  #random: Random | undefined;
  #calls = 0;

  constructor(config: SeededLayerOptions, what: string) {
    super(config.name === undefined ? {} : { name: config.name });
    checkRate(what, config.rate);
    this.rate = config.rate;
    this.seed = config.seed ?? 0;
    this.supportsMasking = true;
  }

  /** The factors of the calls to come are drawn from `random`, in order; `undefined` goes back to the layer's own sequence. */
  useRandom(random: Random | undefined): void {
    this.#random = random;
  }

  /** What the input is multiplied by. Runs inside `tf.tidy`. */
  protected abstract factor(shape: number[], random: Random): tf.Tensor;

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (!kwargs.training || this.rate === 0) return input;
    const random = this.#random ?? new Random(this.seed).split(this.#calls++);
    return tf.tidy(() => input.mul(this.factor(input.shape, random)));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}

/** `size` values, each 0 with probability `rate`, else 1 / (1 - rate). */
export function dropoutMask(size: number, rate: number, random: Random): Float32Array {
  const mask = random.fillUniform(new Float32Array(size));
  const kept = 1 / (1 - rate);
  for (let i = 0; i < size; i++) mask[i] = mask[i]! < rate ? 0 : kept;
  return mask;
}
