/**
 * Losses: from logits and labels to the one number that a step makes smaller.
 *
 * Labels are class indices, or the probabilities of all classes where images were mixed or annotators disagree. Cross-entropy in nats is -Σ_k q_k log p_k with p = softmax(z), computed from logits by log-sum-exp, averaged over the batch. On it may be put:
 * - label smoothing, q ← (1 - ε) q + ε / K (Szegedy et al. 2016, section 7);
 * - class weights: an image counts Σ_k q_k w_k (q before smoothing), so w of its class where that is certain;
 * - focal loss, -Σ_k q_k (1 - p_k)^γ log p_k (Lin et al. 2017, equation 4, in Keras's form for probabilities, α = 1): what is answered well already counts little.
 */
import { tf } from "../backend/tf.ts";

/** int32 class indices, [batch], or float32 class probabilities, [batch, classes]. */
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
      // The slope of x^γ is infinite at 0 for γ < 1: stay a little above.
      const doubt = tf.maximum(tf.sub(1, tf.exp(logProbabilities)), 1e-7);
      terms = tf.mul(terms, focalGamma === 1 ? doubt : tf.pow(doubt, focalGamma));
    }
    const each = tf.sum(terms, 1);
    const weights = classWeights && tf.sum(tf.mul(targets, tf.tensor2d([[...classWeights]])), 1);
    return tf.neg(tf.mean(weights ? tf.mul(each, weights) : each)) as tf.Scalar;
  };
}

/** Labels as class probabilities, float32 [batch, classes]. Runs inside `tf.tidy`. */
export function probabilitiesOf(labels: Labels, classes: number): tf.Tensor2D {
  if (labels.rank === 2) return labels as tf.Tensor2D;
  // The WASM back end's oneHot writes integers whatever type it is asked for: cast.
  return tf.cast(tf.oneHot(labels as tf.Tensor1D, classes, 1, 0, "int32"), "float32") as tf.Tensor2D;
}

function smoothed(targets: tf.Tensor2D, labelSmoothing: number): tf.Tensor2D {
  return tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / targets.shape[1]);
}
