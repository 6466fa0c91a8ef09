/**
 * Images that are like no others (Kuan and Mueller, "Back to the Basics: Revisiting Out-of-Distribution Detection Baselines", 2022): by the
 * mean distance to the nearest neighbours in a space of features, or by how undecided a classifier is. Scores run from 0, unlike the
 * rest, to 1.
 */
import { CellwrightError } from "../errors.ts";
import { asFeatures, type DistanceMetric, distancesBetween, type Features, median, metricFor } from "./features.ts";
import { checkChoice, checkLabelled, checkProbabilities, type Probabilities } from "./input.ts";
import { adjusted, normalizedEntropies } from "./label-quality.ts";
import { selectSmallest } from "./selection.ts";

/** Options of `outOfDistribution.fromFeatures`. */
export interface FeatureOutlierOptions {
  /** The number of neighbours, from 1 on; all there are where there are fewer. Default: 10. */
  readonly k?: number;
  /** Default: "cosine" for more than three features, else "euclidean". */
  readonly metric?: DistanceMetric;
  /** How fast the score falls with the distance, above 0. Default: 1. */
  readonly t?: number;
  /** Images taken for typical: distances are to these, and are measured by theirs. Default: the features themselves. */
  readonly reference?: Features;
}

/**
 * exp(-t d / m) for each image, with d its mean distance to its k nearest neighbours and m the median of d over all (or over `reference`).
 *
 * @param features N x M with N >= 2
 * @throws CW_OPTION, CW_SHAPE_MISMATCH, CW_EMPTY, CW_NOT_FINITE
 * @example
 * outOfDistribution.fromFeatures([[0, 0], [0, 1], [1, 0], [9, 9]], { k: 2 }); // the last is lowest
 */
function fromFeatures(features: Features, options: FeatureOutlierOptions = {}): Float64Array {
  const { k = 10, t = 1 } = options;
  if (!Number.isInteger(k) || k < 1) {
    throw new CellwrightError("CW_OPTION", `k must be a whole number from 1 on; got ${k}`);
  }
  if (!(t > 0 && Number.isFinite(t))) throw new CellwrightError("CW_OPTION", `t must be a number above 0; got ${t}`);
  const images = asFeatures(features);
  const typical = options.reference === undefined ? images : asFeatures(options.reference);
  if (typical.rows < 2)
    throw new CellwrightError("CW_EMPTY", "expected at least two images; got one, that has no neighbour");
  const metric = metricFor(images, options.metric);
  const own = meanDistances(typical, typical, metric, k);
  const scale = Math.max(median(own), 100 * Number.EPSILON);
  const distances = typical === images ? own : meanDistances(images, typical, metric, k);
  return distances.map((distance) => Math.exp((-t * distance) / scale));
}

type Matrix = ReturnType<typeof asFeatures>;

function meanDistances(from: Matrix, to: Matrix, metric: DistanceMetric, k: number): Float64Array {
  const measure = distancesBetween(from, to, metric);
  const itself = from === to;
  const neighbours = Math.min(k, itself ? to.rows - 1 : to.rows);
  const all = new Float64Array(to.rows);
  return Float64Array.from({ length: from.rows }, (_, row) => {
    measure(row, all);
    if (itself) all[row] = Number.POSITIVE_INFINITY;
    selectSmallest(all, neighbours - 1);
    let sum = 0;
    for (const distance of all.subarray(0, neighbours).sort()) sum += distance;
    return sum / neighbours;
  });
}

/** Options of `outOfDistribution.fromProbabilities`. */
export interface ProbabilityOutlierOptions {
  /** The given classes, [N]: needed to adjust. */
  readonly labels?: ArrayLike<number>;
  /** "entropy": 1 - H(p) / log K; "leastConfidence": the largest probability. Default: "entropy". */
  readonly method?: "entropy" | "leastConfidence";
  /** Account for classes about which the model is timid, as in `labelQualityScores`. Default: where labels are given. */
  readonly adjust?: boolean;
}

/**
 * How decided the classifier is about each image.
 *
 * @throws CW_OPTION, CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * outOfDistribution.fromProbabilities([[0.5, 0.5], [1, 0]]); // [0, 1]
 */
function fromProbabilities(probabilities: Probabilities, options: ProbabilityOutlierOptions = {}): Float64Array {
  const { labels, method = "entropy", adjust = labels !== undefined } = options;
  checkChoice("method", method, ["entropy", "leastConfidence"]);
  if (adjust && labels === undefined) {
    throw new CellwrightError("CW_OPTION", "adjust needs the given labels: pass { labels }");
  }
  const given = checkProbabilities(probabilities, labels?.length);
  const { data, rows, classes } = adjust ? adjusted(checkLabelled(labels!, probabilities)) : given;
  if (method === "entropy") return normalizedEntropies({ data, rows, classes }).map((entropy) => 1 - entropy);
  return Float64Array.from({ length: rows }, (_, row) => {
    let most = 0;
    for (let k = row * classes; k < (row + 1) * classes; k++) most = Math.max(most, data[k]!);
    return most;
  });
}

/** Scores of how typical images are. */
export const outOfDistribution = { fromFeatures, fromProbabilities } as const;
