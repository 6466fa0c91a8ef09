/**
 * When to stop before the last epoch (Prechelt 1998): the validation loss has not improved for a while.
 *
 * The answer is read from the history alone, so a run that was interrupted stops where it would have stopped.
 */
import { CellwrightError } from "../errors.ts";
import type { EpochRecord } from "./events.ts";

/** Options of early stopping. */
export interface EarlyStoppingOptions {
  /** Epochs in a row without improvement, from 1 on, after which the run ends. */
  readonly patience: number;
  /** By how much a validation loss must be lower than the lowest to be an improvement, from 0 on. Default: 0. */
  readonly minDelta?: number;
}

/** @throws CW_EARLY_STOPPING */
export function planEarlyStopping(
  option: number | EarlyStoppingOptions | undefined,
  hasValidation: boolean,
): EarlyStoppingOptions | undefined {
  if (option === undefined || option === 0) return undefined;
  const { patience, minDelta = 0 } = typeof option === "object" && option !== null ? option : { patience: option };
  if (!Number.isSafeInteger(patience) || patience < 1 || !(Number.isFinite(minDelta) && minDelta >= 0)) {
    throw new CellwrightError(
      "CW_EARLY_STOPPING",
      `earlyStopping must be a whole number of epochs, or { patience, minDelta } with patience from 1 and minDelta from 0 on; got ${JSON.stringify(option)}`,
    );
  }
  if (!hasValidation) {
    throw new CellwrightError(
      "CW_EARLY_STOPPING",
      "earlyStopping watches the loss of a validation set, and there is none: pass one as validation",
    );
  }
  return { patience, minDelta };
}

/** Whether a run with this history is over. */
export function isOver(history: readonly EpochRecord[], { patience, minDelta = 0 }: EarlyStoppingOptions): boolean {
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  for (const { validation } of history) {
    if (validation && validation.loss < best - minDelta) {
      best = validation.loss;
      waited = 0;
    } else waited++;
  }
  return waited >= patience;
}
