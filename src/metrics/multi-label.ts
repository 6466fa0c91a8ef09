/**
 * Figures of merit where an image may be of several classes, or of none: every pair of image and class is a decision.
 */
import { CellwrightError } from "../errors.ts";
import { type ClassScores, type PrecisionRecall, scoresOfCounts, weightedMean } from "./classification.ts";
import { averagePrecisionOf } from "./ranking.ts";
import { asMatrix, type Scores } from "./scores.ts";

/** Options of `multiLabelScores`. */
export interface MultiLabelOptions {
  /** A class is said where its probability is at least this. Default: 0.5. */
  readonly threshold?: number;
  /** What 0 / 0 is: 0, 1, or NaN, which averages leave out. Default: 0. */
  readonly zeroDivision?: number;
}

/** What `multiLabelScores` returns. */
export interface MultiLabelScores extends ClassScores {
  /** The mean of the images' own precision, recall and F1. */
  readonly samples: PrecisionRecall;
  /** The share of images whose classes are all right. */
  readonly subsetAccuracy: number;
  /** The share of wrong decisions. */
  readonly hammingLoss: number;
  /** Of each class, by the order of its outputs; NaN for a class without images. */
  readonly averagePrecision: readonly number[];
  /** The mean over the classes that have images. */
  readonly meanAveragePrecision: number;
}

/**
 * Precision, recall and F1 of every class and their averages, for images of several classes.
 *
 * @param labels 1 where an image is of a class, 0 where not; n x k
 * @param outputs probabilities of each class by itself (of a sigmoid), or 0 and 1; n x k
 * @throws CW_LABEL_RANGE for labels other than 0 and 1; CW_PROBABILITY for outputs outside 0 to 1; CW_SHAPE_MISMATCH,
 * CW_LENGTH_MISMATCH, CW_EMPTY; CW_OPTION for a threshold or zeroDivision out of range
 * @example
 * multiLabelScores([[1, 0], [1, 1]], [[0.9, 0.2], [0.7, 0.1]]).micro.recall; // 2 of 3
 */
export function multiLabelScores(labels: Scores, outputs: Scores, options: MultiLabelOptions = {}): MultiLabelScores {
  const { threshold = 0.5, zeroDivision = 0 } = options;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new CellwrightError("CW_OPTION", `threshold lies between 0 and 1; got ${threshold}`);
  }
  const truth = asMatrix("labels", labels, undefined);
  const { rows, classes } = truth;
  const said = asMatrix("outputs", outputs, rows, classes);
  check(truth.data, "CW_LABEL_RANGE", "labels of several classes are 0 or 1", (value) => value === 0 || value === 1);
  check(said.data, "CW_PROBABILITY", "outputs lie between 0 and 1", (value) => value >= 0 && value <= 1);
  const at = (row: number, k: number) => row * classes + k;
  const count = (outer: number, inner: number, place: (i: number, j: number) => number) => {
    const sums = [0, 1, 2].map(() => new Array<number>(outer).fill(0));
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) {
        const own = truth.data[place(i, j)]!;
        const positive = said.data[place(i, j)]! >= threshold ? 1 : 0;
        sums[0]![i]! += own * positive;
        sums[1]![i]! += own;
        sums[2]![i]! += positive;
      }
    }
    return sums as [number[], number[], number[]];
  };
  const scores = scoresOfCounts(...count(classes, rows, (k, row) => at(row, k)), { zeroDivision });
  const [right, support, positive] = count(rows, classes, at);
  const wrong = right.map((hits, row) => support[row]! + positive[row]! - 2 * hits);
  const averagePrecision = Array.from({ length: classes }, (_, k) => {
    const own = Float64Array.from({ length: rows }, (_, row) => said.data[at(row, k)]!);
    return averagePrecisionOf(
      Uint8Array.from(own, (_, row) => truth.data[at(row, k)]!),
      own,
    );
  });
  return {
    ...scores,
    averagePrecision,
    meanAveragePrecision: weightedMean(averagePrecision, new Array<number>(classes).fill(1)),
    samples: scoresOfCounts(right, support, positive, { zeroDivision }).macro,
    subsetAccuracy: wrong.filter((mistakes) => mistakes === 0).length / rows,
    hammingLoss: wrong.reduce((sum, mistakes) => sum + mistakes, 0) / (rows * classes),
  };
}

function check(
  data: ArrayLike<number>,
  code: "CW_LABEL_RANGE" | "CW_PROBABILITY",
  expected: string,
  fits: (value: number) => boolean,
): void {
  for (let index = 0; index < data.length; index++) {
    if (!fits(data[index]!)) throw new CellwrightError(code, `${expected}; number ${index} is ${data[index]}`);
  }
}
