/**
 * The graph that an embedding is made from, in the threads' memory: weights of neighbours (t-SNE's affinities or UMAP's fuzzy
 * simplicial set), united with those of the other direction. The loops are in scripts/wasm/manifold/graph.ts.
 */
import type { FoundNeighbors } from "./found-neighbors.ts";
import { type Block, chunkRows, float, type Phase, type Threads } from "./threads/threads.ts";

/** A symmetric graph in compressed rows. */
export interface Graph {
  readonly rows: Block<Int32Array<SharedArrayBuffer>>;
  readonly columns: Block<Int32Array<SharedArrayBuffer>>;
  readonly values: Block<Float32Array<SharedArrayBuffer>>;
  /** [points]: UMAP's distance to the nearest neighbour and scale; of t-SNE the precision is in the first. */
  readonly rho: Float32Array<SharedArrayBuffer>;
  readonly sigma: Float32Array<SharedArrayBuffer>;
}

/** What the weights are. */
export type GraphKind =
  | { readonly kind: "affinities"; readonly perplexity: number }
  | { readonly kind: "fuzzySet"; readonly localConnectivity: number; readonly mixture: number };

/** Changes `neighbors`: its rows come to be in order of index. */
export async function buildGraph(
  threads: Threads,
  neighbors: FoundNeighbors,
  points: number,
  k: number,
  how: GraphKind,
): Promise<Graph> {
  const { indices, distances } = neighbors;
  const fuzzy = how.kind === "fuzzySet";
  const rows = threads.int32(points + 1);
  const columns = threads.int32(2 * points * k);
  const values = threads.float32(2 * points * k);
  const rho = threads.float32(points);
  const sigma = threads.float32(points);
  const even = k + (k & 1);
  const { pointer: state } = threads.record({
    points,
    neighbors: k,
    chunk: chunkRows(points),
    union: Number(fuzzy),
    perplexity: float(fuzzy ? 0 : how.perplexity),
    localConnectivity: float(fuzzy ? how.localConnectivity : 0),
    mixture: float(fuzzy ? how.mixture : 0),
    indices: indices.pointer,
    distances: distances.pointer,
    weights: threads.allocate(4 * points * k),
    offsets: threads.allocate(4 * (points + 2)),
    sources: threads.allocate(4 * points * k),
    reversed: threads.allocate(4 * points * k),
    rows: rows.pointer,
    columns: columns.pointer,
    values: values.pointer,
    scratch: threads.allocate(16 * even * threads.count),
    rho: rho.pointer,
    sigma: sigma.pointer,
    mean: float(fuzzy ? meanDistance(distances.array, points * (k + 1)) : 0),
  });
  const chunks = Math.ceil(points / chunkRows(points));
  const each = (kernel: string): Phase => ({ kernel, chunks, state });
  const once = (kernel: string): Phase => ({ kernel, chunks: 1, state });
  await threads.run([
    each(fuzzy ? "memberships" : "affinities"),
    each("sortRows"),
    once("transpose"),
    each("countUnion"),
    once("sumUnion"),
    each("unite"),
  ]);
  return { rows, columns, values, rho: rho.array, sigma: sigma.array };
}

/** UMAP counts each point among its neighbours, at distance 0. */
function meanDistance(distances: Float32Array, count: number): number {
  let sum = 0;
  for (let at = 0; at < distances.length; at++) sum += distances[at]!;
  return sum / count;
}
