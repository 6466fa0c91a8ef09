/**
 * `learnOptimizationParams`: the public face of the optimization learner.
 */
import { ensureBackend } from "../../backend/index.ts";
import type { Dataset } from "../../data/index.ts";
import { fingerprint } from "../../train/fingerprint.ts";
import { planTraining } from "../../train/options.ts";
import { learnArchitectureParams } from "../architecture/learn.ts";
import { freshModel, type ModelSource } from "../model-source.ts";
import { Journal } from "../regularization/journal.ts";
import { type LearningData, partsOf } from "../split.ts";
import { checkBudget, checkOptions, type LearnOptimizationOptions, type OptimizationReport } from "./options.ts";
import type { OptimizationParams } from "./schema.ts";
import { OptimizationSearch } from "./search.ts";

/**
 * How the weights are to move: batch size, optimizer, learning rate, schedule, epochs.
 *
 * - The batch size reaches a loss soonest by the gradient noise scale (McCandlish et al. 2018) and the time that steps take on this back end, within the memory that is there.
 * - Each optimizer's learning rate is proposed by a range test (Smith 2017); the proposal, half and twice of it then run the first tenth or so of the training, and the best two a quarter. The lowest validation loss wins.
 * - The schedule is half a cosine to 0 behind a short warm-up, run to its end.
 *
 * `params.reasons` says why for each field. Where times are measured, the batch size may differ between machines, and between runs where it is a near thing; `batchSize` or `stepOverhead` pins it. All else follows from the seed.
 *
 * @param model what will be trained, or a function that builds it; it is not changed
 * @param data a Dataset, or `{ train, validation }`
 * @throws CW_BUDGET, CW_EMPTY_VALIDATION, CW_ONE_CLASS, CW_FEW_IMAGES; what `train` throws for a model and data that do not fit each other; CW_RANGE_TEST where no rate makes the loss smaller; CW_SEARCH_MISMATCH, CW_SEARCH_CORRUPT
 * @example
 * const { params, report } = await learnOptimizationParams(model, data, { epochs: 10, seed: 7 });
 * rangeTestFigure(report);
 */
export async function learnOptimizationParams(
  model: ModelSource,
  data: Dataset | LearningData,
  options: LearnOptimizationOptions = {},
): Promise<{ params: OptimizationParams; report: OptimizationReport }> {
  const { seed = 0, budget = { trainings: 1.5 }, resume } = options;
  checkBudget(budget);
  checkOptions(options);
  const parts = partsOf(data);
  await ensureBackend();
  const architecture = options.architectureParams ?? (await learnArchitectureParams(model)).params;
  const own = await freshModel(model, seed);
  let identity: Record<string, string>;
  try {
    const { loss: _, ...plan } = fingerprint(
      planTraining(own, parts.train, { epochs: 1, seed, validation: parts.validation }),
    );
    const { epochs, batchSize, optimizers, learningRate, stepOverhead } = options;
    identity = {
      ...plan,
      options: JSON.stringify({ epochs, batchSize, optimizers, learningRate, stepOverhead, budget }),
    };
  } finally {
    own.dispose();
  }
  const journal = await Journal.open(resume, identity);
  const search = new OptimizationSearch(model, parts, architecture, journal, { ...options, seed, budget });
  return search.run();
}
