/**
 * Whether a model can answer what the data asks: its images, its classes, its last activation.
 */
import { CellwrightError } from "../../errors.ts";
import type { DataParams, Task } from "../data/schema.ts";
import type { ArchitectureParams } from "./schema.ts";

/** The last activations that a task can be trained with. */
const endings: Readonly<Record<Task, readonly string[]>> = {
  binary: ["softmax", "linear", "sigmoid"],
  multiClass: ["softmax", "linear"],
  multiLabel: ["sigmoid", "linear"],
  detection: ["linear", "sigmoid", "softmax"],
  segmentation: ["softmax", "linear", "sigmoid"],
};

/** @throws CW_SHAPE_MISMATCH, CW_MODEL_OUTPUT */
export function checkFit(model: ArchitectureParams, data: DataParams, name: string, ending: string): void {
  const { inputShape, predictionShape, predictionStructure } = model;
  const fits =
    inputShape.length === 3 &&
    inputShape.every((side, axis) => side === null || data.imageShape[axis] === null || side === data.imageShape[axis]);
  if (!fits) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `${name} takes images of ${sides(inputShape)}, the data has ${sides(data.imageShape)}: build the model with inputShape: dataset.imageShape, or map the images to its shape`,
    );
  }
  const refuse = (why: string) => {
    throw new CellwrightError("CW_MODEL_OUTPUT", `${name} does not fit the labels: ${why}`);
  };
  if (!endings[data.task].includes(ending)) {
    refuse(`its last activation is ${ending}, the task ${data.task} needs ${endings[data.task].join(" or ")}`);
  }
  if (data.task === "detection") return;
  if (predictionStructure === "features") {
    refuse(
      `it gives features of [${predictionShape}]: put a layer with ${data.numClasses} outputs, one a class, behind them`,
    );
  }
  const wanted = data.task === "segmentation" ? "perPixel" : "perClass";
  if (predictionStructure !== wanted)
    refuse(
      `it gives [${predictionShape}] for an image, the task ${data.task} needs one number a class for ${wanted === "perPixel" ? "each pixel" : "each image"}`,
    );
  const outputs = predictionShape.at(-1);
  const oneForTwo = data.task === "binary" && outputs === 1 && ending !== "softmax";
  if (outputs !== data.numClasses && !oneForTwo) {
    refuse(
      `it gives ${outputs} number${outputs === 1 ? "" : "s"}, the labels have ${data.numClasses} classes: build the model with classes: ${data.numClasses}`,
    );
  }
}

function sides(shape: readonly (number | null)[]): string {
  return shape.map((side) => side ?? "any").join(" x ");
}
