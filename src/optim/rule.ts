/**
 * What an optimizer does to one variable, apart from all that optimizers share.
 *
 * `tensors` says it in tensor operations, for every back end. All numbers that change from step to step come from `scalars` and enter as tensors, so that a recorded step can be fed new ones. `host` says it once more, as a loop over
 * arrays that on the WebAssembly back end are the heap itself. Adam alone has one: on the small CNN's eight variables .2 ms against 1.1 in operations. A loop in plain JavaScript was no gain for the others (SGD .2 against .1, RMSProp 1.1
 * against .8, LARS .9 against .9, LAMB 3.1 against 2.1): the operations are SIMD code already.
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
  /** True where no number of a variable depends on another: variables laid end to end are then updated as one. */
  readonly elementwise?: boolean;
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

/** ‖x‖. TensorFlow.js's own `norm` goes through powers, which take ten times as long. Runs inside `tf.tidy`. */
export function normOf(tensor: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(tensor)));
}
