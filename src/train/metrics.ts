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
