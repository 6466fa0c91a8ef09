/**
 * Proper scores: figures that are best, on average, for whoever says what he believes (Gneiting and Raftery, "Strictly
 * Proper Scoring Rules, Prediction, and Estimation", 2007).
 */
import { CellwrightError } from "../errors.ts";
import { asProbabilities, countLabelled, type Matrix, type Scores } from "./scores.ts";

/**
 * Mean cross-entropy in nats: -log of the probability of the label. A probability of 0 counts as the machine epsilon of
 * its array (2^-23 in a Float32Array, else 2^-52), as in scikit-learn, so that one image cannot make it infinite.
 *
 * @param labels the true classes, [n]; -1 is left out
 * @param probabilities n x k, or [n] for class 1 of two
 * @throws CW_PROBABILITY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_LABEL_RANGE; CW_EMPTY without one labelled image
 * @example
 * logLoss([0, 1], [[0.5, 0.5], [0.25, 0.75]]); // (log 2 + log 4/3) / 2
 */
export function logLoss(labels: ArrayLike<number>, probabilities: Scores): number {
  const { matrix, count } = checked(labels, probabilities);
  const epsilon = matrix.data instanceof Float32Array ? 2 ** -23 : Number.EPSILON;
  let sum = 0;
  for (let row = 0; row < matrix.rows; row++) {
    if (labels[row]! < 0) continue;
    const probability = matrix.data[row * matrix.classes + labels[row]!]!;
    sum -= Math.log(Math.min(1 - epsilon, Math.max(epsilon, probability)));
  }
  return sum / count;
}

/**
 * The Brier score ("Verification of Forecasts Expressed in Terms of Probability", 1950): the mean squared distance of
 * the probabilities from the truth, summed over the classes, from 0 to 2. Of two classes it is twice the squared error
 * of one. Arguments and errors as of `logLoss`.
 *
 * @example
 * brierScore([0], [[0.8, 0.2]]); // 0.08
 */
export function brierScore(labels: ArrayLike<number>, probabilities: Scores): number {
  const { matrix, count } = checked(labels, probabilities);
  let sum = 0;
  for (let row = 0; row < matrix.rows; row++) {
    if (labels[row]! < 0) continue;
    for (let k = 0; k < matrix.classes; k++) {
      sum += (matrix.data[row * matrix.classes + k]! - (labels[row] === k ? 1 : 0)) ** 2;
    }
  }
  return sum / count;
}

function checked(labels: ArrayLike<number>, probabilities: Scores): { matrix: Matrix; count: number } {
  const matrix = asProbabilities(probabilities, labels.length);
  const count = countLabelled(labels, matrix.classes);
  if (count === 0) throw new CellwrightError("CW_EMPTY", "expected at least one image with a label; got none");
  return { matrix, count };
}
