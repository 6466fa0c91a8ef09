/**
 * Fresh copies of a model: a search trains the same network many times, each time from the weights that the final training begins with.
 */
import { ensureBackend } from "../backend/index.ts";
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";

/** A model, or a function that builds it with the initial weights of a seed. */
export type ModelSource = tf.LayersModel | ((seed: number) => tf.LayersModel | Promise<tf.LayersModel>);

/**
 * A new model, which the caller disposes: a copy of `source` with the weights that it has now, frozen layers frozen; or what the function builds.
 *
 * @throws CW_MODEL_OUTPUT where `source` is neither a layers model nor a function
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
  const copy = await tf.models.modelFromJSON(
    source.toJSON(null, false) as Parameters<typeof tf.models.modelFromJSON>[0],
  );
  tf.tidy(() => {
    copy.weights.forEach((weight, i) => {
      // A clone would share its memory with the source's weights, which optimizers write into.
      weight.write(tf.mul(source.weights[i]!.read(), 1));
    });
  });
  return copy;
}
