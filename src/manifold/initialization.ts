/**
 * Where the points of an embedding begin. Kobak and Linderman (2021) show that what t-SNE and UMAP keep of the global shape comes from
 * there: so the first two principal components, scaled, are the default, and chance only for those who ask.
 */
import { CellwrightError } from "../errors.ts";
import { Random } from "../random/index.ts";
import type { Matrix } from "./matrix.ts";
import { principalBasis } from "./pca.ts";
import type { Block, Threads } from "./threads/threads.ts";

/** The first positions: principal components, normal random numbers, or numbers of the caller's own (x, y, x, y, …). */
export type Initialization = "pca" | "random" | ArrayLike<number>;

/** How the first positions are scaled. */
export interface InitialScale {
  /** The standard deviation along the first axis. */
  readonly deviation: number;
  /** Normal noise on top, which parts equal points. */
  readonly noise: number;
}

/**
 * Positions [rows, 2] in the threads' memory. Data without variance begins at random whatever was asked for; positions that are given
 * are taken as they are.
 *
 * @param points the centred rows in the threads' memory
 * @throws CW_INITIALIZATION
 */
export async function initialPositions(
  threads: Threads,
  points: Block<Float32Array>,
  matrix: Matrix,
  initialization: Initialization,
  scale: InitialScale,
  seed: number,
): Promise<Block<Float32Array<SharedArrayBuffer>>> {
  const { rows } = matrix;
  checkInitialization(initialization, rows);
  if (typeof initialization !== "string") return threads.float32(2 * rows, initialization);
  const random = new Random(seed).split("initialization");
  const positions = threads.float32(2 * rows);
  if (initialization === "pca") {
    const components = Math.min(2, matrix.columns, rows);
    const { scores, variances } = await principalBasis(threads, points, matrix, components, 5, seed);
    const deviation = Math.sqrt(variances[0]!);
    if (deviation > 1e-12) {
      const factor = scale.deviation / deviation;
      for (let i = 0; i < rows; i++) {
        for (let axis = 0; axis < components; axis++)
          positions.array[2 * i + axis] = scores[i * components + axis]! * factor;
      }
      if (scale.noise === 0 && components === 2) return positions;
      const noise = random.fillNormal(new Float32Array(2 * rows), 0, scale.noise || scale.deviation * 0.01);
      for (let at = 0; at < noise.length; at++) positions.array[at]! += noise[at]!;
      return positions;
    }
  }
  positions.array.set(random.fillNormal(new Float32Array(2 * rows), 0, scale.deviation));
  return positions;
}

/** @throws CW_INITIALIZATION */
export function checkInitialization(initialization: Initialization, rows: number): void {
  if (initialization === "pca" || initialization === "random") return;
  if (typeof initialization === "string" || initialization?.length !== 2 * rows) {
    throw new CellwrightError(
      "CW_INITIALIZATION",
      `initialization must be "pca", "random" or ${2 * rows} numbers, two for each row; got ${typeof initialization === "string" ? `"${initialization}"` : `${initialization?.length} numbers`}`,
    );
  }
  for (let at = 0; at < initialization.length; at++) {
    if (!Number.isFinite(initialization[at])) {
      throw new CellwrightError(
        "CW_INITIALIZATION",
        `initialization must be finite; got ${initialization[at]} for row ${at >> 1}`,
      );
    }
  }
}
