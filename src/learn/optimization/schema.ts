/**
 * OptimizationParams: how the weights are to move.
 */
import { z } from "zod";
import { optimizerNames, scheduleNames } from "../../optim/index.ts";
import { defineParams } from "../params/definition.ts";

const settings = z.union([z.number(), z.boolean(), z.string(), z.array(z.number())]);

export const optimizationParams = defineParams(
  "OptimizationParams",
  2,
  {
    batchSize: z.int().min(1),
    dropRemainder: z.boolean().meta({ description: "leave out the last images, so that every batch is full" }),
    epochs: z.int().min(1),
    learningRate: z.number().positive().meta({ description: "the highest of the schedule" }),
    learningRateSchedule: z
      .object({ name: z.enum(scheduleNames) })
      .catchall(settings)
      .meta({ description: "a schedule of cellwright/optim with its options; steps are updates" }),
    warmupLearningRate: z.number().min(0),
    warmupEpochs: z.number().min(0).meta({ description: "may be a fraction" }),
    optimizer: z.object({ name: z.enum(optimizerNames) }).catchall(settings),
    loss: z.literal("crossEntropy"),
    lossWeights: z
      .union([z.literal("balanced"), z.array(z.number().min(0))])
      .nullable()
      .meta({ description: "how much each class counts; null for alike" }),
    earlyStopping: z.strictObject({ patience: z.int().min(1), minDelta: z.number().min(0) }).nullable(),
    metrics: z.array(z.enum(["loss", "accuracy"])),
  },
  {
    // Version 1 had a schedule's name alone, and early stopping as a number of epochs, 0 for none.
    1: ({ learningRateSchedule, earlyStopping, ...rest }) => ({
      ...rest,
      learningRateSchedule:
        typeof learningRateSchedule === "string" ? { name: learningRateSchedule } : learningRateSchedule,
      earlyStopping:
        earlyStopping === 0
          ? null
          : typeof earlyStopping === "number"
            ? { patience: earlyStopping, minDelta: 0 }
            : earlyStopping,
    }),
  },
);

/** How the weights are to move: batch size, learning rate and its schedule, optimizer, epochs. Plain JSON. */
export type OptimizationParams = z.infer<typeof optimizationParams.schema>;
