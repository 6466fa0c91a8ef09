/**
 * A model as a table: what each layer is, what it gives, how many numbers it learns.
 */
import type { tf } from "../backend/tf.ts";

/** One layer of a `ModelSummary`. */
export interface LayerSummary {
  readonly layer: string;
  /** The layer's class: "Dense", "Conv2D"… */
  readonly type: string;
  /** The shape of its output; null is the batch. */
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
}

/** What `summary` returns. */
export interface ModelSummary {
  readonly name: string;
  readonly layers: readonly LayerSummary[];
  /** All parameters. A layer that is used twice is counted once. */
  readonly parameters: number;
  /** Those that the optimizer changes; batch normalisation's moving averages are not among them. */
  readonly trainableParameters: number;
}

/**
 * The model's layers and parameters as a plain table.
 *
 * @example
 * console.table(summary(model).layers.map((row) => ({ ...row, outputShape: row.outputShape.join(" x ") })));
 */
export function summary(model: tf.LayersModel): ModelSummary {
  const layers = model.layers.map((layer) => ({
    layer: layer.name,
    type: layer.getClassName(),
    outputShape: firstShape(layer.outputShape),
    parameters: countValues(layer.weights),
  }));
  return {
    name: model.name,
    layers,
    parameters: countValues(model.weights),
    trainableParameters: countValues(model.trainableWeights),
  };
}

function countValues(weights: readonly { shape: readonly (number | null)[] }[]): number {
  const unique = [...new Set(weights)];
  return unique.reduce((sum, { shape }) => sum + shape.reduce<number>((product, size) => product * size!, 1), 0);
}

/** Of a layer with several outputs, the first. */
function firstShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
  return Array.isArray(shape[0]) ? shape[0] : (shape as tf.Shape);
}
