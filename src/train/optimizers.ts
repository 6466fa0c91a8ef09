/**
 * The optimizer of a run, and all that it remembers.
 *
 * An optimizer that is named is one of `cellwright/optim`, made for the run, and follows its schedule. One that is passed is the caller's and keeps its own rate. Its state is read and restored in full, whosever it is: Adam's
 * `getWeights` in TensorFlow.js leaves out the running powers of beta, which its `setWeights` computes anew in another rounding, so that a resumed run would part from an uninterrupted one in the last bits.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import {
  defaultLearningRate,
  type OptimizerName,
  type OptimizerOptions,
  optimizer,
  optimizerNames,
} from "../optim/optimizer.ts";
import type { RuleOptimizer } from "../optim/rule-optimizer.ts";
import { halvesTheMean, type LearningRateSchedule, planRate, type RatePlan } from "./learning-rate.ts";
import { readTensors, type StoredTensor, toTensor } from "./weights.ts";

/** A named optimizer with options. */
export type OptimizerSettings = { readonly name: OptimizerName } & OptimizerOptions;

/** The options of `train` that say how weights move. */
export interface UpdateOptions {
  /** A name, a name with options, or an instance (from `tf.train` or `cellwright/optim`), which then stays the caller's to dispose. Default: "adam". */
  readonly optimizer?: OptimizerName | OptimizerSettings | tf.Optimizer;
  /** The optimizer's step size at the start. Default: the optimizer's own (.001 for adam, .01 for sgd…); under a schedule that falls to 0 with the run, whose mean is half its start, twice that. */
  readonly learningRate?: number;
  /** How the learning rate moves from the first update to the last: "cosine" falls to 0 along half a cosine. Default: "cosine"; with an optimizer instance its own rate. */
  readonly learningRateSchedule?: LearningRateSchedule;
  /** Decoupled weight decay, from 0 on; biases and normalisations are left alone. Default: the optimizer's own: 0 but for adamw, sgdw and lars. */
  readonly weightDecay?: number;
  /** The most that the norm of each variable's gradient may be. Default: no bound. */
  readonly clipNorm?: number;
  /** The most that the norm of all gradients together may be. Default: no bound. */
  readonly globalClipNorm?: number;
  /** The most that each number of a gradient may be in size. Default: no bound. */
  readonly clipValue?: number;
  /** Momentum of an exponential moving average of the weights, in [0, 1): the averages are validated, and the model ends with them. Default: 0, off. */
  readonly ema?: number;
}

const shared = ["weightDecay", "clipNorm", "globalClipNorm", "clipValue", "ema"] as const;

/** How a run will update its weights. */
export interface OptimizerPlan {
  readonly name: string;
  /** Of the first update. NaN for an optimizer of the caller's that does not say. */
  readonly learningRate: number;
  readonly rate: RatePlan;
  /** Everything that decides about the updates, as plain JSON. */
  readonly config: tf.serialization.ConfigDict;
  /** The optimizer, and whether the run made it: then the run moves its rate, and disposes it. Called once, when a back end is there. */
  readonly make: () => { optimizer: tf.Optimizer; owned: boolean };
}

/**
 * Resolves the options of `train` that say how weights move.
 *
 * @throws CW_OPTIMIZER for an unknown name, CW_OPTIMIZER_OPTION for an option of it, CW_LEARNING_RATE for a rate that is not positive, or a rate or schedule beside an optimizer that has its own, CW_SCHEDULE for a schedule
 */
export function planOptimizer(options: UpdateOptions): OptimizerPlan {
  const { optimizer: asked = "adam", learningRate, learningRateSchedule: schedule = "cosine" } = options;
  const isPositive = typeof learningRate === "number" && Number.isFinite(learningRate) && learningRate > 0;
  if (learningRate !== undefined && !isPositive) {
    throw new CellwrightError(
      "CW_LEARNING_RATE",
      `learningRate must be a positive number, such as 0.001; got ${String(learningRate)}`,
    );
  }
  if (typeof asked === "object" && "applyGradients" in (asked ?? {}))
    return planInstance(asked as tf.Optimizer, options);
  const settings = settingsOf(asked as OptimizerName | OptimizerSettings, options);
  const { name } = settings;
  if (learningRate !== undefined && typeof schedule === "function") {
    throw new CellwrightError(
      "CW_LEARNING_RATE",
      "a learningRateSchedule that is a function gives the rate itself: leave out learningRate, or name the schedule",
    );
  }
  const base = learningRate ?? settings.learningRate ?? defaultLearningRate(name) * (halvesTheMean(schedule) ? 2 : 1);
  const rate = planRate(schedule, base);
  const { name: _, ...rest } = { ...settings, learningRate: base };
  // Makes no tensors yet: the check of all options, and their defaults.
  const config = optimizer(name, rest).getConfig();
  return {
    name,
    learningRate: base,
    rate,
    config,
    make: () => ({ optimizer: optimizer(name, rest), owned: true }),
  };
}

/** The optimizer's options, those of `train` among them. */
function settingsOf(asked: OptimizerName | OptimizerSettings, options: UpdateOptions): OptimizerSettings {
  const settings = typeof asked === "object" && asked !== null ? asked : { name: asked };
  if (typeof settings.name !== "string" || !optimizerNames.includes(settings.name)) {
    throw new CellwrightError(
      "CW_OPTIMIZER",
      `optimizer must be one of ${optimizerNames.join(", ")}, such a name with options, or an instance; got ${JSON.stringify(asked)}`,
    );
  }
  const twice = (["learningRate", ...shared] as const).find(
    (key) => options[key] !== undefined && (settings as OptimizerOptions)[key] !== undefined,
  );
  if (twice !== undefined) {
    throw new CellwrightError(
      "CW_OPTIMIZER_OPTION",
      `${twice} is given twice, to train and to its optimizer: leave out one of them`,
    );
  }
  const given = shared.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]);
  return { ...settings, ...Object.fromEntries(given) };
}

function planInstance(instance: tf.Optimizer, options: UpdateOptions): OptimizerPlan {
  const { learningRate, learningRateSchedule } = options;
  if (learningRate !== undefined || (learningRateSchedule !== undefined && learningRateSchedule !== "constant")) {
    throw new CellwrightError(
      "CW_LEARNING_RATE",
      "the optimizer that was passed has a learning rate of its own: leave out learningRate and learningRateSchedule, or name the optimizer",
    );
  }
  const extra = shared.find((key) => options[key] !== undefined);
  if (extra !== undefined) {
    throw new CellwrightError(
      "CW_OPTIMIZER_OPTION",
      `${extra} belongs to an optimizer that train makes: give it to the one that was passed, or name the optimizer`,
    );
  }
  const config = instance.getConfig();
  const rate = typeof config.learningRate === "number" ? config.learningRate : Number.NaN;
  return {
    name: instance.getClassName(),
    learningRate: rate,
    rate: { description: "constant", followsEpochs: false, make: () => ({ rate: () => rate, observe: () => {} }) },
    config,
    make: () => ({ optimizer: instance, owned: false }),
  };
}

/** `optimizer` as one of ours, which can build its state and swap averages; undefined for one from `tf.train`. */
export function asRuleOptimizer(optimizer: tf.Optimizer): RuleOptimizer | undefined {
  return "swapAverages" in optimizer ? (optimizer as RuleOptimizer) : undefined;
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
