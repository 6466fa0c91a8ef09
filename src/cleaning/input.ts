/**
 * Labels and predicted probabilities, checked once at the edge.
 *
 * The numbers are read where they lie: a Float32Array of a million rows is not copied to twice its size. Float32 probabilities are also
 * *computed with* in float32 where the peer does so (thresholds, margins), because ties are decided by it: 0.9 - 0.2 and 0.8 - 0.1 are
 * one number in some precision and two in another.
 */
import { CellwrightError } from "../errors.ts";
import { asMatrix, type Scores } from "../metrics/scores.ts";

/**
 * Predicted probabilities of N examples for K classes: an array of N rows, `{ data, shape: [N, K] }` row after row, or N · K numbers where
 * there are labels that say how many N is, as `evaluate` returns them. They should be out-of-sample: predicted by a model that was not
 * trained on the example (`crossValidatedProbabilities`).
 */
export type Probabilities = Scores;

/** A checked matrix of probabilities. */
export interface ProbabilityMatrix {
  readonly data: Float32Array | Float64Array;
  /** The number of examples. */
  readonly rows: number;
  /** K. */
  readonly classes: number;
  /** Whether the numbers are float32, and so is what is computed from them. */
  readonly single: boolean;
}

/** Checked labels and probabilities. */
export interface LabelledProbabilities extends ProbabilityMatrix {
  readonly labels: Int32Array;
  /** The number of examples of each class. */
  readonly counts: Int32Array;
}

/** How far a row's sum may be from 1: probabilities that were written with two decimals pass, logits do not. */
const SUM_TOLERANCE = 0.02;
/** How far a probability may leave [0, 1]: the rounding of a float32 softmax. */
const RANGE_TOLERANCE = 1e-6;

/**
 * Checks labels and probabilities against each other.
 *
 * @throws CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 */
export function checkLabelled(labels: ArrayLike<number>, probabilities: Probabilities): LabelledProbabilities {
  const count = listLength("labels", labels);
  const matrix = checkProbabilities(probabilities, count);
  return { ...matrix, ...checkLabels(labels, matrix.classes) };
}

/** The length of an argument that must be a list. Throws CW_LABEL_RANGE for what is none. */
export function listLength(what: string, list: ArrayLike<unknown>): number {
  const length = (list as ArrayLike<unknown> | undefined)?.length;
  if (typeof length === "number" && typeof list !== "string") return length;
  throw new CellwrightError("CW_LABEL_RANGE", `expected ${what} as an array of numbers; got ${typeof list}`);
}

/** Checks labels alone: whole numbers from 0 to K - 1. */
export function checkLabels(
  labels: ArrayLike<number>,
  classes: number,
): { readonly labels: Int32Array; readonly counts: Int32Array } {
  const checked = new Int32Array(labels.length);
  const counts = new Int32Array(classes);
  for (let row = 0; row < checked.length; row++) {
    const label = labels[row]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        `labels must be whole numbers from 0 to ${classes - 1}, as the probabilities have ${classes} classes; labels[${row}] is ${label}: leave examples without a label out`,
      );
    }
    checked[row] = label;
    counts[label]!++;
  }
  return { labels: checked, counts };
}

/**
 * Checks probabilities of at least two classes; `rows` is the number of labels, where there are some. Rows must sum to 1 within 0.02,
 * unless `independent`: classes that may apply together.
 */
export function checkProbabilities(
  probabilities: Probabilities,
  rows: number | undefined,
  { independent = false }: { independent?: boolean } = {},
): ProbabilityMatrix {
  if (rows === 0) throw new CellwrightError("CW_EMPTY", "expected at least one example; got no labels");
  const matrix = asMatrix("probabilities", probabilities, rows);
  if (matrix.classes < 2 && !independent) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      "expected probabilities of at least two classes; got one in a row: for p of one class pass rows [1 - p, p]",
    );
  }
  const data =
    matrix.data instanceof Float32Array || matrix.data instanceof Float64Array
      ? matrix.data
      : Float64Array.from(matrix.data);
  checkValues(data, matrix.classes, independent);
  return { data, rows: matrix.rows, classes: matrix.classes, single: data instanceof Float32Array };
}

function checkValues(data: Float32Array | Float64Array, classes: number, independent: boolean): void {
  for (let start = 0; start < data.length; start += classes) {
    let sum = 0;
    for (let k = start; k < start + classes; k++) {
      const value = data[k]!;
      if (!(value >= 0 && value <= 1 + RANGE_TOLERANCE)) {
        throw new CellwrightError(
          "CW_PROBABILITY",
          `probabilities lie between 0 and 1; row ${start / classes}, class ${k - start} is ${value}: of logits take softmax(logits)`,
        );
      }
      sum += value;
    }
    if (!independent && Math.abs(sum - 1) > SUM_TOLERANCE) {
      throw new CellwrightError(
        "CW_PROBABILITY",
        `the probabilities of an example sum to 1; those of row ${start / classes} to ${sum}: of logits take softmax(logits), of several labels an example use multiLabel`,
      );
    }
  }
}

/**
 * The rows of each class one after another, in their order: those of class k are `order[offsets[k]]` to `order[offsets[k + 1] - 1]`.
 */
export function groupByClass({ labels, counts }: Pick<LabelledProbabilities, "labels" | "counts">): {
  readonly order: Int32Array;
  readonly offsets: Int32Array;
} {
  const offsets = new Int32Array(counts.length + 1);
  for (let k = 0; k < counts.length; k++) offsets[k + 1] = offsets[k]! + counts[k]!;
  const next = offsets.slice();
  const order = new Int32Array(labels.length);
  for (let row = 0; row < labels.length; row++) order[next[labels[row]!]!++] = row;
  return { order, offsets };
}

/** Throws CW_OPTION unless `value` is one of `allowed`. */
export function checkChoice<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new CellwrightError(
    "CW_OPTION",
    `${name} must be one of ${allowed.map((one) => JSON.stringify(one)).join(", ")}; got ${JSON.stringify(value)}`,
  );
}
