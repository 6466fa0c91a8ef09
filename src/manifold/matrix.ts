/**
 * What counts as data: rows of numbers in any of the forms in which a notebook has them, read into one float32 matrix.
 *
 * Values far outside the range in which squares of float32 are exact enough are scaled by a power of two, which changes no digit.
 */
import { tf } from "../backend/tf.ts";
import { Dataset } from "../data/dataset.ts";
import { CellwrightError } from "../errors.ts";

/**
 * Points to embed: an array of rows; `{ data, shape: [rows, …] }`, row after row; a tensor [rows, …]; or a `Dataset`, whose images are
 * the rows. Everything behind the first dimension is one row.
 */
export type ManifoldData =
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[] }
  | tf.Tensor
  | Dataset;

/** Rows of float32, one after the other, finite. */
export interface Matrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** What the values were multiplied by: 1 but for very large and very small ones. */
  readonly scale: number;
}

/** An embedding: a point for each row of the data, in its order. Itself `ManifoldData`. */
export interface Embedding {
  /** Row after row. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [points: number, dimensions: number];
}

/**
 * @param what the argument's name, for messages
 * @throws CW_EMPTY without rows or columns, CW_SHAPE_MISMATCH where rows differ in length or a shape does not fit its values,
 * CW_NOT_FINITE for NaN and infinities
 */
export async function readMatrix(data: ManifoldData, what = "data"): Promise<Matrix> {
  const { values, rows, columns } = await read(data, what);
  if (rows === 0 || columns === 0) {
    throw new CellwrightError(
      "CW_EMPTY",
      `expected ${what} of at least one row and one value; got ${rows} x ${columns}`,
    );
  }
  let largest = 0;
  for (let at = 0; at < values.length; at++) {
    const value = Math.abs(values[at]!);
    if (!(value < Number.POSITIVE_INFINITY)) {
      throw new CellwrightError(
        "CW_NOT_FINITE",
        `expected finite ${what} in the range of float32; got ${values[at]} in row ${Math.floor(at / columns)}: take such rows out, fill them in or scale them`,
      );
    }
    if (value > largest) largest = value;
  }
  if (largest === 0 || (largest > 1e-9 && largest < 1e9)) return { values, rows, columns, scale: 1 };
  const scale = 2 ** -Math.floor(Math.log2(largest));
  return { values: values.map((value) => value * scale), rows, columns, scale };
}

interface Rows {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

async function read(data: ManifoldData, what: string): Promise<Rows> {
  if (data instanceof Dataset) {
    const columns = data.imageShape.reduce((product, side) => product * side, 1);
    return { values: data.images(), rows: data.size, columns };
  }
  if (data instanceof tf.Tensor) return shaped(await data.data(), data.shape, what);
  if (Array.isArray(data)) return fromRows(data, what);
  if (typeof data === "object" && data !== null && "data" in data && Array.isArray(data.shape)) {
    return shaped(data.data, data.shape, what);
  }
  throw new CellwrightError(
    "CW_SHAPE_MISMATCH",
    `expected ${what} as an array of rows, { data, shape }, a tensor or a Dataset; got ${data === null ? "null" : typeof data}`,
  );
}

function shaped(data: ArrayLike<number>, shape: readonly number[], what: string): Rows {
  const rows = shape[0] ?? 0;
  const columns = shape.slice(1).reduce((product, side) => product * side, 1);
  if (shape.length < 2 || shape.some((side) => !Number.isInteger(side) || side < 0) || data.length !== rows * columns) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected ${what} of a shape [rows, values…] that fits; got shape [${shape.join(", ")}] and ${data.length} values`,
    );
  }
  return { values: data instanceof Float32Array ? data : Float32Array.from(data), rows, columns };
}

function fromRows(data: readonly ArrayLike<number>[], what: string): Rows {
  const columns = data[0]?.length ?? 0;
  const values = new Float32Array(data.length * columns);
  data.forEach((row, i) => {
    if (row?.length !== columns) {
      throw new CellwrightError(
        "CW_SHAPE_MISMATCH",
        `expected ${what} in rows of one length; row 0 has ${columns} values, row ${i} has ${row?.length}`,
      );
    }
    values.set(row, i * columns);
  });
  return { values, rows: data.length, columns };
}
