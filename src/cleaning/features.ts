/**
 * Features of images as a matrix, and exact nearest neighbours in it: by blocks of rows, so that memory does not grow with the square of the
 * number of images. Time does: 10,000 images of 64 features take about a second.
 */
import { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { asMatrix, checkFinite } from "../metrics/scores.ts";

/** Feature vectors: an array of rows, `{ data, shape: [N, M] }`, or a data set, whose pixels are then the features. */
export type Features =
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[] }
  | Dataset;

/** How far two images are apart: 1 - cosine of the angle, or the length of the difference. */
export type DistanceMetric = "cosine" | "euclidean";

/** Checked features. */
export interface FeatureMatrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** @throws CW_SHAPE_MISMATCH, CW_EMPTY, CW_NOT_FINITE */
export function asFeatures(features: Features): FeatureMatrix {
  const source =
    features instanceof Dataset
      ? {
          data: features.images(),
          shape: [features.size, features.imageShape.reduce((product, side) => product * side, 1)],
        }
      : features;
  const matrix = asMatrix("features", source, undefined);
  checkFinite("features", matrix);
  const data = matrix.data instanceof Float64Array ? matrix.data : Float64Array.from(matrix.data);
  return { data, rows: matrix.rows, columns: matrix.classes };
}

/** The metric that suits features of so many numbers: cosine above three, as learnt features differ in length for no reason. */
export function metricFor({ columns }: FeatureMatrix, metric: DistanceMetric | undefined): DistanceMetric {
  if (metric !== undefined && metric !== "cosine" && metric !== "euclidean") {
    throw new CellwrightError("CW_OPTION", `metric must be "cosine" or "euclidean"; got ${JSON.stringify(metric)}`);
  }
  return metric ?? (columns > 3 ? "cosine" : "euclidean");
}

/** A function that fills `distances` with those from row `row` of `from` to every row of `to`. */
export function distancesBetween(from: FeatureMatrix, to: FeatureMatrix, metric: DistanceMetric) {
  if (from.columns !== to.columns) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected features of one length; got rows of ${from.columns} and of ${to.columns} numbers`,
    );
  }
  const a = metric === "cosine" ? normalized(from) : from.data;
  const b = metric === "cosine" ? (to === from ? a : normalized(to)) : to.data;
  const { columns } = from;
  return (row: number, distances: Float64Array): void => {
    const start = row * columns;
    for (let other = 0; other < to.rows; other++) {
      const at = other * columns;
      let sum = 0;
      if (metric === "cosine") {
        for (let k = 0; k < columns; k++) sum += a[start + k]! * b[at + k]!;
        // The rounding of normalised rows must not keep copies apart, and two rows of zeros have no angle.
        const near = 1 - sum < 1e-12 || sum === 0;
        distances[other] =
          near && equalRows(from.data, start, to.data, at, columns) ? 0 : Math.min(2, Math.max(0, 1 - sum));
      } else {
        for (let k = 0; k < columns; k++) sum += (a[start + k]! - b[at + k]!) ** 2;
        distances[other] = Math.sqrt(sum);
      }
    }
  };
}

function equalRows(a: Float64Array, start: number, b: Float64Array, at: number, columns: number): boolean {
  for (let k = 0; k < columns; k++) if (a[start + k] !== b[at + k]) return false;
  return true;
}

/** Rows of length 1; a row of zeros stays. */
function normalized({ data, rows, columns }: FeatureMatrix): Float64Array {
  const result = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let k = row * columns; k < (row + 1) * columns; k++) square += data[k]! ** 2;
    const length = Math.sqrt(square) || 1;
    for (let k = row * columns; k < (row + 1) * columns; k++) result[k] = data[k]! / length;
  }
  return result;
}

/** The middle of some numbers, the mean of the two middle ones where there is none. */
export function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
