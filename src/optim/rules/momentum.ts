/**
 * SGD with momentum (Polyak 1964; Sutskever et al. 2013, equations 1 and 2; Keras's SGD).
 *
 * m ← β m - η g;  w ← w + m. The rate stands inside the memory, as in Keras: when the schedule lowers it, what was gathered before keeps its size.
 */
import { tf } from "../../backend/tf.ts";
import type { UpdateRule } from "../rule.ts";

export function momentum({ momentum: beta }: { momentum: number }): UpdateRule {
  return {
    slots: ["momentum"],
    elementwise: true,
    scalars: (rate) => ({ rate }),
    tensors({ value, gradient, slots: [m] }, { rate }) {
      const next = tf.sub(tf.mul(m!, beta), tf.mul(gradient, rate!));
      return { value: tf.add(value, next), slots: [next] };
    },
  };
}
