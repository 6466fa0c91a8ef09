/**
 * Wrong boxes (ObjectLab: Tkachenko, Thyagarajan, Mueller, "ObjectLab: Automated diagnosis of mislabeled images in object detection data", 2023).
 * A box may have been overlooked, given the wrong class, or placed badly; each is a question to the boxes that a model predicts for the image.
 *
 * Boxes are compared by a similarity of 0.9 · IoU + 0.1 · exp(-d / 10), d being the pixels between their centres: of two boxes that do not touch
 * the nearer is still the more similar.
 */
import { CellwrightError } from "../errors.ts";
import type { Detection, DetectionBox, TrueObject } from "../metrics/index.ts";

const IOU_WEIGHT = 0.9;
const DISTANCE_SCALE = 0.1;
const CONFIDENT = 0.95;
const LIKELY = 0.5;
const TEMPERATURE = 0.1;
const EPSILON = 1e-6;

/** Scores of an image's boxes, and of the image: low where something is wrong. */
export interface DetectionQuality {
  /** Of each predicted box, whether the labels lack it: NaN where the question does not arise, the prediction being unsure or a labelled box there. */
  readonly overlooked: Float64Array[];
  /** Of each labelled box, whether it lies right: the similarity to the best predicted box of its class; 1 where none touches it. */
  readonly badlyLocated: Float64Array[];
  /** Of each labelled box, whether its class is right: 1 minus the similarity to the best confident box of another class. */
  readonly swapped: Float64Array[];
  /** Of each image: the geometric mean of the three kinds, each pooled by a softmin. */
  readonly images: Float64Array;
}

/**
 * Scores labelled boxes by a model's predictions.
 *
 * @param labels the labelled objects of each image
 * @param predictions the predicted objects of each image, of a model that was not trained on it
 * @throws CW_LENGTH_MISMATCH, CW_EMPTY, CW_BOX for a box that is none or a score outside 0 to 1
 * @example
 * objectDetection.labelQualityScores(
 *   [[{ box: [0, 0, 10, 10], class: 0 }]],
 *   [[{ box: [40, 40, 60, 60], class: 0, score: 0.99 }]],
 * ).overlooked; // [[0.005]]: nearly surely an object without a label
 */
function labelQualityScores(
  labels: readonly (readonly TrueObject[])[],
  predictions: readonly (readonly Detection[])[],
): DetectionQuality {
  check(labels, predictions);
  const images = labels.map((own, image) => new Comparison(own, predictions[image]!));
  const least = images.reduce((low, { lowest }) => Math.min(low, lowest), 1);
  const overlooked = images.map((image) => overlookedScores(image, least));
  const badlyLocated = images.map(badlyLocatedScores);
  const swapped = images.map(swappedScores);
  const scores = labels.map((_, image) =>
    [overlooked, badlyLocated, swapped].reduce((product, kind) => product * Math.cbrt(pooled(kind[image]!)), 1),
  );
  return { overlooked, badlyLocated, swapped, images: Float64Array.from(scores) };
}

/** Options of `objectDetection.findLabelIssues`. */
export interface DetectionIssueOptions {
  /** Images with a score below it are issues, from 0 to 1. Default: 0.1. */
  readonly threshold?: number;
}

/**
 * The images whose boxes are probably wrong, the worst first.
 *
 * @throws CW_OPTION, and as `labelQualityScores`
 * @example
 * const { indices } = objectDetection.findLabelIssues(labels, predictions);
 */
function findLabelIssues(
  labels: readonly (readonly TrueObject[])[],
  predictions: readonly (readonly Detection[])[],
  options: DetectionIssueOptions = {},
): { readonly mask: Uint8Array; readonly indices: Int32Array } {
  const { threshold = 0.1 } = options;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new CellwrightError("CW_OPTION", `threshold must be from 0 to 1; got ${threshold}`);
  }
  const { images } = labelQualityScores(labels, predictions);
  const mask = Uint8Array.from(images, (score) => Number(score < threshold));
  const indices = Int32Array.from(mask.keys()).filter((image) => mask[image] === 1);
  return { mask, indices: indices.sort((a, b) => images[a]! - images[b]! || a - b) };
}

