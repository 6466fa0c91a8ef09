/**
 * The confident joint (Northcutt et al. 2021, section 3.1): how many examples with given label i the model holds with confidence to be of
 * class j. "With confidence" is: at or above class j's own threshold; where several classes are, the most probable one.
 *
 * Calibration (section 3.2, equation 3) scales each row to the number of examples so labelled, and rounds: the estimated count of every
 * (given, true) pair over the whole data set, not over the confident part alone.
 */
import { CellwrightError } from "../errors.ts";
import { checkLabelled, type LabelledProbabilities, type Probabilities } from "./input.ts";
import { pairwiseSum } from "./pairwise-sum.ts";
import { roundRows } from "./rounding.ts";
import { thresholdsOf } from "./thresholds.ts";

/** Options of `confidentJoint`. */
export interface ConfidentJointOptions {
  /**
   * Scale to the whole data set, so that row i sums to the number of examples labelled i. Without it the counts are those of confident
   * examples alone, with at least 1 on the diagonal. Default: true.
   */
  readonly calibrate?: boolean;
  /** Also return which examples lie off the diagonal. Default: false. */
  readonly offDiagonals?: boolean;
}

/** What `confidentJoint` returns with `offDiagonals`. */
export interface ConfidentJointResult {
  /** K rows (given label) of K counts (true label). */
  readonly joint: number[][];
  /** The examples that are confidently of another class than the given one, in ascending order. */
  readonly offDiagonals: Int32Array;
}

/**
 * Counts the examples of each given label (row) that are confidently of each class (column).
 *
 * @param labels the given classes, [N], whole numbers from 0 to K - 1
 * @param probabilities out-of-sample, N x K
 * @returns K rows of K whole numbers; with `offDiagonals` an object of them and of the examples off the diagonal
 * @throws CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * const joint = confidentJoint([0, 0, 1, 1], [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]); // [[1, 1], [0, 2]]
 */
export function confidentJoint(
  labels: ArrayLike<number>,
  probabilities: Probabilities,
  options: ConfidentJointOptions & { readonly offDiagonals: true },
): ConfidentJointResult;
export function confidentJoint(
  labels: ArrayLike<number>,
  probabilities: Probabilities,
  options?: ConfidentJointOptions & { readonly offDiagonals?: false },
): number[][];
export function confidentJoint(
  labels: ArrayLike<number>,
  probabilities: Probabilities,
  options: ConfidentJointOptions = {},
): number[][] | ConfidentJointResult {
  const { calibrate = true, offDiagonals = false } = options;
  const input = checkLabelled(labels, probabilities);
  const counted = countConfident(input);
  const joint = asRows(calibrate ? calibrated(counted.joint, input.counts) : counted.joint, input.classes);
  if (!offDiagonals) return joint;
  const guesses = counted.guesses;
  const off = guesses.reduce((sum, guess, row) => sum + Number(guess >= 0 && guess !== input.labels[row]), 0);
  const indices = new Int32Array(off);
  for (let row = 0, at = 0; row < guesses.length; row++) {
    if (guesses[row]! >= 0 && guesses[row] !== input.labels[row]) indices[at++] = row;
  }
  return { joint, offDiagonals: indices };
}

/** The uncalibrated joint, row after row, and for each example the class that it is confidently of, or -1. */
export function countConfident(input: LabelledProbabilities): { joint: Float64Array; guesses: Int32Array } {
  const { data, rows, classes, labels } = input;
  const { values, single } = thresholdsOf(input);
  const limits = values.map((value) => (single ? Math.fround(value - Math.fround(1e-6)) : value - 1e-6));
  const joint = new Float64Array(classes * classes);
  const guesses = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let guess = -1;
    for (let k = 0; k < classes; k++) {
      const value = data[start + k]!;
      // A second confident class: the most probable of all decides, of equals the first.
      if (value >= limits[k]!) {
        if (guess >= 0) {
          guess = argMax(data, start, classes);
          break;
        }
        guess = k;
      }
    }
    guesses[row] = guess;
    if (guess >= 0) joint[labels[row]! * classes + guess]!++;
  }
  // One right example of each class at the least, so that no row is empty.
  for (let k = 0; k < classes; k++) joint[k * classes + k] = Math.max(1, joint[k * classes + k]!);
  return { joint, guesses };
}

/** The place of the largest of `classes` values from `start` on, relative to it; of equals the first. */
export function argMax(data: ArrayLike<number>, start: number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (data[start + k]! > data[start + best]!) best = k;
  return best;
}

/** A joint scaled to the numbers of labels and to the number of examples, in whole numbers. */
export function calibrated(joint: Float64Array, counts: ArrayLike<number>): Float64Array {
  const classes = counts.length;
  const scaled = new Float64Array(joint.length);
  let examples = 0;
  // Transposed, so that the sum over all runs down the columns, as the peer's does.
  for (let i = 0; i < classes; i++) {
    examples += counts[i]!;
    let row = 0;
    for (let j = 0; j < classes; j++) row += joint[i * classes + j]!;
    const divisor = Math.max(row, 1e-100);
    for (let j = 0; j < classes; j++) scaled[j * classes + i] = (joint[i * classes + j]! / divisor) * counts[i]!;
  }
  const total = Math.max(pairwiseSum(scaled, 0, scaled.length), 1e-100);
  const result = new Float64Array(joint.length);
  for (let i = 0; i < classes; i++) {
    for (let j = 0; j < classes; j++) result[i * classes + j] = (scaled[j * classes + i]! / total) * examples;
  }
  return roundRows(result, classes);
}

/** A flat K x K matrix as rows. */
export function asRows(matrix: Float64Array, classes: number): number[][] {
  return Array.from({ length: classes }, (_, row) => [...matrix.subarray(row * classes, (row + 1) * classes)]);
}

/** Rows as a flat K x K matrix; throws CW_SHAPE_MISMATCH for another shape and CW_JOINT for what is no count. */
export function fromRows(joint: readonly ArrayLike<number>[]): { matrix: Float64Array; classes: number } {
  const classes = joint?.length ?? 0;
  if (classes < 2 || !Array.from(joint).every((row) => row?.length === classes)) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected a joint of K rows of K counts, K >= 2; got ${classes} rows`,
    );
  }
  const matrix = new Float64Array(classes * classes);
  for (let i = 0; i < classes; i++) matrix.set(joint[i]!, i * classes);
  const wrong = matrix.findIndex((value) => !(value >= 0 && Number.isFinite(value)));
  if (wrong >= 0) {
    throw new CellwrightError(
      "CW_JOINT",
      `a joint holds finite counts from 0 on; row ${Math.floor(wrong / classes)}, column ${wrong % classes} is ${matrix[wrong]}`,
    );
  }
  return { matrix, classes };
}
