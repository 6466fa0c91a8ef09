/**
 * Wrong pixels (SoftLab: Lad and Mueller, "Estimating label quality and errors in semantic segmentation data via any model", 2023). Every pixel is an
 * example of confident learning, with thresholds and counts over all images together; an image's score leans towards its worst pixels.
 */
import { CellwrightError } from "../errors.ts";
import { argMax } from "./confident-joint.ts";
import { checkLabelled, type LabelledProbabilities, listLength } from "./input.ts";
import type { LabelIssues } from "./label-issues.ts";
import { selfConfidence } from "./label-quality.ts";
import { markLowest, rankMarked } from "./selection.ts";
import { thresholdsOf } from "./thresholds.ts";

/** The classes of all pixels, image after image, row by row. */
export type PixelLabels = ArrayLike<number>;

/** Probabilities `{ data, shape: [images, height, width, classes] }`: the classes last, as TensorFlow.js has them. */
export interface PixelProbabilities {
  readonly data: Float32Array | Float64Array;
  readonly shape: readonly number[];
}

/** What `segmentation.labelQualityScores` returns. */
export interface SegmentationQuality {
  /** Of each image, from 0 to 1. */
  readonly images: Float64Array;
  /** Of each pixel: the probability of its label. */
  readonly pixels: Float64Array;
}

/** Options of `segmentation.labelQualityScores`. */
export interface SegmentationQualityOptions {
  /** How much an image's score leans towards its worst pixels: above 0, smaller is more. Default: 0.1. */
  readonly temperature?: number;
}

/**
 * Scores pixels by the probability of their label, and images by the mean of their pixels weighted by exp((1 - score) / temperature).
 *
 * @param labels images x height x width classes, one after the other
 * @throws CW_OPTION, CW_SHAPE_MISMATCH, CW_EMPTY, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * segmentation.labelQualityScores([0, 1], { data: Float32Array.of(0.9, 0.1, 0.8, 0.2), shape: [1, 1, 2, 2] }).pixels; // [0.9, 0.2]
 */
function labelQualityScores(
  labels: PixelLabels,
  probabilities: PixelProbabilities,
  options: SegmentationQualityOptions = {},
): SegmentationQuality {
  const { temperature = 0.1 } = options;
  if (!(temperature > 0)) throw new CellwrightError("CW_OPTION", `temperature must be above 0; got ${temperature}`);
  const { input, images } = read(labels, probabilities);
  const pixels = selfConfidence(input);
  const size = pixels.length / images;
  const scores = Float64Array.from({ length: images }, (_, image) => {
    const own = pixels.subarray(image * size, (image + 1) * size);
    const least = own.reduce((low, score) => Math.min(low, score), 1);
    let sum = 0;
    let weights = 0;
    for (const score of own) {
      const weight = Math.exp((least - score) / temperature);
      sum += weight * score;
      weights += weight;
    }
    return sum / weights;
  });
  return { images: scores, pixels };
}

/**
 * Finds the pixels whose label is probably wrong: as many as are confidently predicted to be of another class, those of the lowest score,
 * without those whose label is the most probable class.
 *
 * @param labels images x height x width classes, one after the other
 * @returns the mask of all pixels, and their places, the lowest score first
 * @throws CW_SHAPE_MISMATCH, CW_EMPTY, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * const { mask } = segmentation.findLabelIssues(masks, probabilities);
 */
function findLabelIssues(labels: PixelLabels, probabilities: PixelProbabilities): LabelIssues {
  const { input } = read(labels, probabilities);
  const scores = selfConfidence(input);
  const mask = new Uint8Array(scores.length);
  const { data, classes } = input;
  markLowest(scores, countContradicted(input), (at) => {
    mask[at] = Number(argMax(data, at * classes, classes) !== input.labels[at]);
  });
  return { mask, indices: rankMarked(mask, scores) };
}

/** Label cleaning for masks. */
export const segmentation = { labelQualityScores, findLabelIssues } as const;

/**
 * The number of pixels whose most probable class is another than the label, and is so with confidence. Of a class that no pixel is labelled
 * with every prediction is confident, as cleanlab has it for pixels.
 */
function countContradicted(input: LabelledProbabilities): number {
  const { data, rows, classes, labels, counts } = input;
  const values = thresholdsOf(input).values.map((value, k) => (counts[k] === 0 ? 0 : value));
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const top = argMax(data, row * classes, classes);
    count += Number(top !== labels[row] && data[row * classes + top]! >= values[top]! - 1e-6);
  }
  return count;
}

function read(
  labels: PixelLabels,
  probabilities: PixelProbabilities,
): { input: LabelledProbabilities; images: number } {
  listLength("labels", labels);
  const shape = probabilities?.shape;
  if (shape?.length !== 4) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected probabilities as { data, shape: [images, height, width, classes] }; got shape [${shape}]`,
    );
  }
  const [images, height, width, classes] = shape as [number, number, number, number];
  const flat = { data: probabilities.data, shape: [images * height * width, classes] };
  return { input: checkLabelled(labels, flat), images };
}
