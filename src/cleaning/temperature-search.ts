/**
 * One temperature for probabilities, fitted to the labels of several annotators: the one of lowest cross-entropy against the shares of their
 * votes, over a coarse grid and then a finer one about its best point. A grid, since the answer need not be finer than the peer's.
 */
import type { Annotations } from "./annotations.ts";
import type { ProbabilityMatrix } from "./input.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

const coarse = [0.1, 0.2, 0.5, 0.8, 1, 2, 3, 5, 8];
const FINE = 4;
const TINY = 1e-30;

/** p^(1/T), each row scaled to sum to 1; p of 0 counts as `least`. */
export function scaledBy(matrix: ProbabilityMatrix, temperature: number, least = TINY): ProbabilityMatrix {
  const { classes } = matrix;
  const data = new Float64Array(matrix.data.length);
  for (let start = 0; start < data.length; start += classes) {
    for (let k = start; k < start + classes; k++) {
      data[k] = Math.exp(Math.log(Math.max(matrix.data[k]!, least)) / temperature);
    }
    const sum = pairwiseSum(data, start, classes);
    for (let k = start; k < start + classes; k++) data[k] = data[k]! / sum;
  }
  return { ...matrix, data, single: false };
}

export function bestTemperature(annotations: Annotations, matrix: ProbabilityMatrix): number {
  // While the temperature is sought, what is impossible stays so.
  const loss = (temperature: number) => crossEntropy(annotations, scaledBy(matrix, temperature, 0));
  const best = lowest(coarse, loss);
  const fine: number[] = [];
  const here = coarse[best]!;
  const below = coarse[best - 1];
  const above = coarse[best + 1];
  for (let step = 0; below !== undefined && step < FINE; step++) fine.push(below + (step * (here - below)) / FINE);
  for (let step = 0; above !== undefined && step <= FINE; step++) fine.push(here + (step * (above - here)) / FINE);
  return fine[lowest(fine, loss)]!;
}

function lowest(temperatures: readonly number[], loss: (temperature: number) => number): number {
  const losses = temperatures.map(loss);
  return losses.indexOf(Math.min(...losses));
}

/**
 * Of each image the shares of the classes named, in ascending order, meet the probabilities of the first classes: that is how cleanlab 2.9 counts
 * the votes, and its scores are to be reached. A count by class would be the natural one.
 */
function crossEntropy(annotations: Annotations, { data, classes }: ProbabilityMatrix): number {
  const terms = new Float64Array(classes);
  const losses = Float64Array.from({ length: annotations.rows }, (_, row) => {
    const labels = annotations.labelsOf(row);
    const named = [...new Set(labels.filter((label) => label >= 0).sort())];
    terms.fill(0);
    named.forEach((label, place) => {
      const votes = labels.reduce((count, given) => count + Number(given === label), 0);
      terms[place] = (votes / annotations.counts[row]!) * Math.log(Math.max(data[row * classes + place]!, TINY));
    });
    return -pairwiseSum(terms, 0, classes) / Math.log(classes);
  });
  return pairwiseSum(losses, 0, losses.length) / losses.length;
}
