/**
 * The curves behind the areas: what every threshold would give, from the highest score down.
 *
 * Images with one score share one point: no threshold tells them apart. The points of the ROC curve begin at (0, 0), those of precision and recall at recall 0 with precision 1, both with the threshold that no score reaches.
 */
import { CellwrightError } from "../errors.ts";
import { averagePrecisionOf, byThreshold, rocAreaOf } from "./ranking.ts";

/** What `rocCurve` returns; the three lists belong together. */
export interface RocCurve {
  /** The share of images of the other class whose score reaches the threshold. */
  readonly falsePositiveRates: readonly number[];
  /** The share of images of the class whose score reaches it: recall. */
  readonly truePositiveRates: readonly number[];
  /** Every score, from the highest down, after infinity. */
  readonly thresholds: readonly number[];
  /** As `rocAuc` has it. */
  readonly area: number;
}

/** What `precisionRecallCurve` returns; the three lists belong together. */
export interface PrecisionRecallCurve {
  readonly precisions: readonly number[];
  readonly recalls: readonly number[];
  /** Every score, from the highest down, after infinity. */
  readonly thresholds: readonly number[];
  /** As `averagePrecision` has it. */
  readonly averagePrecision: number;
}

/**
 * The receiver operating characteristic (Fawcett 2006, algorithm 1, with all thresholds).
 *
 * @param labels 1 for an image of the class, 0 for another
 * @param scores any numbers, higher for the class
 * @throws CW_EMPTY, CW_LENGTH_MISMATCH, CW_LABEL_RANGE, CW_NOT_FINITE; CW_ONE_CLASS where all labels are the same
 * @example
 * rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).truePositiveRates; // [0, 0.5, 0.5, 1, 1]
 */
export function rocCurve(labels: ArrayLike<number>, scores: ArrayLike<number>): RocCurve {
  const { positive, values, positives } = checked(labels, scores);
  const negatives = positive.length - positives;
  if (positives === 0 || negatives === 0) throw oneClass(positives === 0 ? 0 : 1, "a ROC curve needs images of both");
  const falsePositiveRates = [0];
  const truePositiveRates = [0];
  const thresholds = [Number.POSITIVE_INFINITY];
  let [seen, found] = [0, 0];
  byThreshold(positive, values, (count, hits, threshold) => {
    seen += count;
    found += hits;
    falsePositiveRates.push((seen - found) / negatives);
    truePositiveRates.push(found / positives);
    thresholds.push(threshold);
  });
  return { falsePositiveRates, truePositiveRates, thresholds, area: rocAreaOf(positive, values) };
}

/**
 * Precision at every recall. Arguments and errors as of `rocCurve`; images of the other class need not be there.
 *
 * @example
 * precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).precisions; // [1, 1, 0.5, 0.667, 0.5]
 */
export function precisionRecallCurve(labels: ArrayLike<number>, scores: ArrayLike<number>): PrecisionRecallCurve {
  const { positive, values, positives } = checked(labels, scores);
  if (positives === 0) throw oneClass(0, "recall needs images of the class");
  const precisions = [1];
  const recalls = [0];
  const thresholds = [Number.POSITIVE_INFINITY];
  let [seen, found] = [0, 0];
  byThreshold(positive, values, (count, hits, threshold) => {
    seen += count;
    found += hits;
    precisions.push(found / seen);
    recalls.push(found / positives);
    thresholds.push(threshold);
  });
  return { precisions, recalls, thresholds, averagePrecision: averagePrecisionOf(positive, values) };
}

function oneClass(label: number, why: string): CellwrightError {
  return new CellwrightError("CW_ONE_CLASS", `all labels are ${label}: ${why}`);
}

function checked(labels: ArrayLike<number>, scores: ArrayLike<number>) {
  if (labels.length === 0) throw new CellwrightError("CW_EMPTY", "expected at least one image; got none");
  if (labels.length !== scores.length) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected one score for each of ${labels.length} labels; got ${scores.length}`,
    );
  }
  let positives = 0;
  for (let index = 0; index < labels.length; index++) {
    if (labels[index] !== 0 && labels[index] !== 1) {
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        `labels are 1 for the class and 0 for others; number ${index} is ${labels[index]}: of many classes take one against the rest`,
      );
    }
    if (!Number.isFinite(scores[index])) {
      throw new CellwrightError("CW_NOT_FINITE", `scores must be finite; number ${index} is ${scores[index]}`);
    }
    positives += labels[index]!;
  }
  return { positive: Uint8Array.from(labels), values: Float64Array.from(scores), positives };
}
