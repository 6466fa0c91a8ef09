/**
 * Several people label the same images, none of them all, and a classifier has its opinion too. CROWDLAB (Goh, Tkachenko, Mueller, "CROWDLAB:
 * Supervised learning to infer consensus labels and quality scores for data with multiple annotators", 2022) weighs them by how much better
 * each agrees than one who always says the most common class, and averages; ActiveLab (Goh, Mueller, "ActiveLab: Active learning with re-labeling
 * by multiple annotators", 2023) asks from that which image to have labelled once more.
 */
import { CellwrightError } from "../errors.ts";
import { type Annotations, type AnnotatorLabels, checkAnnotations } from "./annotations.ts";
import { type AnnotatorQuality, annotatorStatistics } from "./annotators.ts";
import { argMax } from "./confident-joint.ts";
import { type Crowdlab, crowdlab } from "./crowdlab.ts";
import { checkChoice, checkProbabilities, type Probabilities, type ProbabilityMatrix } from "./input.ts";
import { highest, majority } from "./majority.ts";
import { pairwiseSum } from "./pairwise-sum.ts";
import { bestTemperature, scaledBy } from "./temperature-search.ts";

/**
 * The label that most annotators gave to each image. Ties go to the most probable of the tied classes, where there are probabilities; then to
 * the class that is labelled least often overall; then to that of the annotators who agree most often with the votes that are not tied; then
 * to the lowest class.
 *
 * @param labels N x M, one column an annotator; NaN, null or -1 where an annotator did not label the image
 * @param probabilities of a classifier, N x K
 * @throws CW_EMPTY, CW_UNLABELLED for an image without any label, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * multiAnnotator.majorityVote([[0, 0, 1], [1, NaN, 1]]); // [0, 1]
 */
function majorityVote(labels: AnnotatorLabels, probabilities?: Probabilities): Int32Array {
  if (probabilities === undefined) return majority(checkAnnotations(labels), undefined);
  const matrix = checkProbabilities(probabilities, labels?.length ?? 0);
  return majority(checkAnnotations(labels, matrix.classes), matrix);
}

/** Options of `multiAnnotator.consensus`. */
export interface ConsensusOptions {
  /** "bestQuality": the class that CROWDLAB holds most likely; "majorityVote". Default: "bestQuality". */
  readonly method?: "bestQuality" | "majorityVote";
}

/** What `multiAnnotator.consensus` returns. */
export interface Consensus {
  /** The one label of each image, [N]. */
  readonly labels: Int32Array;
  /** How likely it is right, from 0 to 1, [N]. */
  readonly quality: Float64Array;
  /** The share of the image's annotators that gave it, [N]. */
  readonly agreement: Float64Array;
  /** The number of annotators that labelled the image, [N]. */
  readonly annotations: Int32Array;
  /** How likely each annotator's label is right, N x M; NaN where there is none. */
  readonly annotatorScores: Float64Array[];
  /** The weight of the classifier in the average. */
  readonly modelWeight: number;
  /** The weight of each annotator, [M]. */
  readonly annotatorWeights: Float64Array;
}

/**
 * One label an image out of many, and how sure it is.
 *
 * @param labels N x M, one column an annotator; NaN, null or -1 where an annotator did not label the image
 * @param probabilities of a classifier, N x K
 * @throws CW_OPTION, and as `majorityVote`
 * @example
 * multiAnnotator.consensus([[0, 0, 1], [1, NaN, 1]], [[0.8, 0.2], [0.3, 0.7]]).labels; // [0, 1]
 */
function consensus(labels: AnnotatorLabels, probabilities: Probabilities, options: ConsensusOptions = {}): Consensus {
  const method = checkChoice("method", options.method ?? "bestQuality", ["bestQuality", "majorityVote"]);
  const { annotations, matrix } = check(labels, probabilities);
  return describe(annotations, solve(annotations, matrix, method));
}

/**
 * The quality of each annotator, in the order of the columns.
 *
 * @param labels N x M, one column an annotator; NaN, null or -1 where an annotator did not label the image
 * @param probabilities of a classifier, N x K
 * @throws CW_OPTION, and as `majorityVote`
 * @example
 * multiAnnotator.annotatorQuality([[0, 0, 1], [1, NaN, 1]], [[0.8, 0.2], [0.3, 0.7]]).map(({ quality }) => quality);
 */
