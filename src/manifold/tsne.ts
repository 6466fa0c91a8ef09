/**
 * t-SNE: t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008), with the repulsion of far points by Barnes and
 * Hut's tree (van der Maaten 2014), principal components to begin with, and the learning rate and early exaggeration that Belkina et
 * al. (2019) found to hold from a thousand points to a million.
 *
 * Neighbours closer together than the perplexity stay neighbours; distances between clusters, and their sizes, mean little.
 */
import { CellwrightError } from "../errors.ts";
import { Random } from "../random/index.ts";
import { loadCentred } from "./centre.ts";
import { checkChoice, checkNumber, checkWhole, finite } from "./checks.ts";
import { descend } from "./descent.ts";
import { peerTsne } from "./engines/tsne-js.ts";
import { shownEmbedding } from "./figures/shown.ts";
import { buildGraph } from "./graph.ts";
import { checkInitialization, initialPositions } from "./initialization.ts";
import { type ManifoldData, type Matrix, readMatrix } from "./matrix.ts";
import { findNeighbors } from "./neighbors.ts";
import { Threads } from "./threads/threads.ts";
import type { Tsne, TsneEngine, TsneOptions, TsneSettings } from "./tsne-options.ts";

const engines: readonly TsneEngine[] = ["barnes-hut", "fft", "exact", "tsne-js"];

/**
 * The t-SNE embedding of the rows in the plane. Rows of more than about 50 values should be principal components of theirs (`pca`).
 *
 * Equal rows end close together but not in one place. Two runs with one seed give the same bytes, whatever the number of threads.
 *
 * @throws CW_PERPLEXITY where there are not more rows than three times the perplexity; CW_OPTION, CW_INITIALIZATION, CW_SEED,
 * CW_ENGINE_MISSING; CW_EMPTY, CW_SHAPE_MISMATCH, CW_NOT_FINITE; the signal's reason
 * @example
 * const components = await pca(images, { components: 50 });
 * const embedding = await tsne(components, { perplexity: 30, seed: 7 });
 */
export async function tsne(data: ManifoldData, options: TsneOptions = {}): Promise<Tsne> {
  const settings = checkOptions(options);
  const matrix = await readMatrix(data);
  checkPerplexity(settings.perplexity, matrix.rows);
  const { initialization = "pca", seed = 0 } = options;
  checkInitialization(initialization, matrix.rows);
  new Random(seed);
  if (settings.engine === "tsne-js") {
    const embedding = await peerTsne(matrix, settings, options);
    return shownEmbedding({ ...embedding, data: finite(embedding.data, TOO_FAST) }, data, "t-SNE");
  }
  const embedding = await Threads.with(options, (threads) => embed(threads, matrix, settings, options));
  return shownEmbedding(embedding, data, "t-SNE");
}

async function embed(threads: Threads, matrix: Matrix, settings: TsneSettings, options: TsneOptions): Promise<Tsne> {
  const { initialization = "pca", seed = 0 } = options;
  const { rows } = matrix;
  const k = Math.min(rows - 1, Math.floor(3 * settings.perplexity));
  const neighbors = await findNeighbors(threads, matrix, k, options);
  const graph = await buildGraph(threads, neighbors, rows, k, { kind: "affinities", perplexity: settings.perplexity });
  const { points } = await loadCentred(threads, matrix);
  const positions = await initialPositions(
    threads,
    points,
    matrix,
    initialization,
    { deviation: 1e-4, noise: 0 },
    seed,
  );
  const { data, divergence } = await descend(threads, graph, positions, rows, settings, options.onFrame);
  return { data: finite(data, TOO_FAST), shape: [rows, 2], divergence, iterations: settings.iterations };
}

/** What a learning rate of the caller's may do. */
const TOO_FAST = "the descent left the range of float32; pass a smaller learning rate, or leave it to its default";

function checkOptions(options: TsneOptions): TsneSettings {
  const { perplexity = 30, engine = "barnes-hut", iterations = 750, earlyExaggeration = 12 } = options;
  const { learningRate = "auto", angle = 0.5, frameEvery = 25 } = options;
  checkChoice("engine", engine, engines);
  checkNumber("perplexity", perplexity, 1, 1e6);
  checkWhole("iterations", iterations, 0, 1e6);
  const { exaggeratedIterations = Math.min(250, Math.floor(iterations / 3)) } = options;
  checkWhole("exaggeratedIterations", exaggeratedIterations, 0, iterations);
  checkNumber("earlyExaggeration", earlyExaggeration, 1, 1000);
  if (learningRate !== "auto") checkNumber("learningRate", learningRate, 1e-12, 1e9);
  checkNumber("angle", angle, 0.01, 1);
  checkWhole("frameEvery", frameEvery, 1, 1e6);
  return {
    perplexity,
    engine,
    iterations,
    earlyExaggeration,
    exaggeratedIterations,
    learningRate,
    angle,
    frameEvery,
  };
}

/** @throws CW_PERPLEXITY */
function checkPerplexity(perplexity: number, rows: number): void {
  if (rows > 3 * perplexity) return;
  const most = Math.floor((rows - 1) / 3);
  throw new CellwrightError(
    "CW_PERPLEXITY",
    `perplexity ${perplexity} needs more than ${3 * perplexity} rows; got ${rows}: ${most >= 1 ? `pass a perplexity of at most ${most}` : "there are too few rows to embed"}`,
  );
}
