/** What is worth knowing of all points beforehand: their neighbours in the features, and pairs of different labels in one place. */
import { knn } from "../../src/manifold/index.ts";
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

/** The closest pairs of points with different labels, no farther apart than a two-hundredth of the larger side: a dot's width. */
export async function closePairs(points: Float32Array, labels: Int32Array, limit = 100): Promise<Pair[]> {
  const kept = finiteRows(points, points.length >> 1, 2).filter((row) => (labels[row] ?? -1) >= 0);
  const k = Math.min(8, kept.length - 1);
  if (k < 1) return [];
  const plane = pick(points, kept, 2);
  const { indices, distances } = await knn(plane, k);
  const width = dotWidth(plane.data);
  const pairs = new Map<string, Pair>();
  for (let at = 0; at < indices.length; at++) {
    const [one, other] = [kept[Math.floor(at / k)]!, kept[indices[at]!]!];
    if (distances[at]! > width || labels[one] === labels[other]) continue;
    const pair = { first: Math.min(one, other), second: Math.max(one, other), distance: distances[at]! };
    pairs.set(`${pair.first} ${pair.second}`, pair);
  }
  return [...pairs.values()].sort((a, b) => a.distance - b.distance || a.first - b.first).slice(0, limit);
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

function dotWidth(plane: Float32Array): number {
  const side = [0, 1].map((axis) => {
    const values = plane.filter((_, at) => at % 2 === axis);
    return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
  });
  return Math.max(...side) / 200;
}
