/**
 * Parametric UMAP (Sainburg, McInnes and Gentner 2021): UMAP's graph, but a network gives the positions, trained on the cross-entropy of
 * edges and of random pairs. New rows are embedded by the network alone, in microseconds, and alike images go to like places.
 */
import { tf } from "../backend/tf.ts";
import { Random } from "../random/index.ts";
import { gatherRows } from "./autoencoder.ts";
import { checkNumber, checkWhole } from "./checks.ts";
import { fitCurve } from "./curve.ts";
import {
  checkEncoderOptions,
  denseNetwork,
  type EncoderOptions,
  type EncoderResult,
  encoderResult,
  standardiseRows,
  trainNetworks,
} from "./dense-network.ts";
import { buildGraph } from "./graph.ts";
import { type ManifoldData, type Matrix, readMatrix } from "./matrix.ts";
import { checkNeighbors, findNeighbors, trueDistances } from "./neighbors.ts";
import { type ThreadOptions, Threads } from "./threads/threads.ts";

/** Options of `parametricUmap`. */
export interface ParametricUmapOptions extends EncoderOptions, ThreadOptions {
  /** As of `umap`. Default: 15. */
  readonly neighbors?: number;
  /** As of `umap`. Default: 0.1. */
  readonly minimumDistance?: number;
  /** Dimensions of the embedding. Default: 2. */
  readonly dimensions?: number;
  /** Random pairs for each edge. Default: 5. */
  readonly negatives?: number;
  /** Default: [128, 128, 128]. */
  readonly hidden?: readonly number[];
  /** Edges in a batch. Default: 1024. */
  readonly batchSize?: number;
  /** Passes, each with as many edges as there are rows times 8. Default: 10. */
  readonly epochs?: number;
  readonly signal?: AbortSignal;
}

const EDGES_A_ROW = 8;

/**
 * A network trained to embed the rows as UMAP would, and others like them.
 *
 * @throws as `umap`; CW_LOSS_NAN
 * @example
 * const map = await parametricUmap(features, { epochs: 10, seed: 7 });
 * const placed = await map.transform(newFeatures);
 * map.dispose();
 */
export async function parametricUmap(data: ManifoldData, options: ParametricUmapOptions = {}): Promise<EncoderResult> {
  const { neighbors = 15, minimumDistance = 0.1, dimensions = 2, negatives = 5, seed = 0 } = options;
  const { hidden = [128, 128, 128], batchSize = 1024, epochs = 10 } = options;
  checkEncoderOptions({ hidden, epochs, batchSize });
  checkWhole("neighbors", neighbors, 2, 1e6);
  checkWhole("dimensions", dimensions, 1, 1024);
  checkWhole("negatives", negatives, 0, 100);
  checkNumber("minimumDistance", minimumDistance, 0, 1);
  const random = new Random(seed).split("parametric UMAP");
  const matrix = await readMatrix(data);
  const { rows, columns } = matrix;
  if (neighbors > rows) checkNeighbors(neighbors, rows + 1, "neighbors");
  const edges = await Threads.with(options, (threads) => edgesOf(threads, matrix, neighbors - 1));
  const standardised = standardiseRows(matrix);
  const encoder = denseNetwork("parametric_umap", columns, hidden, dimensions, random.split("weights"));
  const { a, b } = fitCurve(minimumDistance, 1);
  try {
    const losses = await trainNetworks({
      ...options,
      epochs,
      steps: Math.max(1, Math.ceil((rows * EDGES_A_ROW) / batchSize)),
      networks: [encoder],
      loss: (step, epoch) => {
        const batch = drawBatch(edges, rows, batchSize, negatives, random.split("edges").split(epoch).split(step));
        const positions = encoder.apply(
          tf.tensor2d(gatherRows(standardised.values, columns, batch), [batch.length, columns]),
        ) as tf.Tensor2D;
        return crossEntropy(positions, batchSize, negatives, a, b);
      },
    });
    return await encoderResult(encoder, standardised, columns, losses);
  } catch (error) {
    encoder.dispose();
    throw error;
  }
}

interface Edges {
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  /** Running sums of the weights. */
  readonly sums: Float64Array;
}

async function edgesOf(threads: Threads, matrix: Matrix, k: number): Promise<Edges> {
  const found = await findNeighbors(threads, matrix, k, {});
  found.distances.array.set(trueDistances(found, matrix));
  const how = { kind: "fuzzySet", localConnectivity: 1, mixture: 1 } as const;
  const graph = await buildGraph(threads, found, matrix.rows, k, how);
  const count = graph.rows.array[matrix.rows]!;
  const heads = new Int32Array(count);
  const sums = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < matrix.rows; i++) {
    for (let edge = graph.rows.array[i]!; edge < graph.rows.array[i + 1]!; edge++) {
      heads[edge] = i;
      sum += graph.values.array[edge]!;
      sums[edge] = sum;
    }
  }
  return { heads, tails: graph.columns.array.slice(0, count) as Int32Array, sums };
}

/** Heads, then tails, of edges drawn by weight; then for each edge the random rows it is compared with. */
function drawBatch(edges: Edges, rows: number, size: number, negatives: number, random: Random): Uint32Array {
  const batch = new Uint32Array(size * (2 + negatives));
  const total = edges.sums.at(-1)!;
  for (let i = 0; i < size; i++) {
    const target = random.float() * total;
    let [low, high] = [0, edges.sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges.sums[middle]! > target) high = middle;
      else low = middle + 1;
    }
    batch[i] = edges.heads[low]!;
    batch[size + i] = edges.tails[low]!;
  }
  for (let at = 2 * size; at < batch.length; at++) batch[at] = random.integer(rows);
  return batch;
}

/** -log q of edges less log(1 - q) of random pairs, q = 1 / (1 + a d^2b), as sums of softplus, which stay finite. */
function crossEntropy(positions: tf.Tensor2D, size: number, negatives: number, a: number, b: number): tf.Scalar {
  const dimensions = positions.shape[1];
  const heads = positions.slice([0, 0], [size, dimensions]);
  const logOdds = (other: tf.Tensor2D): tf.Tensor => {
    const squared = other.sub(heads).square().sum(1).add(1e-4);
    // log(a d^2b): -log q is its softplus, -log(1 - q) the softplus of its negative.
    return squared.log().mul(b).add(Math.log(a));
  };
  let loss = logOdds(positions.slice([size, 0], [size, dimensions]))
    .softplus()
    .mean();
  for (let sample = 0; sample < negatives; sample++) {
    const other = positions.slice([(2 + sample) * size, 0], [size, dimensions]);
    loss = loss.add(logOdds(other).neg().softplus().mean());
  }
  return loss as tf.Scalar;
}
