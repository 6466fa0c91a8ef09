/**
 * The numbers under the picture. They are counted in `cellwright/metrics`; here they have the name by which plots ask
 * for them, since `confusionMatrix` is the picture.
 */
import { type ConfusionCounts, confusionMatrix } from "../metrics/confusion-matrix.ts";

export type { ConfusionCounts };

/**
 * Counts labels against predictions, as `confusionMatrix` of `cellwright/metrics` does. Images without a label (-1) are
 * left out.
 *
 * @param classes the number of classes. Default: one more than the largest index that occurs
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE
 * @example
 * confusionCounts([0, 0, 1], [0, 1, 1]).counts; // [[1, 1], [0, 1]]
 */
export function confusionCounts(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes?: number,
): ConfusionCounts {
  return confusionMatrix(labels, predictions, { classes });
}
