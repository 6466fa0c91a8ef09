/**
 * How well a model answers the validation set, with how far that figure can be trusted.
 *
 * Plain loss misjudges what changes labels: a model trained with smoothing is less sure of itself, so its loss is higher at the same answers. The loss after temperature scaling
 * (Guo et al. 2017) compares what two models know, whatever their confidence. The spread is the standard error of a mean over images; of images of several classes the mean over the classes is an image's figure.
 */
import { temperatureScaling } from "../../metrics/index.ts";
import { type Choices, rowsOf } from "../choices.ts";

const HIGHEST = 20;

/** A model's figures on the validation set. */
export interface Judgement {
  /** Cross-entropy of each image, after temperature scaling. */
  readonly losses: Float32Array;
  readonly score: Score;
}

/** Plain JSON: the figures of one judgement. */
export interface Score {
  /** Mean cross-entropy in nats, as the model is. */
  readonly loss: number;
  /** Mean cross-entropy after temperature scaling: what candidates are compared by. */
  readonly calibratedLoss: number;
  /** The standard error of `calibratedLoss`. */
  readonly standardError: number;
  readonly accuracy: number;
  readonly accuracyError: number;
  readonly temperature: number;
}

/** Judges logits, one score a class for each image, image after image. */
export function judge(logits: Float32Array, choices: Choices): Judgement {
  const { labels, rowsPerImage } = choices;
  const scores = rowsOf(logits, choices);
  const classes = scores.length / labels.length;
  const scaling = temperatureScaling({ data: scores, shape: [labels.length, classes] }, labels);
  const { lossBefore } = scaling;
  // A model that is right everywhere would be made infinitely sure.
  const temperature = Math.min(Math.max(scaling.temperature, 1 / HIGHEST), HIGHEST);
  const losses = new Float32Array(labels.length / rowsPerImage);
  let correct = 0;
  for (let image = 0; image < losses.length; image++) {
    let loss = 0;
    for (let i = image * rowsPerImage; i < (image + 1) * rowsPerImage; i++) {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      const top = row.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
      let sum = 0;
      for (const value of row) sum += Math.exp((value - top) / temperature);
      loss += Math.log(sum) - (row[labels[i]!]! - top) / temperature;
      if (row.indexOf(top) === labels[i]) correct++;
    }
    losses[image] = loss / rowsPerImage;
  }
  const { mean, standardError } = meanOf(losses);
  const accuracy = correct / labels.length;
  return {
    losses,
    score: {
      loss: lossBefore,
      calibratedLoss: mean,
      standardError,
      accuracy,
      accuracyError: Math.sqrt((accuracy * (1 - accuracy)) / losses.length),
      temperature,
    },
  };
}

/** The mean, and its standard error. */
export function meanOf(values: ArrayLike<number>): { mean: number; standardError: number } {
  const count = values.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]!;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i]! - mean) ** 2;
  return { mean, standardError: count > 1 ? Math.sqrt(squares / (count - 1) / count) : 0 };
}
