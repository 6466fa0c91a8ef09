/**
 * The batch size that reaches a loss soonest.
 *
 * McCandlish et al. 2018, equation 2.11: with batches of B a training needs S(B) = S_min (1 + N / B) steps, N the noise scale. A step takes t(B) = f + p B seconds. The time S t is least at B² = N f / p: a larger batch wastes images, a smaller one
 * wastes the fixed part of the step. The valley is flat, so a power of two will do.
 */

/** What bounds a batch. */
export interface BatchBounds {
  /** Training images. */
  readonly images: number;
  readonly epochs: number;
  /** What memory allows. */
  readonly most: number;
}

/** Updates that a run should have at least: a schedule needs steps to travel and to settle, whatever the noise. */
const LEAST_UPDATES = 200;
/** Below it the back ends that were measured take 1.5 to 3 times as long for an image. */
const LEAST = 32;
/** However short the run. */
const SMALL = 8;
/** The noise scale grows as the loss falls: over a run it is about twice what it is at a tenth of it (measured on four sets; McCandlish et al. 2018, figure 6, find more). */
const GROWTH = 2;
/** On a busy machine the fixed part is lost in the noise. Over seven pairs of data and model it was worth 23 to 375 images, in the median 88. */
const LEAST_OVERHEAD = 64;
const MOST = 1024;

/** The batch size, a power of two, and why. `overhead` is f / p in images. */
export function chooseBatchSize(
  noiseScale: number,
  overhead: number,
  { images, epochs, most }: BatchBounds,
): { batchSize: number; reason: string } {
  // At rest or lost in noise, the gradient still has its images.
  const noise = Math.min(Math.max(GROWTH * noiseScale, 1), images);
  const best = Math.sqrt(noise * Math.max(overhead, LEAST_OVERHEAD));
  const bounds: readonly (readonly [number, string])[] = [
    [MOST, `never more than ${MOST}`],
    [
      Math.max(SMALL, (images * epochs) / LEAST_UPDATES),
      `${epochs} epochs of ${images} images are to make ${LEAST_UPDATES} updates or more`,
    ],
    [images, `there are ${images} images`],
    [most, "memory allows no more"],
  ];
  const [bound, why] = bounds.reduce((least, next) => (next[0] < least[0] ? next : least));
  const rounded = 2 ** Math.round(Math.log2(best));
  const bounded = Math.max(1, 2 ** Math.floor(Math.log2(Math.max(bound, 1))));
  const batchSize = Math.min(Math.max(rounded, LEAST), bounded);
  const rule = `noise scale ${round(noiseScale)} at a tenth of the run and a fixed part of the step worth ${round(overhead)} images: soonest at ${round(best)}`;
  return { batchSize, reason: batchSize < rounded ? `${rule}, but ${why}` : rule };
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(2))) : "beyond measure";
}
