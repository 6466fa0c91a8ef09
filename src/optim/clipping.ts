/**
 * Gradients that are too long, made shorter (Pascanu et al. 2013, section 3.2). Each form as Keras has it; of the three an optimizer uses one.
 *
 * - `clipNorm` c, for each variable by itself: g · c / max(‖g‖, c).
 * - `globalClipNorm` c, all variables as one vector, whose direction stays: g · c / max(‖all g‖, c).
 * - `clipValue` c, number by number: min(max(g, -c), c).
 */
import { tf } from "../backend/tf.ts";

/** Which clipping, and its bound. */
export interface Clipping {
  readonly kind: "norm" | "globalNorm" | "value";
  readonly bound: number;
}

/** Clipped copies. Runs inside `tf.tidy`. */
export function clip(gradients: readonly tf.Tensor[], { kind, bound }: Clipping): tf.Tensor[] {
  if (kind === "value") return gradients.map((g) => tf.clipByValue(g, -bound, bound));
  const squares = gradients.map((g) => tf.sum(tf.square(g)));
  const total = kind === "norm" || squares.length === 0 ? undefined : tf.addN(squares);
  return gradients.map((g, i) => tf.mul(g, tf.div(bound, tf.maximum(tf.sqrt(total ?? squares[i]!), bound))));
}
