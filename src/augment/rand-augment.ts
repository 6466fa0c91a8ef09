/**
 * RandAugment: Cubuk, Zoph, Shlens and Le, "RandAugment: practical automated data augmentation with a reduced search space" (CVPR 2020).
 * n operations one after another, drawn evenly from the identity and thirteen others, all at one magnitude m.
 */
import { CellwrightError } from "../errors.ts";
import { STANDARD } from "./magnitudes.ts";
import { makePolicy, operation, type Policy, type PolicyOptions } from "./policy.ts";

/** Options of `randAugment`. */
export interface RandAugmentOptions extends PolicyOptions {
  /** Operations an image. Default: 2. */
  readonly n?: number;
  /** Magnitude, from 0 (only equalize and autocontrast change anything) to 30. Default: 9. */
  readonly m?: number;
}

/**
 * RandAugment's policy: `n` operations of magnitude `m` of 30 on every image.
 *
 * @throws CW_AUGMENT_OPTION
 * @example
 * const augment = randAugment({ n: 2, m: 9 });
 * const changed = augment(batch.images, new Random(7));
 */
export function randAugment(options: RandAugmentOptions = {}): Policy {
  const { n = 2, m = 9 } = options;
  if (!Number.isInteger(n) || n < 0) {
    throw new CellwrightError(
      "CW_AUGMENT_OPTION",
      `n must be a whole number of operations from 0 on; got ${String(n)}`,
    );
  }
  if (!(typeof m === "number" && m >= 0 && m <= 30)) {
    throw new CellwrightError("CW_AUGMENT_OPTION", `m must be a magnitude from 0 to 30; got ${String(m)}`);
  }
  return makePolicy(
    (random, frame) => {
      const operations = [];
      for (let k = 0; k < n; k++) {
        const chosen = STANDARD[random.integer(STANDARD.length)];
        const sign = random.integer(2) === 0 ? 1 : -1;
        if (chosen) operations.push(operation(random, chosen[0], chosen[1](m / 30, sign, frame)));
      }
      return operations;
    },
    options,
    { policy: "randAugment", n, m },
  );
}
