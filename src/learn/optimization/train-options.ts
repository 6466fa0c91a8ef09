/**
 * OptimizationParams as `train` takes them.
 *
 * Early stopping and the weights of the best epoch go together. A schedule that runs out is made for its end: its middle, at a high rate, is noisy, and on little data the validation loss is lowest
 * there, while accuracy rises to the last epoch. So without early stopping the last weights are kept.
 */
import type { OptimizerName, OptimizerOptions } from "../../optim/index.ts";
import type { ScheduleSettings, TrainOptions } from "../../train/index.ts";
import type { OptimizationParams } from "./schema.ts";

/** The options of `train` that `params` mean for a training set of so many images. Everything else of `train` (seed, validation, regularizers) is left to the caller. */
export function optimizationOptions(
  params: OptimizationParams,
  images: number,
): Pick<
  TrainOptions,
  | "epochs"
  | "batchSize"
  | "optimizer"
  | "learningRate"
  | "learningRateSchedule"
  | "classWeights"
  | "earlyStopping"
  | "keepBest"
> {
  const { batchSize, epochs, learningRate, optimizer, lossWeights, earlyStopping } = params;
  const { name, ...settings } = params.learningRateSchedule;
  const stepsPerEpoch = params.dropRemainder
    ? Math.max(1, Math.floor(images / batchSize))
    : Math.ceil(images / batchSize);
  // A warm-up must end before the run does.
  const warmupSteps = Math.min(Math.round(params.warmupEpochs * stepsPerEpoch), epochs * stepsPerEpoch - 1);
  const warmup =
    name === "oneCycle" || warmupSteps === 0 ? {} : { warmupSteps, warmupLearningRate: params.warmupLearningRate };
  return {
    epochs,
    batchSize,
    optimizer: optimizer as { name: OptimizerName } & OptimizerOptions,
    learningRate,
    learningRateSchedule: { name, ...settings, ...warmup } as ScheduleSettings,
    ...(lossWeights && { classWeights: lossWeights }),
    ...(earlyStopping ? { earlyStopping } : { keepBest: false }),
  };
}
