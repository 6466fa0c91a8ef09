/** The options of UMAP and what it returns. */
import type { Curve } from "./curve.ts";
import type { Embedding, ManifoldData } from "./matrix.ts";
import type { ThreadOptions } from "./threads/threads.ts";
import type { EmbeddingOptions } from "./tsne-options.ts";

/** Who computes the embedding. */
export type UmapEngine = "native" | "umap-js";

/** Options of `umap`. */
export interface UmapOptions extends EmbeddingOptions {
  /** Neighbours of each point that count, itself among them, from 2 to the number of rows. Default: 15. */
  readonly neighbors?: number;
  /** How close points may lie, 0 to `spread`. Default: 0.1. */
  readonly minimumDistance?: number;
  /** The scale of the embedding. Default: 1. */
  readonly spread?: number;
  /** Passes over the edges. Default: 500 to 10,000 rows, 200 beyond. */
  readonly epochs?: number;
  /** "native", or the npm package "umap-js" if it is installed: an independent check, several times slower. Default: "native". */
  readonly engine?: UmapEngine;
  /** Points to be pushed away from for each pull. Default: 5. */
  readonly negatives?: number;
  /** The first step size, which falls linearly to 0. Default: 1. */
  readonly learningRate?: number;
  /** How many nearest neighbours are wholly connected. Default: 1. */
  readonly localConnectivity?: number;
  /** Between the intersection (0) and the union (1) of the two directions of neighbourhood. Default: 1. */
  readonly mixture?: number;
  /** The weight of what pushes away. Default: 1. */
  readonly repulsion?: number;
}

/** A UMAP embedding, [points, 2]. */
export interface Umap extends Embedding, Curve {
  readonly epochs: number;
  /**
   * Positions for new rows among the old ones, which stay: each starts at the mean of its neighbours, weighted, and follows its own
   * edges for a third of the epochs.
   *
   * @throws CW_SHAPE_MISMATCH for rows of another length; as `umap`
   */
  transform(newData: ManifoldData, options?: ThreadOptions): Promise<Embedding>;
}

/** Checked options. */
export interface UmapSettings {
  readonly neighbors: number;
  readonly negatives: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly localConnectivity: number;
  readonly mixture: number;
  readonly repulsion: number;
  readonly curve: Curve;
}
