/**
 * Stratified folds: each class is dealt out evenly in an order drawn from the seed, the next class beginning where the last one stopped, so
 * that folds differ in size by one at most.
 */
import type { Random } from "../random/index.ts";

/** The fold of each example, [N], from 0 to `folds` - 1. */
export function stratifiedFolds(labels: ArrayLike<number>, folds: number, random: Random): Int32Array {
  const order = Array.from(random.permutation(labels.length)).sort((a, b) => labels[a]! - labels[b]!);
  const result = new Int32Array(labels.length);
  order.forEach((row, at) => {
    result[row] = at % folds;
  });
  return result;
}

/** The places where `keep` holds. */
export function placesWhere(count: number, keep: (at: number) => boolean): Int32Array {
  return Int32Array.from({ length: count }, (_, at) => at).filter(keep);
}
