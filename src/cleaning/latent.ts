/**
 * What lies behind the joint (Northcutt et al. 2021, sections 2.1 and 3.2): the prior of the true classes p(y), the noise matrix
 * p(given | true), whose columns sum to 1, and its inverse in Bayes' sense p(true | given), whose columns sum to 1 too. Noise rates are kept
 * below 1, so that no class is given away entirely; a class with no counts has a column of zeros.
 */
import { CellwrightError } from "../errors.ts";
import { fromRows } from "./confident-joint.ts";
import { checkLabels, listLength } from "./input.ts";

/** What `estimateLatent` returns. */
export interface LatentEstimate {
  /** p(true = k), K numbers that sum to 1. */
  readonly prior: number[];
  /** p(given = i | true = j) in row i, column j. */
  readonly noiseMatrix: number[][];
  /** p(true = i | given = j) in row i, column j. */
  readonly inverseNoiseMatrix: number[][];
}

const TINY = 1e-100;
const HIGHEST_RATE = 0.9999;
const LEAST_PRIOR = 1e-6;

/**
 * Estimates the true classes' prior and the two noise matrices from a confident joint.
 *
 * @param joint K rows (given) of K counts (true), calibrated or not: see `confidentJoint`
 * @param labels the given classes, [N], whole numbers from 0 to K - 1
 * @throws CW_SHAPE_MISMATCH, CW_JOINT, CW_EMPTY, CW_LABEL_RANGE
 * @example
 * const { prior, noiseMatrix } = estimateLatent([[8, 2], [0, 10]], [...Array(10).fill(0), ...Array(10).fill(1)]);
 * prior; // [0.4, 0.6]
 */
export function estimateLatent(joint: readonly ArrayLike<number>[], labels: ArrayLike<number>): LatentEstimate {
  const { matrix, classes } = fromRows(joint);
  if (listLength("labels", labels) === 0) {
    throw new CellwrightError("CW_EMPTY", "expected at least one example; got no labels");
  }
  const { counts } = checkLabels(labels, classes);
  const given = new Float64Array(classes);
  const truth = new Float64Array(classes);
  for (let i = 0; i < classes; i++) {
    for (let j = 0; j < classes; j++) {
      given[i]! += matrix[i * classes + j]!;
      truth[j]! += matrix[i * classes + j]!;
    }
  }
  const noise = conditional(classes, (row, column) => matrix[row * classes + column]! / Math.max(truth[column]!, TINY));
  const inverse = conditional(
    classes,
    (row, column) => matrix[column * classes + row]! / Math.max(given[column]!, TINY),
  );
  const prior = Array.from(counts, (count, k) => {
    const ratio = inverse[k]![k]! / Math.max(noise[k]![k]!, TINY);
    return Math.min(1, Math.max(LEAST_PRIOR, ratio * (count / labels.length)));
  });
  const total = prior.reduce((sum, value) => sum + value, 0);
  return {
    prior: prior.map((value) => value / total),
    noiseMatrix: clipRates(noise),
    inverseNoiseMatrix: clipRates(inverse),
  };
}

function conditional(classes: number, at: (row: number, column: number) => number): number[][] {
  return Array.from({ length: classes }, (_, row) => Array.from({ length: classes }, (_, column) => at(row, column)));
}

/** Rates off the diagonal to at most 0.9999, then every column to a sum of 1. */
function clipRates(matrix: number[][]): number[][] {
  const clipped = matrix.map((row, i) => row.map((value, j) => (i === j ? value : Math.min(value, HIGHEST_RATE))));
  const sums = clipped.map((_, j) => clipped.reduce((sum, row) => sum + row[j]!, 0));
  return clipped.map((row) => row.map((value, j) => value / Math.max(sums[j]!, TINY)));
}
