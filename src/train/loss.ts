/**
 * Losses: from logits and labels to the one number that a step makes smaller.
 *
 * Labels are class indices, or the probabilities of all classes where images were mixed or annotators disagree. Cross-entropy in nats is -Σ_k q_k log p_k with p = softmax(z), computed from logits by log-sum-exp, averaged over the batch. On it may be put:
 * - label smoothing, q ← (1 - ε) q + ε / K (Szegedy et al. 2016, section 7);
 * - class weights: an image counts Σ_k q_k w_k (q before smoothing), so w of its class where that is certain;
 * - focal loss, -Σ_k q_k (1 - p_k)^γ log p_k (Lin et al. 2017, equation 4, in Keras's form for probabilities, α = 1): what is answered well already counts little.
 */
import { tf } from "../backend/tf.ts";

/** int32 class indices, [batch], or float32 class probabilities, [batch, classes]; of images of several classes always the latter, each from 0 to 1 by itself. */
export type Labels = tf.Tensor1D | tf.Tensor2D;

/** A differentiable mean loss over a batch; `logits` is [batch, classes]. Runs inside `tf.tidy`. `labels` are class indices unless the training mixes images. */
export type LossFunction = (logits: tf.Tensor2D, labels: Labels) => tf.Scalar;

/** Options of `classificationLoss`. */
export interface ClassificationLossOptions {
  /** ε in [0, 1). Default: 0. */
  readonly labelSmoothing?: number;
  /** w, one from 0 on for each class. Default: all 1. */
  readonly classWeights?: readonly number[];
  /** γ, from 0 on. Default: 0, plain cross-entropy. */
  readonly focalGamma?: number;
}

/**
 * Softmax cross-entropy from logits, with smoothing, class weights and focus where asked for.
 *
 * @example
 * const loss = classificationLoss({ labelSmoothing: 0.1 });
 * loss(tf.tensor2d([[2, 0]]), tf.tensor1d([0], "int32")); // 0.2269
 */
export function classificationLoss(options: ClassificationLossOptions = {}): LossFunction {
  const { labelSmoothing = 0, classWeights, focalGamma = 0 } = options;
  return (logits, labels) => {
    const targets = probabilitiesOf(labels, logits.shape[1]!);
    if (focalGamma === 0 && !classWeights) {
      return tf.losses.softmaxCrossEntropy(targets, logits, undefined, labelSmoothing) as tf.Scalar;
    }
    const goal = labelSmoothing > 0 ? smoothed(targets, labelSmoothing) : targets;
    const logProbabilities = tf.sub(logits, tf.logSumExp(logits, 1, true));
    let terms = tf.mul(goal, logProbabilities);
    if (focalGamma > 0) {
      const doubt = tf.maximum(tf.sub(1, tf.exp(logProbabilities)), SMALLEST_DOUBT);
      terms = tf.mul(terms, focalGamma === 1 ? doubt : tf.pow(doubt, focalGamma));
    }
    const each = tf.sum(terms, 1);
    const weights = classWeights && tf.sum(tf.mul(targets, tf.tensor2d([[...classWeights]])), 1);
    return tf.neg(tf.mean(weights ? tf.mul(each, weights) : each)) as tf.Scalar;
  };
}

/**
 * Binary cross-entropy of every class by itself, from logits: the mean over classes and images of -w q log p - (1 - q) log (1 - p) with p = sigmoid(z).
 *
 * Smoothing takes q to (1 - ε) q + ε / 2; w, one a class, says how much a yes counts; focus multiplies the two terms by (1 - p)^γ and p^γ (Lin et al. 2017).
 *
 * @example
 * const loss = multiLabelLoss();
 * loss(tf.tensor2d([[2, -1]]), tf.tensor2d([[1, 0]])); // (0.1269 + 0.3133) / 2
 */
export function multiLabelLoss(options: ClassificationLossOptions = {}): LossFunction {
  const { labelSmoothing = 0, classWeights, focalGamma = 0 } = options;
  return (logits, labels) => {
    const targets = labels as tf.Tensor2D;
    const goal = labelSmoothing > 0 ? tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / 2) : targets;
    // -log p = relu(-z) + log(1 + exp(-|z|)), and -log (1 - p) the same of -z: finite for every z.
    const rest = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1));
    let yes = tf.mul(goal, tf.add(tf.relu(tf.neg(logits)), rest));
    let no = tf.mul(tf.sub(1, goal), tf.add(tf.relu(logits), rest));
    if (focalGamma > 0) {
      const power = (doubt: tf.Tensor) =>
        focalGamma === 1 ? doubt : tf.pow(tf.maximum(doubt, SMALLEST_DOUBT), focalGamma);
      yes = tf.mul(yes, power(tf.sigmoid(tf.neg(logits))));
      no = tf.mul(no, power(tf.sigmoid(logits)));
    }
    if (classWeights) yes = tf.mul(yes, tf.tensor2d([[...classWeights]]));
    return tf.mean(tf.add(yes, no)) as tf.Scalar;
  };
}

/** The loss of a task without one of the caller's. */
export function builtInLoss(
  task: "binary" | "multiClass" | "multiLabel",
  options: ClassificationLossOptions,
): LossFunction {
  return task === "multiLabel" ? multiLabelLoss(options) : classificationLoss(options);
}

/** The slope of x^γ is infinite at 0 for γ < 1. */
const SMALLEST_DOUBT = 1e-7;

/** Labels as class probabilities, float32 [batch, classes]. Runs inside `tf.tidy`. */
export function probabilitiesOf(labels: Labels, classes: number): tf.Tensor2D {
  if (labels.rank === 2) return labels as tf.Tensor2D;
  // The WASM back end's oneHot writes integers whatever type it is asked for: cast.
  return tf.cast(tf.oneHot(labels as tf.Tensor1D, classes, 1, 0, "int32"), "float32") as tf.Tensor2D;
}

function smoothed(targets: tf.Tensor2D, labelSmoothing: number): tf.Tensor2D {
  return tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / targets.shape[1]);
}
