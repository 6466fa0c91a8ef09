/**
 * Which labels are probably wrong (Northcutt et al. 2021, section 3.3). Seven rules:
 *
 * - `pruneByNoiseRate`: for each pair of classes (given i, true j) as many examples as the joint counts there, those with the largest
 *   margin p_j - p_i;
 * - `pruneByClass`: for each class as many as the joint counts off its diagonal, those with the lowest p_i;
 * - `both`: those that both rules name;
 * - `confidentLearning`: the examples counted off the diagonal of the joint;
 * - `predictedNeqGiven`: those whose most probable class is another one;
 * - `lowSelfConfidence`, `lowNormalizedMargin`: as many as `confidentLearning` finds, those with the lowest score.
 *
 * No rule but the last two names an example whose given label is the model's own first choice.
 */
import { CellwrightError } from "../errors.ts";
import { type MimeBundle, shownAs } from "../plot/display.ts";
import { argsort } from "./argsort.ts";
import { calibrated, countConfident } from "./confident-joint.ts";
import { checkChoice, checkLabelled, groupByClass, type LabelledProbabilities, type Probabilities } from "./input.ts";
import {
  type LabelQualityMethod,
  labelQualityMethods,
  normalizedMargin,
  qualityOf,
  selfConfidence,
} from "./label-quality.ts";
import { LowestValues } from "./lowest-values.ts";
import { type PruneOptions, pruneCounts } from "./prune-counts.ts";
import { markLowest, rankMarked } from "./selection.ts";

/** A rule for finding label issues by its name. */
export type LabelIssueFilter =
  | "pruneByNoiseRate"
  | "pruneByClass"
  | "both"
  | "confidentLearning"
  | "predictedNeqGiven"
  | "lowSelfConfidence"
  | "lowNormalizedMargin";

const filters = [
  "pruneByNoiseRate",
  "pruneByClass",
  "both",
  "confidentLearning",
  "predictedNeqGiven",
  "lowSelfConfidence",
  "lowNormalizedMargin",
] as const;

/** Options of `findLabelIssues`. */
export interface LabelIssueOptions {
  /** Default: "pruneByNoiseRate". */
  readonly filterBy?: LabelIssueFilter;
  /** The score by which the indices are ordered. Default: "selfConfidence". */
  readonly rankBy?: LabelQualityMethod;
  /** The share of the estimated errors to name, from 0 to 1. For the pruning rules. Default: 1. */
  readonly fracNoise?: number;
  /** How many errors to name in each class: K whole numbers. For the pruning rules; best with `pruneByClass`. Default: as estimated. */
  readonly numToRemovePerClass?: ArrayLike<number>;
  /** How many examples of each class to leave at the least, from 0 on. For the pruning rules. Default: 1. */
  readonly minExamplesPerClass?: number;
}

/** What `findLabelIssues` returns. */
export interface LabelIssues {
  /** 1 for each example whose label is probably wrong, [N]. */
  readonly mask: Uint8Array;
  /** Their places, the worst first; equal scores in the order of `argsort`, which is `numpy.argsort`'s. */
  readonly indices: Int32Array;
}

/**
 * Finds the examples whose given label is probably wrong.
 *
 * @param labels the given classes, [N], whole numbers from 0 to K - 1. Classes may be absent, and one example will do: then nothing is found.
 * @param probabilities out-of-sample, N x K; see `crossValidatedProbabilities`
 * @throws CW_OPTION, CW_EMPTY, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_PROBABILITY, CW_LABEL_RANGE
 * @example
 * const probabilities = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]];
 * findLabelIssues([0, 0, 0, 1, 1, 1], probabilities).indices; // [2]
 */
export function findLabelIssues(
  labels: ArrayLike<number>,
  probabilities: Probabilities,
  options: LabelIssueOptions = {},
): LabelIssues {
  checkIssueOptions(options);
  const input = checkLabelled(labels, probabilities);
  const mask = issueMask(input, options);
  const indices = rankMarked(mask, qualityOf(input, { method: options.rankBy ?? "selfConfidence" }));
  return shownAs({ mask, indices }, () => issuesLine(mask, indices));
}

