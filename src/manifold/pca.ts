/**
 * Principal components by a randomised singular value decomposition (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1): a random
 * basis of a few columns more than wanted is multiplied by XᵀX again and again, made orthonormal in between, and the small problem
 * inside it solved exactly. Products of the tall matrix run in worker threads; what is d wide is float64.
 *
 * An eigenvector's sign is arbitrary: each is turned so that its entry of largest magnitude is positive, as scikit-learn does.
 */
import { CellwrightError } from "../errors.ts";
import { Random } from "../random/index.ts";
import { loadCentred } from "./centre.ts";
import { finite } from "./checks.ts";
import { shownEmbedding } from "./figures/shown.ts";
import { orthonormalise, symmetricEigen } from "./linear-algebra.ts";
import { type Embedding, type ManifoldData, type Matrix, readMatrix } from "./matrix.ts";
import { type Block, type ThreadOptions, Threads } from "./threads/threads.ts";

/** Options of `pca`. */
export interface PcaOptions extends ThreadOptions {
  /** The number of components, from 1 to the smaller side of the data. Default: 2. */
  readonly components?: number;
  /** Multiplications by XᵀX: more of them separate components of nearly equal variance. Default: 7. */
  readonly iterations?: number;
  /** Names the random basis. Default: 0. */
  readonly seed?: number;
}

/** A fitted projection: the data's coordinates, and what maps new data to them. */
export interface Pca extends Embedding {
  /** Unit vectors, row after row, [components, columns]. */
  readonly components: Float32Array<ArrayBuffer>;
  readonly mean: Float32Array<ArrayBuffer>;
  /** The variance along each component (denominator n - 1), in falling order; float64, as squares of large values leave float32. */
  readonly explainedVariance: Float64Array<ArrayBuffer>;
  /** Its share of the whole variance; 0 where there is none. */
  readonly explainedVarianceRatio: Float32Array<ArrayBuffer>;
  /**
   * The coordinates of new rows.
   *
   * @throws CW_SHAPE_MISMATCH for rows of another length; as `pca`
   */
  transform(data: ManifoldData): Promise<Embedding>;
}

const OVERSAMPLING = 10;
const CHUNKS = 16;

/**
 * The principal components of the rows.
 *
 * Data without variance has coordinates 0. Where two components have equal variance, any rotation of both is right.
 *
 * @throws CW_OPTION; CW_EMPTY, CW_SHAPE_MISMATCH, CW_NOT_FINITE; the signal's reason
 * @example
 * const { data, explainedVarianceRatio } = await pca(mnist.train, { components: 50 });
 */
export async function pca(data: ManifoldData, options: PcaOptions = {}): Promise<Pca> {
  const matrix = await readMatrix(data);
  const { components = 2, iterations = 7, seed = 0 } = options;
  const most = Math.min(matrix.rows, matrix.columns);
  if (!Number.isInteger(components) || components < 1 || components > most) {
    throw new CellwrightError(
      "CW_OPTION",
      `components must be a whole number from 1 to ${most}, the smaller side of ${matrix.rows} x ${matrix.columns} values; got ${components}`,
    );
  }
  if (!Number.isInteger(iterations) || iterations < 0 || iterations > 100) {
    throw new CellwrightError("CW_OPTION", `iterations must be a whole number from 0 to 100; got ${iterations}`);
  }
  const result = await Threads.with(options, async (threads) => {
    const { points, mean } = await loadCentred(threads, matrix);
    const basis = await principalBasis(threads, points, matrix, components, iterations, seed);
    return fitted(matrix, mean, basis);
  });
  return shownEmbedding(result, data, "Principal components");
}

function fitted(matrix: Matrix, mean: Float64Array, basis: PrincipalBasis): Pca {
  const { rows, columns, scale } = matrix;
  const { axes, scores, variances, total } = basis;
  const components = variances.length;
  const centre = Float32Array.from(mean, (value) => value / scale);
  return {
    data: inRange(Float32Array.from(scores, (value) => value / scale)),
    shape: [rows, components],
    components: Float32Array.from(axes),
    mean: centre,
    explainedVariance: Float64Array.from(variances, (value) => value / scale / scale),
    explainedVarianceRatio: Float32Array.from(variances, (value) => (total > 0 ? value / total : 0)),
    transform: async (data) => {
      const given = await readMatrix(data);
      if (given.columns !== columns) {
        throw new CellwrightError(
          "CW_SHAPE_MISMATCH",
          `expected rows of ${columns} values, as the components were fitted to; got ${given.columns}`,
        );
      }
      const result = new Float32Array(given.rows * components);
      for (let i = 0; i < given.rows; i++) {
        for (let j = 0; j < components; j++) {
          let sum = 0;
          for (let t = 0; t < columns; t++)
            sum += (given.values[i * columns + t]! / given.scale - centre[t]!) * axes[j * columns + t]!;
          result[i * components + j] = sum;
        }
      }
      return { data: inRange(result), shape: [given.rows, components] };
    },
  };
}

