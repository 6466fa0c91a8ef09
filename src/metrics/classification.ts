/**
 * Figures of merit that need predictions alone: how often, and for which classes, a classifier is right.
 *
 * Precision, recall and F (van Rijsbergen, "Information Retrieval", 1979, chapter 7) belong to a class; three ways of
 * averaging make one number of them. `macro` weighs every class alike, `weighted` by its images, `micro` counts all
 * decisions in one pot, which for one label an image is the accuracy. A quotient of 0 by 0 (a class that was never said
 * has no precision) is `zeroDivision`; NaN leaves the class out of the averages.
 */
import { CellwrightError } from "../errors.ts";
import { type ConfusionCounts, checkClass, checkLengths, confusionMatrix } from "./confusion-matrix.ts";

/** How the figures of the classes become one. */
export type Average = "macro" | "micro" | "weighted";

/** Options of `classScores`. */
export interface ClassScoresOptions {
  /** The number of classes. Default: one more than the largest index that occurs. */
  readonly classes?: number | undefined;
  /** What 0 / 0 is: 0, 1, or NaN, which averages leave out. Default: 0. */
  readonly zeroDivision?: number;
  /** How much recall counts against precision in F, above 0: F-β. Default: 1. */
  readonly beta?: number;
}

/** Options of `precision`, `recall` and `f1`. */
export interface AverageOptions {
  readonly average?: Average;
  readonly classes?: number | undefined;
  readonly zeroDivision?: number;
}

/** Precision, recall, F. */
export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
  /** The weighted harmonic mean of both; F1 unless `beta` says otherwise. */
  readonly f1: number;
}

/** What `classScores` returns. */
export interface ClassScores extends Readonly<Record<Average, PrecisionRecall>> {
  /** One row a class. `support` is the number of its images. */
  readonly perClass: readonly (PrecisionRecall & { readonly support: number })[];
}

/**
 * The share of right answers. Images without a label (-1) are left out; NaN where none is left.
 *
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE as `confusionMatrix`
 * @example
 * accuracy([0, 1, 2], [0, 1, 1]); // 0.667
 */
export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  checkLengths(labels, predictions);
  let right = 0;
  let total = 0;
  // No matrix is counted: there may be more classes than one has room for.
  for (let index = 0; index < labels.length; index++) {
    checkClass("labels", labels[index]!, -1, Number.MAX_SAFE_INTEGER, index);
    checkClass("predictions", predictions[index]!, 0, Number.MAX_SAFE_INTEGER, index);
    if (labels[index]! < 0) continue;
    total++;
    if (labels[index] === predictions[index]) right++;
  }
  return right / total;
}

/**
 * Precision, recall and F of every class, and their three averages.
 *
 * @param labels the true classes, [n]; -1 is left out
 * @param predictions the classes that were said, [n]
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE as `confusionMatrix`; CW_OPTION for a zeroDivision or beta out of range
 * @example
 * classScores([0, 0, 1], [0, 1, 1]).macro.f1; // 0.667
 */
export function classScores(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: ClassScoresOptions = {},
): ClassScores {
  return scoresOfMatrix(confusionMatrix(labels, predictions, { classes: options.classes }), options);
}

/** `classScores` of a matrix that is counted already. */
export function scoresOfMatrix({ counts }: ConfusionCounts, options: ClassScoresOptions = {}): ClassScores {
  return scoresOfCounts(
    counts.map((row, k) => row[k]!),
    counts.map((row) => row.reduce((sum, count) => sum + count, 0)),
    counts.map((_, column) => counts.reduce((sum, row) => sum + row[column]!, 0)),
    options,
  );
}

/**
 * Precision, recall and F from what each class has: decisions for it that are right, decisions that should have been for
 * it, decisions that were.
 */
export function scoresOfCounts(
  right: readonly number[],
  support: readonly number[],
  said: readonly number[],
  options: ClassScoresOptions = {},
): ClassScores {
  const { zeroDivision = 0, beta = 1 } = options;
  if (zeroDivision !== 0 && zeroDivision !== 1 && !Number.isNaN(zeroDivision)) {
    throw new CellwrightError("CW_OPTION", `zeroDivision is 0, 1 or NaN; got ${zeroDivision}`);
  }
  if (!(beta > 0 && Number.isFinite(beta))) {
    throw new CellwrightError("CW_OPTION", `beta is a finite number above 0; got ${beta}`);
  }
  const score = (hits: number, labelled: number, predicted: number): PrecisionRecall => {
    const ratio = (value: number, of: number) => (of === 0 ? zeroDivision : value / of);
    return {
      precision: ratio(hits, predicted),
      recall: ratio(hits, labelled),
      // (1 + β²) P R / (β² P + R) with both fractions resolved: one division, and 0 / 0 only where there is nothing.
      f1: ratio((1 + beta * beta) * hits, beta * beta * labelled + predicted),
    };
  };
  const perClass = right.map((hits, k) => ({ ...score(hits, support[k]!, said[k]!), support: support[k]! }));
  const all = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const mean = (weights: readonly number[]): PrecisionRecall => ({
    precision: weightedMean(
      perClass.map((row) => row.precision),
      weights,
    ),
    recall: weightedMean(
      perClass.map((row) => row.recall),
      weights,
    ),
    f1: weightedMean(
      perClass.map((row) => row.f1),
      weights,
    ),
  });
  return {
    perClass,
    micro: score(all(right), all(support), all(said)),
    macro: mean(new Array<number>(right.length).fill(1)),
    weighted: mean(support),
  };
}

/** The mean of the values that are not NaN; unweighted where their weights sum to 0; NaN where there are none. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  let plain = 0;
  let total = 0;
  let count = 0;
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    sum += value * weights[index]!;
    plain += value;
    total += weights[index]!;
    count++;
  }
  return total === 0 ? plain / count : sum / total;
}

/**
 * The share of what was said that is right.
 *
 * @param options `average` ("macro", every class alike; "weighted" by images; "micro"; default "macro"), `classes`,
 * `zeroDivision` (0, 1 or NaN; default 0)
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE, CW_OPTION
 * @example
 * precision([0, 0, 1], [0, 1, 1]); // (1 + 1/2) / 2
 */
export function precision(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: AverageOptions = {},
): number {
  return averaged(labels, predictions, options).precision;
}

/**
 * The share of what is there that was found. Options and errors as of `precision`.
 *
 * @example
 * recall([0, 0, 1], [0, 1, 1]); // (1/2 + 1) / 2
 */
export function recall(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: AverageOptions = {},
): number {
  return averaged(labels, predictions, options).recall;
}

/**
 * The harmonic mean of precision and recall. Options and errors as of `precision`. The macro average is the mean of the
 * classes' F1.
 *
 * @example
 * f1([0, 0, 1], [0, 1, 1]); // 2/3
 */
export function f1(labels: ArrayLike<number>, predictions: ArrayLike<number>, options: AverageOptions = {}): number {
  return averaged(labels, predictions, options).f1;
}

function averaged(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  { average = "macro", ...options }: AverageOptions,
): PrecisionRecall {
  if (average !== "macro" && average !== "micro" && average !== "weighted") {
    throw new CellwrightError("CW_OPTION", `average is "macro", "micro" or "weighted"; got ${JSON.stringify(average)}`);
  }
  return classScores(labels, predictions, options)[average];
}
