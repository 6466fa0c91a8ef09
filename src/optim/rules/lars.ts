/**
 * Layer-wise adaptive rate scaling (You, Gitman and Ginsburg 2017, algorithm 1; Keras has none).
 *
 * λ = κ ‖w‖ / (‖g‖ + δ ‖w‖), κ the trust coefficient, δ the weight decay;  m ← β m + η λ (g + δ w);  w ← w - m. So every layer moves by the same fraction of its own size, which is what lets batches of
 * thousands train. Where ‖w‖ or the denominator is 0, λ = 1. Variables that do not decay (biases, normalisations) have no size to keep: for them λ = 1 and δ = 0, as is usual.
 */
import { tf } from "../../backend/tf.ts";
import { normOf, type UpdateRule } from "../rule.ts";

export interface LarsConstants {
  readonly momentum: number;
  readonly trust: number;
  readonly weightDecay: number;
}

export function lars({ momentum: beta, trust, weightDecay }: LarsConstants): UpdateRule {
  return {
    slots: ["momentum"],
    ownDecay: true,
    scalars: (rate) => ({ rate }),
    tensors({ value, gradient, slots: [m], decays }, { rate }) {
      let scale: tf.Tensor = rate!;
      let direction = gradient;
      if (decays) {
        const size = normOf(value);
        const denominator = tf.add(normOf(gradient), tf.mul(size, weightDecay));
        const usable = tf.logicalAnd(tf.greater(size, 0), tf.greater(denominator, 0));
        scale = tf.mul(rate!, tf.where(usable, tf.div(tf.mul(size, trust), denominator), tf.onesLike(size)));
        direction = tf.add(gradient, tf.mul(value, weightDecay));
      }
      const next = tf.add(tf.mul(m!, beta), tf.mul(direction, scale));
      return { value: tf.sub(value, next), slots: [next] };
    },
  };
}
