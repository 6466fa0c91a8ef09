/**
 * LAMB: Adam's direction, scaled to each layer's size (You et al. 2020, algorithm 2; Keras's Lamb).
 *
 * m and v as in Adam; u = m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + ε), with v corrected before its root, as in Keras;  w ← w - η (‖w‖ / ‖u‖) u, the ratio being 1 where either norm is 0. Weight decay is a step before
 * the update, as in Keras; the paper adds it to u.
 */
import { tf } from "../../backend/tf.ts";
import { normOf, type UpdateRule, wholePower } from "../rule.ts";
import type { AdamConstants } from "./adam.ts";

export function lamb({ beta1, beta2, epsilon }: AdamConstants): UpdateRule {
  return {
    slots: ["momentum", "velocity"],
    scalars: (rate, step) => ({
      rate,
      correction1: 1 - wholePower(beta1, step),
      correction2: 1 - wholePower(beta2, step),
    }),
    tensors({ value, gradient, slots: [m, v] }, { rate, correction1, correction2 }) {
      const mean = tf.add(m!, tf.mul(tf.sub(gradient, m!), 1 - beta1));
      const square = tf.add(v!, tf.mul(tf.sub(tf.square(gradient), v!), 1 - beta2));
      const direction = tf.div(tf.div(mean, correction1!), tf.add(tf.sqrt(tf.div(square, correction2!)), epsilon));
      const size = normOf(value);
      const length = normOf(direction);
      const usable = tf.logicalAnd(tf.greater(size, 0), tf.greater(length, 0));
      const ratio = tf.where(usable, tf.div(size, length), tf.onesLike(size));
      return { value: tf.sub(value, tf.mul(direction, tf.mul(ratio, rate!))), slots: [mean, square] };
    },
  };
}
