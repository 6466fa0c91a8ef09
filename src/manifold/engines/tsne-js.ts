/**
 * The npm package tsne-js behind the same options: exact t-SNE by others, as a reference for small data. It runs on the main thread,
 * which it blocks, in time that grows with the square of the rows; it begins at random and knows no seed, no frames, no signal.
 */
import { importPeer } from "../checks.ts";
import type { Matrix } from "../matrix.ts";
import type { Tsne, TsneOptions, TsneSettings } from "../tsne-options.ts";
import { asRows, packed } from "./umap-js.ts";

type Peer = new (
  options: Record<string, unknown>,
) => {
  init(input: { data: number[][]; type: "dense" }): void;
  run(): [error: number, iterations: number];
  getOutput(): number[][];
};

export async function peerTsne(matrix: Matrix, settings: TsneSettings, options: TsneOptions): Promise<Tsne> {
  const module = await importPeer<{ default: Peer | { default: Peer } }>("tsne-js");
  const Model = "default" in module.default ? module.default.default : module.default;
  options.signal?.throwIfAborted();
  const model = new Model({
    dim: 2,
    perplexity: settings.perplexity,
    earlyExaggeration: settings.earlyExaggeration,
    learningRate: settings.learningRate === "auto" ? 100 : settings.learningRate,
    nIter: settings.iterations,
    metric: "euclidean",
  });
  model.init({ data: asRows(matrix, matrix.scale), type: "dense" });
  const [divergence, iterations] = model.run();
  return { ...packed(model.getOutput()), divergence, iterations };
}
