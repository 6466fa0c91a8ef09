/**
 * TrivialAugment: Müller and Hutter, "TrivialAugment: tuning-free yet state-of-the-art data augmentation" (ICCV 2021). One
 * operation an image, drawn evenly, at one of 31 magnitudes, drawn evenly: nothing to tune.
 */
import { CellwrightError } from "../errors.ts";
import { STANDARD, WIDE } from "./magnitudes.ts";
import { makePolicy, operation, type Policy, type PolicyOptions } from "./policy.ts";

const LEVELS = 31;

/** Options of `trivialAugment`. */
export interface TrivialAugmentOptions extends PolicyOptions {
  /** The paper's "wide" space, or RandAugment's ("standard", the paper's RA). Default: "wide". */
  readonly space?: "wide" | "standard";
}

/**
 * TrivialAugment's policy.
 *
 * @throws CW_AUGMENT_OPTION
 * @example
 * const changed = trivialAugment()(batch.images, new Random(7));
 */
export function trivialAugment(options: TrivialAugmentOptions = {}): Policy {
  const { space = "wide" } = options;
  if (space !== "wide" && space !== "standard") {
    throw new CellwrightError("CW_AUGMENT_OPTION", `space must be "wide" or "standard"; got ${JSON.stringify(space)}`);
  }
  const list = space === "wide" ? WIDE : STANDARD;
  return makePolicy(
    (random, frame) => {
      const chosen = list[random.integer(list.length)];
      const magnitude = random.integer(LEVELS) / (LEVELS - 1);
      const sign = random.integer(2) === 0 ? 1 : -1;
      return chosen ? [operation(random, chosen[0], chosen[1](magnitude, sign, frame))] : [];
    },
    options,
    { policy: "trivialAugment", space },
  );
}
