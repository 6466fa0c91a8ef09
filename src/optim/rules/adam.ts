/**
 * Adam (Kingma and Ba 2015, section 2, in the order of its last paragraph; Keras's Adam).
 *
 * m ← m + (1 - β₁)(g - m);  v ← v + (1 - β₂)(g² - v);  α = η √(1 - β₂ᵗ) / (1 - β₁ᵗ);  w ← w - α m / (√v + ε). ε stands beside the root of the uncorrected v (the paper's "ε hat"), so it is
 * worth most in the first steps; TensorFlow.js's own Adam corrects v first.
 */
import { tf } from "../../backend/tf.ts";
import { adamKernel } from "../adam-kernel.ts";
import { type UpdateRule, wholePower } from "../rule.ts";

export interface AdamConstants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export function adam({ beta1, beta2, epsilon }: AdamConstants): UpdateRule {
  return {
    slots: ["momentum", "velocity"],
    elementwise: true,
    scalars: (rate, step) => ({
      alpha: (rate * Math.sqrt(1 - wholePower(beta2, step))) / (1 - wholePower(beta1, step)),
    }),
    host({ value, gradient, slots: [m, v], kept, memory }, { alpha }) {
      const kernel = adamKernel(memory);
      const inLanes = kernel ? value.length - (value.length % 4) : 0;
      if (inLanes > 0) {
        const offsets = [value, gradient, m!, v!].map(({ byteOffset }) => byteOffset) as [
          number,
          number,
          number,
          number,
        ];
        kernel!(...offsets, inLanes, kept, 1 - beta1, 1 - beta2, alpha!, epsilon);
      }
      for (let i = inLanes; i < value.length; i++) {
        const g = gradient[i]!;
        const mean = m![i]! + (1 - beta1) * (g - m![i]!);
        const square = v![i]! + (1 - beta2) * (g * g - v![i]!);
        m![i] = mean;
        v![i] = square;
        value[i] = kept * value[i]! - (alpha! * mean) / (Math.sqrt(square) + epsilon);
      }
    },
    tensors({ value, gradient, slots: [m, v] }, { alpha }) {
      const mean = tf.add(m!, tf.mul(tf.sub(gradient, m!), 1 - beta1));
      const square = tf.add(v!, tf.mul(tf.sub(tf.square(gradient), v!), 1 - beta2));
      const step = tf.div(tf.mul(mean, alpha!), tf.add(tf.sqrt(square), epsilon));
      return { value: tf.sub(value, step), slots: [mean, square] };
    },
  };
}
