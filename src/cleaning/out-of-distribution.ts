/**
 * Images that are like no others (Kuan and Mueller, "Back to the Basics: Revisiting Out-of-Distribution Detection Baselines", 2022): by the
 * mean distance to the nearest neighbours in a space of features, or by how undecided a classifier is. Scores run from 0, unlike the
 * rest, to 1.
 */
import { CellwrightError } from "../errors.ts";
import { asFeatures, type DistanceMetric, distancesBetween, type Features, median, metricFor } from "./features.ts";
import { checkChoice, checkLabelled, checkProbabilities, type Probabilities } from "./input.ts";
import { adjusted, normalizedEntropies } from "./label-quality.ts";
import { pairwiseSum } from "./pairwise-sum.ts";
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

/** The least that distances are measured by. */
const LEAST_SCALE = 1e-6;
/** Mean distances below are rounding: as good as none. */
const ROUNDING = { cosine: 50 * Number.EPSILON, euclidean: Math.sqrt(100 * Number.EPSILON) };

/**
 * exp(-t d / m) for each image, with d its mean distance to its k nearest neighbours and m the median of d over all (or over `reference`),
 * at least 1e-6. A Euclidean d below 1.5e-7 counts as 0: features that small want to be scaled up.
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
  const scale = Math.max(median(own), LEAST_SCALE);
  const distances = typical === images ? own : meanDistances(images, typical, metric, k);
  return distances.map((distance) => (distance < ROUNDING[metric] ? 1 : Math.exp((-t * distance) / scale)));
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
  /**
   * "entropy": 1 - H(p) / log K; "leastConfidence": the largest probability; "generalizedEntropy": 1 - Σ qᵞ (1 - q)ᵞ / M over the M largest
   * of q = softmax(p) (GEN: Liu, Lochman, Zach, "GEN: Pushing the limits of softmax-based out-of-distribution detection", CVPR 2023; best
   * with many classes and `adjust: false`). Default: "entropy".
   */
  readonly method?: "entropy" | "leastConfidence" | "generalizedEntropy";
  /** Account for classes about which the model is timid, as in `labelQualityScores`. Default: where labels are given. */
  readonly adjust?: boolean;
  /** M of the generalised entropy, from 1 on; classes that there are not count nothing. Default: 100. */
  readonly topClasses?: number;
  /** γ of the generalised entropy, above 0. Default: 0.1. */
  readonly gamma?: number;
}

/**
 * How decided the classifier is about each image.
 *
 * @throws CW_OPTION, CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * outOfDistribution.fromProbabilities([[0.5, 0.5], [1, 0]]); // [0, 1]
 */
function fromProbabilities(probabilities: Probabilities, options: ProbabilityOutlierOptions = {}): Float64Array {
  const { labels, method = "entropy", adjust = labels !== undefined, topClasses = 100, gamma = 0.1 } = options;
  checkChoice("method", method, ["entropy", "leastConfidence", "generalizedEntropy"]);
  if (adjust && labels === undefined) {
    throw new CellwrightError("CW_OPTION", "adjust needs the given labels: pass { labels }");
  }
  if (!Number.isInteger(topClasses) || topClasses < 1) {
    throw new CellwrightError("CW_OPTION", `topClasses must be a whole number from 1 on; got ${topClasses}`);
  }
  if (!(gamma > 0 && Number.isFinite(gamma))) {
    throw new CellwrightError("CW_OPTION", `gamma must be a number above 0; got ${gamma}`);
  }
  const given = checkProbabilities(probabilities, labels?.length);
  const matrix = adjust ? adjusted(checkLabelled(labels!, probabilities)) : given;
  if (method === "entropy") return normalizedEntropies(matrix).map((entropy) => 1 - entropy);
  const { data, rows, classes } = matrix;
  const score =
    method === "leastConfidence" ? largest : (row: ArrayLike<number>) => generalized(row, topClasses, gamma);
  return Float64Array.from({ length: rows }, (_, row) => score(data.subarray(row * classes, (row + 1) * classes)));
}

function largest(row: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < row.length; k++) most = Math.max(most, row[k]!);
  return most;
}

function generalized(row: ArrayLike<number>, topClasses: number, gamma: number): number {
  const shares = Float64Array.from(row, Math.exp);
  const sum = pairwiseSum(shares, 0, shares.length);
  const top = shares
    .map((share) => share / sum)
    .sort()
    .subarray(-topClasses);
  return (
    1 -
    pairwiseSum(
      top.map((q) => q ** gamma * (1 - q) ** gamma),
      0,
      top.length,
    ) /
      topClasses
  );
}

/** Scores of how typical images are. */
export const outOfDistribution = { fromFeatures, fromProbabilities } as const;
