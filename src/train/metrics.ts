/**
 * Figures computed from logits, in float64 on the host: they judge a model, so they should not share its rounding.
 */

/** What logits of shape [n, classes], row after row, say about n images. */
export interface Scores {
  /** softmax(logits), [n, classes], row after row. */
  readonly probabilities: Float32Array;
  /** The most probable class of each image; of equals the first. */
  readonly predictions: Int32Array;
  /** The sum over images of -log p(label). 0 where an image has no label (-1). */
  readonly totalLoss: number;
  /** The number of images whose prediction is their label. */
  readonly correct: number;
}

/** Softmax, prediction and cross-entropy of each row, by log-sum-exp. */
export function scoreLogits(logits: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Scores {
  const size = labels.length;
  const probabilities = new Float32Array(size * classes);
  const predictions = new Int32Array(size);
  let totalLoss = 0;
  let correct = 0;
  for (let i = 0; i < size; i++) {
    const row = i * classes;
    let best = 0;
    for (let k = 1; k < classes; k++) if (logits[row + k]! > logits[row + best]!) best = k;
    const highest = logits[row + best]!;
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp(logits[row + k]! - highest);
    for (let k = 0; k < classes; k++) probabilities[row + k] = Math.exp(logits[row + k]! - highest) / sum;
    predictions[i] = best;
    const label = labels[i]!;
    if (label >= 0) totalLoss += Math.log(sum) + highest - logits[row + label]!;
    if (label === best) correct++;
  }
  return { probabilities, predictions, totalLoss, correct };
}

/** Sigmoid, answer and binary cross-entropy of every class of each row. `targets` are 0 or 1. Right answers and losses are means over the classes. */
export function scoreLabelLogits(logits: ArrayLike<number>, targets: ArrayLike<number>, classes: number): Scores {
  const probabilities = new Float32Array(targets.length);
  const predictions = new Int32Array(targets.length);
  let totalLoss = 0;
  let correct = 0;
  for (let i = 0; i < targets.length; i++) {
    const logit = logits[i]!;
    const small = Math.exp(-Math.abs(logit));
    probabilities[i] = (logit >= 0 ? 1 : small) / (1 + small);
    predictions[i] = logit >= 0 ? 1 : 0;
    if (predictions[i] === targets[i]) correct++;
    totalLoss += Math.max(targets[i] === 1 ? -logit : logit, 0) + Math.log1p(small);
  }
  return { probabilities, predictions, totalLoss: totalLoss / classes, correct: correct / classes };
}
