/**
 * Several labels an example: each class is a question of its own, has it or has it not, answered with p and 1 - p. An example is an issue if
 * any of its answers is; its score joins those of its classes by an exponential moving average that runs from the best to the worst, so that
 * the worst counts most (Thyagarajan, Snorrason, Northcutt, Mueller, "Identifying incorrect annotations in multi-label classification data",
 * 2022, section 3).
 */
import { CellwrightError } from "../errors.ts";
import { checkProbabilities, type LabelledProbabilities, listLength, type Probabilities } from "./input.ts";
import { checkIssueOptions, issueMask, type LabelIssueOptions, type LabelIssues } from "./label-issues.ts";
import { checkQualityOptions, type LabelQualityOptions, qualityOf } from "./label-quality.ts";
import { markLowest, rankMarked } from "./selection.ts";

/**
 * The classes of each example: a list of class numbers, such as [0, 2] or [], or a row of K zeros and ones. What could be read both ways
 * (two classes, every row [0, 1] or [1, 0]) is taken for zeros and ones.
 */
export type MultiLabels = readonly ArrayLike<number>[];

/**
 * Finds the examples of which some class is probably wrong, added or missing.
 *
 * @param labels the classes of each example
 * @param probabilities of each class by itself, N x K; rows need not sum to 1
 * @param options as those of `labels.findLabelIssues`; `numToRemovePerClass` counts examples without the class
 * @returns the mask, and the examples by their joint score, the worst first
 * @throws CW_OPTION, CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * multiLabel.findLabelIssues([[0], [0, 1], []], [[0.9, 0.1], [0.8, 0.9], [0.1, 0.2]]).indices;
 */
function findLabelIssues(
  labels: MultiLabels,
  probabilities: Probabilities,
  options: LabelIssueOptions = {},
): LabelIssues {
  checkIssueOptions(options);
  const questions = read(labels, probabilities);
  const { filterBy = "pruneByNoiseRate", rankBy = "selfConfidence", numToRemovePerClass } = options;
  const any = (each: LabelIssueOptions) => {
    const mask = new Uint8Array(labels.length);
    questions.forEach((question, k) => {
      const remove = numToRemovePerClass && { numToRemovePerClass: [numToRemovePerClass[k]!, 0] };
      issueMask(question, { ...each, ...remove }).forEach((marked, row) => {
        mask[row]! |= marked;
      });
    });
    return mask;
  };
  const ranking = joined(questions, { method: rankBy });
  if (filterBy !== "lowSelfConfidence" && filterBy !== "lowNormalizedMargin") {
    const mask = any(options);
    return { mask, indices: rankMarked(mask, ranking) };
  }
  const count = any({ filterBy: "confidentLearning" }).reduce((sum, marked) => sum + marked, 0);
  const mask = new Uint8Array(labels.length);
  // Of two answers the margin is 2p - 1: both rules are one.
  markLowest(joined(questions, { method: "selfConfidence" }), count, (row) => {
    mask[row] = 1;
  });
  return { mask, indices: rankMarked(mask, ranking) };
}

/** Options of `multiLabel.labelQualityScores`. */
export interface MultiLabelQualityOptions extends LabelQualityOptions {
  /** The weight of the worse score at each step of the average, from 0 to 1. Default: 0.8. */
  readonly alpha?: number;
}

/**
 * A score from 0 to 1 for each example; the lower, the more likely some of its classes is wrong.
 *
 * @param labels the classes of each example
 * @param probabilities of each class by itself, N x K; rows need not sum to 1
 * @throws CW_OPTION, CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * multiLabel.labelQualityScores([[1], [0, 2]], [[0.1, 0.9, 0.1], [0.4, 0.1, 0.9]]); // [0.9, 0.5]
 */
function labelQualityScores(
  labels: MultiLabels,
  probabilities: Probabilities,
  options: MultiLabelQualityOptions = {},
): Float64Array {
  checkQualityOptions(options);
  const { alpha = 0.8 } = options;
  if (!(alpha >= 0 && alpha <= 1)) throw new CellwrightError("CW_OPTION", `alpha must be from 0 to 1; got ${alpha}`);
  return joined(read(labels, probabilities), options, alpha);
}

/** Label cleaning for examples with several labels. */
export const multiLabel = { findLabelIssues, labelQualityScores } as const;

function joined(questions: readonly LabelledProbabilities[], options: LabelQualityOptions, alpha = 0.8): Float64Array {
  const scores = questions.map((question) => qualityOf(question, options));
  const each = new Float64Array(questions.length);
  return Float64Array.from({ length: questions[0]!.rows }, (_, row) => {
    for (let k = 0; k < each.length; k++) each[k] = scores[k]![row]!;
    each.sort();
    let average = each[each.length - 1]!;
    for (let k = each.length - 2; k >= 0; k--) {
      average = alpha * each[k]! + (1 - alpha) * average;
    }
    return average;
  });
}

/** One question of two answers, "has it not" and "has it", for each class. */
function read(labels: MultiLabels, probabilities: Probabilities): LabelledProbabilities[] {
  const rows = listLength("labels", labels);
  const { data, classes, single } = checkProbabilities(probabilities, rows, { independent: true });
  const has = indicators(labels, classes);
  return Array.from({ length: classes }, (_, k) => {
    const both = single ? new Float32Array(2 * rows) : new Float64Array(2 * rows);
    const own = new Int32Array(rows);
    const counts = new Int32Array(2);
    for (let row = 0; row < rows; row++) {
      both[2 * row] = 1 - data[row * classes + k]!;
      both[2 * row + 1] = data[row * classes + k]!;
      own[row] = has[row * classes + k]!;
      counts[own[row]!]!++;
    }
    return { data: both, rows, classes: 2, single, labels: own, counts };
  });
}

function indicators(labels: MultiLabels, classes: number): Uint8Array {
  const has = new Uint8Array(labels.length * classes);
  const lists = Array.from(labels, (list, row) => {
    if (typeof list?.length === "number") return Array.from(list);
    throw new CellwrightError(
      "CW_LABEL_RANGE",
      `expected the classes of example ${row} as an array; got ${typeof list}`,
    );
  });
  const flags = lists.every((list) => list.length === classes && list.every((value) => value === 0 || value === 1));
  for (const [row, list] of lists.entries()) {
    for (const [at, value] of list.entries()) {
      if (flags) has[row * classes + at] = value;
      else if (Number.isInteger(value) && value >= 0 && value < classes) has[row * classes + value] = 1;
      else {
        throw new CellwrightError(
          "CW_LABEL_RANGE",
          `labels must be lists of whole numbers from 0 to ${classes - 1}, or rows of ${classes} zeros and ones; example ${row} has ${value}`,
        );
      }
    }
  }
  return has;
}
