/**
 * Who does the steps of a run: the eager step, or another where it pays.
 *
 * The choice looks at the back end, the options and the number of updates, never at a clock: a run that is done again, or resumed, must take the same way, or it would not end with the same bytes.
 */
import { tf } from "../backend/tf.ts";
import type { Batch } from "../data/index.ts";
import type { Random } from "../random/index.ts";
import type { TrainPlan } from "./options.ts";
import type { RandomLayers } from "./randomness.ts";
import type { StepResult, TrainingStep } from "./step.ts";

/** Whether the same call ends with the same bytes, and why. */
export interface Determinism {
  readonly deterministic: boolean;
  /** In words, for a report: what makes it so; or what stands against it and what to do. */
  readonly reason: string;
}

/** Does the steps of a run. */
export interface TrainingEngine {
  /** Reads nothing of the weights: it may be called while the update before is still being computed, and may begin to compute. Updates are run in the order in which they were made ready. */
  readonly ready: (batch: Batch, random: Random) => ReadyStep;
  /**
   * When the next batch is read: "beside" a step that leaves this thread time; "before" it, where others compute already and this thread will join them; false, when it is asked for, where it would only take memory.
   */
  readonly readsAhead: "beside" | "before" | false;
  /** Whether the steps run as one graph. */
  readonly compiled: boolean;
  /** The threads that compute, where there are several or it is not this one. */
  readonly workers: number;
  readonly determinism: Determinism;
  /** Why the run does not go the faster way though it was asked for or is long enough. */
  readonly warnings: readonly string[];
  /** Brings the weights and the optimizer's state to where the rest of the program sees them. */
  readonly sync: () => Promise<void>;
  /**
   * Gives the model the weights with which the loss was last finite; a step whose loss is not finite has done so by itself, and one that throws leaves the weights as they were. Absent where the weights are in the
   * model all the time: then `guarded` looks after them.
   */
  readonly goBack?: () => Promise<void>;
  readonly dispose: () => void;
}

/** An update whose batch is there. */
export interface ReadyStep {
  /** Moves the weights. Called at most once, with the learning rate set. */
  readonly run: () => Promise<StepResult>;
}

/** What an engine is made of. */
export interface EngineParts {
  readonly plan: TrainPlan;
  readonly optimizer: tf.Optimizer;
  readonly layers: RandomLayers;
  /** Updates of the whole run. */
  readonly steps: number;
  /** The step that always works. */
  readonly eager: TrainingStep;
}

/** The engine that does `step`, all of it when it is run. */
export function plainEngine(
  step: TrainingStep,
  rest: Partial<TrainingEngine> & Pick<TrainingEngine, "determinism">,
): TrainingEngine {
  return {
    ready: (batch, random) => ({ run: () => step(batch, random) }),
    readsAhead: tf.getBackend() === "webgpu" && "beside",
    compiled: false,
    workers: 0,
    warnings: [],
    sync: async () => {},
    dispose: () => {},
    ...rest,
  };
}
