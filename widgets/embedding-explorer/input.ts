/** What a caller hands over, checked and read into the arrays of the state. */
import { CellwrightError } from "../../src/errors.ts";

/** Points of the plane: rows of x and y, or the same row after row, as `tsne`, `umap` and `pca` give them. */
export type PlanePoints =
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[] };

/** Rows of numbers of any length. */
export interface FeatureRows {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

/** x, y, x, y, …; a point with a coordinate that is not finite has no place: NaN, NaN. */
export function readPoints(points: PlanePoints): Float32Array<ArrayBuffer> {
  const { data, shape } = readRows(points, "points", 2);
  const read = Float32Array.from(data);
  if (shape[1] !== 2) {
    throw new CellwrightError("CW_SHAPE_MISMATCH", `expected points of two coordinates; got ${shape[1]} a point`);
  }
  for (let at = 0; at < read.length; at += 2) {
    if (!Number.isFinite(read[at]!) || !Number.isFinite(read[at + 1]!)) read.fill(Number.NaN, at, at + 2);
  }
  return read;
}

/** @param columns of data without rows */
export function readRows(rows: PlanePoints, what: string, columns = 0): FeatureRows {
  if (Array.isArray(rows)) {
    const list = rows as readonly ArrayLike<number>[];
    const width = list[0]?.length ?? columns;
    const wrong = list.findIndex((row) => row?.length !== width);
    if (wrong >= 0) {
      const message = `expected ${what} in rows of one length; row 0 has ${width} values, row ${wrong} has ${list[wrong]?.length}`;
      throw new CellwrightError("CW_SHAPE_MISMATCH", message);
    }
    const data = new Float32Array(list.length * width);
    for (const [at, row] of list.entries()) data.set(row, at * width);
    return { data, shape: [list.length, width] };
  }
  const { data, shape } = (rows ?? {}) as { data?: ArrayLike<number>; shape?: readonly number[] };
  const width = shape?.slice(1).reduce((product, side) => product * side, 1);
  if (data === undefined || shape === undefined || shape.length < 2 || data.length !== shape[0]! * width!) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected ${what} as an array of rows or { data, shape: [rows, values] } that fit; got ${data?.length ?? "no"} values and the shape [${shape?.join(", ") ?? ""}]`,
    );
  }
  return { data: data instanceof Float32Array ? data : Float32Array.from(data), shape: [shape[0]!, width!] };
}

/** Labels: a class a point, or, as rows of 0 and 1, which of several labels a point has. */
export function readLabels(
  labels: ArrayLike<number> | readonly ArrayLike<number>[] | undefined,
  count: number,
): { readonly labels: Int32Array; readonly tags: Uint8Array } {
  if (labels === undefined) return { labels: new Int32Array(0), tags: new Uint8Array(0) };
  if (typeof labels[0] !== "object") {
    return { labels: Int32Array.from(ofEach(labels as ArrayLike<number>, count, "labels")), tags: new Uint8Array(0) };
  }
  const { data, shape } = readRows(labels as readonly ArrayLike<number>[], "labels");
  if (shape[0] !== count) ofEach({ length: shape[0] }, count, "labels");
  return { labels: new Int32Array(0), tags: Uint8Array.from(data, (value) => (value > 0 ? 1 : 0)) };
}

/** @throws CW_LENGTH_MISMATCH */
export function ofEach(values: ArrayLike<number>, count: number, what: string): ArrayLike<number> {
  if (values.length === count) return values;
  throw new CellwrightError(
    "CW_LENGTH_MISMATCH",
    `expected ${what} for each point; got ${values.length} for ${count} points`,
  );
}
