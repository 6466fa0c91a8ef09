/**
 * The final training: one run of `train` with everything that has been learnt, saved as it goes.
 */
import { rm } from "node:fs/promises";
import type { tf } from "../../backend/tf.ts";
import { CellwrightError } from "../../errors.ts";
import { previousOf } from "../../train/checkpoint.ts";
import {
  type EndEvent,
  type EpochRecord,
  evaluate,
  loadModel,
  saveModel,
  type TrainEvent,
  train,
} from "../../train/index.ts";
import { readWeights, writeWeights } from "../../train/weights.ts";
import type { OptimizationParams } from "../optimization/schema.ts";
import { optimizationOptions } from "../optimization/train-options.ts";
import { trainingRegularizers } from "../regularization/augmentation.ts";
import { regularizeModel } from "../regularization/model-parts.ts";
import type { RegularizationParams } from "../regularization/schema.ts";
import type { LearningData } from "../split.ts";
import type { RunFolder } from "./run-folder.ts";
import type { TrainingReport } from "./schema.ts";

/** What the final training came to. */
export interface Trained {
  /** Whether it was not stopped. */
  readonly complete: boolean;
  /** Of the final weights; where it was stopped, of the last whole epoch. */
  readonly validation: TrainingReport["validation"];
  readonly test: TrainingReport["test"];
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number | null;
  readonly deterministic: boolean;
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/** Trains `model`, from the checkpoint in the folder where there is one, and saves it there. */
export async function finalTraining(
  model: tf.LayersModel,
  data: LearningData,
  optimization: OptimizationParams,
  regularization: RegularizationParams,
  folder: RunFolder,
  options: {
    readonly seed: number;
    readonly signal: AbortSignal | undefined;
    readonly onEvent: (event: TrainEvent) => void;
  },
): Promise<Trained> {
  const { seed, signal, onEvent } = options;
  const { batchSize, dropRemainder } = optimization;
  const whole = Math.floor(data.train.size / batchSize) * batchSize;
  const images = dropRemainder && whole > 0 ? data.train.take(whole) : data.train;
  const path = folder.place("training.checkpoint");
  const release = regularizeModel(model, regularization);
  let deterministic = true;
  let warnings: readonly string[] = [];
  let end: EndEvent | undefined;
  const once = async () => {
    const run = train(model, images, {
      ...optimizationOptions(optimization, images.size),
      ...trainingRegularizers(regularization),
      validation: data.validation,
      seed,
      ...(signal && { signal }),
      ...(path !== undefined && { checkpoint: { path }, resume: true }),
    });
    for await (const event of run) {
      if (event.type === "start") ({ deterministic, warnings } = event);
      if (event.type === "end") end = event;
      onEvent(event);
    }
  };
  const afresh = async () => {
    if (path !== undefined) for (const file of [path, previousOf(path)]) await rm(file, { force: true });
  };
  try {
    try {
      await once();
    } catch (error) {
      // The params have been edited since: what was begun with the others is of no use.
      if (!(error instanceof CellwrightError && error.code === "CW_CHECKPOINT_MISMATCH")) throw error;
      await afresh();
      await once();
    }
  } catch (error) {
    if (!(error instanceof CellwrightError && error.code === "CW_LOSS_NAN")) throw error;
    // The same steps would lead there again: the next run begins afresh, with the params as they are then.
    await afresh();
    const hint =
      folder.path === undefined ? "pass optimizationParams with" : `write into ${folder.place("optimization.json")}`;
    throw new CellwrightError("CW_LOSS_NAN", `${error.message}; in a run of autofit: ${hint} a lower learningRate`, {
      cause: error,
    });
  } finally {
    release();
  }
  const { history, bestEpoch, seconds, reason } = end!;
  const shared = { history, bestEpoch, deterministic, warnings, seconds };
  if (reason === "aborted")
    return { ...shared, complete: false, validation: history.at(-1)?.validation ?? null, test: null };
  const judge = async (part: typeof data.validation | undefined): Promise<TrainingReport["test"]> => {
    if (!part) return null;
    const { loss, accuracy, multiLabel } = await evaluate(model, part);
    if (!multiLabel) return { loss, accuracy };
    const { macro, meanAveragePrecision } = multiLabel;
    return { loss, accuracy, multiLabel: { macroF1: macro.f1, meanAveragePrecision } };
  };
  const validation = await judge(data.validation);
  const test = await judge(data.test);
  const place = folder.place("model");
  if (place !== undefined) await saveModel(model, place);
  return { ...shared, complete: true, validation, test };
}

/** Gives `model` the weights of the one saved in `folder`. */
export async function loadWeights(model: tf.LayersModel, folder: string): Promise<void> {
  const saved = await loadModel(folder);
  try {
    writeWeights(model, await readWeights(saved));
  } finally {
    saved.dispose();
  }
}
