/**
 * An optimizer as a compiled step needs it: its state as variables that exist before the first update, and the few numbers that
 * change from update to update.
 */
import { tf } from "../../backend/tf.ts";
import { asRuleOptimizer } from "../optimizers.ts";

/** What `prepareOptimizer` finds. */
export interface PreparedOptimizer {
  /** All that the optimizer remembers, but for the count of its updates. */
  readonly state: readonly tf.Variable[];
  /** The numbers of the next update that may differ from those of the last. Constants of a recorded update are looked for among them. */
  readonly numbers: () => number[];
  /** Sets the count of updates, from which numbers follow. */
  readonly setIterations: (count: number) => void;
  /** Runs `action` at another learning rate. */
  readonly atRate: <T>(factor: number, action: () => T) => T;
}

interface Fields {
  iterations_: number;
  learningRate: number;
  setLearningRate?: (rate: number) => void;
}

/** Makes the optimizer's state for these variables, where it is not made yet. */
export async function prepareOptimizer(
  optimizer: tf.Optimizer,
  variables: readonly tf.Variable[],
): Promise<PreparedOptimizer> {
  const fields = optimizer as unknown as Fields;
  const setIterations = (count: number) => {
    fields.iterations_ = count;
  };
  const setRate = (rate: number) => {
    // SGD of `tf.train` keeps the rate as a tensor, behind a setter; others read a field that is declared protected.
    if (fields.setLearningRate) fields.setLearningRate(rate);
    else fields.learningRate = rate;
  };
  const atRate: PreparedOptimizer["atRate"] = (factor, action) => {
    const rate = fields.learningRate;
    setRate(factor * rate);
    try {
      return action();
    } finally {
      setRate(rate);
    }
  };
  const rule = asRuleOptimizer(optimizer);
  if (rule) {
    rule.build(variables);
    const [iterations, ...slots] = await rule.getWeights();
    iterations!.tensor.dispose();
    const state = slots.map(({ tensor }) => tensor as tf.Variable);
    return { state, numbers: () => rule.stepNumbers(rule.iterations + 1), setIterations, atRate };
  }
  makeSlots(optimizer, variables);
  return {
    state: variablesOf(optimizer),
    numbers: () => [fields.learningRate, -fields.learningRate],
    setIterations,
    atRate,
  };
}

/**
 * The optimizers of `tf.train` make their state in their first update. An update by nothing makes it; what such an update moves (the
 * running powers of Adam's betas) is put back.
 */
function makeSlots(optimizer: tf.Optimizer, variables: readonly tf.Variable[]): void {
  const before = variablesOf(optimizer).map((variable) => ({ variable, value: variable.clone() }));
  const values = variables.map((variable) => variable.clone());
  const iterations = optimizer.iterations;
  tf.tidy(() => {
    optimizer.applyGradients(Object.fromEntries(variables.map((variable) => [variable.name, tf.zerosLike(variable)])));
  });
  (optimizer as unknown as Fields).iterations_ = iterations;
  for (const { variable, value } of before) putBack(variable, value);
  variables.forEach((variable, i) => {
    putBack(variable, values[i]!);
  });
}

/** Gives a variable an earlier value and disposes the copy that held it. */
export function putBack(variable: tf.Variable, value: tf.Tensor): void {
  variable.assign(value);
  value.dispose();
}

/** The variables in an optimizer's fields: scalars by themselves, slots in lists of { variable }. */
function variablesOf(optimizer: tf.Optimizer): tf.Variable[] {
  return Object.values(optimizer).flatMap((field: unknown) => {
    if (field instanceof tf.Variable) return [field];
    if (!Array.isArray(field)) return [];
    return field.flatMap((slot: { variable?: unknown } | null) =>
      slot?.variable instanceof tf.Variable ? [slot.variable] : [],
    );
  });
}
