/**
 * What the optimization learner is asked, and what it answers beside the params.
 */
import { CellwrightError } from "../../errors.ts";
import type { OptimizerName } from "../../optim/index.ts";
import type { ArchitectureParams } from "../architecture/schema.ts";
import type { Budget } from "../regularization/budget.ts";
import type { NoiseScale, OptimizationEvent, RangeTest, Throughput, Trial } from "./events.ts";

/** Options of `learnOptimizationParams`. What is given need not be learnt. */
export interface LearnOptimizationOptions {
  /** Default: enough for about 100,000 images to go through, from 10 to 60. */
  readonly epochs?: number;
  /** Default: learnt from noise scale, step times and memory. */
  readonly batchSize?: number;
  /** The optimizers that are raced. Default: adam and momentum. */
  readonly optimizers?: readonly OptimizerName[];
  /** Default: learnt by range test and race. */
  readonly learningRate?: number;
  /** What the fixed part of a step is worth, in images. It makes the result independent of this machine's clock. Default: measured. */
  readonly stepOverhead?: number;
  /** What is known of the model. Default: learnt. */
  readonly architectureParams?: ArchitectureParams;
  /** The most that learning may cost, from .5 trainings on. Default: { trainings: 1.5 }. */
  readonly budget?: Budget;
  /** Names everything that is drawn. Default: 0. */
  readonly seed?: number;
  /** Stops the learning after the update in hand; the result is then partial. */
  readonly signal?: AbortSignal;
  /** Told of every measurement and decision. */
  readonly onEvent?: (event: OptimizationEvent) => void;
  /** A folder for the state: a run that was stopped goes on from there. Default: none. */
  readonly resume?: string;
}

/** What was measured on the way, and what it cost. Plain JSON. */
export interface OptimizationReport {
  /** Whether all was learnt; if not, the params are the best so far. */
  readonly complete: boolean;
  readonly rangeTests: readonly RangeTest[];
  readonly throughput: Throughput | null;
  readonly noiseScale: NoiseScale | null;
  readonly trials: readonly Trial[];
  /** In trainings, forward passes counted a third of a step. */
  readonly cost: number;
  /** Of work, that of earlier, interrupted runs included. */
  readonly seconds: number;
}

/** @throws CW_BUDGET */
export function checkBudget(budget: Budget): void {
  const value = budget && ("minutes" in budget ? budget.minutes : budget.trainings);
  if (!(typeof value === "number" && Number.isFinite(value) && value > 0)) {
    throw new CellwrightError(
      "CW_BUDGET",
      `budget must be { trainings } or { minutes }, a positive number; got ${JSON.stringify(budget)}`,
    );
  }
}

/** @throws CW_LEARN_OPTION */
export function checkOptions({
  epochs,
  batchSize,
  learningRate,
  stepOverhead,
  optimizers,
}: LearnOptimizationOptions): void {
  for (const [name, value] of Object.entries({ epochs, batchSize })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      throw new CellwrightError("CW_LEARN_OPTION", `${name} must be a whole number from 1 on; got ${String(value)}`);
    }
  }
  for (const [name, value] of Object.entries({ learningRate, stepOverhead })) {
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
      throw new CellwrightError("CW_LEARN_OPTION", `${name} must be a positive number; got ${String(value)}`);
    }
  }
  if (optimizers !== undefined && !(Array.isArray(optimizers) && optimizers.length > 0)) {
    throw new CellwrightError(
      "CW_LEARN_OPTION",
      `optimizers must be a list of names, such as ["adam"]; got ${JSON.stringify(optimizers)}`,
    );
  }
}
