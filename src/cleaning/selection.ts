/**
 * The k-th smallest of some numbers without sorting them: Hoare's "Find" (Algorithm 65, 1961) with the median of three as pivot; and what is
 * marked or ranked by a score, equals in the order of `argsort`.
 */
import { argsort } from "./argsort.ts";

/** The value that would stand at place `k` if `values` were sorted upwards. Reorders `values`. */
export function selectSmallest(values: Float64Array, k: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = medianOfThree(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const moved = values[i]!;
        values[i++] = values[j]!;
        values[j--] = moved;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return values[k]!;
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/**
 * Calls `mark` with the places of the `count` smallest values. A full sort is made only where equals stand on both sides of the edge, and
 * their order decides.
 */
export function markLowest(values: Float64Array, count: number, mark: (at: number) => void): void {
  if (count <= 0) return;
  const edge = count < values.length ? selectSmallest(values.slice(), count - 1) : Number.POSITIVE_INFINITY;
  let upTo = 0;
  for (let at = 0; at < values.length; at++) upTo += Number(values[at]! <= edge);
  if (upTo > count) for (const at of argsort(values).subarray(0, count)) mark(at);
  else for (let at = 0; at < values.length; at++) if (values[at]! <= edge) mark(at);
}

/** The places marked in `mask`, by rising score. */
export function rankMarked(mask: Uint8Array, scores: ArrayLike<number>): Int32Array {
  let count = 0;
  for (let row = 0; row < mask.length; row++) count += mask[row]!;
  const indices = new Int32Array(count);
  for (let row = 0, at = 0; row < mask.length; row++) if (mask[row]) indices[at++] = row;
  return argsort(Float64Array.from(indices, (row) => scores[row]!)).map((at) => indices[at]!);
}
