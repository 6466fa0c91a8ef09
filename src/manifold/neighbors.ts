/**
 * Nearest neighbours, the foundation of every method here: exact to 70,000 points by one blocked product of matrices in worker threads,
 * approximate above (approximate-neighbors.ts).
 *
 * Cosine and correlation distance become Euclidean by normalising rows: |x - y|² = 2 (1 - cos) for vectors of length 1.
 */
import { CellwrightError } from "../errors.ts";
import { nearestApproximately } from "./approximate-neighbors.ts";
import { loadPoints } from "./centre.ts";
import { finite } from "./checks.ts";
import type { FoundNeighbors, Metric } from "./found-neighbors.ts";
import { type ManifoldData, type Matrix, readMatrix } from "./matrix.ts";
import { type Block, type ThreadOptions, Threads } from "./threads/threads.ts";

/** Options of `knn`. */
export interface KnnOptions extends ThreadOptions {
  /** Default: "euclidean". */
  readonly metric?: Metric;
  /** "exact", "approximate" (recall of about 98 in 100), or "auto": exact to 70,000 points. Default: "auto". */
  readonly method?: "exact" | "approximate" | "auto";
  /** Names the random trees of the approximate search. Default: 0. */
  readonly seed?: number;
}

/** The neighbours of each point, nearest first, the point itself not among them. */
export interface Neighbors {
  /** [points, k], row after row. */
  readonly indices: Int32Array<ArrayBuffer>;
  /** [points, k], in the metric's own units. */
  readonly distances: Float32Array<ArrayBuffer>;
  readonly shape: readonly [points: number, k: number];
}

/** Beyond so many points "auto" is approximate. */
export const EXACT_LIMIT = 70_000;

/** To so many values a row, distances are computed from differences, which is as fast and loses nothing. */
const DIRECT = 8;

const metrics: readonly Metric[] = ["euclidean", "manhattan", "cosine", "correlation"];

/**
 * The k nearest neighbours of every row. Of equally near ones those of smaller index come first; equal rows are at distance 0 exactly.
 *
 * @throws CW_NEIGHBORS unless k is a whole number from 1 to rows - 1; CW_OPTION, CW_EMPTY, CW_SHAPE_MISMATCH, CW_NOT_FINITE;
 * CW_ZERO_ROW where a row without direction (all zero; for correlation: constant) meets a metric of angles; the signal's reason
 * @example
 * const { indices, distances } = await knn(features, 15, { metric: "cosine" });
 */
export async function knn(data: ManifoldData, k: number, options: KnnOptions = {}): Promise<Neighbors> {
  const matrix = await readMatrix(data);
  checkNeighbors(k, matrix.rows);
  return Threads.with(options, async (threads) => {
    const found = await findNeighbors(threads, matrix, k, options);
    return { indices: found.indices.array.slice() as Int32Array<ArrayBuffer>, ...distancesOf(found, matrix, k) };
  });
}

function distancesOf(found: FoundNeighbors, matrix: Matrix, k: number) {
  return { distances: trueDistances(found, matrix), shape: [matrix.rows, k] as const };
}

/** The distances in the metric's own units. @throws CW_NOT_FINITE */
export function trueDistances({ distances, metric }: FoundNeighbors, matrix: Matrix): Float32Array<ArrayBuffer> {
  const unit = 1 / matrix.scale;
  const convert = {
    euclidean: (value: number) => Math.sqrt(value) * unit,
    manhattan: (value: number) => value * unit,
    cosine: (value: number) => value / 2,
    correlation: (value: number) => value / 2,
  }[metric];
  return finite(
    Float32Array.from(distances.array, convert),
    "distances leave the range of float32; divide the data by its size",
  );
}

/** The k nearest neighbours of every row, in the memory of `threads`. `k` has been checked. */
export async function findNeighbors(
  threads: Threads,
  matrix: Matrix,
  k: number,
  options: Pick<KnnOptions, "metric" | "method" | "seed">,
): Promise<FoundNeighbors> {
  const { metric = "euclidean", method = "auto", seed = 0 } = options;
  if (!metrics.includes(metric)) {
    throw new CellwrightError("CW_OPTION", `metric must be one of ${metrics.join(", ")}; got ${String(metric)}`);
  }
  if (!["exact", "approximate", "auto"].includes(method)) {
    throw new CellwrightError("CW_OPTION", `method must be "exact", "approximate" or "auto"; got ${String(method)}`);
  }
  const points = await loadPoints(threads, matrix, metric);
  const exact = method === "exact" || (method === "auto" && matrix.rows <= EXACT_LIMIT);
  const found = exact
    ? await nearestExactly(
        threads,
        points,
        points,
        matrix.rows,
        matrix.rows,
        matrix.columns,
        k,
        metric === "manhattan",
        true,
      )
    : await nearestApproximately(threads, points, matrix.rows, matrix.columns, k, metric === "manhattan", seed);
  return { ...found, metric };
}

/** The k nearest of `points` to each of `queries`, exactly. */
export async function nearestExactly(
  threads: Threads,
  points: Block<Float32Array>,
  queries: Block<Float32Array>,
  pointCount: number,
  queryCount: number,
  dimensions: number,
  k: number,
  manhattan: boolean,
  self: boolean,
): Promise<Pick<FoundNeighbors, "indices" | "distances">> {
  const panels = Math.ceil(pointCount / 8);
  const indices = threads.int32(queryCount * k);
  const distances = threads.float32(queryCount * k);
  const common = {
    points: pointCount,
    dimensions,
    neighbors: k,
    queries: queryCount,
  };
  const addresses = {
    method: manhattan ? 1 : dimensions <= DIRECT ? 2 : 0,
    self: Number(self),
    data: points.pointer,
    query: queries.pointer,
    panels: threads.allocate(4 * 8 * panels * dimensions),
    norms: threads.allocate(4 * 8 * panels),
    queryNorms: threads.allocate(4 * queryCount),
    indices: indices.pointer,
    distances: distances.pointer,
    rows: 0,
    others: 0,
    penalties: 0,
  };
  const panelChunk = Math.max(8, Math.ceil(panels / 64));
  // A chunk small enough for short calls, so that V8 exchanges the first compiler's code for the second's.
  const queryChunk = 64;
  const packing = threads.record({ ...common, chunk: panelChunk, ...addresses });
  const search = threads.record({ ...common, chunk: queryChunk, ...addresses });
  const queryChunks = Math.ceil(queryCount / queryChunk);
  await threads.run([
    { kernel: "packPanels", chunks: Math.ceil(panels / panelChunk), state: packing.pointer },
    { kernel: "queryNorms", chunks: queryChunks, state: search.pointer },
    { kernel: "nearest", chunks: queryChunks, state: search.pointer },
  ]);
  return { indices, distances };
}

/** @throws CW_NEIGHBORS unless k is a whole number from 1 to rows - 1 */
export function checkNeighbors(k: number, rows: number, what = "k"): void {
  if (Number.isInteger(k) && k >= 1 && k < rows) return;
  throw new CellwrightError(
    "CW_NEIGHBORS",
    rows === 1
      ? `one point has no neighbours (${what} is ${k}); pass at least two rows`
      : `${what} must be a whole number from 1 to ${rows - 1}, as there are ${rows} rows; got ${k}`,
  );
}
