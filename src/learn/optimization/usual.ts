/**
 * What is usual where nothing has been learnt: the values that a search begins with, and falls back on.
 */
import { type OptimizationParams, optimizationParams } from "./schema.ts";

/** Enough epochs for some 100,000 images to go through, within 10 to 60: small networks settle in that on small data, and it is minutes at most. */
export function usualEpochs(images: number): number {
  return Math.min(60, Math.max(10, Math.round(100_000 / images)));
}

/** What depends on the rate: a warm-up over 2 % of the run, one epoch at most, from a tenth of the rate. */
export function warmupTo(learningRate: number, epochs: number) {
  return {
    learningRate,
    warmupEpochs: Number(Math.min(1, 0.02 * epochs).toPrecision(3)),
    warmupLearningRate: Number((learningRate / 10).toPrecision(3)),
  };
}

/** Params for a training set of so many images. */
export function usualOptimization(
  images: number,
  epochs = usualEpochs(images),
  batchSize = Math.min(32, images),
): OptimizationParams {
  return {
    kind: optimizationParams.kind,
    version: optimizationParams.version,
    batchSize,
    dropRemainder: false,
    epochs,
    learningRateSchedule: { name: "cosine" },
    optimizer: { name: "adam" },
    ...warmupTo(0.002, epochs),
    loss: "crossEntropy",
    lossWeights: null,
    earlyStopping: null,
    metrics: ["loss", "accuracy"],
    reasons: {
      batchSize: "not learnt: a usual value",
      optimizer: "not learnt: a usual value",
      learningRate: "not learnt: a usual value",
      learningRateSchedule: "a large rate travels, a small one settles: half a cosine to 0",
      warmupEpochs: "2 % of the run, so that the first steps at a high rate do no harm",
      warmupLearningRate: "a tenth of the rate",
      loss: "of one class an image; of several, of each class by itself",
      lossWeights: "accuracy counts images alike",
      earlyStopping:
        "none: at the high rates of a schedule's middle the validation loss says little about where its end will lead; the last weights are the ones to use",
    },
  };
}
