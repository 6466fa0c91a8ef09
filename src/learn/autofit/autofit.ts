/**
 * `autofit`: the whole flow, from images and a model to a trained model and a report.
 */
import { arch, platform } from "node:os";
import { ensureBackend } from "../../backend/index.ts";
import { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { fingerprint } from "../../train/fingerprint.ts";
import { planTraining } from "../../train/options.ts";
import { freshModel, type ModelSource } from "../model-source.ts";
import { parseParams } from "../params/files.ts";
import type { Budget } from "../regularization/budget.ts";
import { type LearningData, partsOf } from "../split.ts";
import { USUAL_TRAININGS } from "./budget.ts";
import { Flow } from "./flow.ts";
import type { AutofitOptions, AutofitResult } from "./options.ts";
import { RunFolder } from "./run-folder.ts";

/**
 * Learns data, architecture, optimization and regularization params, each with its reasons, then trains the model with them.
 *
 * With a `folder` the run survives its process: called again with the same arguments it goes on where it stopped and comes to the same result, to the byte on one back end, unless a clock had a say (a budget in minutes; the batch size, but for `batchSize` or `stepOverhead`). Params in the folder may be edited in between; the steps behind them follow.
 *
 * @param model a layers model, which is trained in place, or a function from a seed to one
 * @param data a Dataset (split by its images' names), or `{ train, validation, test? }`; nothing is chosen by the test images
 * @throws CW_BUDGET for less than one training; CW_ONE_CLASS, CW_FEW_IMAGES, CW_EMPTY_DATASET, CW_EMPTY_VALIDATION, CW_MODEL_OUTPUT, CW_SHAPE_MISMATCH for data and model that cannot be trained; CW_PARAMS for params that are none
 * @throws CW_RUN_MISMATCH, CW_RUN_CORRUPT for the folder of another run; CW_LOSS_NAN where the final training diverges
 * @example
 * const { model, report } = await autofit((seed) => smallCnn({ inputShape: [8, 8, 1], classes: 10, seed }), await digits(), { epochs: 10, seed: 7 });
 * console.log(reportMarkdown(report));
 */
export async function autofit(
  model: ModelSource,
  data: Dataset | LearningData,
  options: AutofitOptions = {},
): Promise<AutofitResult> {
  const { seed = 0, budget = { trainings: USUAL_TRAININGS }, folder } = options;
  checkBudget(budget);
  const given = {
    ...(options.dataParams && { data: parseParams(options.dataParams, "dataParams", "DataParams") }),
    ...(options.architectureParams && {
      architecture: parseParams(options.architectureParams, "architectureParams", "ArchitectureParams"),
    }),
    ...(options.optimizationParams && {
      optimization: parseParams(options.optimizationParams, "optimizationParams", "OptimizationParams"),
    }),
    ...(options.regularizationParams && {
      regularization: parseParams(options.regularizationParams, "regularizationParams", "RegularizationParams"),
    }),
  };
  const parts = partsOf(data);
  await ensureBackend();
  const own = typeof model === "function" ? await freshModel(model, seed) : model;
  try {
    const plan = planTraining(own, parts.train, { epochs: 1, seed, validation: parts.validation });
    const { loss: _, ...identity } = fingerprint(plan);
    const { epochs, batchSize, stepOverhead } = options;
    const run = await RunFolder.open(folder, {
      ...identity,
      options: JSON.stringify({ epochs, batchSize, stepOverhead, budget }),
      params: JSON.stringify(given),
      backend: tf.getBackend(),
    });
    const flow = new Flow(own, model, parts, run, given, { ...options, seed, budget }, `${platform()} ${arch()}`);
    return await flow.run();
  } catch (error) {
    if (own !== model) own.dispose();
    throw error;
  }
}

function checkBudget(budget: Budget): void {
  const value = budget && ("minutes" in budget ? budget.minutes : budget.trainings);
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw new CellwrightError(
    "CW_BUDGET",
    `budget must be { trainings } or { minutes }, a positive number; got ${JSON.stringify(budget)}`,
  );
}
