/**
 * Figures of merit of scores by their order: no threshold has been chosen yet.
 *
 * The area under the ROC curve is the chance that an image of the class has a higher score than one of another, a tie
 * counting half (Hanley and McNeil, 1982): the Mann-Whitney statistic of midranks, whole and half numbers throughout, so
 * exact. Average precision is the mean precision at each image of the class, in the order of scores, without
 * interpolation; equal scores are one threshold. Of many classes each is judged against the rest.
 */
import { CellwrightError } from "../errors.ts";
import { type Average, weightedMean } from "./classification.ts";
import { asMatrix, checkFinite, countLabelled, type Matrix, type Scores } from "./scores.ts";

/** Options of `rocAuc` and `averagePrecision`. */
export interface RankingOptions {
  /**
   * Of more than two classes: "macro", the mean of the classes; "weighted" by their images; "micro", all decisions in
   * one order. Default: "macro".
   */
  readonly average?: Average;
}

/** A figure of one class against the rest, from whether each image is of it and how it was scored. */
type BinaryFigure = (positive: Uint8Array, scores: Float64Array) => number;

/**
 * The area under the ROC curve, from 0 to 1; 0.5 is chance.
 *
 * Two classes (scores of class 1, [n], or n x 2) have one area. Of more, each class is taken against the rest; a class
 * that no image or every image belongs to has no area and is left out of the mean. NaN where none has one.
 *
 * @param labels the true classes, [n]; -1 is left out
 * @param scores n x k, or [n] for two classes: probabilities, or any other numbers of the same order
 * @throws CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_LABEL_RANGE, CW_NOT_FINITE, CW_EMPTY, CW_OPTION
 * @example
 * rocAuc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.75
 */
export function rocAuc(labels: ArrayLike<number>, scores: Scores, options: RankingOptions = {}): number {
  return figure(labels, scores, options, rocAreaOf);
}

/**
 * The area under the ROC curve of each class against the rest, NaN for a class that no image or every image belongs to.
 * Arguments and errors as of `rocAuc`; scores of one column give both classes.
 *
 * @example
 * rocAucPerClass([0, 1, 2], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]]); // [1, 1, 1]
 */
export function rocAucPerClass(labels: ArrayLike<number>, scores: Scores): number[] {
  return perClass(checked(labels, scores), labels, rocAreaOf);
}

/**
 * Average precision: the area under the steps of the precision-recall curve, from 0 to 1; chance is the share of the
 * class. For rare classes it says more than `rocAuc`. Arguments, classes and errors as there; a class without images is
 * left out.
 *
 * @example
 * averagePrecision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.833
 */
export function averagePrecision(labels: ArrayLike<number>, scores: Scores, options: RankingOptions = {}): number {
  return figure(labels, scores, options, averagePrecisionOf);
}

/** Options of `topKAccuracy`. */
export interface TopKOptions {
  /** How many classes may be named, from 1 on. Default: 5. */
  readonly k?: number;
}

/**
 * The share of images whose class is among the k of the highest scores. Of equal scores the first class is the higher,
 * as in the predictions of `evaluate`, so that k = 1 is their accuracy.
 *
 * @param labels the true classes, [n]; -1 is left out; NaN where none is left
 * @param scores n x classes
 * @throws CW_OPTION for another k; CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_LABEL_RANGE, CW_NOT_FINITE, CW_EMPTY
 * @example
 * topKAccuracy([2, 0], [[0.5, 0.2, 0.3], [0.1, 0.2, 0.7]], { k: 2 }); // 0.5
 */
export function topKAccuracy(labels: ArrayLike<number>, scores: Scores, options: TopKOptions = {}): number {
  const { k = 5 } = options;
  if (!Number.isInteger(k) || k < 1) throw new CellwrightError("CW_OPTION", `k is a whole number from 1 on; got ${k}`);
  const { data, classes } = checked(labels, scores);
  let found = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label < 0) continue;
    const own = data[row * classes + label]!;
    let ahead = 0;
    for (let other = 0; other < classes; other++) {
      const score = data[row * classes + other]!;
      if (score > own || (score === own && other < label)) ahead++;
    }
    if (ahead < k) found++;
    total++;
  }
  return found / total;
}

