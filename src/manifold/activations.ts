/**
 * What a layer of a network makes of the data: the features to embed when the question is what the network sees.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { checkWhole, finite } from "./checks.ts";
import { type Embedding, type ManifoldData, readMatrix } from "./matrix.ts";

/** Options of `activations`. */
export interface ActivationOptions {
  /** Rows at a time. Default: 256. */
  readonly batchSize?: number;
  /** Stops between two batches; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The outputs of a layer for every row, flattened: [rows, values].
 *
 * @param layer its name, or its place from 0 on, from the end where negative
 * @param data rows of as many values as one input has, in its order
 * @throws CW_LAYER for a layer that the model does not have, CW_SHAPE_MISMATCH where rows do not fit the model's input,
 * CW_NOT_FINITE for outputs of a broken model, CW_OPTION; the signal's reason
 * @example
 * const features = await activations(model, "dense_1", data.test);
 * const embedding = await umap(features);
 */
export async function activations(
  model: tf.LayersModel,
  layer: string | number,
  data: ManifoldData,
  options: ActivationOptions = {},
): Promise<Embedding> {
  const { batchSize = 256, signal } = options;
  checkWhole("batchSize", batchSize, 1, 1e6);
  const matrix = await readMatrix(data);
  const shape = inputShape(model, matrix.columns);
  const until = tf.model({ inputs: model.inputs, outputs: findLayer(model, layer).output as tf.SymbolicTensor });
  const parts: Float32Array[] = [];
  for (let start = 0; start < matrix.rows; start += batchSize) {
    signal?.throwIfAborted();
    const rows = Math.min(batchSize, matrix.rows - start);
    const values = matrix.values.slice(start * matrix.columns, (start + rows) * matrix.columns);
    if (matrix.scale !== 1) for (let at = 0; at < values.length; at++) values[at]! /= matrix.scale;
    const output = tf.tidy(() => until.predictOnBatch(tf.tensor(values, [rows, ...shape])) as tf.Tensor);
    try {
      parts.push((await output.data()) as Float32Array);
    } finally {
      output.dispose();
    }
  }
  const columns = parts[0]!.length / Math.min(batchSize, matrix.rows);
  const result = new Float32Array(matrix.rows * columns);
  parts.forEach((part, place) => {
    result.set(part, place * batchSize * columns);
  });
  return {
    data: finite(result, "the layer's outputs are not finite; look at the model's weights"),
    shape: [matrix.rows, columns],
  };
}

function findLayer(model: tf.LayersModel, layer: string | number): tf.layers.Layer {
  const found =
    typeof layer === "number" ? model.layers.at(layer) : model.layers.find((candidate) => candidate.name === layer);
  if (found) return found;
  const list = model.layers.map(({ name }) => name).join(", ");
  throw new CellwrightError("CW_LAYER", `the model has no layer ${JSON.stringify(layer)}; it has ${list}`);
}

function inputShape(model: tf.LayersModel, columns: number): number[] {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const values = shape.reduce((product, side) => product * side, 1);
  if (model.inputs.length === 1 && values === columns) return shape;
  throw new CellwrightError(
    "CW_SHAPE_MISMATCH",
    `expected rows of ${values} values for the one input [${shape}] of the model; got ${columns} values, and the model has ${model.inputs.length} inputs`,
  );
}
