/** What is worth knowing of all points beforehand: their neighbours in the features, and pairs of different labels in one place. */
import { collisions, knn } from "../../src/manifold/index.ts";
import type { FeatureRows } from "./input.ts";
import type { Pair } from "./state.ts";

/** The k nearest rows of each row, nearest first; -1 where there are fewer. Rows that are not finite are nobody's neighbours. */
export async function neighborsOfAll({ data, shape: [rows, columns] }: FeatureRows, k: number): Promise<Int32Array> {
  const kept = finiteRows(data, rows, columns);
  const result = new Int32Array(rows * k).fill(-1);
  const own = Math.min(k, kept.length - 1);
  if (own < 1) return result;
  const { indices } = await knn(pick(data, kept, columns), own);
  for (const [at, row] of kept.entries()) {
    for (let n = 0; n < own; n++) result[row * k + n] = kept[indices[at * own + n]!]!;
  }
  return result;
}

/** The closest pairs of points with different labels, no farther apart than a dot is wide, at most 100. */
export async function closePairs(points: Float32Array, labels: Int32Array): Promise<Pair[]> {
  const kept = finiteRows(points, points.length >> 1, 2).filter((row) => (labels[row] ?? -1) >= 0);
  if (kept.length < 2) return [];
  const found = await collisions(pick(points, kept, 2), { labels: kept.map((row) => labels[row]!) });
  return found.map(({ first, second, distance }) => ({ first: kept[first]!, second: kept[second]!, distance }));
}

function finiteRows(data: Float32Array, rows: number, columns: number): number[] {
  const all = Array.from({ length: rows }, (_, row) => row);
  return all.filter((row) => data.subarray(row * columns, (row + 1) * columns).every(Number.isFinite));
}

function pick(data: Float32Array, rows: readonly number[], columns: number): FeatureRows {
  const picked = new Float32Array(rows.length * columns);
  for (const [at, row] of rows.entries()) picked.set(data.subarray(row * columns, (row + 1) * columns), at * columns);
  return { data: picked, shape: [rows.length, columns] };
}
