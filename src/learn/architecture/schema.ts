/**
 * ArchitectureParams: what the model is.
 */
import { z } from "zod";
import { tasks } from "../data/schema.ts";
import { defineParams } from "../params/definition.ts";

const side = z.int().min(1).nullable();

export const architectureParams = defineParams("ArchitectureParams", 1, {
  task: z.enum(tasks),
  numClasses: z.int().min(1),
  ensembleMultiplier: z.int().min(1).meta({ description: "models that are trained and averaged" }),
  modelConfig: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description: "the topology as TensorFlow.js writes it" }),
  backboneOnly: z.boolean().meta({ description: "gives features, to which a head must be added" }),
  inputShape: z.array(side).meta({ description: "of one image; null where any size will do" }),
  inputRange: z.tuple([z.number(), z.number()]),
  inputDtype: z.enum(["float32", "int32"]),
  predictionLogits: z.boolean().meta({ description: "scores before softmax or sigmoid, instead of probabilities" }),
  predictionDtype: z.enum(["float32", "int32"]),
  predictionStructure: z.enum(["perClass", "perPixel", "features"]),
  predictionShape: z.array(side).meta({ description: "for one image" }),
  parameters: z.int().min(0),
  trainableParameters: z.int().min(0),
  hasDropout: z.boolean(),
  hasBatchNorm: z.boolean(),
  hasResiduals: z.boolean().meta({ description: "branches are added to what went past them" }),
  hasStochasticDepth: z.boolean(),
  multiplyAdds: z
    .int()
    .min(0)
    .nullable()
    .meta({ description: "of one image's forward pass; null where the image size is open" }),
  weightBytes: z.int().min(0),
  activationBytes: z
    .int()
    .min(0)
    .nullable()
    .meta({ description: "of all layers' outputs for one image; null where the image size is open" }),
});

/** What the model is: what goes in, what comes out, what it is made of, what it costs. Plain JSON. */
export type ArchitectureParams = z.infer<typeof architectureParams.schema>;
