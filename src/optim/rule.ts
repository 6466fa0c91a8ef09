/**
 * What an optimizer does to one variable, apart from all that optimizers share.
 *
 * A rule is written twice. `host` is one loop over plain arrays: on the WebAssembly back end it runs over the heap itself, where one pass costs less than two of the fifteen tensor operations
 * that Adam needs for each variable. `tensors` says the same in operations, for back ends whose memory is elsewhere. All numbers that change from step to step come from `scalars` and enter
 * the tensor form as tensors, so that a recorded step can be fed new ones. Arithmetic on the host is float64 between float32 values.
 */
import type { tf } from "../backend/tf.ts";

/** The numbers of one step, by name: the learning rate and what follows from the count of steps. */
export type StepScalars = Readonly<Record<string, number>>;

/** One variable's update as arrays. */
export interface HostUpdate {
  /** Changed in place. */
  readonly value: Float32Array;
  readonly gradient: Float32Array;
  /** One for each of the rule's slots; changed in place. */
  readonly slots: readonly Float32Array[];
  /** Whether weight decay is meant for this variable. */
  readonly decays: boolean;
}

/** One variable's update as tensors. */
export interface TensorUpdate {
  readonly value: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
  readonly decays: boolean;
}

/** An update rule with its constants. */
export interface UpdateRule {
  /** What is remembered of each variable, in order, zero at the start; each has the variable's shape. */
  readonly slots: readonly string[];
  /** True where `weightDecay` is part of the rule's own formula instead of a step before it. */
  readonly ownDecay?: boolean;
  /** @param step counts from 1 */
  readonly scalars: (learningRate: number, step: number) => StepScalars;
  readonly host: (update: HostUpdate, scalars: StepScalars) => void;
  /** Runs inside `tf.tidy`; gives the new value and the new slots. */
  readonly tensors: (
    update: TensorUpdate,
    scalars: Readonly<Record<string, tf.Scalar>>,
  ) => { value: tf.Tensor; slots: tf.Tensor[] };
}

/** base^exponent for a whole exponent, by squaring: multiplication rounds alike in every engine, Math.pow does not. */
export function wholePower(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

/** Σ x². */
export function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