/** Label cleaning for boxes. */
export const objectDetection = { labelQualityScores, findLabelIssues } as const;

/** The labelled and the predicted boxes of one image, compared. */
class Comparison {
  readonly labels: readonly TrueObject[];
  readonly predictions: readonly Detection[];

  constructor(labels: readonly TrueObject[], predictions: readonly Detection[]) {
    this.labels = labels;
    this.predictions = predictions;
  }

  /** The lowest similarity above 0. */
  get lowest(): number {
    let low = 1;
    for (const a of this.labels) for (const b of this.predictions) low = Math.min(low, similarity(a.box, b.box) || 1);
    return low;
  }
}

function overlookedScores({ labels, predictions }: Comparison, least: number): Float64Array {
  return Float64Array.from(predictions, (predicted) => {
    const there = labels.some((label) => overlap(label.box, predicted.box) > 0);
    if (predicted.score < CONFIDENT || there) return Number.NaN;
    const alike = labels.filter((label) => label.class === predicted.class);
    if (alike.length === 0) return least * (1 - predicted.score);
    return Math.max(...alike.map((label) => similarity(label.box, predicted.box)));
  });
}

function badlyLocatedScores({ labels, predictions }: Comparison): Float64Array {
  return Float64Array.from(labels, (label) => {
    const alike = predictions.filter((predicted) => predicted.class === label.class && predicted.score > LIKELY);
    const touching = alike.filter((predicted) => overlap(label.box, predicted.box) > 0);
    return touching.length === 0 ? 1 : Math.max(...touching.map((predicted) => similarity(label.box, predicted.box)));
  });
}

function swappedScores({ labels, predictions }: Comparison): Float64Array {
  return Float64Array.from(labels, (label) => {
    const others = predictions.filter((predicted) => predicted.class !== label.class && predicted.score > CONFIDENT);
    return Math.max(EPSILON, 1 - Math.max(0, ...others.map((predicted) => similarity(label.box, predicted.box))));
  });
}

/** The mean, weighted towards the lowest by exp((1 - s) / 0.1); 1 where there is nothing to ask. */
function pooled(scores: Float64Array): number {
  let sum = 0;
  let weights = 0;
  for (const score of scores) {
    if (Number.isNaN(score)) continue;
    const weight = Math.exp((1 - score) / TEMPERATURE);
    sum += weight * score;
    weights += weight;
  }
  return weights === 0 ? 1 : sum / weights;
}

function similarity(a: DetectionBox, b: DetectionBox): number {
  const distance = Math.hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]) / 2;
  return IOU_WEIGHT * overlap(a, b) + (1 - IOU_WEIGHT) * Math.exp(-DISTANCE_SCALE * distance);
}

/** Intersection over union. */
function overlap(a: DetectionBox, b: DetectionBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: DetectionBox) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

function check(labels: readonly (readonly TrueObject[])[], predictions: readonly (readonly Detection[])[]): void {
  if (labels?.length !== predictions?.length) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected predictions of ${labels?.length} images, as there are labels; got ${predictions?.length}`,
    );
  }
  if (labels.length === 0) throw new CellwrightError("CW_EMPTY", "expected at least one image; got none");
  labels.forEach((own, image) => {
    for (const { box } of own) checkBox(box, image);
    for (const { box, score } of predictions[image]!) {
      checkBox(box, image);
      if (!(score >= 0 && score <= 1)) {
        throw new CellwrightError("CW_BOX", `scores lie between 0 and 1; image ${image} has ${score}`);
      }
    }
  });
}

function checkBox(box: DetectionBox, image: number): void {
  const [left, top, right, bottom] = box ?? [];
  if (box?.length === 4 && box.every(Number.isFinite) && right! > left! && bottom! > top!) return;
  throw new CellwrightError("CW_BOX", `a box is [left, top, right, bottom] of some size; image ${image} has [${box}]`);
}
