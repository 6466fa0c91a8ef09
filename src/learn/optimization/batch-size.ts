/**
 * The batch size that reaches a loss soonest.
 *
 * McCandlish et al. 2018, equation 2.11: with batches of B a training needs S(B) = S_min (1 + N / B) steps, N the noise scale. A step takes t(B) = f + p B seconds. The time S t is least at B² = N f / p: a larger batch wastes images, a smaller one
 * wastes the fixed part of the step. The valley is flat, so a power of two will do. Generalisation sets another bound: an epoch keeps some updates of its own.
 */

/** What bounds a batch. */
export interface BatchBounds {
  readonly images: number;
  /** What memory allows. */
  readonly most: number;
}

/** Updates that an epoch should have at least: with fewer, the rate's range ends before the batch pays. */
const LEAST_UPDATES = 8;
const LEAST = 8;
const MOST = 1024;

/** The batch size, a power of two, and why. `overhead` is f / p in images. */
export function chooseBatchSize(
  noiseScale: number,
  overhead: number,
  { images, most }: BatchBounds,
): { batchSize: number; reason: string } {
  // At rest or lost in noise, the gradient still has its images.
  const noise = Math.min(Math.max(noiseScale, 1), images);
  const best = Math.sqrt(noise * Math.max(overhead, 1));
  const bounds: readonly (readonly [number, string])[] = [
    [MOST, `never more than ${MOST}`],
    [images / LEAST_UPDATES, `${images} images are to make ${LEAST_UPDATES} updates an epoch or more`],
    [most, "memory allows no more"],
  ];
  const [bound, why] = bounds.reduce((least, next) => (next[0] < least[0] ? next : least));
  const rounded = 2 ** Math.round(Math.log2(best));
  const bounded = Math.max(1, 2 ** Math.floor(Math.log2(Math.max(bound, 1))));
  const batchSize = Math.min(Math.max(rounded, LEAST), bounded);
  const rule = `noise scale ${round(noiseScale)} and a fixed part of the step worth ${round(overhead)} images: soonest at ${round(best)}`;
  return { batchSize, reason: batchSize < rounded ? `${rule}, but ${why}` : rule };
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(2))) : "beyond measure";
}
