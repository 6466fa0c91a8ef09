/**
 * What an optimizer does to one variable, apart from all that optimizers share.
 *
 * `tensors` says it in tensor operations, for every back end. All numbers that change from step to step come from `scalars` and enter as tensors, so that a recorded step can be fed new ones. Rules with many operations are written once
 * more, as `host`: one loop over plain arrays, float64 between float32 values, which on the WebAssembly back end runs over the heap itself. Measured on the small CNN's eight variables:
 * Adam, whose loop is SIMD code, .2 ms against 1.1 in operations; RMSProp and LARS a little faster; for SGD with and without momentum the operations are faster (.1 against .2, .2 against .3), so these have no `host`.
 */
import { tf } from "../backend/tf.ts";

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
  /** What the value is multiplied by before the update: 1 - ηλ where it decays, else 1. */
  readonly kept: number;
  /** The WebAssembly memory that value, gradient and slots are all views of; undefined where there is none. */
  readonly memory: WebAssembly.Memory | undefined;
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
  readonly host?: (update: HostUpdate, scalars: StepScalars) => void;
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

/** ‖x‖. TensorFlow.js's own `norm` goes through powers, which take ten times as long. Runs inside `tf.tidy`. */
export function normOf(tensor: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(tensor)));
}
