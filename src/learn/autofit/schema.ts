/**
 * TrainingReport: what came of a run, for a pipeline to read and a person to look at.
 */
import { z } from "zod";
import { defineParams } from "../params/definition.ts";

const count = z.int().min(0);
const score = z.strictObject({
  loss: z.number().meta({ description: "mean cross-entropy in nats" }),
  accuracy: z.number().min(0).max(1),
});

/** Of a whole model, where an image may be of several classes too: `accuracy` is then the share of labels that are right. */
const finalScore = score.extend({
  multiLabel: z
    .strictObject({ macroF1: z.number().min(0).max(1), meanAveragePrecision: z.number().min(0).max(1) })
    .optional()
    .meta({ description: "where an image may be of several classes" }),
});

const epoch = z.strictObject({
  epoch: z.int().min(1),
  loss: z.number(),
  accuracy: z.number(),
  validation: score.optional(),
  learningRate: z.number(),
  seconds: z.number(),
});

/** What one technique changed, against the policy without it, as the search measured it on validation images. */
export const techniqueDelta = z.strictObject({
  technique: z.string(),
  accuracy: z.number(),
  loss: z.number(),
  standardError: z.number().meta({ description: "of the change of the loss, over images" }),
});

/** The steps of a run, in order. */
export const stages = ["data", "architecture", "optimization", "regularization", "ssl", "training"] as const;

export const trainingReport = defineParams("TrainingReport", 1, {
  complete: z
    .boolean()
    .meta({ description: "whether the run came to its end; if not, the figures are of what there is" }),
  stoppedAt: z.enum(stages).nullable(),
  validation: finalScore.nullable(),
  test: finalScore.nullable().meta({ description: "of images that nothing was chosen by; null where there are none" }),
  images: z.strictObject({ train: count, validation: count, test: count }),
  device: z.strictObject({ backend: z.string(), platform: z.string(), deterministic: z.boolean() }),
  history: z.array(epoch),
  bestEpoch: z.int().nullable(),
  policyName: z.string().nullable(),
  techniques: z.array(techniqueDelta),
  cost: z
    .strictObject({ optimization: z.number(), regularization: z.number(), training: z.number() })
    .meta({ description: "in trainings" }),
  seconds: z.number().meta({ description: "of work, that of earlier, interrupted runs included" }),
  warnings: z.array(z.string()),
  model: z.string().nullable().meta({ description: "the folder of the trained model" }),
});

/** What came of a run. Plain JSON. */
export type TrainingReport = z.infer<typeof trainingReport.schema>;
/** What one technique changed. */
export type TechniqueDelta = z.infer<typeof techniqueDelta>;
/** A step of a run. */
export type Stage = (typeof stages)[number];
