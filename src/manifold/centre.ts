/**
 * Rows in the memory of the threads, made ready: centred, since |x|² + |y|² - 2 x·y in float32 loses what a common offset adds; for
 * metrics of angles brought to length 1 instead.
 */
import { CellwrightError } from "../errors.ts";
import type { Metric } from "./found-neighbors.ts";
import type { Matrix } from "./matrix.ts";

import type { Block, Threads } from "./threads/threads.ts";

/** A matrix's rows, centred, and what was taken away. */
export interface CentredRows {
  readonly points: Block<Float32Array<SharedArrayBuffer>>;
  readonly mean: Float64Array;
}

const CHUNKS = 32;

/** Copies the rows and takes their mean away, computed in float64. */
export async function loadCentred(threads: Threads, matrix: Matrix): Promise<CentredRows> {
  const { rows, columns } = matrix;
  const points = threads.float32(matrix.values.length, matrix.values);
  const chunk = Math.ceil(rows / CHUNKS);
  const chunks = Math.ceil(rows / chunk);
  const sums = threads.float64(chunks * columns);
  const means = threads.float64(columns);
  const { pointer: state } = threads.record({
    rows,
    dimensions: columns,
    columns: 0,
    chunk,
    data: points.pointer,
    sums: sums.pointer,
    means: means.pointer,
    panels: 0,
    product: 0,
    gram: 0,
  });
  await threads.run([{ kernel: "columnSums", chunks, state }]);
  for (let t = 0; t < columns; t++) {
    let sum = 0;
    for (let i = 0; i < chunks; i++) sum += sums.array[i * columns + t]!;
    means.array[t] = sum / rows;
  }
  await threads.run([{ kernel: "centre", chunks, state }]);
  return { points, mean: means.array.slice() };
}

/** Rows made ready for a metric. */
export async function loadPoints(
  threads: Threads,
  matrix: Matrix,
  metric: Metric,
): Promise<Block<Float32Array<SharedArrayBuffer>>> {
  if (metric === "euclidean") return (await loadCentred(threads, matrix)).points;
  const points = threads.float32(matrix.values.length, matrix.values);
  if (metric === "manhattan") return points;
  normaliseRows(points.array, matrix, metric === "correlation");
  return points;
}

/** Rows of length 1; `centred`: each less its own mean first. */
export function normaliseRows(values: Float32Array, { rows, columns }: Matrix, centred: boolean): void {
  for (let i = 0; i < rows; i++) {
    let mean = 0;
    if (centred) {
      for (let t = 0; t < columns; t++) mean += values[i * columns + t]!;
      mean /= columns;
    }
    let squares = 0;
    for (let t = 0; t < columns; t++) squares += (values[i * columns + t]! - mean) ** 2;
    const norm = Math.sqrt(squares);
    // What is left of a constant row is rounding.
    if (!(norm > 1e-6 * Math.abs(mean) * Math.sqrt(columns)) || norm === 0) {
      throw new CellwrightError(
        "CW_ZERO_ROW",
        `expected rows with a direction for a metric of angles; row ${i} is ${centred ? "constant" : "all zero"}: take it out, or use metric "euclidean"`,
      );
    }
    for (let t = 0; t < columns; t++) values[i * columns + t] = (values[i * columns + t]! - mean) / norm;
  }
}
