/**
 * The results of the parts put together, in their order.
 *
 * Sums are taken in float64 and rounded once, which is both exact enough not to depend on the number of parts more than in the last bit and independent of who finished first.
 */
import { type Arena, Control } from "./arena.ts";
import { partBounds } from "./parts.ts";

/** Where the gradients and the states of the whole batch are put. */
export interface Combined {
  readonly gradients: Float32Array;
  readonly states: Float32Array;
}

/** Adds gradients and reports, which are shares of the whole already; averages the states, each part weighted by its images. */
export function addParts(arena: Arena, images: number, into: Combined): { loss: number; correct: number; sum: number } {
  const count = arena.control[Control.parts]!;
  const parts = arena.parts.slice(0, count);
  const bounds = partBounds(images, count);
  weightedSum(
    parts.map(({ gradients }) => gradients),
    parts.map(() => 1),
    into.gradients,
  );
  weightedSum(
    parts.map(({ states }) => states),
    parts.map((_, i) => (bounds[i + 1]! - bounds[i]!) / images),
    into.states,
  );
  const [loss, correct, sum] = [0, 1, 2].map((at) => parts.reduce((total, { report }) => total + report[at]!, 0));
  return { loss: loss!, correct: correct!, sum: sum! };
}

function weightedSum(terms: readonly Float32Array[], weights: readonly number[], into: Float32Array): void {
  const [first, second] = terms;
  if (terms.length === 1) into.set(first!);
  else if (terms.length === 2) {
    const [p, q] = weights;
    for (let i = 0; i < into.length; i++) into[i] = p! * first![i]! + q! * second![i]!;
  } else {
    for (let i = 0; i < into.length; i++) {
      let total = 0;
      for (let k = 0; k < terms.length; k++) total += weights[k]! * terms[k]![i]!;
      into[i] = total;
    }
  }
}
