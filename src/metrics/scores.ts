/**
 * The three shapes in which models hand over their outputs, seen as one matrix.
 *
 * Rows come as arrays of arrays from a test, as one flat array from `evaluate`, as `{ data, shape }` from whatever knows
 * its shape. A figure of merit should not care, and should not copy: the flat forms are read where they lie.
 */
import { CellwrightError } from "../errors.ts";
import { checkClass } from "./confusion-matrix.ts";

/**
 * Outputs of a model for n images and k classes: an array of n rows; `{ data, shape: [n, k] }`; or n · k numbers, row
 * after row, as `evaluate` returns them (k follows from the number of labels).
 */
export type Scores =
  | ArrayLike<number>
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[] };

/** A matrix, row after row. */
export interface Matrix {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly classes: number;
}

/**
 * Reads scores for `rows` images.
 *
 * @param what the name of the argument, for messages
 * @throws CW_EMPTY for no rows, CW_SHAPE_MISMATCH for a number of values that fits no matrix, CW_LENGTH_MISMATCH for
 * another number of rows than `rows`
 */
export function asMatrix(what: string, scores: Scores, rows: number | undefined, classes?: number): Matrix {
  const matrix = read(what, scores, rows, classes);
  if (rows !== undefined && matrix.rows !== rows) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected ${what} of ${rows} images, as there are ${rows} labels; got ${matrix.rows}`,
    );
  }
  if (classes !== undefined && matrix.classes !== classes) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected ${what} of ${classes} classes; got ${matrix.classes} in a row`,
    );
  }
  if (matrix.rows === 0 || matrix.classes === 0) {
    throw new CellwrightError("CW_EMPTY", `expected ${what} of at least one image and one class; got none`);
  }
  return matrix;
}

function read(what: string, scores: Scores, rows: number | undefined, classes: number | undefined): Matrix {
  if (typeof scores !== "object" || scores === null) throw notScores(what, String(scores));
  if ("shape" in scores) {
    const { data, shape } = scores;
    const [n, k] = shape;
    if (shape.length !== 2 || data?.length !== n! * k!) {
      throw notScores(what, `shape [${shape}] and ${data?.length} values`);
    }
    return { data, rows: n!, classes: k! };
  }
  if (typeof scores.length !== "number") throw notScores(what, "an object without shape and length");
  if (scores.length > 0 && typeof scores[0] !== "number") return flatten(what, scores as readonly ArrayLike<number>[]);
  const data = scores as ArrayLike<number>;
  const k = classes ?? (rows === undefined || rows === 0 ? Number.NaN : data.length / rows);
  if (data.length === 0) return { data, rows: 0, classes: 0 };
  const n = rows ?? data.length / k;
  if (!Number.isInteger(k) || !Number.isInteger(n) || n * k !== data.length) {
    throw notScores(what, `${data.length} values for ${rows ?? "an unknown number of"} labels`);
  }
  return { data, rows: n, classes: k };
}

function flatten(what: string, rows: readonly ArrayLike<number>[]): Matrix {
  const classes = rows[0]?.length ?? Number.NaN;
  const data = new Float64Array(rows.length * classes);
  for (let row = 0; row < rows.length; row++) {
    if (rows[row]?.length !== classes) {
      throw notScores(what, `a first row of ${classes} values and a row ${row} of ${rows[row]?.length}`);
    }
    data.set(rows[row]!, row * classes);
  }
  return { data, rows: rows.length, classes };
}

function notScores(what: string, came: string): CellwrightError {
  return new CellwrightError(
    "CW_SHAPE_MISMATCH",
    `expected ${what} as an array of rows, as { data, shape: [images, classes] }, or as images x classes numbers; got ${came}`,
  );
}

/** Throws CW_NOT_FINITE for the first value that is NaN or infinite. */
export function checkFinite(what: string, { data, classes }: Matrix): void {
  for (let index = 0; index < data.length; index++) {
    if (!Number.isFinite(data[index])) {
      throw new CellwrightError(
        "CW_NOT_FINITE",
        `expected finite ${what}; row ${Math.floor(index / classes)}, class ${index % classes} is ${data[index]}`,
      );
    }
  }
}

/**
 * Probabilities of at least two classes. One column is the probability of class 1 of two.
 *
 * @throws CW_PROBABILITY for a value outside 0 to 1, or a row whose sum is off by more than a thousandth: logits, most
 * likely
 */
export function asProbabilities(scores: Scores, rows: number | undefined, classes?: number): Matrix {
  const given = asMatrix("probabilities", scores, rows, rows === undefined ? classes : undefined);
  for (let index = 0; index < given.data.length; index++) {
    const value = given.data[index]!;
    if (!(value >= 0 && value <= 1 + 1e-6)) {
      throw new CellwrightError(
        "CW_PROBABILITY",
        `probabilities lie between 0 and 1; row ${Math.floor(index / given.classes)}, class ${index % given.classes} is ${value}: of logits take softmax(logits)`,
      );
    }
  }
  const wide = given.classes === 1 ? bothClasses(given) : given;
  if (classes !== undefined && wide.classes !== classes) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected probabilities of ${classes} classes; got ${wide.classes} in a row`,
    );
  }
  if (wide !== given) return wide;
  for (let row = 0; row < given.rows; row++) {
    let sum = 0;
    for (let k = 0; k < given.classes; k++) sum += given.data[row * given.classes + k]!;
    if (Math.abs(sum - 1) > 1e-3) {
      throw new CellwrightError(
        "CW_PROBABILITY",
        `the probabilities of an image sum to 1; those of row ${row} to ${sum}: of logits take softmax(logits)`,
      );
    }
  }
  return given;
}

function bothClasses({ data, rows }: Matrix): Matrix {
  const both = new Float64Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    both[2 * row] = 1 - data[row]!;
    both[2 * row + 1] = data[row]!;
  }
  return { data: both, rows, classes: 2 };
}

/** Throws CW_LABEL_RANGE unless every label is a class, or -1 for none; returns the number that have one. */
export function countLabelled(labels: ArrayLike<number>, classes: number): number {
  let count = 0;
  for (let index = 0; index < labels.length; index++) {
    checkClass("labels", labels[index]!, -1, classes, index);
    if (labels[index]! >= 0) count++;
  }
  return count;
}

/** The place of the largest value of a row; of equals the first. */
export function argMax({ data, classes }: Matrix, row: number): number {
  const start = row * classes;
  let best = 0;
  for (let k = 1; k < classes; k++) if (data[start + k]! > data[start + best]!) best = k;
  return best;
}
