/**
 * How far an embedding may be believed: trustworthiness and continuity (Venna and Kaski 2001) compare neighbourhoods before and after,
 * neighborhood hit (Paulovich et al. 2008) asks how well the classes hold together.
 */
import { CellwrightError } from "../errors.ts";
import { loadCentred } from "./centre.ts";
import { type ManifoldData, type Matrix, readMatrix } from "./matrix.ts";
import { checkNeighbors, knn, nearestExactly } from "./neighbors.ts";
import { type ThreadOptions, Threads } from "./threads/threads.ts";

/** Options of `trustworthiness` and `continuity`. */
export interface QualityOptions extends ThreadOptions {
  /** The size of a neighbourhood, below half the number of rows. Default: 12. */
  readonly neighbors?: number;
}

/**
 * How far what is near in the embedding was near in the data, 0 to 1: 1 less a penalty for each of a point's k neighbours in the
 * embedding that is not among its k nearest in the data, by its rank there. Euclidean distances. About n² · (values + k) operations:
 * some ten seconds for 70,000 rows.
 *
 * @throws CW_NEIGHBORS unless neighbors is from 1 to below half the rows; CW_LENGTH_MISMATCH; CW_EMPTY, CW_SHAPE_MISMATCH,
 * CW_NOT_FINITE; the signal's reason
 * @example
 * const score = await trustworthiness(components, embedding, { neighbors: 12 });
 */
export async function trustworthiness(
  data: ManifoldData,
  embedding: ManifoldData,
  options: QualityOptions = {},
): Promise<number> {
  return preserved(await readMatrix(data), await readMatrix(embedding, "embedding"), options);
}

/**
 * How far what was near in the data is near in the embedding, 0 to 1: trustworthiness with the two exchanged.
 *
 * @throws as `trustworthiness`
 * @example
 * const score = await continuity(components, embedding);
 */
export async function continuity(
  data: ManifoldData,
  embedding: ManifoldData,
  options: QualityOptions = {},
): Promise<number> {
  return preserved(await readMatrix(embedding, "embedding"), await readMatrix(data), options);
}

/** How well the neighbours in `second` are neighbours in `first`. */
async function preserved(first: Matrix, second: Matrix, options: QualityOptions): Promise<number> {
  const { neighbors: k = 12 } = options;
  const n = first.rows;
  if (second.rows !== n) {
    const message = `expected an embedding of as many points as there are rows; got ${first.rows} and ${second.rows}`;
    throw new CellwrightError("CW_LENGTH_MISMATCH", message);
  }
  checkNeighbors(k, Math.max(1, Math.ceil(n / 2)), "neighbors");
  const penalty = await Threads.with(options, async (threads) => {
    const { points: low } = await loadCentred(threads, second);
    const { indices } = await nearestExactly(threads, low, low, n, n, second.columns, k, false, true);
    const { points: high } = await loadCentred(threads, first);
    return rankPenalty(threads, high, n, first.columns, k, indices.pointer);
  });
  return 1 - (2 / (n * k * (2 * n - 3 * k - 1))) * penalty;
}

async function rankPenalty(
  threads: Threads,
  points: { readonly pointer: number },
  n: number,
  dimensions: number,
  k: number,
  others: number,
): Promise<number> {
  const panels = Math.ceil(n / 8);
  const penalties = threads.int32(n);
  const fields = {
    method: 2,
    self: 1,
    data: points.pointer,
    query: points.pointer,
    panels: threads.allocate(32 * panels * dimensions),
    norms: threads.allocate(32 * panels),
    queryNorms: threads.allocate(4 * n),
    indices: 0,
    distances: 0,
    rows: threads.allocate(32 * panels * threads.count),
    others,
    penalties: penalties.pointer,
  };
  const common = { points: n, dimensions, neighbors: k, queries: n };
  const chunk = Math.max(8, Math.ceil(panels / 64));
  const packing = threads.record({ ...common, chunk, ...fields });
  const ranking = threads.record({ ...common, chunk: 16, ...fields });
  await threads.run([
    { kernel: "packPanels", chunks: Math.ceil(panels / chunk), state: packing.pointer },
    { kernel: "queryNorms", chunks: Math.ceil(n / 16), state: ranking.pointer },
    { kernel: "ranks", chunks: Math.ceil(n / 16), state: ranking.pointer },
  ]);
  let sum = 0;
  for (const penalty of penalties.array) sum += penalty;
  return sum;
}

/**
 * The mean share of a point's nearest neighbours that have its label, 0 to 1. Points with label -1 are neither asked nor counted.
 *
 * @throws CW_LENGTH_MISMATCH, CW_EMPTY where no point has a label, as `knn`
 * @example
 * const hit = await neighborhoodHit(embedding, dataset.labels, { neighbors: 10 });
 */
export async function neighborhoodHit(
  embedding: ManifoldData,
  labels: ArrayLike<number>,
  options: QualityOptions = {},
): Promise<number> {
  const { neighbors: k = 12, ...threads } = options;
  const matrix = await readMatrix(embedding, "embedding");
  if (labels.length !== matrix.rows) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected a label a point; got ${labels.length} for ${matrix.rows}`,
    );
  }
  const known = Array.from({ length: matrix.rows }, (_, i) => i).filter((i) => labels[i] !== -1);
  if (known.length === 0) throw new CellwrightError("CW_EMPTY", "expected at least one point with a label; got none");
  const rows = known.map((i) => matrix.values.subarray(i * matrix.columns, (i + 1) * matrix.columns));
  const { indices } = await knn(rows, k, threads);
  let hits = 0;
  for (let at = 0; at < indices.length; at++) {
    hits += Number(labels[known[indices[at]!]!] === labels[known[Math.floor(at / k)]!]);
  }
  return hits / indices.length;
}
