/**
 * Images that are there twice. A copy in the training set counts double; a copy of a training image in the test set is an answer given away
 * ("leakage": Barz and Denzler, "Do we train on test data? Purging CIFAR of near-duplicates", 2020). Two images are near duplicates where
 * their distance is a small part of what is usual between nearest neighbours in this data.
 */
import { CellwrightError } from "../errors.ts";
import {
  asFeatures,
  type DistanceMetric,
  distancesBetween,
  type FeatureMatrix,
  type Features,
  median,
  metricFor,
} from "./features.ts";

/** Options of `nearDuplicates` and `splitLeakage`. */
export interface DuplicateOptions {
  /** The part of the median distance to the nearest neighbour below which two images are one, from 0 on. Default: 0.13. */
  readonly threshold?: number;
  /** Default: "cosine" for more than three features, else "euclidean". */
  readonly metric?: DistanceMetric;
}

/** Two images that are nearly one. */
export interface DuplicatePair {
  /** The place of the one; in `splitLeakage` that in the first part. */
  readonly a: number;
  /** The place of the other; in `splitLeakage` that in the second part. */
  readonly b: number;
  readonly distance: number;
}

/** What `nearDuplicates` returns. */
export interface NearDuplicates {
  /** Sets of two and more images that hang together by near duplicates, each ascending, by their first image. */
  readonly sets: number[][];
  /** All pairs, nearest first. */
  readonly pairs: DuplicatePair[];
  /** 1 for each image that is in a set, [N]. */
  readonly mask: Uint8Array;
  /** The distance up to which two images count as one. */
  readonly radius: number;
}

/**
 * Finds images that are nearly the same.
 *
 * @param features N x M, or a data set, whose pixels are compared
 * @throws CW_OPTION, CW_SHAPE_MISMATCH, CW_EMPTY, CW_NOT_FINITE
 * @example
 * nearDuplicates([[0, 1], [5, 5], [0, 1], [9, 1]]).sets; // [[0, 2]]
 */
export function nearDuplicates(features: Features, options: DuplicateOptions = {}): NearDuplicates {
  const images = asFeatures(features);
  const radius = radiusOf(images, options);
  const pairs = pairsWithin(images, images, radius, options);
  const sets = join(images.rows, pairs);
  const mask = new Uint8Array(images.rows);
  for (const set of sets) for (const image of set) mask[image] = 1;
  return { sets, pairs, mask, radius };
}

/** What `splitLeakage` returns. */
export interface SplitLeakage {
  /** Pairs of an image of the first part and one of the second, nearest first. */
  readonly pairs: DuplicatePair[];
  /** The images of the second part that are in a pair, ascending: those to take out of a test set. */
  readonly leaked: Int32Array;
  readonly radius: number;
}

/**
 * Finds images of one part that are nearly the same as images of another: test images that were trained on.
 *
 * @param a the first part, for instance the training images: N x M features, or a data set
 * @param b the second part, for instance the test images
 * @throws CW_OPTION, CW_SHAPE_MISMATCH, CW_EMPTY, CW_NOT_FINITE
 * @example
 * const { train, test } = (await digits()).split();
 * splitLeakage(train, test).leaked.length;
 */
export function splitLeakage(a: Features, b: Features, options: DuplicateOptions = {}): SplitLeakage {
  const first = asFeatures(a);
  const second = asFeatures(b);
  const radius = radiusOf(first, options);
  const pairs = pairsWithin(first, second, radius, options);
  return { pairs, leaked: Int32Array.from(new Set(pairs.map((pair) => pair.b))).sort(), radius };
}

function radiusOf(images: FeatureMatrix, options: DuplicateOptions): number {
  const { threshold = 0.13 } = options;
  if (!(threshold >= 0 && Number.isFinite(threshold))) {
    throw new CellwrightError("CW_OPTION", `threshold must be a number from 0 on; got ${threshold}`);
  }
  if (images.rows < 2) return 0;
  const measure = distancesBetween(images, images, metricFor(images, options.metric));
  const all = new Float64Array(images.rows);
  const nearest = Float64Array.from({ length: images.rows }, (_, row) => {
    measure(row, all);
    all[row] = Number.POSITIVE_INFINITY;
    return all.reduce((least, distance) => Math.min(least, distance), Number.POSITIVE_INFINITY);
  });
  return threshold * median(nearest);
}

function pairsWithin(a: FeatureMatrix, b: FeatureMatrix, radius: number, options: DuplicateOptions): DuplicatePair[] {
  const measure = distancesBetween(a, b, metricFor(a, options.metric));
  const all = new Float64Array(b.rows);
  const pairs: DuplicatePair[] = [];
  for (let row = 0; row < a.rows; row++) {
    measure(row, all);
    for (let other = a === b ? row + 1 : 0; other < b.rows; other++) {
      if (all[other]! <= radius) pairs.push({ a: row, b: other, distance: all[other]! });
    }
  }
  return pairs.sort((x, y) => x.distance - y.distance || x.a - y.a || x.b - y.b);
}

/** The components of the graph of pairs. */
function join(count: number, pairs: readonly DuplicatePair[]): number[][] {
  const parent = Int32Array.from({ length: count }, (_, image) => image);
  const root = (image: number): number => {
    let at = image;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  for (const { a, b } of pairs) {
    const [low, high] = [root(a), root(b)].sort((x, y) => x - y) as [number, number];
    parent[high] = low;
  }
  const sets = new Map<number, number[]>();
  for (let image = 0; image < count; image++) {
    const set = sets.get(root(image));
    if (set) set.push(image);
    else sets.set(root(image), [image]);
  }
  return [...sets.values()].filter((set) => set.length > 1);
}
