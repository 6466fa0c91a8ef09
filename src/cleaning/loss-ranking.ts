/**
 * Examples by their loss: a network learns what is consistent before what is not, so wrong labels keep a high loss for long (Arpit et al., "A
 * closer look at memorization in deep networks", 2017). Over several epochs the mean is the steadier sign (Huang et al., "O2U-Net", 2019).
 */
import { CellwrightError } from "../errors.ts";

/** What `lossRanking` returns. */
export interface LossRanking {
  /** All examples, the highest loss first; of equals the earlier first. */
  readonly indices: Int32Array;
  /** The loss of each example, averaged over the epochs, [N]. */
  readonly losses: Float64Array;
}

/**
 * Ranks examples by their loss, the most suspicious first.
 *
 * @param losses one an example, [N]; or one list an epoch, epochs x N
 * @throws CW_EMPTY without an example, CW_LENGTH_MISMATCH for epochs of different length, CW_NOT_FINITE
 * @example
 * lossRanking([0.1, 2.3, 0.4]).indices; // [1, 2, 0]
 */
export function lossRanking(losses: ArrayLike<number> | readonly ArrayLike<number>[]): LossRanking {
  const epochs = (
    typeof losses?.[0] === "number" ? [losses] : [...((losses ?? []) as ArrayLike<number>[])]
  ) as ArrayLike<number>[];
  const count = epochs[0]?.length ?? 0;
  if (count === 0) throw new CellwrightError("CW_EMPTY", "expected the loss of at least one example; got none");
  const means = new Float64Array(count);
  for (const [number, epoch] of epochs.entries()) {
    if (epoch.length !== count) {
      throw new CellwrightError(
        "CW_LENGTH_MISMATCH",
        `expected ${count} losses in every epoch, as in the first; epoch ${number} has ${epoch.length}`,
      );
    }
    for (let row = 0; row < count; row++) {
      if (!Number.isFinite(epoch[row])) {
        throw new CellwrightError("CW_NOT_FINITE", `expected finite losses; example ${row} has ${epoch[row]}`);
      }
      means[row] = means[row]! + epoch[row]! / epochs.length;
    }
  }
  const indices = Int32Array.from({ length: count }, (_, row) => row);
  return { indices: indices.sort((a, b) => means[b]! - means[a]! || a - b), losses: means };
}
