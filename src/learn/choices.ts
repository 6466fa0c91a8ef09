/**
 * What a model decides about an image, whatever the task, as rows of scores of which one is right.
 *
 * One class an image is one row. Where an image may be of several classes each class is a question of its own: a row [0, z] for each, since sigmoid(z) is the second number of softmax(0, z). So the learners judge every task by
 * the same figures: cross-entropy, temperature, divergence, the share of rows that are right.
 */
import type { Dataset } from "../data/index.ts";

/** The right answers of a data set. */
export interface Choices {
  /** The right class of each row. */
  readonly labels: Int32Array;
  /** Rows for an image. */
  readonly rowsPerImage: number;
  /** The share of rows that the best fixed answer gets right: what guessing is worth. */
  readonly chance: number;
  /** The cross-entropy of answering with the shares of the classes, in nats: a mean over rows. */
  readonly guessLoss: number;
}

/** The right answers of `data`, an image's rows after one another. */
export function choicesOf(data: Dataset): Choices {
  const labels = data.targets ? Int32Array.from(data.targets) : data.labels;
  const rowsPerImage = data.targets ? data.classNames.length : 1;
  let chance = 0;
  let guessLoss = 0;
  for (let k = 0; k < rowsPerImage; k++) {
    const counts = new Map<number, number>();
    for (let row = k; row < labels.length; row += rowsPerImage) {
      counts.set(labels[row]!, (counts.get(labels[row]!) ?? 0) + 1);
    }
    chance += Math.max(0, ...counts.values()) / data.size / rowsPerImage;
    for (const count of counts.values())
      guessLoss -= ((count / data.size) * Math.log(count / data.size)) / rowsPerImage;
  }
  return { labels, rowsPerImage, chance, guessLoss };
}

/** One score a class for each image, as rows of scores. */
export function rowsOf(logits: Float32Array, { rowsPerImage }: Choices): Float32Array {
  if (rowsPerImage === 1) return logits;
  const rows = new Float32Array(2 * logits.length);
  for (let i = 0; i < logits.length; i++) rows[2 * i + 1] = logits[i]!;
  return rows;
}
