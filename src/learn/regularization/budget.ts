/**
 * What a search may cost, in trainings: one update is one of the training's updates, a forward pass a third of one.
 *
 * Ranking policies takes length: below .2 of a training a candidate says little, whatever the number of seeds (measured on MNIST, Fashion-MNIST and digits). So the pieces have fixed lengths, and a budget decides
 * how many there are.
 */
import { CellwrightError } from "../../errors.ts";

/** What a search may cost: in trainings, or in minutes, which the warm training's pace turns into trainings. */
export type Budget = { readonly trainings: number } | { readonly minutes: number };

/** Lengths in trainings. */
export const lengths = { warm: 0.2, race: 0.2, final: 0.15, probe: 0.25 } as const;
/** Candidates in the race, and in the final. */
export const raceSize = 6;
export const finalists = 2;
/** All judgements together should cost no more than this of a training. */
const JUDGEMENT_SHARE = 0.15;

/** @throws CW_BUDGET unless the budget is one, of at least one training */
export function checkBudget(budget: Budget): Budget {
  const value = "minutes" in budget ? budget.minutes : budget.trainings;
  if (!(typeof value === "number" && Number.isFinite(value) && value > 0)) {
    throw new CellwrightError(
      "CW_BUDGET",
      `budget must be { trainings } or { minutes }, a positive number; got ${JSON.stringify(budget)}`,
    );
  }
  if ("trainings" in budget) checkTrainings(value, `${value} trainings`);
  return budget;
}

/** @throws CW_BUDGET */
export function checkTrainings(trainings: number, what: string): void {
  if (trainings >= 1) return;
  throw new CellwrightError(
    "CW_BUDGET",
    `a search takes the time of at least one training, better of 2; the budget is ${what}: raise it, or use a preset such as presets.randAugment()`,
  );
}

/** How many validation images are judged: all, unless judging so many nodes would cost too much. */
export function judgedImages(available: number, trainingSteps: number, batchSize: number): number {
  const judgements = 1 + raceSize + finalists;
  const most = Math.floor((JUDGEMENT_SHARE * 3 * trainingSteps * batchSize) / judgements);
  return Math.min(available, Math.max(most, 50));
}

/** 0: the race, and later tries of the same length. 1: the final. */
export type Stage = 0 | 1;

/** Updates of the warm training. */
export function warmUpdates(steps: number, length: number = lengths.warm): number {
  return Math.max(1, Math.round(length * steps));
}

/** Between which updates a stage lies, behind a warm training of `warm` updates. */
export function stretchOf(
  stage: Stage,
  steps: number,
  warm: number = warmUpdates(steps),
): { readonly begun: number; readonly until: number } {
  const begun = stage === 0 ? lengths.warm : lengths.warm + lengths.race;
  const length = stage === 0 ? lengths.race : lengths.final;
  const later = warm - warmUpdates(steps);
  return { begun: Math.round(begun * steps) + later, until: Math.round((begun + length) * steps) + later };
}

/** The course of a search within a budget. */
export interface BudgetPlan {
  /** How many candidates the race has. */
  readonly race: number;
  readonly finalists: number;
  /** Images of the probe. */
  readonly probeImages: number;
}

/**
 * How many candidates, finalists and probe images fit.
 *
 * @param judgement cost of one judgement, in trainings
 * @param sweeps forward passes over the probe in pass 1
 * @param warm what the warm training has cost, in trainings
 */
export function planBudget(
  trainings: number,
  judgement: number,
  sweeps: number,
  available: number,
  trainingSteps: number,
  batchSize: number,
  warm: number = warmUpdates(trainingSteps) / trainingSteps + judgement,
): BudgetPlan {
  // A piece has whole updates, so it may come out longer than its length.
  const lengthOf = (stage: Stage) => {
    const { begun, until } = stretchOf(stage, trainingSteps);
    return Math.max(stage === 0 ? lengths.race : lengths.final, (until - begun) / trainingSteps);
  };
  const each = lengthOf(0) + judgement;
  const final = finalists * (lengthOf(1) + judgement);
  const spent = Math.max(lengths.warm + judgement, warm);
  const smallestProbe = 0.1;
  const withFinal = Math.floor((trainings - spent - smallestProbe - final) / each + 1e-9);
  const hasFinal = withFinal >= 3;
  const race = Math.min(raceSize, hasFinal ? withFinal : Math.floor((trainings - spent - smallestProbe) / each + 1e-9));
  const left = trainings - spent - race * each - (hasFinal ? final : 0);
  const probe = Math.min(lengths.probe, left);
  const images = Math.floor((probe * 3 * trainingSteps * batchSize) / sweeps);
  return { race, finalists: hasFinal ? finalists : 0, probeImages: Math.max(1, Math.min(available, images)) };
}
