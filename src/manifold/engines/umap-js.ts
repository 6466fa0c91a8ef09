/**
 * The npm package umap-js (Google's PAIR; a translation of umap-learn) behind the same options: an independent check of "native". It runs
 * on the main thread and in plain JavaScript, so it takes several times longer; it begins at random, whatever is asked for. Its own
 * `transform` is left alone: it may not come to an end.
 */

import { Random } from "../../random/index.ts";
import { importPeer } from "../checks.ts";
import type { Embedding, Matrix } from "../matrix.ts";
import { checkNeighbors } from "../neighbors.ts";
import type { UmapOptions, UmapSettings } from "../umap-options.ts";

interface PeerModule {
  readonly UMAP: new (
    options: Record<string, unknown>,
  ) => {
    fitAsync(rows: number[][], onEpoch: (epoch: number) => boolean): Promise<number[][]>;
    getEmbedding(): number[][];
  };
}

export async function peerUmap(
  matrix: Matrix,
  settings: UmapSettings,
  options: UmapOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const { UMAP } = await importPeer<PeerModule>("umap-js");
  const { minimumDistance = 0.1, spread = 1, seed = 0, onFrame, frameEvery = 25, signal } = options;
  checkNeighbors(settings.neighbors, matrix.rows, "neighbors");
  signal?.throwIfAborted();
  const random = new Random(seed).split("umap-js");
  const model = new UMAP({
    nComponents: 2,
    nNeighbors: settings.neighbors,
    nEpochs: settings.epochs,
    minDist: minimumDistance,
    spread,
    learningRate: settings.learningRate,
    localConnectivity: settings.localConnectivity,
    negativeSampleRate: settings.negatives,
    repulsionStrength: settings.repulsion,
    setOpMixRatio: settings.mixture,
    random: () => random.float(),
  });
  const embedding = await model.fitAsync(asRows(matrix, matrix.scale), (epoch) => {
    if (signal?.aborted) return false;
    if (onFrame && (epoch + 1) % frameEvery === 0) {
      onFrame({ iteration: epoch + 1, iterations: settings.epochs, ...packed(model.getEmbedding()) });
    }
    return true;
  });
  signal?.throwIfAborted();
  return packed(embedding).data;
}

/** A matrix as rows of numbers. */
export function asRows({ values, rows, columns }: Matrix, scale: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from(values.subarray(i * columns, (i + 1) * columns), (value) => value / scale),
  );
}

/** Rows of two as an embedding. */
export function packed(rows: readonly (readonly number[])[]): Embedding {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, 2] };
}
