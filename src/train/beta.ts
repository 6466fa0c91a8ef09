/**
 * Numbers from the beta distribution with both parameters alike, as mixup and cutmix draw them.
 */
import type { Random } from "../random/index.ts";

/**
 * One number of Beta(α, α): symmetric about 1/2, uniform for α = 1, near 0 and 1 for a small α.
 *
 * Jöhnk 1964 up to α = 1, in logarithms where both powers underflow; above, the ratio of two gamma numbers (Marsaglia and Tsang 2000).
 */
export function symmetricBeta(alpha: number, random: Random): number {
  if (alpha > 1) {
    const [x, y] = [gamma(alpha, random), gamma(alpha, random)];
    return x / (x + y);
  }
  for (;;) {
    // 1 - u is in (0, 1]: its logarithm is finite.
    const logX = Math.log(1 - random.float()) / alpha;
    const logY = Math.log(1 - random.float()) / alpha;
    const highest = Math.max(logX, logY);
    const logSum = highest + Math.log(Math.exp(logX - highest) + Math.exp(logY - highest));
    if (logSum <= 0) return Math.exp(logX - logSum);
  }
}

/** One number of Gamma(shape, 1), shape above 1. */
function gamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = random.normal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - random.float()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return d * v;
  }
}
