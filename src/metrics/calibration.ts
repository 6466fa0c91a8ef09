/**
 * Whether a model knows how sure it may be (Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using
 * Bayesian Binning", 2015; Guo et al., "On Calibration of Modern Neural Networks", 2017, section 2).
 *
 * Images are sorted into M bins of equal width by their confidence, the probability of the class that was said. In each
 * bin the mean confidence should be the share of right answers; the expected calibration error is the mean gap, weighted
 * by the images in the bin: Σ |B_m| / n · |acc(B_m) - conf(B_m)|. Bin m holds (m - 1)/M < confidence <= m/M, as in the
 * paper: a confidence on an edge belongs to the bin below it.
 */
import { CellwrightError } from "../errors.ts";
import { argMax, asProbabilities, countLabelled, type Scores } from "./scores.ts";

/** Options of `expectedCalibrationError` and `reliabilityDiagram`. */
export interface CalibrationOptions {
  /** The number of bins of equal width, from 1 to 1000. Default: 15, the paper's. */
  readonly bins?: number;
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Confidences in the bin are above `lower` and at most `upper`. */
  readonly lower: number;
  readonly upper: number;
  /** Images in the bin. */
  readonly count: number;
  /** Their mean confidence; NaN where there are none. */
  readonly confidence: number;
  /** Their share of right answers; NaN where there are none. */
  readonly accuracy: number;
}

/** A reliability diagram as numbers. */
export interface Reliability {
  readonly bins: readonly ReliabilityBin[];
  /** Images counted. */
  readonly total: number;
  readonly accuracy: number;
  /** The mean confidence of all images; above the accuracy, the model is too sure of itself. */
  readonly confidence: number;
  /** The mean gap of the bins, weighted by their images, from 0 to 1. */
  readonly expectedCalibrationError: number;
  /** The largest gap of a bin, from 0 to 1. */
  readonly maximumCalibrationError: number;
}

/**
 * The expected calibration error of the predicted class, from 0 (honest) to 1.
 *
 * @param probabilities n x k, rows that sum to 1; of one column, the probability of class 1 of two
 * @param labels the true classes, [n]; images with -1 are left out
 * @throws CW_PROBABILITY for logits or NaN; CW_BINS, CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_LABEL_RANGE; CW_EMPTY
 * without one labelled image
 * @example
 * expectedCalibrationError([[0.8, 0.2], [0.8, 0.2]], [0, 1], { bins: 15 }); // 0.3: sure by .8, right by .5
 */
export function expectedCalibrationError(
  probabilities: Scores,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): number {
  return reliabilityDiagram(probabilities, labels, options).expectedCalibrationError;
}

/**
 * The numbers of a reliability diagram: confidence and accuracy of each bin. The picture of the same name is in
 * `cellwright/plot`.
 *
 * @param probabilities, labels and errors as of `expectedCalibrationError`
 * @example
 * const { bins, maximumCalibrationError } = reliabilityDiagram(probabilities, labels);
 */
export function reliabilityDiagram(
  probabilities: Scores,
  labels: ArrayLike<number>,
  options: CalibrationOptions = {},
): Reliability {
  const { bins = 15 } = options;
  if (!Number.isInteger(bins) || bins < 1 || bins > 1000) {
    throw new CellwrightError("CW_BINS", `bins is a whole number from 1 to 1000; got ${bins}`);
  }
  const matrix = asProbabilities(probabilities, labels.length);
  const total = countLabelled(labels, matrix.classes);
  if (total === 0) {
    throw new CellwrightError("CW_EMPTY", "calibration is judged by images with labels; got none");
  }
  const counts = new Float64Array(bins);
  const confidences = new Float64Array(bins);
  const rights = new Float64Array(bins);
  for (let row = 0; row < matrix.rows; row++) {
    if (labels[row]! < 0) continue;
    const said = argMax(matrix, row);
    const confidence = matrix.data[row * matrix.classes + said]!;
    const bin = binOf(confidence, bins);
    counts[bin]!++;
    confidences[bin]! += confidence;
    if (said === labels[row]) rights[bin]!++;
  }
  return summarize(counts, confidences, rights, total);
}

/** The bin that holds `confidence`; the product may round over an edge, the comparison with the edge does not. */
function binOf(confidence: number, bins: number): number {
  let bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
  while (bin > 0 && confidence <= bin / bins) bin--;
  while (bin < bins - 1 && confidence > (bin + 1) / bins) bin++;
  return bin;
}

function summarize(counts: Float64Array, confidences: Float64Array, rights: Float64Array, total: number): Reliability {
  const bins = Array.from(counts, (count, bin) => ({
    lower: bin / counts.length,
    upper: (bin + 1) / counts.length,
    count,
    confidence: confidences[bin]! / count,
    accuracy: rights[bin]! / count,
  }));
  let expected = 0;
  let maximum = 0;
  for (const { count, confidence, accuracy } of bins) {
    if (count === 0) continue;
    const gap = Math.abs(accuracy - confidence);
    expected += (count / total) * gap;
    maximum = Math.max(maximum, gap);
  }
  const sum = (values: Float64Array) => values.reduce((all, value) => all + value, 0);
  return {
    bins,
    total,
    accuracy: sum(rights) / total,
    confidence: sum(confidences) / total,
    expectedCalibrationError: expected,
    maximumCalibrationError: maximum,
  };
}
