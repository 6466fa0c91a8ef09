/**
 * DataParams: what the data is.
 */
import { z } from "zod";
import { defineParams } from "../params/definition.ts";

/** The tasks that a data set can pose. */
export const tasks = ["binary", "multiClass", "multiLabel", "detection", "segmentation"] as const;

const side = z.int().min(1);

/** How four numbers mean a box. */
export const boundingBoxFormat = z.strictObject({
  order: z.enum(["xyxy", "yxyx", "xywh", "cxcywh"]).meta({
    description:
      "corners (xyxy, or yxyx with rows first), a corner with width and height (xywh), or the centre with them (cxcywh)",
  }),
  normalized: z.boolean().meta({ description: "fractions of the image's width and height, instead of pixels" }),
});

export const dataParams = defineParams(
  "DataParams",
  2,
  {
    task: z.enum(tasks),
    numClasses: z.int().min(1),
    classNames: z.array(z.string()),
    classCounts: z.array(z.int().min(0)).meta({ description: "labels of each class: images, boxes or pixels" }),
    imageCount: z.int().min(0),
    imageShape: z
      .tuple([side.nullable(), side.nullable(), side])
      .meta({ description: "height, width, channels, whatever their order in memory; null where it differs" }),
    imageRange: z.tuple([z.number(), z.number()]).meta({ description: "the range that the values are meant to fill" }),
    imageDtype: z.enum(["uint8", "int32", "float32"]),
    channelsLast: z.boolean(),
    labelDtype: z.enum(["int32", "float32"]),
    labelShape: z.array(side.nullable()).meta({ description: "of one image's label; [] for a class index" }),
    labelStructure: z.enum(["classIndex", "oneHot", "probabilities", "multiHot", "boxes", "mask"]),
    labelSparse: z.boolean().meta({ description: "class indices, instead of one number a class" }),
    boundingBoxFormat: boundingBoxFormat.nullable().meta({ description: "null but for detection" }),
  },
  {
    // Version 1 had one word for the range and one for the format of boxes.
    1: ({ imageRange, boundingBoxFormat, ...rest }) => ({
      ...rest,
      imageRange: { bytes: [0, 255], unit: [0, 1], symmetric: [-1, 1] }[String(imageRange)] ?? imageRange,
      boundingBoxFormat:
        typeof boundingBoxFormat === "string"
          ? {
              order: boundingBoxFormat.replace("-normalized", ""),
              normalized: boundingBoxFormat.endsWith("-normalized"),
            }
          : boundingBoxFormat,
    }),
  },
);

/** What the data is: task, classes, images, labels. Plain JSON. */
export type DataParams = z.infer<typeof dataParams.schema>;
/** What a data set asks of a model. */
export type Task = (typeof tasks)[number];
/** How four numbers mean a box. */
export type BoundingBoxFormat = z.infer<typeof boundingBoxFormat>;
