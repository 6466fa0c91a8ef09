/**
 * What of a run's budget is for what.
 *
 * One training is the final one. Of the rest the optimization gets up to 1.5 and the search for regularization up to 2, then whatever a larger budget has left, as only the search can make use of it. A learner that would get less than it needs is left out.
 */
import { CellwrightError } from "../../errors.ts";

/** Trainings for each learner; 0 leaves it out. */
export interface BudgetShares {
  readonly optimization: number;
  readonly regularization: number;
}

const OPTIMIZATION = { least: 0.5, most: 1.5 };
const REGULARIZATION = { least: 1, usual: 2 };

/** The default: all learners at their usual size, and the final training. */
export const USUAL_TRAININGS = 1 + OPTIMIZATION.most + REGULARIZATION.usual;

/**
 * Shares out `trainings`, the final one among them, between the learners that are `wanted`.
 *
 * @throws CW_BUDGET below one training
 */
export function shareBudget(
  trainings: number,
  wanted: { readonly optimization: boolean; readonly regularization: boolean },
  what = `${trainings} trainings`,
): BudgetShares {
  if (!(trainings >= 1)) {
    throw new CellwrightError(
      "CW_BUDGET",
      `a run needs the time of at least one training, better of ${USUAL_TRAININGS}; the budget is ${what}: raise it, or ask for fewer epochs`,
    );
  }
  let left = trainings - 1;
  let optimization = 0;
  if (wanted.optimization) {
    const share = wanted.regularization && left < OPTIMIZATION.most + REGULARIZATION.usual ? left * 0.4 : left;
    // Where both cannot be had, the learning rate matters more.
    const both = left >= OPTIMIZATION.least + REGULARIZATION.least;
    optimization = Math.min(OPTIMIZATION.most, both ? Math.max(share, OPTIMIZATION.least) : left);
    if (optimization < OPTIMIZATION.least) optimization = 0;
    left -= optimization;
  }
  const regularization = wanted.regularization && left >= REGULARIZATION.least - 1e-9 ? left : 0;
  return { optimization, regularization };
}
