/**
 * Tensors on the host: shape, type and a copy of the values, independent of any back end. Best weights and checkpoints are made of these.
 */
import { tf } from "../backend/tf.ts";

/** The values of one tensor. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly values: Float32Array | Int32Array;
}

/** Copies tensors to the host. */
export async function readTensors(tensors: readonly tf.Tensor[]): Promise<StoredTensor[]> {
  return Promise.all(
    tensors.map(async (tensor) => ({
      shape: tensor.shape,
      dtype: tensor.dtype === "int32" ? ("int32" as const) : ("float32" as const),
      // The pure-JS back end hands out its own array, which the next update may write into: copy.
      values: ((await tensor.data()) as Float32Array | Int32Array).slice(),
    })),
  );
}

/** A new tensor with the stored values. The caller disposes it. */
export function toTensor({ values, shape, dtype }: StoredTensor): tf.Tensor {
  return tf.tensor(values.slice(), [...shape], dtype);
}

/** Every weight of `model`, trainable or not, in its own order. */
export function readWeights(model: tf.LayersModel): Promise<StoredTensor[]> {
  return readTensors(model.weights.map((weight) => weight.read()));
}

/** Writes what `readWeights` read. Synchronous, so that it can end a run that nobody waits for. */
export function writeWeights(model: tf.LayersModel, stored: readonly StoredTensor[]): void {
  tf.tidy(() => {
    model.weights.forEach((weight, i) => {
      weight.write(toTensor(stored[i]!));
    });
  });
}

/** Whether every weight of `model` is a finite number. */
export async function areFinite(model: tf.LayersModel): Promise<boolean> {
  // 0 times an infinite number is none: one number on the device says it of all.
  const sum = tf.tidy(() =>
    tf.sum(tf.stack(model.weights.map((weight) => tf.sum(tf.mul(tf.cast(weight.read(), "float32"), 0))))),
  );
  try {
    return Number.isFinite((await sum.data())[0]);
  } finally {
    sum.dispose();
  }
}
