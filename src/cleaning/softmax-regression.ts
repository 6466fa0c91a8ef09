/**
 * Multinomial logistic regression on pixels: a small convex problem, solved to its end in float64 by L-BFGS (Liu and Nocedal, "On the limited
 * memory BFGS method for large scale optimization", 1989). No learning rate, no epochs, one answer: the model to find label errors with where
 * images are small and a network would be more trouble than it is worth.
 *
 * Minimised is the mean cross-entropy plus ‖W‖² / (2 C N); biases go free. That is scikit-learn's LogisticRegression(C).
 */
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import type { ProbabilityModel } from "./probability-model.ts";

/** Options of `softmaxRegression`. */
export interface SoftmaxRegressionOptions {
  /** The number of classes. Default: that of the data set's class names. */
  readonly classes?: number;
  /** C, the inverse strength of the penalty on weights, above 0. Default: 1. */
  readonly inverseRegularization?: number;
  /** Updates at the most, from 1 on. Default: 500. */
  readonly iterations?: number;
  /** It is done where no derivative of the mean loss is larger. Default: 1e-5. */
  readonly tolerance?: number;
}

/**
 * A logistic regression that `crossValidatedProbabilities` can train.
 *
 * @throws CW_OPTION
 * @example
 * const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), await digits(), { folds: 5, seed: 1 });
 */
export function softmaxRegression(options: SoftmaxRegressionOptions = {}): ProbabilityModel {
  const { inverseRegularization = 1, iterations = 500, tolerance = 1e-5 } = options;
  if (!(inverseRegularization > 0) || !Number.isInteger(iterations) || iterations < 1 || !(tolerance > 0)) {
    throw new CellwrightError(
      "CW_OPTION",
      `softmaxRegression needs inverseRegularization and tolerance above 0 and at least one iteration; got ${inverseRegularization}, ${tolerance}, ${iterations}`,
    );
  }
  let weights = new Float64Array();
  let classes = 0;
  return {
    async fit(dataset, { signal } = {}) {
      classes = options.classes ?? dataset.classNames.length;
      const problem = new Regression(dataset, classes, inverseRegularization);
      weights = await minimize(problem, iterations, tolerance, signal);
    },
    async probabilities(dataset) {
      const { data, columns } = pixels(dataset);
      const result = new Float32Array(dataset.size * classes);
      const scores = new Float64Array(classes);
      for (let row = 0; row < dataset.size; row++) {
        softmaxRow(weights, data, row * columns, columns, scores);
        result.set(scores, row * classes);
      }
      return result;
    },
  };
}

function pixels(dataset: Dataset): { data: Float32Array; columns: number } {
  return { data: dataset.images(), columns: dataset.imageShape.reduce((product, side) => product * side, 1) };
}

/** Class probabilities of one row into `scores`; returns the log-sum-exp minus the largest score's part. Weights are [columns + 1, classes], biases last. */
function softmaxRow(w: Float64Array, data: Float32Array, start: number, columns: number, scores: Float64Array): void {
  const classes = scores.length;
  const bias = columns * classes;
  for (let k = 0; k < classes; k++) scores[k] = w[bias + k]!;
  for (let j = 0; j < columns; j++) {
    const x = data[start + j]!;
    if (x === 0) continue;
    const at = j * classes;
    for (let k = 0; k < classes; k++) scores[k]! += x * w[at + k]!;
  }
  let top = scores[0]!;
  for (let k = 1; k < classes; k++) if (scores[k]! > top) top = scores[k]!;
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    scores[k] = Math.exp(scores[k]! - top);
    sum += scores[k]!;
  }
  for (let k = 0; k < classes; k++) scores[k]! /= sum;
}

class Regression {
  readonly size: number;
  readonly #data: Float32Array;
  readonly #columns: number;
  readonly #labels: Int32Array;
  readonly #classes: number;
  readonly #penalty: number;

  constructor(dataset: Dataset, classes: number, inverseRegularization: number) {
    const { data, columns } = pixels(dataset);
    this.#data = data;
    this.#columns = columns;
    this.#labels = dataset.labels;
    this.#classes = classes;
    this.#penalty = 1 / (inverseRegularization * dataset.size);
    this.size = (columns + 1) * classes;
  }

  /** The loss at `w`; its gradient into `gradient`. */
  at(w: Float64Array, gradient: Float64Array): number {
    const classes = this.#classes;
    const columns = this.#columns;
    const rows = this.#labels.length;
    const free = columns * classes;
    const scores = new Float64Array(classes);
    let loss = 0;
    gradient.fill(0);
    for (let row = 0; row < rows; row++) {
      const start = row * columns;
      softmaxRow(w, this.#data, start, columns, scores);
      const label = this.#labels[row]!;
      loss -= Math.log(Math.max(scores[label]!, Number.MIN_VALUE));
      scores[label]! -= 1;
      for (let j = 0; j < columns; j++) {
        const x = this.#data[start + j]!;
        if (x === 0) continue;
        const at = j * classes;
        for (let k = 0; k < classes; k++) gradient[at + k]! += x * scores[k]!;
      }
      for (let k = 0; k < classes; k++) gradient[free + k]! += scores[k]!;
    }
    let square = 0;
    for (let at = 0; at < gradient.length; at++) {
      gradient[at]! /= rows;
      if (at >= free) continue;
      square += w[at]! * w[at]!;
      gradient[at]! += this.#penalty * w[at]!;
    }
    return loss / rows + (this.#penalty * square) / 2;
  }
}

const MEMORY = 10;

async function minimize(problem: Regression, iterations: number, tolerance: number, signal?: AbortSignal) {
  let w = new Float64Array(problem.size);
  let gradient = new Float64Array(problem.size);
  let loss = problem.at(w, gradient);
  const steps: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (gradient.every((slope) => Math.abs(slope) <= tolerance)) break;
    if (iteration % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const direction = descent(gradient, steps);
    const slope = dot(direction, gradient);
    // Halved until the loss falls by a ten-thousandth of what the slope promises (Armijo); the first step is of length 1.
    let length = steps.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    const nextGradient = new Float64Array(problem.size);
    let next = w;
    let nextLoss = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 40; tries++, length /= 2) {
      next = w.map((value, at) => value + length * direction[at]!);
      nextLoss = problem.at(next, nextGradient);
      if (nextLoss <= loss + 1e-4 * length * slope) break;
    }
    if (!(nextLoss < loss)) break;
    const s = next.map((value, at) => value - w[at]!);
    const y = nextGradient.map((value, at) => value - gradient[at]!);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      steps.push({ s, y, rho: 1 / curvature });
      if (steps.length > MEMORY) steps.shift();
    }
    w = next;
    gradient = nextGradient;
    loss = nextLoss;
  }
  return w;
}

/** Minus the inverse Hessian's estimate times the gradient: the two loops of Nocedal and Wright, "Numerical Optimization", algorithm 7.4. */
function descent(gradient: Float64Array, steps: readonly { s: Float64Array; y: Float64Array; rho: number }[]) {
  const q = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { s, y, rho } of [...steps].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    for (let at = 0; at < q.length; at++) q[at]! -= alpha * y[at]!;
  }
  const last = steps.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let at = 0; at < q.length; at++) q[at]! *= scale;
  }
  for (const { s, y, rho } of steps) {
    const alpha = alphas.pop()! - rho * dot(y, q);
    for (let at = 0; at < q.length; at++) q[at]! += alpha * s[at]!;
  }
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
