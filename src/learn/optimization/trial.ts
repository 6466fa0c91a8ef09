/**
 * A stretch of training, to compare candidates: the first steps of the very training that the params describe, judged on validation images.
 *
 * The last weights are judged, not an average of them: an average forgives a high rate the jumps that the training itself would have to live with until its schedule calms them (measured: with averages the race took rates three times too high).
 */
import type { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { evaluate, type TrainOptions, train } from "../../train/index.ts";

/** How often a stretch is judged: at its end, and a tenth and two tenths of it before. */
export const JUDGEMENTS = 3;

/** The validation loss at the end of `steps` updates, the geometric mean of the judgements; null where the training diverged, undefined where `signal` stopped it. */
export async function trialLoss(
  model: tf.LayersModel,
  data: { readonly train: Dataset; readonly validation: Dataset },
  options: TrainOptions,
  steps: number,
): Promise<number | null | undefined> {
  const moments = Array.from({ length: JUDGEMENTS }, (_, k) => Math.max(1, steps - Math.round((k * steps) / 10)));
  let sum = 0;
  try {
    let done = 0;
    // A compiled step would keep the weights to itself until the end of an epoch.
    for await (const event of train(model, data.train, { ...options, compile: false })) {
      if (event.type !== "step") continue;
      done++;
      for (const moment of moments) {
        if (moment === done) sum += Math.log((await evaluate(model, data.validation)).loss) / JUDGEMENTS;
      }
      if (done >= steps) break;
    }
    return options.signal?.aborted ? undefined : Math.exp(sum);
  } catch (error) {
    if (error instanceof CellwrightError && (error.code === "CW_LOSS_NAN" || error.code === "CW_OUTPUT_NAN")) {
      return null;
    }
    throw error;
  }
}
