/**
 * A stretch of training, to compare candidates: the first steps of the very training that the params describe, judged on validation images.
 *
 * The last weights are judged, not an average of them: an average forgives a high rate the jumps that the training itself would have to live with until its schedule calms them (measured: with averages the race took rates three times too high).
 */
import type { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { evaluate, type TrainOptions, train } from "../../train/index.ts";

/** From so many steps on the stretch is worth compiling. */
const COMPILED_FROM = 100;

/** The validation loss after `steps` updates; null where the training diverged, undefined where `signal` stopped it. */
export async function trialLoss(
  model: tf.LayersModel,
  data: { readonly train: Dataset; readonly validation: Dataset },
  options: TrainOptions,
  steps: number,
): Promise<number | null | undefined> {
  try {
    let done = 0;
    for await (const event of train(model, data.train, {
      ...options,
      compile: steps >= COMPILED_FROM,
    })) {
      if (event.type === "step" && ++done >= steps) break;
    }
    if (options.signal?.aborted) return undefined;
    const { loss } = await evaluate(model, data.validation);
    return loss;
  } catch (error) {
    if (error instanceof CellwrightError && (error.code === "CW_LOSS_NAN" || error.code === "CW_OUTPUT_NAN"))
      return null;
    throw error;
  }
}
