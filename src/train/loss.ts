/**
 * Losses: from logits and class indices to the one number that a step makes smaller.
 */
import { tf } from "../backend/tf.ts";

/** A differentiable mean loss over a batch: `logits` is [batch, classes], `labels` int32 [batch]. Runs inside `tf.tidy`. */
export type LossFunction = (logits: tf.Tensor2D, labels: tf.Tensor1D) => tf.Scalar;

/**
 * Softmax cross-entropy in nats, averaged over the batch.
 *
 * -sum_k q_k log softmax(z)_k with q = (1 - ε) · onehot(label) + ε / K (Szegedy et al. 2016, section 7), computed from logits by log-sum-exp.
 *
 * @param labelSmoothing ε in [0, 1)
 */
export function crossEntropy(labelSmoothing = 0): LossFunction {
  return (logits, labels) => {
    // The WASM back end's oneHot writes integers whatever type it is asked for: cast.
    const targets = tf.cast(tf.oneHot(labels, logits.shape[1]!, 1, 0, "int32"), "float32");
    return tf.losses.softmaxCrossEntropy(targets, logits, undefined, labelSmoothing) as tf.Scalar;
  };
}
