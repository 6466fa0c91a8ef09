/**
 * Nesterov's momentum, as a step from where the momentum leads (Nesterov 1983; Sutskever et al. 2013, section 2.1, in the form of Keras's SGD with nesterov).
 *
 * m ← β m - η g;  w ← w + β m - η g.
 */
import { tf } from "../../backend/tf.ts";
import type { UpdateRule } from "../rule.ts";

export function nesterov({ momentum: beta }: { momentum: number }): UpdateRule {
  return {
    slots: ["momentum"],
    elementwise: true,
    scalars: (rate) => ({ rate }),
    tensors({ value, gradient, slots: [m] }, { rate }) {
      const step = tf.mul(gradient, rate!);
      const next = tf.sub(tf.mul(m!, beta), step);
      return { value: tf.add(value, tf.sub(tf.mul(next, beta), step)), slots: [next] };
    },
  };
}
