/**
 * UMAP: uniform manifold approximation and projection (McInnes, Healy and Melville 2018). A fuzzy graph of neighbours, whose scale is
 * each point's own, is laid out by pulling along sampled edges and pushing away from random points.
 *
 * The descent gives the same bytes for a seed whatever the number of threads, and so does `transform`.
 */
import { CellwrightError } from "../errors.ts";
import { Random } from "../random/index.ts";
import { loadCentred } from "./centre.ts";
import { checkChoice, checkNumber, checkWhole } from "./checks.ts";
import { type Curve, fitCurve } from "./curve.ts";
import { peerUmap } from "./engines/umap-js.ts";
import { shownEmbedding } from "./figures/shown.ts";
import { buildGraph } from "./graph.ts";
import { checkInitialization, initialPositions } from "./initialization.ts";
import { type LayoutSettings, layOut } from "./layout.ts";
import { type Embedding, type ManifoldData, type Matrix, readMatrix } from "./matrix.ts";
import { checkNeighbors, findNeighbors, trueDistances } from "./neighbors.ts";
import { type ThreadOptions, Threads } from "./threads/threads.ts";
import type { Umap, UmapOptions, UmapSettings } from "./umap-options.ts";
import { placeNew } from "./umap-transform.ts";

/**
 * The UMAP embedding of the rows in the plane, and what embeds new ones.
 *
 * Equal rows end close together; points that no chain of neighbours connects are laid out beside each other.
 *
 * @throws CW_NEIGHBORS where there are fewer rows than neighbours ("umap-js" wants one more); CW_OPTION, CW_INITIALIZATION, CW_SEED, CW_ENGINE_MISSING;
 * CW_EMPTY, CW_SHAPE_MISMATCH, CW_NOT_FINITE, CW_ZERO_ROW; the signal's reason
 * @example
 * const map = await umap(features, { neighbors: 15, seed: 7 });
 * const placed = await map.transform(newFeatures);
 */
export async function umap(data: ManifoldData, options: UmapOptions = {}): Promise<Umap> {
  const matrix = await readMatrix(data);
  const settings = checkUmapOptions(options, matrix.rows);
  const embedding =
    options.engine === "umap-js"
      ? await peerUmap(matrix, settings, options)
      : await Threads.with(options, (threads) => embed(threads, matrix, settings, options));
  const transform = async (newData: ManifoldData, how: ThreadOptions = {}): Promise<Embedding> => {
    const given = await readMatrix(newData);
    if (given.columns !== matrix.columns) {
      throw new CellwrightError(
        "CW_SHAPE_MISMATCH",
        `expected rows of ${matrix.columns} values, as the embedding was made from; got ${given.columns}`,
      );
    }
    return Threads.with({ ...pick(options), ...how }, (threads) =>
      placeNew(threads, matrix, embedding, given, settings, options),
    );
  };
  const { curve, epochs } = settings;
  return shownEmbedding({ data: embedding, shape: [matrix.rows, 2], ...curve, epochs, transform }, data, "UMAP");
}

const pick = ({ threads }: ThreadOptions): ThreadOptions => (threads === undefined ? {} : { threads });

async function embed(
  threads: Threads,
  matrix: Matrix,
  settings: UmapSettings,
  options: UmapOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const { rows } = matrix;
  const { initialization = "pca", seed = 0, onFrame, frameEvery = 25 } = options;
  const k = settings.neighbors - 1;
  const found = await findNeighbors(threads, matrix, k, options);
  found.distances.array.set(trueDistances(found, matrix));
  const graph = await buildGraph(threads, found, rows, k, {
    kind: "fuzzySet",
    localConnectivity: settings.localConnectivity,
    mixture: settings.mixture,
  });
  const { points } = await loadCentred(threads, matrix);
  const scale = { deviation: SPREAD, noise: 1e-4 };
  const positions = await initialPositions(threads, points, matrix, initialization, scale, seed);
  await layOut(
    threads,
    graph,
    positions,
    rows,
    layoutSettings(settings, seed),
    onFrame && {
      every: frameEvery,
      pointers: [positions.pointer],
      length: 2 * rows,
      onValues: (data, step) => onFrame({ iteration: step + 1, iterations: settings.epochs, data, shape: [rows, 2] }),
    },
  );
  return positions.array.slice() as Float32Array<ArrayBuffer>;
}

/** The standard deviation of the first axis when the descent begins; umap-learn scales its spectral layout to a box of 10. */
const SPREAD = 3;

export function layoutSettings(settings: UmapSettings, seed: number): LayoutSettings {
  return { ...settings, seed: new Random(seed).split("edges").uint32() | 0 };
}

function checkUmapOptions(options: UmapOptions, rows: number): UmapSettings {
  const { neighbors = 15, minimumDistance = 0.1, spread = 1, negatives = 5, learningRate = 1 } = options;
  const { epochs = rows <= 10_000 ? 500 : 200, localConnectivity = 1, mixture = 1, repulsion = 1, seed = 0 } = options;
  checkChoice("engine", options.engine ?? "native", ["native", "umap-js"]);
  checkWhole("neighbors", neighbors, 2, 1e6);
  if (neighbors > rows) checkNeighbors(neighbors, rows + 1, "neighbors");
  checkNumber("spread", spread, 1e-3, 1e3);
  checkNumber("minimumDistance", minimumDistance, 0, spread);
  checkWhole("negatives", negatives, 0, 1000);
  checkNumber("learningRate", learningRate, 1e-6, 1e3);
  checkWhole("epochs", epochs, 0, 1e6);
  checkNumber("localConnectivity", localConnectivity, 0, neighbors - 1);
  checkNumber("mixture", mixture, 0, 1);
  checkNumber("repulsion", repulsion, 0, 1e3);
  checkWhole("frameEvery", options.frameEvery ?? 25, 1, 1e6);
  checkInitialization(options.initialization ?? "pca", rows);
  new Random(seed);
  const curve: Curve = fitCurve(minimumDistance, spread);
  return { neighbors, negatives, learningRate, epochs, localConnectivity, mixture, repulsion, curve };
}
