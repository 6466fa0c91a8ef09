/**
 * What `autofit` is asked, and what it answers.
 */
import type { tf } from "../../backend/tf.ts";
import type { ArchitectureParams } from "../architecture/schema.ts";
import type { DataParams } from "../data/schema.ts";
import type { OptimizationParams } from "../optimization/schema.ts";
import type { Budget } from "../regularization/budget.ts";
import type { RegularizationParams } from "../regularization/schema.ts";
import type { AutofitEvent } from "./events.ts";
import type { TrainingReport } from "./schema.ts";

/** Options of `autofit`. Params that are given are used as they are, and cost nothing. */
export interface AutofitOptions {
  readonly dataParams?: DataParams;
  readonly architectureParams?: ArchitectureParams;
  readonly optimizationParams?: OptimizationParams;
  readonly regularizationParams?: RegularizationParams;
  /** Of the training, where the optimization is learnt. Default: what suits the number of images. */
  readonly epochs?: number;
  /** Of the training, where the optimization is learnt. Default: learnt. */
  readonly batchSize?: number;
  /** What the fixed part of a step is worth, in images: with it, or with `batchSize`, no clock decides anything. Default: measured. */
  readonly stepOverhead?: number;
  /** The most that the run may cost, the final training included. Default: { trainings: 4.5 }. */
  readonly budget?: Budget;
  /** Names everything that is drawn. Default: 0. */
  readonly seed?: number;
  /** Stops the run after the update in hand; the result then says that it is partial. */
  readonly signal?: AbortSignal;
  /** Told of every decision. */
  readonly onEvent?: (event: AutofitEvent) => void;
  /** A folder for the run: params, reports, model. A run that was stopped, or killed, goes on from there. Default: none. */
  readonly folder?: string;
}

/** What `autofit` returns. */
export interface AutofitResult {
  /** Whether the run came to its end. */
  readonly complete: boolean;
  /** The trained model: the one that was passed, or what the function built, which the caller disposes. */
  readonly model: tf.LayersModel;
  readonly dataParams: DataParams | null;
  readonly architectureParams: ArchitectureParams | null;
  readonly optimizationParams: OptimizationParams | null;
  readonly regularizationParams: RegularizationParams | null;
  /** Always null: the place of what semi-supervised learning will learn. */
  readonly sslParams: null;
  readonly report: TrainingReport;
}
