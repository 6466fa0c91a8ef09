/**
 * Which classes are taken for which: the confusion matrix as numbers (Pearson's contingency table of label and
 * prediction). Every figure that is made of predictions alone is a function of it.
 */
import { CellwrightError } from "../errors.ts";

/** Options of `confusionMatrix`. */
export interface ConfusionMatrixOptions {
  /** The number of classes. Default: one more than the largest index that occurs. */
  readonly classes?: number | undefined;
}

/** Counts of labels and predictions. */
export interface ConfusionCounts {
  readonly classes: number;
  /** The number of images counted. */
  readonly total: number;
  /** `counts[label][prediction]`. */
  readonly counts: readonly (readonly number[])[];
  /** For each class the share of its images that were recognised, NaN where it has none. */
  readonly recall: readonly number[];
  /** For each class the share of the images taken for it that are of it, NaN where none was. */
  readonly precision: readonly number[];
  /** The share of images answered rightly, NaN where there are none. */
  readonly accuracy: number;
}

/** The most classes that a matrix is made for: 4096² counts are 128 MB. */
const maxClasses = 4096;

/**
 * Counts labels against predictions. Images without a label (-1) are left out.
 *
 * The picture of the same name is in `cellwright/plot`.
 *
 * @param labels the true class of each image, [n]
 * @param predictions the class that was said for each, [n]
 * @throws CW_LENGTH_MISMATCH where there is not one prediction for each label, CW_LABEL_RANGE for a label or prediction
 * that is no class
 * @example
 * confusionMatrix([0, 0, 1], [0, 1, 1]).counts; // [[1, 1], [0, 1]]
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: ConfusionMatrixOptions = {},
): ConfusionCounts {
  checkLengths(labels, predictions);
  const size = options.classes ?? largest(labels, predictions) + 1;
  if (!Number.isInteger(size) || size < 0 || size > maxClasses) {
    throw new CellwrightError("CW_LABEL_RANGE", `a confusion matrix has 0 to ${maxClasses} classes; got ${size}`);
  }
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  let total = 0;
  let right = 0;
  for (let index = 0; index < labels.length; index++) {
    const truth = labels[index]!;
    const prediction = predictions[index]!;
    checkClass("labels", truth, -1, size, index);
    checkClass("predictions", prediction, 0, size, index);
    if (truth < 0) continue;
    counts[truth]![prediction]!++;
    total++;
    if (truth === prediction) right++;
  }
  const rowSums = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columnSums = counts.map((_, column) => counts.reduce((sum, row) => sum + row[column]!, 0));
  return {
    classes: size,
    total,
    counts,
    recall: counts.map((row, index) => row[index]! / rowSums[index]!),
    precision: counts.map((row, index) => row[index]! / columnSums[index]!),
    accuracy: right / total,
  };
}

/** Throws CW_LENGTH_MISMATCH unless there is a prediction for each label. */
export function checkLengths(labels: ArrayLike<number>, predictions: ArrayLike<number>): void {
  if (labels.length === predictions.length) return;
  throw new CellwrightError(
    "CW_LENGTH_MISMATCH",
    `expected one prediction for each of ${labels.length} labels; got ${predictions.length}`,
  );
}

/** Throws CW_LABEL_RANGE unless `value` is a whole number from `lowest` to `classes - 1`. */
export function checkClass(kind: string, value: number, lowest: number, classes: number, index: number): void {
  if (Number.isInteger(value) && value >= lowest && value < classes) return;
  const limit = classes === Number.MAX_SAFE_INTEGER ? "on" : `to ${classes - 1}, as there are ${classes} classes`;
  throw new CellwrightError(
    "CW_LABEL_RANGE",
    `${kind} must be whole numbers from 0 ${limit}; number ${index} is ${value}`,
  );
}

function largest(...lists: ArrayLike<number>[]): number {
  let result = -1;
  for (const list of lists) {
    // Infinity and NaN are left for the check to name.
    for (let index = 0; index < list.length; index++)
      if (Number.isInteger(list[index]) && list[index]! > result) result = list[index]!;
  }
  return result;
}
