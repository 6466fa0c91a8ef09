/** Neighbours while they are in the memory of the threads. */
import type { Block } from "./threads/threads.ts";

/** Distances between rows. */
export type Metric = "euclidean" | "manhattan" | "cosine" | "correlation";

/** Neighbours in the shared memory. */
export interface FoundNeighbors {
  readonly indices: Block<Int32Array<SharedArrayBuffer>>;
  /** Squared Euclidean distances of the (scaled, perhaps normalised) rows; of "manhattan" the distances themselves. */
  readonly distances: Block<Float32Array<SharedArrayBuffer>>;
  readonly metric: Metric;
}