/** What a notebook shows of it. */
function issuesLine(mask: Uint8Array, indices: Int32Array): MimeBundle {
  const named = 20;
  const [first, rest] = [indices.subarray(0, named).join(", "), indices.length - named];
  const which = indices.length === 0 ? "" : `; the worst first: ${first}${rest > 0 ? ` and ${rest} more` : ""}`;
  return { "text/plain": `${indices.length} of ${mask.length} labels are probably wrong${which}` };
}

/** Throws CW_OPTION for options that are wrong whatever the data is. */
export function checkIssueOptions(options: LabelIssueOptions): void {
  const { filterBy = "pruneByNoiseRate", rankBy = "selfConfidence", fracNoise = 1, minExamplesPerClass = 1 } = options;
  checkChoice("filterBy", filterBy, filters);
  checkChoice("rankBy", rankBy, labelQualityMethods);
  if (!(fracNoise >= 0 && fracNoise <= 1)) {
    throw new CellwrightError("CW_OPTION", `fracNoise must be a share from 0 to 1; got ${fracNoise}`);
  }
  if (!Number.isInteger(minExamplesPerClass) || minExamplesPerClass < 0) {
    throw new CellwrightError(
      "CW_OPTION",
      `minExamplesPerClass must be a whole number from 0 on; got ${minExamplesPerClass}`,
    );
  }
}

/** The issues of checked input. */
export function issueMask(input: LabelledProbabilities, options: LabelIssueOptions): Uint8Array {
  const { filterBy = "pruneByNoiseRate" } = options;
  if (filterBy === "lowSelfConfidence") return lowest(selfConfidence(input), countOffDiagonal(input));
  if (filterBy === "lowNormalizedMargin") return lowest(normalizedMargin(input), countOffDiagonal(input));
  if (filterBy === "confidentLearning") return offDiagonal(input);
  if (filterBy === "predictedNeqGiven") return contradicted(input, () => true);
  const pruned = prune(input, filterBy, pruneOptions(options, input.classes));
  return contradicted(input, (row) => pruned[row] === 1);
}

function lowest(scores: Float64Array, count: number): Uint8Array {
  const mask = new Uint8Array(scores.length);
  markLowest(scores, count, (row) => {
    mask[row] = 1;
  });
  return mask;
}

function pruneOptions(options: LabelIssueOptions, classes: number): PruneOptions {
  const { fracNoise = 1, minExamplesPerClass = 1, numToRemovePerClass } = options;
  if (numToRemovePerClass !== undefined) {
    const numbers = Array.from(numToRemovePerClass);
    if (numbers.length !== classes || !numbers.every((value) => Number.isInteger(value) && value >= 0)) {
      throw new CellwrightError(
        "CW_OPTION",
        `numToRemovePerClass must be ${classes} whole numbers from 0 on, one a class; got [${numbers}]`,
      );
    }
  }
  return { fracNoise, minExamplesPerClass, numToRemovePerClass };
}

function prune(
  input: LabelledProbabilities,
  filterBy: "pruneByNoiseRate" | "pruneByClass" | "both",
  options: PruneOptions,
) {
  const joint = calibrated(countConfident(input).joint, input.counts);
  const counts = pruneCounts(joint, input.counts, options);
  if (filterBy === "pruneByNoiseRate") return pruneByNoiseRate(input, counts, options.minExamplesPerClass);
  const byClass = pruneByClass(input, counts, options.minExamplesPerClass);
  if (filterBy === "pruneByClass") return byClass;
  const byRate = pruneByNoiseRate(input, counts, options.minExamplesPerClass);
  return byClass.map((marked, row) => marked & byRate[row]!);
}

