/**
 * Optimizers by name, and all that they remember.
 *
 * The update rules are TensorFlow.js's own. What this file adds is their state in full: Adam's `getWeights` leaves out the running powers of beta, which its `setWeights`
 * computes anew in another rounding, so that a resumed run would part from an uninterrupted one in the last bits.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { type LearningRateSchedule, schedules } from "./schedules.ts";
import { readTensors, type StoredTensor, toTensor } from "./weights.ts";

/** An optimizer by its name. */
export type OptimizerName = "adam" | "sgd" | "momentum" | "rmsprop";

const makers: Record<OptimizerName, { learningRate: number; make: (learningRate: number) => tf.Optimizer }> = {
  adam: { learningRate: 0.001, make: (rate) => tf.train.adam(rate) },
  sgd: { learningRate: 0.01, make: (rate) => tf.train.sgd(rate) },
  momentum: { learningRate: 0.01, make: (rate) => tf.train.momentum(rate, 0.9) },
  rmsprop: { learningRate: 0.001, make: (rate) => tf.train.rmsprop(rate) },
};

/** How a run will update its weights. */
export interface OptimizerPlan {
  readonly name: string;
  /** The rate that the schedule multiplies. NaN for an optimizer of the caller's that does not say. */
  readonly learningRate: number;
  /** "constant" for an optimizer of the caller's. */
  readonly schedule: LearningRateSchedule;
  /** Everything that decides about the updates, as plain JSON. */
  readonly config: tf.serialization.ConfigDict;
  /** The optimizer, and whether the run made it: then the run moves its rate, and disposes it. Called once, when a back end is there. */
  readonly make: () => { optimizer: tf.Optimizer; owned: boolean };
}

/**
 * Resolves the options `optimizer`, `learningRate` and `learningRateSchedule` of `train`.
 *
 * @throws CW_OPTIMIZER for an unknown name, CW_LEARNING_RATE for a rate that is not positive, an unknown schedule, or either beside an optimizer that has its own
 */
export function planOptimizer(
  optimizer: OptimizerName | tf.Optimizer,
  learningRate?: number,
  schedule?: LearningRateSchedule,
): OptimizerPlan {
  if (learningRate !== undefined && !(Number.isFinite(learningRate) && learningRate > 0)) {
    throw new CellwrightError(
      "CW_LEARNING_RATE",
      `learningRate must be a positive number, such as 0.001; got ${String(learningRate)}`,
    );
  }
  if (schedule !== undefined && !Object.hasOwn(schedules, schedule)) {
    throw new CellwrightError(
      "CW_LEARNING_RATE",
      `learningRateSchedule must be one of ${Object.keys(schedules).join(", ")}; got ${JSON.stringify(schedule)}`,
    );
  }
  if (typeof optimizer === "object" && typeof optimizer?.applyGradients === "function") {
    if (learningRate !== undefined || (schedule !== undefined && schedule !== "constant")) {
      throw new CellwrightError(
        "CW_LEARNING_RATE",
        "the optimizer that was passed has a learning rate of its own: leave out learningRate and learningRateSchedule, or name the optimizer",
      );
    }
    const config = optimizer.getConfig();
    const rate = typeof config.learningRate === "number" ? config.learningRate : Number.NaN;
    return {
      name: optimizer.getClassName(),
      learningRate: rate,
      schedule: "constant",
      config,
      make: () => ({ optimizer, owned: false }),
    };
  }
  if (typeof optimizer !== "string" || !Object.hasOwn(makers, optimizer)) {
    throw new CellwrightError(
      "CW_OPTIMIZER",
      `optimizer must be one of ${Object.keys(makers).join(", ")}, or an instance from tf.train; got ${JSON.stringify(optimizer)}`,
    );
  }
  const maker = makers[optimizer];
  // Half a cosine has half the mean of a constant: start at twice the usual rate.
  const rate = learningRate ?? maker.learningRate * (schedule === "constant" ? 1 : 2);
  return {
    name: optimizer,
    learningRate: rate,
    schedule: schedule ?? "cosine",
    config: { name: optimizer, learningRate: rate },
    make: () => ({ optimizer: maker.make(rate), owned: true }),
  };
}

/** Moves the rate of an optimizer that `planOptimizer` made. */
export function setLearningRate(optimizer: tf.Optimizer, learningRate: number): void {
  // SGD and momentum keep the rate as a tensor, behind a setter; the others read a field that is declared protected. Not `instanceof`: TensorFlow.js answers yes for every optimizer.
  const fields = optimizer as unknown as { setLearningRate?: (rate: number) => void; learningRate: number };
  if (fields.setLearningRate) fields.setLearningRate(learningRate);
  else fields.learningRate = learningRate;
}

/** Disposes an optimizer that `planOptimizer` made. Momentum's own `dispose` leaves the tensor that holds its rate. */
export function disposeOptimizer(optimizer: tf.Optimizer): void {
  optimizer.dispose();
  const { c: rate } = optimizer as unknown as { c?: tf.Tensor };
  if (rate && !rate.isDisposed) rate.dispose();
}

/** Scalars that Adam and Adamax keep beside their slots. */
const runningScalars = ["accBeta1", "accBeta2", "iteration"] as const;

function scalarsOf(optimizer: tf.Optimizer): tf.Variable[] {
  const fields = optimizer as unknown as Record<string, tf.Variable | undefined>;
  return runningScalars.flatMap((name) => (fields[name] instanceof tf.Variable ? [fields[name]] : []));
}

/** Everything that `optimizer` remembers: running scalars first, then what its `getWeights` gives. */
export async function readOptimizer(optimizer: tf.Optimizer): Promise<StoredTensor[]> {
  const scalars = await readTensors(scalarsOf(optimizer));
  const slots = await optimizer.getWeights();
  try {
    return [...scalars, ...(await readTensors(slots.map(({ tensor }) => tensor)))];
  } finally {
    // The first is the iteration count, a tensor made for this answer; the others are the optimizer's own variables.
    slots[0]?.tensor.dispose();
  }
}

/**
 * Gives a fresh `optimizer` what `readOptimizer` read.
 *
 * @throws CW_CHECKPOINT_MISMATCH where the optimizer has already made updates
 */
export async function restoreOptimizer(optimizer: tf.Optimizer, state: readonly StoredTensor[]): Promise<void> {
  if (optimizer.iterations > 0) {
    throw new CellwrightError(
      "CW_CHECKPOINT_MISMATCH",
      `expected a fresh optimizer to resume with; the one that was passed has made ${optimizer.iterations} updates: make a new one`,
    );
  }
  const scalars = scalarsOf(optimizer);
  const slots = state.slice(scalars.length).map((stored, i) => ({ name: `slot_${i}`, tensor: toTensor(stored) }));
  try {
    await optimizer.setWeights(slots);
  } finally {
    tf.dispose(slots);
  }
  scalars.forEach((scalar, i) => {
    tf.tidy(() => {
      scalar.assign(toTensor(state[i]!));
    });
  });
}
