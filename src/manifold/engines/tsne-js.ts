/**
 * The npm package tsne-js behind the same options: an independent reference for "exact". Its time grows with the square of the rows, and its
 * loop does not stop to let anything else happen, so it runs in a worker thread of its own: the notebook goes on answering, a signal ends it
 * at once, and the thread's `Math.random`, from which the package draws its first positions, is the seed's.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { CellwrightError } from "../../errors.ts";
import { Random } from "../../random/index.ts";
import { missingPeer } from "../checks.ts";
import type { Matrix } from "../matrix.ts";
import type { EmbeddingFrame, Tsne, TsneOptions, TsneSettings } from "../tsne-options.ts";
import { asRows } from "./umap-js.ts";

/** As text, like the kernels' worker (threads/worker.ts). The package does at least 100 iterations. */
const WORKER = `"use strict";
const { parentPort, workerData: { file, rows, options, drawn, every } } = require("node:worker_threads");
let next = 0;
Math.random = () => drawn[next++ % drawn.length];
const loaded = require(file);
const model = new (loaded.default ?? loaded)(options);
model.init({ data: rows, type: "dense" });
const output = () => Float32Array.from(model.getOutput().flat());
if (every > 0) model.on("progressIter", ([step]) => {
  if ((step + 1) % every === 0) parentPort.postMessage({ iteration: step + 1, data: output() });
});
const [divergence, iterations] = model.run();
parentPort.postMessage({ divergence, iterations, data: output() });
`;

type Message = { readonly data: Float32Array<ArrayBuffer> } & (
  | { readonly iteration: number }
  | { readonly divergence: number; readonly iterations: number }
);

const LEAST_ITERATIONS = 100;

export async function peerTsne(matrix: Matrix, settings: TsneSettings, options: TsneOptions): Promise<Tsne> {
  const { seed = 0, signal, onFrame } = options;
  signal?.throwIfAborted();
  const shape = [matrix.rows, 2] as const;
  const iterations = Math.max(LEAST_ITERATIONS, settings.iterations);
  const random = new Random(seed).split("tsne-js");
  const workerData = {
    file: find("tsne-js"),
    rows: asRows(matrix, matrix.scale),
    options: {
      dim: 2,
      perplexity: settings.perplexity,
      earlyExaggeration: settings.earlyExaggeration,
      learningRate: settings.learningRate === "auto" ? 100 : settings.learningRate,
      nIter: settings.iterations,
      metric: "euclidean",
    },
    // Two numbers a try, and one try in five is thrown away.
    drawn: Float64Array.from({ length: 8 * matrix.rows + 64 }, () => random.float()),
    every: onFrame ? settings.frameEvery : 0,
  };
  const worker = new Worker(WORKER, { eval: true, workerData, execArgv: [], name: "cellwright tsne-js" });
  let onAbort = () => {};
  try {
    return await new Promise<Tsne>((resolve, reject) => {
      onAbort = () => reject(signal!.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      worker.on("error", (cause) => {
        reject(new CellwrightError("CW_WORKER", `tsne-js ended with an error: ${String(cause)}`, { cause }));
      });
      worker.on("message", (message: Message) => {
        try {
          if ("divergence" in message) resolve({ shape, ...message });
          else onFrame?.({ ...message, iterations, shape } satisfies EmbeddingFrame);
        } catch (error) {
          reject(error);
        }
      });
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await worker.terminate();
  }
}

/** The package's file. @throws CW_ENGINE_MISSING */
function find(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw missingPeer(name, cause);
  }
}
