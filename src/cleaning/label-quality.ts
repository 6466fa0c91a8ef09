/**
 * How well each given label fits what the model says: a score from 0, surely wrong, to 1. Three of them, of which none looks at the
 * confident joint (Northcutt et al. 2021, section 3.3, and Kuan and Mueller, "Model-agnostic label quality scoring to detect real-world
 * label errors", 2022):
 *
 * - self-confidence, the probability p_y of the given label: low for outliers and odd images too;
 * - normalised margin, (p_y - max of the others + 1) / 2: low where another class is clearly better;
 * - confidence-weighted entropy: with x = H(p) / (log K · p_y), the score is log(1 + x) / max(x, 1e-6).
 */
import { CellwrightError } from "../errors.ts";
import {
  checkChoice,
  checkLabelled,
  type LabelledProbabilities,
  type Probabilities,
  type ProbabilityMatrix,
} from "./input.ts";
import { pairwiseSum } from "./pairwise-sum.ts";
import { thresholdsOf } from "./thresholds.ts";

/** A score of label quality by its name. */
export type LabelQualityMethod = "selfConfidence" | "normalizedMargin" | "confidenceWeightedEntropy";

export const labelQualityMethods = ["selfConfidence", "normalizedMargin", "confidenceWeightedEntropy"] as const;

/** Options of `labelQualityScores`. */
export interface LabelQualityOptions {
  /** Default: "selfConfidence". */
  readonly method?: LabelQualityMethod;
  /**
   * Account for classes about which the model is timid: subtract each class's confident threshold, add the largest, divide by the sum.
   * Not for the entropy. Default: false.
   */
  readonly adjust?: boolean;
}

/**
 * A score from 0 to 1 for each example; the lower, the more likely its label is wrong.
 *
 * The entropy's score falls to 0 as x falls from 1e-6 to 0: cleanlab has it so, and examples of which the model is that certain are few.
 *
 * @param labels the given classes, [N], whole numbers from 0 to K - 1
 * @param probabilities out-of-sample, N x K
 * @returns N scores
 * @throws CW_OPTION, CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * labelQualityScores([0, 1], [[0.9, 0.1], [0.7, 0.3]]); // [0.9, 0.3]
 */
export function labelQualityScores(
  labels: ArrayLike<number>,
  probabilities: Probabilities,
  options: LabelQualityOptions = {},
): Float64Array {
  checkQualityOptions(options);
  return qualityOf(checkLabelled(labels, probabilities), options);
}

/** Throws CW_OPTION for options that do not fit. */
export function checkQualityOptions({ method = "selfConfidence", adjust = false }: LabelQualityOptions): void {
  checkChoice("method", method, labelQualityMethods);
  if (adjust && method === "confidenceWeightedEntropy") {
    throw new CellwrightError(
      "CW_OPTION",
      'adjust is not defined for "confidenceWeightedEntropy": use "selfConfidence" or "normalizedMargin"',
    );
  }
}

/** The scores of checked input. */
export function qualityOf(input: LabelledProbabilities, options: LabelQualityOptions = {}): Float64Array {
  const { method = "selfConfidence", adjust = false } = options;
  const from = adjust ? adjusted(input) : input;
  if (method === "selfConfidence") return selfConfidence(from);
  return method === "normalizedMargin" ? normalizedMargin(from) : confidenceWeightedEntropy(from);
}

/** The probabilities with each class measured from its threshold. */
export function adjusted(input: LabelledProbabilities): LabelledProbabilities {
  const { data, classes } = input;
  const { values, single } = thresholdsOf(input);
  const top = values.reduce((most, value) => Math.max(most, value), 0);
  const result = single ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let start = 0; start < data.length; start += classes) {
    for (let k = 0; k < classes; k++) {
      const distance = data[start + k]! - values[k]!;
      result[start + k] = (single ? Math.fround(distance) : distance) + top;
    }
    const sum = pairwiseSum(result, start, classes, 1, single);
    for (let k = start; k < start + classes; k++) result[k] = result[k]! / sum;
  }
  return { ...input, data: result, single };
}

export function selfConfidence({ data, rows, classes, labels }: LabelledProbabilities): Float64Array {
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) scores[row] = data[row * classes + labels[row]!]!;
  return scores;
}

export function normalizedMargin({ data, rows, classes, labels, single }: LabelledProbabilities): Float64Array {
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const label = labels[row]!;
    let other = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) if (k !== label && data[start + k]! > other) other = data[start + k]!;
    const margin = data[start + label]! - other;
    scores[row] = single ? Math.fround(Math.fround(Math.fround(margin) + 1) / 2) : (margin + 1) / 2;
  }
  return scores;
}

const LEAST_CONFIDENCE = 1e-6;
const LEAST_WEIGHTED = 1e-6;

function confidenceWeightedEntropy(input: LabelledProbabilities): Float64Array {
  const { data, rows, classes, labels } = input;
  const scores = normalizedEntropies(input);
  for (let row = 0; row < rows; row++) {
    const confidence = Math.max(data[row * classes + labels[row]!]!, LEAST_CONFIDENCE);
    const weighted = scores[row]! / confidence;
    scores[row] = Math.log(weighted + 1) / Math.max(weighted, LEAST_WEIGHTED);
  }
  return scores;
}

/** H(p) / log K of each row: 0 for certainty, 1 for equal probabilities. */
export function normalizedEntropies({ data, rows, classes, single }: ProbabilityMatrix): Float64Array {
  const entropies = new Float64Array(rows);
  const terms = new Float64Array(classes);
  const most = Math.log(classes);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < classes; k++) {
      const p = data[row * classes + k]!;
      const logarithm = p > 0 ? Math.log(p) : 0;
      terms[k] = single ? Math.fround(p * Math.fround(logarithm)) : p * logarithm;
    }
    entropies[row] = -pairwiseSum(terms, 0, classes, 1, single) / most;
  }
  return entropies;
}
