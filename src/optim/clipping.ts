/**
 * Gradients that are too long, made shorter (Pascanu et al. 2013, section 3.2). Each form as Keras has it; of the three an optimizer uses one.
 *
 * - `clipNorm` c, for each variable by itself: g · c / max(‖g‖, c).
 * - `globalClipNorm` c, all variables as one vector, whose direction stays: g · c / max(‖all g‖, c).
 * - `clipValue` c, number by number: min(max(g, -c), c).
 */
import { tf } from "../backend/tf.ts";
import { sumOfSquares } from "./rule.ts";

/** Which clipping, and its bound. */
export interface Clipping {
  readonly kind: "norm" | "globalNorm" | "value";
  readonly bound: number;
}

/** Clipped copies, or the gradients themselves where no bound is passed; norms are summed in float64, in the order of the variables. */
export function clipArrays(gradients: readonly Float32Array[], { kind, bound }: Clipping): Float32Array[] {
  if (kind === "value") {
    return gradients.map((g) => {
      const clipped = new Float32Array(g.length);
      for (let i = 0; i < g.length; i++) clipped[i] = Math.min(Math.max(g[i]!, -bound), bound);
      return clipped;
    });
  }
  const squares = gradients.map(sumOfSquares);
  const total = squares.reduce((sum, square) => sum + square, 0);
  return gradients.map((g, i) => {
    const norm = Math.sqrt(kind === "norm" ? squares[i]! : total);
    if (norm <= bound) return g;
    const scale = bound / norm;
    const clipped = new Float32Array(g.length);
    for (let i = 0; i < g.length; i++) clipped[i] = g[i]! * scale;
    return clipped;
  });
}

/** Clipped copies as tensors. Runs inside `tf.tidy`. */
export function clipTensors(gradients: readonly tf.Tensor[], { kind, bound }: Clipping): tf.Tensor[] {
  if (kind === "value") return gradients.map((g) => tf.clipByValue(g, -bound, bound));
  const squares = gradients.map((g) => tf.sum(tf.square(g)));
  const total = kind === "norm" ? undefined : tf.addN(squares);
  return gradients.map((g, i) => tf.mul(g, tf.div(bound, tf.maximum(tf.sqrt(total ?? squares[i]!), bound))));
}
