/**
 * Temperature scaling (Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", 2017, section 4.2): one
 * number T divides all logits, so that the probabilities say how often the model is right. The ranking of the classes,
 * and with it the accuracy, stays.
 *
 * T minimises the cross-entropy of softmax(z / T). As a function of the inverse temperature β = 1 / T the loss is convex
 * (a log-sum-exp of linear functions), with slope E_p[z] - z_label and curvature Var_p[z] in each image. So the minimum
 * is the one root of an increasing function, found by Newton steps in log β inside a shrinking bracket, the way of
 * "Numerical Recipes" (Press et al., section 9.4): to the last digits in about ten passes, where L-BFGS stops at its
 * tolerance.
 */
import { CellwrightError } from "../errors.ts";
import { asMatrix, checkFinite, countLabelled, type Matrix, type Scores } from "./scores.ts";

/** What `temperatureScaling` returns. */
export interface TemperatureScaling {
  /** Divide logits by it. Above 1: the model was too sure of itself. From 0.0001 to 10,000. */
  readonly temperature: number;
  /** Mean cross-entropy in nats of softmax(logits). */
  readonly lossBefore: number;
  /** Mean cross-entropy in nats of softmax(logits / temperature); never above `lossBefore`. */
  readonly lossAfter: number;
  /**
   * Whether the temperature stopped at the end of its range: all images right, which no certainty is too much for, or a
   * model no better than chance.
   */
  readonly bounded: boolean;
}

const highest = Math.log(1e4);

/**
 * The temperature that makes a classifier's probabilities honest.
 *
 * Take images that the model was not trained on and that no accuracy is reported on: `split()` keeps a part
 * `calibration` for it.
 *
 * @param logits scores before softmax, n x k with k >= 2; `evaluate(…, { logits: true })` returns them
 * @param labels the true classes, [n]; images with -1 are left out
 * @throws CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_LABEL_RANGE, CW_NOT_FINITE for arguments that do not fit; CW_EMPTY
 * without one labelled image
 * @example
 * const { temperature } = temperatureScaling([[4, 0], [4, 0], [0, 4], [0, 4]], [0, 0, 1, 0]); // 3.64: 3 of 4 are right
 */
export function temperatureScaling(logits: Scores, labels: ArrayLike<number>): TemperatureScaling {
  const matrix = asMatrix("logits", logits, labels.length);
  checkClasses(matrix);
  checkFinite("logits", matrix);
  const count = countLabelled(labels, matrix.classes);
  if (count === 0) {
    throw new CellwrightError("CW_EMPTY", "temperature scaling needs at least one image with a label; got none");
  }
  return minimize(matrix, labels, count);
}

function checkClasses({ classes }: Matrix): void {
  if (classes < 2) {
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `expected logits of at least two classes; got ${classes}: for one output z of a sigmoid pass rows [0, z]`,
    );
  }
}

function minimize(logits: Matrix, labels: ArrayLike<number>, count: number): TemperatureScaling {
  const at = (logBeta: number) => lossAt(logits, labels, count, Math.exp(logBeta));
  const before = at(0);
  let low = -highest;
  let high = highest;
  if (before.slope > 0) high = 0;
  else low = 0;
  // The end of the range that the minimum is towards: beyond it there is nothing to find.
  const end = before.slope > 0 ? low : high;
  const last = at(end);
  if (before.slope === 0) {
    return { temperature: 1, lossBefore: before.loss, lossAfter: before.loss, bounded: false };
  }
  // A slope of 0 there has underflowed: all images are right, by far.
  if (before.slope > 0 ? last.slope >= 0 : last.slope <= 0) {
    return { temperature: Math.exp(-end), lossBefore: before.loss, lossAfter: last.loss, bounded: true };
  }
  let logBeta = 0;
  let here = before;
  for (let pass = 0; pass < 200; pass++) {
    const step = -here.slope / here.curvature;
    if (Math.abs(step) < 1e-12) break;
    const newton = logBeta + step;
    logBeta = newton > low && newton < high ? newton : (low + high) / 2;
    here = at(logBeta);
    if (here.slope > 0) high = logBeta;
    else low = logBeta;
  }
  const better = here.loss <= before.loss;
  return {
    temperature: better ? Math.exp(-logBeta) : 1,
    lossBefore: before.loss,
    lossAfter: better ? here.loss : before.loss,
    bounded: false,
  };
}

/**
 * The loss, and its slope and curvature. Both derivatives are those along log β, up to a term in the curvature that
 * vanishes at the minimum: without it the curvature is never negative.
 */
function lossAt(
  { data, classes }: Matrix,
  labels: ArrayLike<number>,
  count: number,
  beta: number,
): { loss: number; slope: number; curvature: number } {
  let loss = 0;
  let slope = 0;
  let curvature = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label < 0) continue;
    const start = row * classes;
    let top = data[start]!;
    for (let k = 1; k < classes; k++) top = Math.max(top, data[start + k]!);
    let sum = 0;
    let mean = 0;
    let square = 0;
    // Distances from the largest logit: the exponential cannot overflow, the variance loses no digits.
    for (let k = 0; k < classes; k++) {
      const z = data[start + k]! - top;
      const weight = Math.exp(beta * z);
      sum += weight;
      mean += weight * z;
      square += weight * z * z;
    }
    mean /= sum;
    const z = data[start + label]! - top;
    loss += Math.log(sum) - beta * z;
    slope += mean - z;
    curvature += square / sum - mean * mean;
  }
  return { loss: loss / count, slope: (beta * slope) / count, curvature: (beta * beta * curvature) / count };
}

/** Options of `softmax`. */
export interface SoftmaxOptions {
  /** Logits are divided by it: above 0. Default: 1. */
  readonly temperature?: number;
  /** The number of classes, for logits that are one flat array. */
  readonly classes?: number;
}

/**
 * Probabilities from logits, in float64: softmax(logits / temperature) of each row.
 *
 * @param logits n x k; a flat array needs `classes`
 * @returns `{ data, shape: [n, k] }`, which every function here takes
 * @throws CW_TEMPERATURE for a temperature that is not above 0; CW_SHAPE_MISMATCH, CW_EMPTY, CW_NOT_FINITE
 * @example
 * softmax([[0, Math.log(3)]]).data; // [0.25, 0.75]
 */
export function softmax(
  logits: Scores,
  options: SoftmaxOptions = {},
): { readonly data: Float64Array; readonly shape: readonly [number, number] } {
  const { temperature = 1, classes } = options;
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new CellwrightError("CW_TEMPERATURE", `a temperature is a finite number above 0; got ${temperature}`);
  }
  const matrix = asMatrix("logits", logits, undefined, classes);
  checkFinite("logits", matrix);
  const data = new Float64Array(matrix.rows * matrix.classes);
  for (let start = 0; start < data.length; start += matrix.classes) {
    let top = matrix.data[start]!;
    for (let k = 1; k < matrix.classes; k++) top = Math.max(top, matrix.data[start + k]!);
    let sum = 0;
    for (let k = start; k < start + matrix.classes; k++) {
      data[k] = Math.exp((matrix.data[k]! - top) / temperature);
      sum += data[k]!;
    }
    for (let k = start; k < start + matrix.classes; k++) data[k] = data[k]! / sum;
  }
  return { data, shape: [matrix.rows, matrix.classes] };
}