/** What adds up values near the end of float32's range. @throws CW_NOT_FINITE */
const inRange = (coordinates: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> =>
  finite(coordinates, "the coordinates leave the range of float32; divide the data by its size");

/** Components of centred rows: axes [components, columns], scores [rows, components], their variances and that of all. */
export interface PrincipalBasis {
  readonly axes: Float64Array<ArrayBuffer>;
  readonly scores: Float32Array<ArrayBuffer>;
  readonly variances: Float64Array<ArrayBuffer>;
  readonly total: number;
}

/** The first components of centred rows in the threads' memory. */
export async function principalBasis(
  threads: Threads,
  points: Block<Float32Array>,
  { rows, columns: dimensions }: Matrix,
  components: number,
  iterations: number,
  seed: number,
): Promise<PrincipalBasis> {
  const wanted = Math.min(components + OVERSAMPLING, rows, dimensions);
  const columns = Math.ceil(wanted / 8) * 8;
  const chunk = Math.ceil(rows / CHUNKS / 4) * 4;
  const chunks = Math.ceil(rows / chunk);
  const panels = threads.float32(columns * dimensions);
  const product = threads.float32(rows * columns);
  const gram = threads.float64(chunks * dimensions * columns);
  const tall = threads.record({
    rows,
    dimensions,
    columns,
    chunk,
    data: points.pointer,
    sums: 0,
    means: 0,
    panels: panels.pointer,
    product: product.pointer,
    gram: gram.pointer,
  });
  const project = { kernel: "project", chunks, state: tall.pointer };
  const correlate = { kernel: "correlate", chunks, state: tall.pointer };

  // The basis, [dimensions, columns]; columns beyond those wanted stay zero.
  const basis = new Float64Array(dimensions * columns);
  const random = new Random(seed).split("principal components");
  for (let t = 0; t < dimensions; t++) for (let j = 0; j < wanted; j++) basis[t * columns + j] = random.normal();
  orthonormalise(basis, dimensions, columns);
  for (let iteration = 0; iteration <= iterations; iteration++) {
    intoPanels(basis, panels.array, dimensions, columns);
    if (iteration === iterations) break;
    await threads.run([project, correlate]);
    addUp(gram.array, basis, chunks);
    orthonormalise(basis, dimensions, columns);
  }
  await threads.run([project, correlate]);
  // The small problem: BᵀXᵀXB, of which XᵀXB is at hand.
  const image = new Float64Array(dimensions * columns);
  addUp(gram.array, image, chunks);
  const small = new Float64Array(columns * columns);
  for (let t = 0; t < dimensions; t++) {
    for (let i = 0; i < columns; i++) {
      const value = basis[t * columns + i]!;
      for (let j = 0; j < columns; j++) small[i * columns + j]! += value * image[t * columns + j]!;
    }
  }
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < i; j++) {
      const mean = (small[i * columns + j]! + small[j * columns + i]!) / 2;
      small[i * columns + j] = mean;
      small[j * columns + i] = mean;
    }
  const { values, vectors } = symmetricEigen(small, columns);
  const axes = new Float64Array(components * dimensions);
  for (let c = 0; c < components; c++) {
    let largest = 0;
    for (let t = 0; t < dimensions; t++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += basis[t * columns + j]! * vectors[j * columns + c]!;
      axes[c * dimensions + t] = sum;
      if (Math.abs(sum) > Math.abs(largest) * (1 + 1e-6)) largest = sum;
    }
    if (largest < 0) {
      for (let t = 0; t < dimensions; t++) axes[c * dimensions + t]! *= -1;
      for (let j = 0; j < columns; j++) vectors[j * columns + c]! *= -1;
    }
  }
  const scores = new Float32Array(rows * components);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < components; c++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += product.array[i * columns + j]! * vectors[j * columns + c]!;
      scores[i * components + c] = sum;
    }
  }
  let total = 0;
  for (let at = 0; at < points.array.length; at++) total += points.array[at]! ** 2;
  const freedom = Math.max(1, rows - 1);
  return {
    axes,
    scores,
    variances: Float64Array.from(values.subarray(0, components), (value) => Math.max(0, value) / freedom),
    total: total / freedom,
  };
}

/** [dimensions, columns] as panels of eight columns, [columns / 8, dimensions, 8]. */
function intoPanels(basis: Float64Array, panels: Float32Array, dimensions: number, columns: number): void {
  for (let t = 0; t < dimensions; t++)
    for (let j = 0; j < columns; j++) {
      panels[((j >> 3) * dimensions + t) * 8 + (j & 7)] = basis[t * columns + j]!;
    }
}

function addUp(parts: Float64Array, sum: Float64Array, count: number): void {
  const size = sum.length;
  sum.set(parts.subarray(0, size));
  for (let part = 1; part < count; part++) for (let at = 0; at < size; at++) sum[at]! += parts[part * size + at]!;
}
