/**
 * Fresh copies of a model: every search trains the same network many times, from weights that a seed names.
 */
import { ensureBackend } from "../backend/index.ts";
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { initializeWeights } from "../models/index.ts";
import { Random } from "../random/index.ts";

/** A model, or a function that builds it anew with the weights of a seed. */
export type ModelSource = tf.LayersModel | ((seed: number) => tf.LayersModel | Promise<tf.LayersModel>);

/**
 * A new model of the same architecture, which the caller disposes.
 *
 * Of a model the topology is copied and the weights are drawn anew from `seed`, each from its own initializer; layers that are frozen (`trainable = false`) keep the weights that they have. A function is called with the seed.
 *
 * @throws CW_MODEL_OUTPUT where `source` is neither; CW_INITIALIZER where weights of the model cannot be drawn from a seed: pass a function then
 * @example
 * const model = await freshModel((seed) => smallCnn({ inputShape: [28, 28, 1], classes: 10, seed }), 7);
 */
export async function freshModel(source: ModelSource, seed: number): Promise<tf.LayersModel> {
  await ensureBackend();
  if (typeof source === "function") return source(seed);
  if (typeof source?.toJSON !== "function" || !Array.isArray(source.layers)) {
    throw new CellwrightError(
      "CW_MODEL_OUTPUT",
      `expected a tf.LayersModel, such as smallCnn returns, or a function from a seed to one; got ${typeof source}`,
    );
  }
  const topology = source.toJSON(null, false) as Parameters<typeof tf.models.modelFromJSON>[0];
  const model = await tf.models.modelFromJSON(topology);
  try {
    initializeWeights(model, new Random(seed));
    keepFrozen(source, model);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** Copies the weights of frozen layers, and the mark that they are frozen, which the topology need not carry. */
function keepFrozen(source: tf.LayersModel, copy: tf.LayersModel): void {
  for (const [i, layer] of source.layers.entries()) {
    const twin = copy.layers[i]!;
    twin.trainable = layer.trainable;
    if (!layer.trainable) {
      for (const [at, weight] of layer.weights.entries()) twin.weights[at]!.write(weight.read());
    } else if (layer instanceof tf.LayersModel && twin instanceof tf.LayersModel) keepFrozen(layer, twin);
  }
}
