/**
 * How many examples of each (given, true) pair to prune (Northcutt et al. 2021, section 3.3): the calibrated joint, changed by three wishes
 * of the caller, each of which keeps the number of examples of every given class.
 *
 * - at least n examples stay in every class: what the diagonal gains is taken evenly from the class's pairs that are not empty;
 * - only a fraction of the estimated errors goes: the rest returns to the diagonal;
 * - a number of examples for each class: the estimated noise rates are scaled to it.
 *
 * Matrices here have the true class in rows and the given class in columns.
 */
import { pairwiseSum } from "./pairwise-sum.ts";
import { roundRows } from "./rounding.ts";

/** What the counts depend on. */
export interface PruneOptions {
  readonly minExamplesPerClass: number;
  readonly fracNoise: number;
  readonly numToRemovePerClass: ArrayLike<number> | undefined;
}

/** The counts to prune, true class x given class, from a calibrated joint (given x true). */
export function pruneCounts(joint: Float64Array, counts: ArrayLike<number>, options: PruneOptions): Float64Array {
  const classes = counts.length;
  const kept = keepSome(transposed(joint, classes), classes, options.minExamplesPerClass, options.fracNoise);
  return options.numToRemovePerClass ? scaledTo(kept, counts, options.numToRemovePerClass) : kept;
}

function transposed(matrix: Float64Array, classes: number): Float64Array {
  return matrix.map((_, at) => matrix[(at % classes) * classes + Math.floor(at / classes)]!);
}

function keepSome(matrix: Float64Array, classes: number, least: number, fraction: number): Float64Array {
  const result = matrix.slice();
  for (let given = 0; given < classes; given++) {
    const diagonal = matrix[given * classes + given]!;
    const kept = Math.max(diagonal, least);
    let filled = 0;
    for (let truth = 0; truth < classes; truth++) filled += Number(matrix[truth * classes + given] !== 0);
    const taken = (kept - diagonal) / Math.max(filled - 1, 1);
    const lost = new Float64Array(classes);
    for (let truth = 0; truth < classes; truth++) {
      if (truth === given) continue;
      const at = truth * classes + given;
      const left = Math.max(matrix[at]! - taken, 0);
      result[at] = left * fraction;
      lost[truth] = left - result[at]!;
    }
    result[given * classes + given] = kept + pairwiseSum(lost, 0, classes);
  }
  // Cut, not rounded: half an example is none.
  return result.map(Math.trunc);
}

/**
 * A class without any count, which a least number of 0 leaves so, has no rates, and then cleanlab has none for any pair: the diagonal alone
 * is told.
 */
function scaledTo(matrix: Float64Array, counts: ArrayLike<number>, remove: ArrayLike<number>): Float64Array {
  const classes = counts.length;
  const rates = new Float64Array(matrix.length);
  let known = true;
  for (let column = 0; column < classes; column++) {
    let total = 0;
    for (let k = 0; k < classes; k++) total += matrix[column * classes + k]!;
    known &&= total > 0;
    for (let row = 0; row < classes; row++) rates[row * classes + column] = matrix[row * classes + column]! / total;
  }
  const result = new Float64Array(matrix.length);
  for (let row = 0; row < classes; row++) {
    const noise = pairwiseSum(rates, row * classes, classes) - rates[row * classes + row]!;
    for (let column = 0; column < classes; column++) {
      const at = row * classes + column;
      if (row === column) result[at] = counts[row]! - remove[row]!;
      else result[at] = known && noise !== 0 ? (rates[at]! * remove[row]!) / noise : 0;
    }
  }
  return roundRows(result, classes);
}