function annotatorQuality(
  labels: AnnotatorLabels,
  probabilities: Probabilities,
  options: ConsensusOptions = {},
): AnnotatorQuality[] {
  const method = checkChoice("method", options.method ?? "bestQuality", ["bestQuality", "majorityVote"]);
  const { annotations, matrix } = check(labels, probabilities);
  return annotatorStatistics(annotations, solve(annotations, matrix, method));
}

/** What `multiAnnotator.activeLearningScores` returns: the lower, the more a further label would teach. */
export interface ActiveLearningScores {
  /** Of the images with labels, [N]. */
  readonly labelled: Float64Array;
  /** Of the images without, as many as there were; comparable with the others. */
  readonly unlabelled: Float64Array;
}

/**
 * Which images to have labelled, or labelled once more.
 *
 * The probabilities are first softened or sharpened by one temperature, so that they fit how often annotators disagree. Where no image has
 * two labels there is nothing to fit to, nor to weigh by: they are taken as they are, and annotators and classifier count the same.
 *
 * @param labels N x M, one column an annotator; NaN, null or -1 where an annotator did not label the image
 * @param probabilities of a classifier, N x K
 * @param unlabelled probabilities of images that nobody has labelled yet
 * @throws as `majorityVote`
 * @example
 * const { labelled } = multiAnnotator.activeLearningScores([[0, 0, 1], [1, NaN, 1]], [[0.8, 0.2], [0.3, 0.7]]);
 */
function activeLearningScores(
  labels: AnnotatorLabels,
  probabilities: Probabilities,
  unlabelled?: Probabilities,
): ActiveLearningScores {
  const { annotations, matrix } = check(labels, probabilities);
  const { classes } = matrix;
  const alone = annotations.counts.every((count) => count === 1);
  const temperature = alone ? 1 : bestTemperature(annotations, matrix);
  const { modelWeight, annotatorWeights, quality } = alone
    ? unweighted(annotations, matrix)
    : solve(annotations, scaledBy(matrix, temperature), "bestQuality");
  // One more annotator of the usual weight, who knows nothing.
  const usual = pairwiseSum(annotatorWeights, 0, annotatorWeights.length) / annotatorWeights.length;
  const score = (known: number, weight: number) => (known * weight + usual / classes) / (weight + usual);
  const labelled = quality.map((known, row) => {
    let weight = modelWeight;
    annotations.labelsOf(row).forEach((label, annotator) => {
      if (label >= 0) weight += annotatorWeights[annotator]!;
    });
    return score(known, weight);
  });
  if (unlabelled === undefined) return { labelled, unlabelled: new Float64Array(0) };
  const others = scaledBy(checkProbabilities(unlabelled, undefined), temperature);
  if (others.classes !== classes) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected probabilities of ${classes} classes; got ${others.classes}`,
    );
  }
  const top = (row: number) => others.data[row * classes + argMax(others.data, row * classes, classes)]!;
  return { labelled, unlabelled: Float64Array.from({ length: others.rows }, (_, row) => score(top(row), modelWeight)) };
}

/** Labels of several annotators. */
export const multiAnnotator = { majorityVote, consensus, annotatorQuality, activeLearningScores } as const;

function check(labels: AnnotatorLabels, probabilities: Probabilities) {
  const matrix = checkProbabilities(probabilities, labels?.length ?? 0);
  return { annotations: checkAnnotations(labels, matrix.classes), matrix };
}

function solve(annotations: Annotations, matrix: ProbabilityMatrix, method: "bestQuality" | "majorityVote"): Crowdlab {
  const first = crowdlab(annotations, matrix, majority(annotations, matrix));
  if (method === "majorityVote") return first;
  const { classes } = matrix;
  const all = Array.from({ length: classes }, (_, k) => k);
  const best = first.consensus.map((label, row) => {
    const likeliest = highest(all, (k) => first.posterior[row * classes + k]!);
    return likeliest.length === 1 ? likeliest[0]! : label;
  });
  return crowdlab(annotations, matrix, best);
}

/** One label an image: how likely the classifier holds it. */
function unweighted(annotations: Annotations, { data, classes }: ProbabilityMatrix) {
  const quality = Float64Array.from(majority(annotations, undefined), (label, row) => data[row * classes + label]!);
  return { quality, modelWeight: 1, annotatorWeights: new Float64Array(annotations.annotators).fill(1) };
}

function describe(annotations: Annotations, result: Crowdlab): Consensus {
  const { consensus: labels, quality, agreement, modelWeight, annotatorWeights } = result;
  return {
    labels,
    quality,
    agreement,
    annotations: annotations.counts,
    annotatorScores: result.annotatorScores,
    modelWeight,
    annotatorWeights,
  };
}
