/** The options of t-SNE and what it returns. */
import type { Initialization } from "./initialization.ts";
import type { Embedding } from "./matrix.ts";
import type { KnnOptions } from "./neighbors.ts";
import type { ThreadOptions } from "./threads/threads.ts";

/** What computes the repulsion. */
export type TsneEngine = "barnes-hut" | "fft" | "exact" | "tsne-js";

/** An embedding in the making. */
export interface EmbeddingFrame {
  /** Iterations done, and all there will be. */
  readonly iteration: number;
  readonly iterations: number;
  /** A copy of the positions, x, y, x, y, …: the frame's own. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [points: number, dimensions: number];
}

/** Options that t-SNE and UMAP share. */
export interface EmbeddingOptions extends ThreadOptions {
  /** Where the points begin. Default: "pca". */
  readonly initialization?: Initialization;
  /** Names everything that chance decides: the same seed gives the same bytes. Default: 0. */
  readonly seed?: number;
  /** Default: "euclidean". */
  readonly metric?: KnnOptions["metric"];
  /** How neighbours are found: see `knn`. Default: "auto". */
  readonly method?: KnnOptions["method"];
  /** Called with a copy of the embedding from time to time; the descent does not wait for it. */
  readonly onFrame?: (frame: EmbeddingFrame) => void;
  /** Iterations between two frames. Default: 25. */
  readonly frameEvery?: number;
}

/** Options of `tsne`. */
export interface TsneOptions extends EmbeddingOptions {
  /** About how many neighbours count; at most a third of the points less one. Default: 30. */
  readonly perplexity?: number;
  /**
   * "barnes-hut"; "fft" interpolates the repulsion on a grid (Linderman et al. 2019), for a million points; "exact" sums over all
   * pairs, n² a step; "tsne-js" is the npm package of that name, if it is installed: a reference, a hundred times slower.
   * Default: "barnes-hut".
   */
  readonly engine?: TsneEngine;
  /** Steps in all, the exaggerated ones included. Default: 750. */
  readonly iterations?: number;
  /** The factor on attraction in the first steps, from 1 on. Default: 12. */
  readonly earlyExaggeration?: number;
  /** The number of exaggerated steps. Default: 250, or a third of the iterations where they are fewer than 750. */
  readonly exaggeratedIterations?: number;
  /** Default: "auto", the points divided by the early exaggeration, at least 50. */
  readonly learningRate?: number | "auto";
  /** Barnes and Hut's θ, 0 to 1: a cell acts as one where its size is below θ times its distance. Default: 0.5. */
  readonly angle?: number;
}

/** A t-SNE embedding, [points, 2]. */
export interface Tsne extends Embedding {
  /** The Kullback-Leibler divergence that was minimised, in nats, at the end: over the neighbours that were kept, as scikit-learn's. */
  readonly divergence: number;
  readonly iterations: number;
}

/** Checked options. */
export interface TsneSettings {
  readonly perplexity: number;
  readonly engine: TsneEngine;
  readonly iterations: number;
  readonly earlyExaggeration: number;
  readonly exaggeratedIterations: number;
  readonly learningRate: number | "auto";
  readonly angle: number;
  readonly frameEvery: number;
}