function pruneByClass(input: LabelledProbabilities, counts: Float64Array, least: number): Uint8Array {
  const { data, rows, classes } = input;
  const { order, offsets } = groupByClass(input);
  const mask = new Uint8Array(rows);
  for (let given = 0; given < classes; given++) {
    const members = order.subarray(offsets[given]!, offsets[given + 1]!);
    const remove = members.length - counts[given * classes + given]!;
    if (members.length <= Math.max(least, 1) || remove <= 0) continue;
    const own = Float64Array.from(members, (row) => data[row * classes + given]!);
    markLowest(own, remove, (at) => {
      mask[members[at]!] = 1;
    });
  }
  return mask;
}

/**
 * One pass over the rows of a class serves all its pairs: for each other class the examples of lowest p_given - p_other so far are kept in a
 * heap. A margin is looked at once and not stored.
 */
function pruneByNoiseRate(input: LabelledProbabilities, counts: Float64Array, least: number): Uint8Array {
  const { data, rows, classes, single } = input;
  const { order, offsets } = groupByClass(input);
  const mask = new Uint8Array(rows);
  for (let given = 0; given < classes; given++) {
    const members = order.subarray(offsets[given]!, offsets[given + 1]!);
    if (members.length <= Math.max(least, 1)) continue;
    const pairs: LowestValues[] = [];
    const truths: number[] = [];
    for (let truth = 0; truth < classes; truth++) {
      const remove = counts[truth * classes + given]!;
      if (truth === given || remove <= 0) continue;
      truths.push(truth);
      pairs.push(new LowestValues(Math.min(remove, members.length)));
    }
    const limits = new Float64Array(pairs.length).fill(Number.POSITIVE_INFINITY);
    for (let at = 0; at < members.length; at++) {
      const start = members[at]! * classes;
      const own = data[start + given]!;
      for (let pair = 0; pair < truths.length; pair++) {
        const difference = own - data[start + truths[pair]!]!;
        const margin = single ? Math.fround(difference) : difference;
        if (margin <= limits[pair]!) limits[pair] = pairs[pair]!.offer(margin, at);
      }
    }
    pairs.forEach((pair, number) => {
      const truth = truths[number]!;
      const chosen = pair.tied ? lowestOf(members, pair.size, (row) => marginOf(input, row, truth)) : pair.places;
      for (const at of chosen) mask[members[at]!] = 1;
    });
  }
  return mask;
}

function lowestOf(members: Int32Array, count: number, value: (row: number) => number): Int32Array {
  return argsort(Float64Array.from(members, value)).subarray(0, count);
}

function marginOf({ data, classes, labels, single }: LabelledProbabilities, row: number, truth: number): number {
  const margin = data[row * classes + labels[row]!]! - data[row * classes + truth]!;
  return single ? Math.fround(margin) : margin;
}

/** The examples off the diagonal of the confident joint. */
function offDiagonal(input: LabelledProbabilities): Uint8Array {
  const { guesses } = countConfident(input);
  return contradicted(input, (row) => guesses[row]! >= 0 && guesses[row] !== input.labels[row]);
}

/** Those of the named examples whose given label is not the most probable class, nor within 1e-6 of it. */
function contradicted(input: LabelledProbabilities, named: (row: number) => boolean): Uint8Array {
  const { data, rows, classes, labels, single } = input;
  const mask = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    if (!named(row)) continue;
    const label = labels[row]!;
    const start = row * classes;
    const raised = data[start + label]! + 1e-6;
    const own = single ? Math.fround(raised) : raised;
    for (let k = 0; k < classes; k++) {
      const value = data[start + k]!;
      if (k !== label && (k < label ? value >= own : value > own)) {
        mask[row] = 1;
        break;
      }
    }
  }
  return mask;
}

/** The number of label issues that the confident joint shows. */
export function countOffDiagonal(input: LabelledProbabilities): number {
  return offDiagonal(input).reduce((sum, marked) => sum + marked, 0);
}
