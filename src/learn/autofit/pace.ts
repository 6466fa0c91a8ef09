/**
 * A budget in trainings; minutes become trainings by the pace of a few steps.
 */
import type { Dataset } from "../../data/index.ts";
import { freshModel, type ModelSource } from "../model-source.ts";
import { timeSteps } from "../optimization/throughput.ts";
import type { Budget } from "../regularization/budget.ts";
import { Journal } from "../regularization/journal.ts";

/** The batch that the pace is measured with. */
const PACE_BATCH = 64;

/** The budget in trainings, and in words where it was given in minutes; undefined where `signal` stopped the measurement. */
export async function trainingsOf(
  budget: Budget,
  source: ModelSource,
  train: Dataset,
  options: {
    readonly epochs: number;
    readonly seed: number;
    readonly signal: AbortSignal | undefined;
    /** A folder that remembers the pace, so that a run that goes on has the same budget. */
    readonly place: string | undefined;
  },
): Promise<{ readonly trainings: number; readonly what?: string } | undefined> {
  if ("trainings" in budget) return budget;
  const { epochs, seed, signal, place } = options;
  const journal = await Journal.open(place, {});
  const pace = await journal.once("pace", async () => {
    const model = await freshModel(source, seed);
    try {
      const { time } = await timeSteps(model, train, Math.min(PACE_BATCH, train.size), false);
      return signal?.aborted ? undefined : time.batchSize / time.seconds;
    } finally {
      model.dispose();
    }
  });
  if (pace === undefined) return undefined;
  const training = (epochs * train.size) / pace / 60;
  return {
    trainings: budget.minutes / training,
    what: `${budget.minutes} minutes, and one training of ${epochs} epochs takes about ${training.toPrecision(2)} at ${pace.toFixed(0)} images a second`,
  };
}
