/**
 * Stochastic gradient descent: w ← w - η g (Robbins and Monro 1951; Keras's SGD with momentum 0).
 */
import { tf } from "../../backend/tf.ts";
import type { UpdateRule } from "../rule.ts";

export function sgd(): UpdateRule {
  return {
    slots: [],
    elementwise: true,
    scalars: (rate) => ({ rate }),
    tensors: ({ value, gradient }, { rate }) => ({ value: tf.sub(value, tf.mul(gradient, rate!)), slots: [] }),
  };
}
