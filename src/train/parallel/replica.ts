/**
 * A model that computes parts of batches: the caller's own, or a copy of it in a worker.
 *
 * Whatever a part starts from is read from the arena, and whatever it finds is written there, so it makes no difference which replica computes it.
 */
import { tf } from "../../backend/tf.ts";
import { floats, type WasmBackend } from "../../backend/wasm/kernel.ts";
import { Random } from "../../random/index.ts";
import type { Classifier } from "../logits.ts";
import type { LossFunction } from "../loss.ts";
import type { RandomLayers } from "../randomness.ts";
import { gradients } from "../step.ts";
import { type Arena, Control, imageSize } from "./arena.ts";
import { partBounds } from "./parts.ts";

/** A classifier, and which of its variables are trained. */
export interface Replica {
  readonly classifier: Classifier;
  readonly trained: readonly tf.Variable[];
  /** The others. */
  readonly states: readonly tf.Variable[];
  readonly loss: LossFunction;
  readonly layers: RandomLayers;
}

/** Computes a part of the batch that `arena.control` describes: gradients, new states and report go into the arena. */
export function computePart({ classifier, trained, states, loss, layers }: Replica, arena: Arena, part: number): void {
  const { control, slots, shape } = arena;
  const images = control[Control.images]!;
  const bounds = partBounds(images, control[Control.parts]!);
  const [start, end] = [bounds[part]!, bounds[part + 1]!];
  const result = arena.parts[part]!;
  const random = readRandom(control);
  layers.use(bounds.length > 2 ? random.split("part").split(part) : random);
  assignAll(states, arena.states);
  const before = states.map(({ dataId }) => dataId);
  tf.tidy(() => {
    const slot = slots[control[Control.slot]!]!;
    const count = end - start;
    const size = imageSize(shape);
    const input = tf.tensor4d(slot.images.subarray(start * size, end * size), [count, ...shape.image]);
    const { classes } = shape;
    const labels = control[Control.soft]
      ? tf.tensor2d(slot.probabilities.subarray(start * classes, end * classes), [count, classes])
      : tf.tensor1d(slot.indices.subarray(start, end), "int32");
    const share = { of: count / images, penalties: part === 0 };
    const { grads, report } = gradients(classifier, loss, [...trained], { images: input, labels }, share);
    let at = 0;
    trained.forEach(({ name, size }, i) => {
      const gradient = grads[name];
      result.present[i] = gradient ? 1 : 0;
      if (gradient) result.gradients.set(numbersOf(gradient), at);
      else result.gradients.fill(0, at, at + size);
      at += size;
    });
    result.report.set(report.dataSync());
  });
  let at = 0;
  states.forEach((state, i) => {
    result.changed[i] = state.dataId === before[i] ? 0 : 1;
    if (result.changed[i]) result.states.set(numbersOf(state), at);
    at += state.size;
  });
}

/**
 * The numbers of a float32 tensor where they stand: `dataSync` copies them, and a step's copies keep the garbage collector's threads busy,
 * which take the cores from those that compute. Good until the next allocation.
 */
export function numbersOf(tensor: tf.Tensor): Float32Array {
  return floats(tf.backend() as unknown as WasmBackend, tensor);
}

/** Gives `variables` the values that lie one after the other in `values`. */
export function assignAll(variables: readonly tf.Variable[], values: Float32Array): void {
  let at = 0;
  tf.tidy(() => {
    for (const variable of variables) {
      variable.assign(tf.tensor(values.subarray(at, at + variable.size), variable.shape, "float32"));
      at += variable.size;
    }
  });
}

/** Copies the values of `variables` one after the other into `values`. */
export function readAll(variables: readonly tf.Variable[], values: Float32Array): void {
  let at = 0;
  for (const variable of variables) {
    values.set(numbersOf(variable), at);
    at += variable.size;
  }
}

/** Names the batch's random stream, which must be at its beginning. */
export function writeRandom(control: Int32Array, random: Random): void {
  const { key, stream } = random.save();
  [...key, ...stream].forEach((word, i) => {
    control[Control.random + i] = word | 0;
  });
}

function readRandom(control: Int32Array): Random {
  const [a, b, c, d] = Array.from({ length: 4 }, (_, i) => control[Control.random + i]! >>> 0);
  return Random.restore({ algorithm: "philox4x32-10", key: [a!, b!], stream: [c!, d!], position: 0 });
}