/** A matrix of at least two columns; one column becomes [-score, score], which has the same orders. */
function checked(labels: ArrayLike<number>, scores: Scores): Matrix {
  let matrix = asMatrix("scores", scores, labels.length);
  checkFinite("scores", matrix);
  if (matrix.classes === 1) {
    const data = new Float64Array(2 * matrix.rows);
    for (let row = 0; row < matrix.rows; row++) {
      data[2 * row] = -matrix.data[row]!;
      data[2 * row + 1] = matrix.data[row]!;
    }
    matrix = { data, rows: matrix.rows, classes: 2 };
  }
  countLabelled(labels, matrix.classes);
  return matrix;
}

function figure(labels: ArrayLike<number>, scores: Scores, options: RankingOptions, of: BinaryFigure): number {
  const { average = "macro" } = options;
  const matrix = checked(labels, scores);
  const { classes } = matrix;
  if (average === "micro" && classes > 2) return pooled(matrix, labels, of);
  if (average !== "macro" && average !== "weighted" && average !== "micro") {
    throw new CellwrightError("CW_OPTION", `average is "macro", "micro" or "weighted"; got ${JSON.stringify(average)}`);
  }
  if (classes === 2) return ofClass(matrix, labels, 1, of);
  const weights = new Array<number>(classes).fill(average === "macro" ? 1 : 0);
  if (average === "weighted")
    for (let row = 0; row < labels.length; row++) if (labels[row]! >= 0) weights[labels[row]!]!++;
  return weightedMean(perClass(matrix, labels, of), weights);
}

function perClass(matrix: Matrix, labels: ArrayLike<number>, of: BinaryFigure): number[] {
  return Array.from({ length: matrix.classes }, (_, k) => ofClass(matrix, labels, k, of));
}

function ofClass({ data, classes }: Matrix, labels: ArrayLike<number>, k: number, of: BinaryFigure): number {
  const rows: number[] = [];
  for (let row = 0; row < labels.length; row++) if (labels[row]! >= 0) rows.push(row);
  return of(
    Uint8Array.from(rows, (row) => (labels[row] === k ? 1 : 0)),
    Float64Array.from(rows, (row) => data[row * classes + k]!),
  );
}

function pooled({ data, classes }: Matrix, labels: ArrayLike<number>, of: BinaryFigure): number {
  const positive: number[] = [];
  const scores: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    if (labels[row]! < 0) continue;
    for (let k = 0; k < classes; k++) {
      positive.push(labels[row] === k ? 1 : 0);
      scores.push(data[row * classes + k]!);
    }
  }
  return of(Uint8Array.from(positive), Float64Array.from(scores));
}

/**
 * Calls `visit` for each distinct score from the highest down, with the images and the positives that have it.
 *
 * Positives and negatives are sorted apart and merged: numbers alone are sorted several times as fast as places by a
 * comparison.
 */
export function byThreshold(
  positive: Uint8Array,
  scores: Float64Array,
  visit: (count: number, positives: number, score: number) => void,
): void {
  const ours = scores.filter((_, index) => positive[index] === 1).sort();
  const others = scores.filter((_, index) => positive[index] === 0).sort();
  let at = ours.length - 1;
  let otherAt = others.length - 1;
  while (at >= 0 || otherAt >= 0) {
    const score = Math.max(ours[at] ?? Number.NEGATIVE_INFINITY, others[otherAt] ?? Number.NEGATIVE_INFINITY);
    const [first, otherFirst] = [at, otherAt];
    while (ours[at] === score) at--;
    while (others[otherAt] === score) otherAt--;
    visit(first - at + otherFirst - otherAt, first - at, score);
  }
}

/** The area under the ROC curve of one class against the rest; NaN where one of the two is empty. */
export function rocAreaOf(positive: Uint8Array, scores: Float64Array): number {
  let seen = 0;
  let twice = 0;
  let negatives = 0;
  byThreshold(positive, scores, (count, positives) => {
    twice += (count - positives) * (2 * seen + positives);
    seen += positives;
    negatives += count - positives;
  });
  return twice / (2 * seen * negatives);
}

/** Average precision of one class against the rest; NaN without images of the class. */
export function averagePrecisionOf(positive: Uint8Array, scores: Float64Array): number {
  let seen = 0;
  let found = 0;
  let sum = 0;
  byThreshold(positive, scores, (count, positives) => {
    seen += count;
    found += positives;
    sum += (positives * found) / seen;
  });
  return sum / found;
}
