/**
 * What labels are, from their shape and their values.
 */
import { CellwrightError } from "../../errors.ts";
import type { Findings } from "./questions.ts";
import type { DataParams, Task } from "./schema.ts";
import type { Flat } from "./source.ts";

/** The fields of DataParams that speak of labels. */
export type LabelFields = Pick<
  DataParams,
  | "task"
  | "numClasses"
  | "classCounts"
  | "labelDtype"
  | "labelShape"
  | "labelStructure"
  | "labelSparse"
  | "boundingBoxFormat"
>;

/** From so many images on, rows with exactly one 1 each are no coincidence. */
const ENOUGH_ROWS = 30;
/** Masks mark what is not to be judged with it. */
const IGNORED = 255;

/** @throws CW_LABELS where they fit no task, CW_LENGTH_MISMATCH, CW_LABEL_RANGE */
export function labelFields(
  labels: Flat,
  imageShape: DataParams["imageShape"],
  images: number,
  numClasses: number | undefined,
  findings: Findings,
): LabelFields {
  const { shape } = labels;
  if (shape[0] !== images) {
    throw new CellwrightError("CW_LENGTH_MISMATCH", `expected one label for each of ${images} images; got ${shape[0]}`);
  }
  const [height, width] = imageShape;
  const isMask = shape.length >= 3 && shape[1] === height && shape[2] === width && shape.length <= 4;
  const fields = isMask
    ? maskFields(labels, numClasses, findings)
    : shape.length === 1 || (shape.length === 2 && shape[1] === 1)
      ? indexFields(labels, numClasses, findings)
      : shape.length === 2
        ? columnFields(labels, findings)
        : undefined;
  if (!fields) {
    throw new CellwrightError(
      "CW_LABELS",
      `labels must be [n], [n, classes], masks [n, ${height}, ${width}] or lists of boxes; got [${shape}]`,
    );
  }
  findings.reasons.numClasses ??= `the labels have ${fields.numClasses}`;
  return {
    ...fields,
    labelDtype: labels.dtype === "float32" ? "float32" : "int32",
    labelShape: [...shape.slice(1)],
    boundingBoxFormat: null,
  };
}

type Read = Pick<LabelFields, "task" | "numClasses" | "classCounts" | "labelStructure" | "labelSparse">;

function indexFields({ values, shape }: Flat, given: number | undefined, findings: Findings): Read {
  const counts = countIndices(values, given, findings);
  const numClasses = counts.length;
  const pair = numClasses === 2;
  const form = shape.length === 1 ? "one whole number an image" : "one column of whole numbers";
  findings.decide("labelStructure", "classIndex", form);
  findings.reasons.labelSparse = form;
  const task = findings.decide("task", pair ? "binary" : "multiClass", `${form}, ${numClasses} classes`);
  return { task, numClasses, classCounts: counts, labelStructure: "classIndex", labelSparse: true };
}

/** The labels of each class; -1 is none. */
export function countIndices(
  values: ArrayLike<number>,
  given: number | undefined,
  findings: Findings,
  ignored?: number,
): number[] {
  const counts = new Array<number>(given ?? 0).fill(0);
  for (let i = 0; i < values.length; i++) {
    const label = values[i]!;
    if (label === -1 || label === ignored) continue;
    if (!Number.isInteger(label) || label < 0 || label >= (given ?? 65_536)) {
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        `labels must be whole numbers from 0 to ${given === undefined ? "the last class" : given - 1}, or -1 for none; value ${i} is ${label}`,
      );
    }
    while (counts.length <= label) counts.push(0);
    counts[label]!++;
  }
  findings.reasons.numClasses =
    given === undefined ? `the largest label is ${counts.length - 1}` : `${given}, as the class names say`;
  return counts;
}

function columnFields({ values, shape }: Flat, findings: Findings): Read | undefined {
  const [rows, columns] = shape as [number, number];
  let binary = true;
  let inUnit = true;
  let exactlyOne = true;
  let sumsToOne = true;
  const counts = new Array<number>(columns).fill(0);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let k = 0; k < columns; k++) {
      const value = values[row * columns + k]!;
      binary &&= value === 0 || value === 1;
      inUnit &&= value >= 0 && value <= 1;
      sum += value;
      counts[k]! += value;
    }
    exactlyOne &&= sum === 1;
    sumsToOne &&= Math.abs(sum - 1) < 1e-3;
  }
  if (!inUnit || (!binary && !sumsToOne)) {
    throw new CellwrightError(
      "CW_LABELS",
      `labels in ${columns} columns must be 0 and 1, or probabilities that sum to 1; these are neither: for boxes give a list of boxes for each image`,
    );
  }
  findings.reasons.labelSparse = `${columns} columns, one a class`;
  const exclusive: Task = columns === 2 ? "binary" : "multiClass";
  const shared = { numClasses: columns, classCounts: counts.map(Math.round), labelSparse: false };
  if (!binary) {
    findings.reasons.labelStructure = "rows of fractions that sum to 1";
    const task = findings.decide("task", exclusive, `probabilities of ${columns} classes`);
    return { ...shared, task, labelStructure: "probabilities" };
  }
  if (!exactlyOne) {
    findings.reasons.labelStructure = "rows of 0 and 1 with other than one 1";
    return {
      ...shared,
      task: findings.decide("task", "multiLabel", "some images have several labels, or none"),
      labelStructure: "multiHot",
    };
  }
  const structure = findings.answered("labelStructure");
  const answer = findings.answered("task") ?? (structure && (structure === "multiHot" ? "multiLabel" : exclusive));
  const plain = `each of ${rows} rows has exactly one 1`;
  const task =
    answer ??
    (columns > 2 && rows >= ENOUGH_ROWS
      ? findings.decide("task", exclusive, `${plain}: one-hot`)
      : findings.ask(
          "task",
          [exclusive, "multiLabel"],
          `Labels are ${columns} columns of 0 and 1 and ${plain}: one class of ${columns}, or ${columns} labels of which each image happens to have one?`,
        ));
  findings.reasons.labelStructure ??= `${plain}, and the task is ${task}`;
  return { ...shared, task, labelStructure: task === "multiLabel" ? "multiHot" : "oneHot" };
}

function maskFields(labels: Flat, given: number | undefined, findings: Findings): Read {
  const { shape, values } = labels;
  const task = findings.decide("task", "segmentation", "labels have the height and width of the images");
  findings.reasons.labelStructure = "one class for every pixel";
  if (shape.length === 3 || shape[3] === 1) {
    findings.reasons.labelSparse = "class indices";
    const ignored = values.length > 0 && Array.prototype.includes.call(values, IGNORED) ? IGNORED : undefined;
    const classCounts = countIndices(values, given, findings, ignored);
    if (ignored !== undefined)
      findings.reasons.classCounts = "pixels of 255 are left out: masks mark with it what is not to be judged";
    return { task, numClasses: classCounts.length, classCounts, labelStructure: "mask", labelSparse: true };
  }
  const classes = shape[3]!;
  const classCounts = new Array<number>(classes).fill(0);
  for (let i = 0; i < values.length; i++) classCounts[i % classes]! += values[i]!;
  findings.reasons.labelSparse = `${classes} numbers a pixel`;
  return {
    task,
    numClasses: classes,
    classCounts: classCounts.map(Math.round),
    labelStructure: "mask",
    labelSparse: false,
  };
}
