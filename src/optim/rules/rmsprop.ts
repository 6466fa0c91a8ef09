/**
 * RMSProp (Tieleman and Hinton 2012, lecture 6.5; Keras's RMSprop).
 *
 * v ← ρ v + (1 - ρ) g²;  w ← w - η g / √(v + ε): ε under the root, as in Keras. Centred (Graves 2013, equations 38 to 45): a ← ρ a + (1 - ρ) g and √(v - a² + ε). With momentum β:
 * m ← β m + η g / √(…);  w ← w - m.
 */
import { tf } from "../../backend/tf.ts";
import type { UpdateRule } from "../rule.ts";

export interface RmspropConstants {
  readonly rho: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly centered: boolean;
}

export function rmsprop({ rho, epsilon, momentum: beta, centered }: RmspropConstants): UpdateRule {
  const slots = ["velocity", ...(centered ? ["average"] : []), ...(beta > 0 ? ["momentum"] : [])];
  return {
    slots,
    elementwise: true,
    scalars: (rate) => ({ rate }),
    tensors({ value, gradient, slots: [v, ...others] }, { rate }) {
      const square = tf.add(tf.mul(v!, rho), tf.mul(tf.square(gradient), 1 - rho));
      const average = centered ? tf.add(tf.mul(others[0]!, rho), tf.mul(gradient, 1 - rho)) : undefined;
      const variance = average ? tf.sub(square, tf.square(average)) : square;
      const increment = tf.div(tf.mul(gradient, rate!), tf.sqrt(tf.add(variance, epsilon)));
      const step = beta > 0 ? tf.add(tf.mul(others.at(-1)!, beta), increment) : increment;
      return {
        value: tf.sub(value, step),
        slots: [square, ...(average ? [average] : []), ...(beta > 0 ? [step] : [])],
      };
    },
  };
}
