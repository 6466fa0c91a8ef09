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
    scalars: (rate) => ({ rate }),
    host({ value, gradient, slots: [m] }, { rate }) {
      for (let i = 0; i < value.length; i++) {
        const step = rate! * gradient[i]!;
        const next = beta * m![i]! - step;
        m![i] = next;
        value[i]! += beta * next - step;
      }
    },
    tensors({ value, gradient, slots: [m] }, { rate }) {
      const step = tf.mul(gradient, rate!);
      const next = tf.sub(tf.mul(m!, beta), step);
      return { value: tf.add(value, tf.sub(tf.mul(next, beta), step)), slots: [next] };
    },
  };
}
