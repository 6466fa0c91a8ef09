/**
 * The pieces of training that a candidate is tried with: the race goes on from the warm model, the final from the race. Each is done once, and kept in the journal.
 */
import { CellwrightError } from "../../errors.ts";
import { trainingRegularizers } from "./augmentation.ts";
import type { Stage } from "./budget.ts";
import { digestOf } from "./effect.ts";
import type { Journal } from "./journal.ts";
import { regularizeModel } from "./model-parts.ts";
import { type Outcome, scored } from "./nodes.ts";
import type { RegularizationParams, RegularizationSettings } from "./schema.ts";
import type { Trainee } from "./trainee.ts";

/**
 * Trains a stage with `params`, which are `settings` with their tables, and judges it; undefined where it was aborted.
 *
 * @param piece which stage, until how many updates in all, and whether a later stage may go on from there
 */
export async function trainStage(
  trainee: Trainee,
  journal: Journal,
  settings: RegularizationSettings,
  params: RegularizationParams,
  { stage, until, keeps }: { readonly stage: Stage; readonly until: number; readonly keeps: boolean },
): Promise<Outcome | undefined> {
  const name = nameOf(settings, stage);
  const from = stage === 0 ? "warm" : nameOf(settings, 0);
  return journal.once(name, async (): Promise<Outcome | undefined> => {
    const snapshot = await journal.snapshot(from);
    const undo = regularizeModel(trainee.model, settings);
    try {
      const piece = await trainee.continue(snapshot, until, trainingRegularizers(params));
      if (!piece) return undefined;
      if (keeps) await journal.keep(name, piece.snapshot);
      return scored(piece.judgement, until);
    } catch (error) {
      if (error instanceof CellwrightError && error.code === "CW_LOSS_NAN") return { failed: error.message };
      throw error;
    } finally {
      undo();
    }
  });
}

const nameOf = (settings: RegularizationSettings, stage: Stage) => `${digestOf(settings)}-${stage}`;
