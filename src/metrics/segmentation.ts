/**
 * Figures of merit of masks: each pixel is classified. Intersection over union (Jaccard, 1912) is TP / (TP + FP + FN) of a
 * class over all pixels; the Dice coefficient (1945) is 2 TP / (2 TP + FP + FN), which is the class's F1.
 */
import { weightedMean } from "./classification.ts";
import { type ConfusionMatrixOptions, confusionMatrix } from "./confusion-matrix.ts";

/** A class's figures. */
export interface ClassOverlap {
  /** Intersection over union; NaN for a class that is in neither mask. */
  readonly iou: number;
  /** NaN for a class that is in neither mask. */
  readonly dice: number;
  /** Pixels of the class. */
  readonly support: number;
}

/** What `segmentationScores` returns. */
export interface SegmentationScores {
  readonly perClass: readonly ClassOverlap[];
  /** The mean over the classes that are in one of the masks; NaN where there are none. */
  readonly meanIoU: number;
  readonly meanDice: number;
  /** The mean of the classes' IoU, weighted by their pixels. */
  readonly weightedIoU: number;
  /** The share of pixels that are right. */
  readonly pixelAccuracy: number;
}

/**
 * Overlap of true and predicted masks. Pixels of all images count together; pixels of label -1 (unknown, a border) are
 * left out.
 *
 * @param labels the class of each pixel, of one image or of many one after the other
 * @param predictions the class that was said for each
 * @param options `classes`, the number of classes; default: one more than the largest index that occurs
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE as `confusionMatrix`
 * @example
 * segmentationScores([0, 0, 1, 1], [0, 1, 1, 1]).meanIoU; // (1/2 + 2/3) / 2
 */
export function segmentationScores(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: ConfusionMatrixOptions = {},
): SegmentationScores {
  const { counts, accuracy } = confusionMatrix(labels, predictions, options);
  const perClass = counts.map((row, k) => {
    const both = row[k]!;
    const support = row.reduce((sum, count) => sum + count, 0);
    const said = counts.reduce((sum, other) => sum + other[k]!, 0);
    return { iou: both / (support + said - both), dice: (2 * both) / (support + said), support };
  });
  const iou = perClass.map((row) => row.iou);
  const alike = perClass.map(() => 1);
  return {
    perClass,
    meanIoU: weightedMean(iou, alike),
    meanDice: weightedMean(
      perClass.map((row) => row.dice),
      alike,
    ),
    weightedIoU: weightedMean(
      iou,
      perClass.map((row) => row.support),
    ),
    pixelAccuracy: accuracy,
  };
}
