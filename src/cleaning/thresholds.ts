/**
 * Per-class thresholds of confidence (Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70,
 * 2021, section 3.1, equation 2): the mean probability that the model gives to class j over the examples labelled j. A model that is
 * timid about one class and bold about another is so measured against itself.
 */
import { checkLabelled, groupByClass, type LabelledProbabilities, type Probabilities } from "./input.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

/** No probability reaches it: nothing is confidently of a class that nobody was labelled with. */
const UNREACHABLE = 2;
/** Twice the tolerance of the comparison with a threshold: a probability of 0 never reaches one. */
const LOWEST = 2e-6;

/**
 * The threshold of each class: the mean self-confidence of the examples labelled so, at least 2e-6; 2 for a class without examples.
 *
 * @param labels the given classes, [N], whole numbers from 0 to K - 1
 * @param probabilities out-of-sample, N x K
 * @returns K numbers
 * @throws CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * confidentThresholds([0, 0, 1], [[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]]); // [0.7, 0.8]
 */
export function confidentThresholds(labels: ArrayLike<number>, probabilities: Probabilities): number[] {
  return [...thresholdsOf(checkLabelled(labels, probabilities)).values];
}

/** The thresholds, and whether they are float32: they are where the probabilities are and no class is absent. */
export function thresholdsOf(input: LabelledProbabilities): { values: Float64Array; single: boolean } {
  const { data, classes, single, counts } = input;
  const { order, offsets } = groupByClass(input);
  const own = single ? new Float32Array(order.length) : new Float64Array(order.length);
  for (let k = 0; k < classes; k++) {
    for (let at = offsets[k]!; at < offsets[k + 1]!; at++) own[at] = data[order[at]! * classes + k]!;
  }
  const complete = single && counts.every((count) => count > 0);
  const values = new Float64Array(classes).fill(UNREACHABLE);
  for (let k = 0; k < classes; k++) {
    const count = counts[k]!;
    if (count === 0) continue;
    const mean = pairwiseSum(own, offsets[k]!, count, 1, single) / count;
    const rounded = Math.max(single ? Math.fround(mean) : mean, LOWEST);
    values[k] = complete ? Math.fround(rounded) : rounded;
  }
  return { values, single: complete };
}
