/**
 * Wrong boxes (ObjectLab: Tkachenko, Thyagarajan, Mueller, "ObjectLab: Automated diagnosis of mislabeled images in object detection data", 2023).
 * A box may have been overlooked, given the wrong class, or placed badly; each is a question to the boxes that a model predicts for the image.
 *
 * How low a score has to be is a matter of the class: a fifth of the model's average precision in it.
 */
import { CellwrightError } from "../errors.ts";
import type { Detection, TrueObject } from "../metrics/index.ts";
import { argsort } from "./argsort.ts";
import { averagePrecisions } from "./box-precision.ts";
import { overlap, similarity } from "./box-similarity.ts";
import type { LabelIssues } from "./label-issues.ts";

const CONFIDENT = 0.95;
const LIKELY = 0.5;
/** Two labelled boxes that overlap so far are about one object. */
const SAME_OBJECT = 0.95;
const TEMPERATURE = 0.1;
const TINY = 1e-100;

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

/** Options of `objectDetection.labelQualityScores` and `objectDetection.findLabelIssues`. */
export interface DetectionOptions {
  /** Whether labelled boxes of two classes in one place (IoU of at least 0.95) count as swapped. Default: true. */
  readonly overlappingLabelCheck?: boolean;
}

/**
 * Scores labelled boxes by a model's predictions.
 *
 * @param labels the labelled objects of each image
 * @param predictions the predicted objects of each image, of a model that was not trained on it
 * @throws CW_LENGTH_MISMATCH, CW_EMPTY, CW_LABEL_RANGE, CW_BOX for a box that is none or a score outside 0 to 1
 * @example
 * objectDetection.labelQualityScores(
 *   [[{ box: [0, 0, 10, 10], class: 0 }]],
 *   [[{ box: [40, 40, 60, 60], class: 0, score: 0.99 }]],
 * ).overlooked; // [[0.0002]]: nearly surely an object without a label
 */
function labelQualityScores(
  labels: readonly (readonly TrueObject[])[],
  predictions: readonly (readonly Detection[])[],
  options: DetectionOptions = {},
): DetectionQuality {
  const { overlappingLabelCheck = true } = options;
  check(labels, predictions);
  const images = labels.map((own, image) => new Comparison(own, predictions[image]!));
  const least = images.reduce((low, { lowest }) => Math.min(low, lowest), 1);
  const overlooked = images.map((image) => overlookedScores(image, least));
  const badlyLocated = images.map(badlyLocatedScores);
  const swapped = images.map((image) => swappedScores(image, least, overlappingLabelCheck));
  const kinds = [overlooked, badlyLocated, swapped];
  const scores = labels.map((_, image) =>
    Math.exp(kinds.reduce((sum, kind) => sum + Math.log(TINY + pooled(kind[image]!)) / 3, 0)),
  );
  return { overlooked, badlyLocated, swapped, images: Float64Array.from(scores) };
}

/** What `objectDetection.findLabelIssues` returns: the images, and the boxes for which they are named. */
export interface DetectionIssues extends LabelIssues {
  /** 1 for each predicted box that the labels lack. */
  readonly overlooked: Uint8Array[];
  /** 1 for each labelled box that is placed badly. */
  readonly badlyLocated: Uint8Array[];
  /** 1 for each labelled box of the wrong class. */
  readonly swapped: Uint8Array[];
}

/**
 * The images with a box that is probably wrong: one whose score is at most a fifth of the model's average precision in its class.
 *
 * @returns the mask of images, their places by the score of the image, the worst first, and a mask of each image's boxes for each kind
 * @throws as `labelQualityScores`
 * @example
 * const { indices } = objectDetection.findLabelIssues(labels, predictions);
 */
function findLabelIssues(
  labels: readonly (readonly TrueObject[])[],
  predictions: readonly (readonly Detection[])[],
  options: DetectionOptions = {},
): DetectionIssues {
  const scores = labelQualityScores(labels, predictions, options);
  const precisions = averagePrecisions(labels, predictions);
  const below = (of: readonly Float64Array[], objects: readonly (readonly TrueObject[])[]) =>
    of.map((own, image) =>
      Uint8Array.from(own, (score, at) => Number(score <= limitOf(precisions.get(objects[image]![at]!.class)!))),
    );
  const overlooked = below(scores.overlooked, predictions);
  const badlyLocated = below(scores.badlyLocated, labels);
  const swapped = below(scores.swapped, labels);
  const mask = Uint8Array.from(labels, (_, image) =>
    Number([overlooked, badlyLocated, swapped].some((kind) => kind[image]!.includes(1))),
  );
  return {
    mask,
    indices: argsort(scores.images).filter((image) => mask[image] === 1),
    overlooked,
    badlyLocated,
    swapped,
  };
}

/** A quarter of the precision, and four fifths of that, in float32, as the peer has it. */
function limitOf(precision: number): number {
  return Math.fround(Math.fround(precision * 0.25) * Math.fround(0.8));
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

  /** Whether a labelled box is labelled once more, as another class. */
  contradicted(label: TrueObject): boolean {
    return this.labels.some((other) => other.class !== label.class && overlap(label.box, other.box) >= SAME_OBJECT);
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

function swappedScores(image: Comparison, least: number, checkLabels: boolean): Float64Array {
  return Float64Array.from(image.labels, (label) => {
    if (checkLabels && image.contradicted(label)) return least;
    const others = image.predictions.filter(
      (predicted) => predicted.class !== label.class && predicted.score > CONFIDENT,
    );
    if (others.length === 0) return 1;
    return Math.max(least, 1 - Math.max(...others.map((predicted) => similarity(label.box, predicted.box))));
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

function check(labels: readonly (readonly TrueObject[])[], predictions: readonly (readonly Detection[])[]): void {
  if (labels?.length !== predictions?.length) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected predictions of ${labels?.length} images, as there are labels; got ${predictions?.length}`,
    );
  }
  if (labels.length === 0) throw new CellwrightError("CW_EMPTY", "expected at least one image; got none");
  labels.forEach((own, image) => {
    for (const object of own) checkObject(object, image);
    for (const object of predictions[image]!) {
      checkObject(object, image);
      const { score } = object;
      if (!(score >= 0 && score <= 1)) {
        throw new CellwrightError("CW_BOX", `scores lie between 0 and 1; image ${image} has ${score}`);
      }
    }
  });
}

function checkObject({ box, class: kind }: TrueObject, image: number): void {
  if (!Number.isInteger(kind) || kind < 0) {
    throw new CellwrightError(
      "CW_LABEL_RANGE",
      `classes are whole numbers from 0 on; a box of image ${image} has ${kind}`,
    );
  }
  const [left, top, right, bottom] = box ?? [];
  if (box?.length === 4 && box.every(Number.isFinite) && right! > left! && bottom! > top!) return;
  throw new CellwrightError("CW_BOX", `a box is [left, top, right, bottom] of some size; image ${image} has [${box}]`);
}
