/**
 * UMAP for new rows (McInnes, Healy and Melville 2018, in umap-learn's form): each finds its neighbours among the old rows, starts at
 * their mean weighted by membership, and is pulled along its own edges while the old points stay.
 */
import { Random } from "../random/index.ts";
import { normaliseRows } from "./centre.ts";
import { placeAmong } from "./layout.ts";
import type { Embedding, Matrix } from "./matrix.ts";
import { nearestExactly } from "./neighbors.ts";
import type { Threads } from "./threads/threads.ts";
import type { UmapOptions, UmapSettings } from "./umap-options.ts";

/** Embeds `given` among `matrix`, whose embedding is `embedding`. */
export async function placeNew(
  threads: Threads,
  matrix: Matrix,
  embedding: Float32Array,
  given: Matrix,
  settings: UmapSettings,
  options: UmapOptions,
): Promise<Embedding> {
  const { metric = "euclidean", seed = 0 } = options;
  const k = Math.min(settings.neighbors, matrix.rows);
  const [old, fresh] = ready(threads, matrix, given, metric);
  const { indices, distances } = await nearestExactly(
    threads,
    old,
    fresh,
    matrix.rows,
    given.rows,
    matrix.columns,
    k,
    metric === "manhattan",
    false,
  );
  if (metric === "euclidean") distances.array.set(distances.array.map(Math.sqrt));
  const weights = memberships(distances.array, given.rows, k, settings.localConnectivity);
  const positions = threads.float32(2 * given.rows);
  for (let i = 0; i < given.rows; i++) {
    let [x, y, sum] = [0, 0, 0];
    for (let at = i * k; at < (i + 1) * k; at++) {
      x += weights[at]! * embedding[2 * indices.array[at]!]!;
      y += weights[at]! * embedding[2 * indices.array[at]! + 1]!;
      sum += weights[at]!;
    }
    positions.array.set([x / sum, y / sum], 2 * i);
  }
  const epochs = Math.ceil(settings.epochs / 3);
  const edges = keepEdges(indices.array, weights, given.rows, k, epochs);
  const layout = {
    ...settings,
    epochs,
    // umap-learn moves new points with a quarter of the rate: the others stand already.
    learningRate: settings.learningRate / 4,
    seed: new Random(seed).split("new edges").uint32() | 0,
  };
  await placeAmong(threads, threads.float32(embedding.length, embedding), positions, edges, layout);
  return { data: positions.array.slice() as Float32Array<ArrayBuffer>, shape: [given.rows, 2] };
}

/** New rows with larger values are drawn in to it: so far off, only the direction counts, and squares stay within float32. */
const FARTHEST = 1e15;

/** Both sets of rows in the threads' memory, by the same scale and about the old rows' mean. */
function ready(threads: Threads, matrix: Matrix, given: Matrix, metric: NonNullable<UmapOptions["metric"]>) {
  const old = threads.float32(matrix.values.length, matrix.values);
  const fresh = threads.float32(given.values.length, given.values);
  if (metric === "cosine" || metric === "correlation") {
    normaliseRows(old.array, matrix, metric === "correlation");
    normaliseRows(fresh.array, given, metric === "correlation");
    return [old, fresh] as const;
  }
  const mean = new Float64Array(matrix.columns);
  for (let at = 0; at < matrix.values.length; at++) mean[at % matrix.columns]! += matrix.values[at]! / matrix.rows;
  const ratio = matrix.scale / given.scale;
  for (let at = 0; at < old.array.length; at++) old.array[at]! -= mean[at % matrix.columns]!;
  for (let i = 0; i < given.rows; i++) {
    const row = given.values.subarray(i * matrix.columns, (i + 1) * matrix.columns);
    const largest = ratio * row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const factor = ratio * Math.min(1, FARTHEST / largest);
    fresh.array.set(
      row.map((value, t) => value * factor - mean[t]!),
      i * matrix.columns,
    );
  }
  return [old, fresh] as const;
}

/** As `memberships` in scripts/wasm/manifold/graph.ts, for queries that are not among the points. */
function memberships(distances: Float32Array, rows: number, k: number, localConnectivity: number): Float32Array {
  const target = Math.log2(k);
  const whole = Math.max(1, Math.round(localConnectivity));
  const weights = new Float32Array(rows * k);
  for (let i = 0; i < rows; i++) {
    const row = distances.subarray(i * k, (i + 1) * k);
    const positive = row.findIndex((distance) => distance > 0);
    const rho = positive < 0 ? 0 : row[Math.min(k - 1, positive + whole - 1)]!;
    const mean = row.reduce((sum, distance) => sum + distance, 0) / k;
    let [low, high, sigma] = [0, Number.POSITIVE_INFINITY, 1];
    for (let step = 0; step < 64; step++) {
      let sum = 0;
      for (const distance of row) sum += distance > rho ? Math.exp((rho - distance) / sigma) : 1;
      if (Math.abs(sum - target) < 1e-5) break;
      if (sum > target) high = sigma;
      else low = sigma;
      sigma = high === Number.POSITIVE_INFINITY ? sigma * 2 : (low + high) / 2;
    }
    sigma = Math.max(sigma, 1e-3 * mean);
    row.forEach((distance, j) => {
      // Rounded, since engines' exponentials differ in their last bits.
      const weight = distance > rho && sigma > 0 ? Math.exp((rho - distance) / sigma) : 1;
      weights[i * k + j] = Math.round(weight * 2 ** 20) / 2 ** 20;
    });
  }
  return weights;
}

/** The edges that are used at least once, in compressed rows, and the epochs between two uses. */
function keepEdges(indices: Int32Array, weights: Float32Array, rows: number, k: number, epochs: number) {
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const starts = new Int32Array(rows + 1);
  const tails: number[] = [];
  const periods: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let at = i * k; at < (i + 1) * k; at++) {
      if (weights[at]! * epochs < largest) continue;
      tails.push(indices[at]!);
      periods.push(largest / weights[at]!);
    }
    starts[i + 1] = tails.length;
  }
  return { rows: starts, tails: Int32Array.from(tails), periods: Float32Array.from(periods) };
}
