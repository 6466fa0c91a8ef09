/**
 * The weights with which the loss was last finite.
 *
 * An update can leave weights that are finite and yet worth nothing: only the next loss tells. So before every step the weights, and their averages where the run keeps any, get a second name. Where the loss is finite,
 * the names given before that step are kept; where it is not, the model goes back to them. A second name costs no copy: every optimizer gives a variable new memory instead of writing into the old.
 */
import { tf } from "../backend/tf.ts";
import type { ReadyStep, TrainingEngine } from "./engine.ts";
import { asRuleOptimizer } from "./optimizers.ts";
import type { StepResult } from "./step.ts";

/** Values of variables at one moment. */
interface Snapshot {
  readonly values: readonly tf.Tensor[];
  /** Updates done. */
  readonly iterations: number;
}

/** An engine whose weights can be brought back. */
export type GuardedEngine = TrainingEngine & Required<Pick<TrainingEngine, "goBack">>;

/** The variables that make a model's answers: its weights, and their averages where the optimizer keeps any. */
export function judgedVariables(model: tf.LayersModel, optimizer: tf.Optimizer): tf.Variable[] {
  const weights = new Set(model.weights.map((weight) => weight.read() as tf.Variable));
  return [...weights, ...(asRuleOptimizer(optimizer)?.averages ?? [])];
}

/** `engine`, after whose steps the model can go back. */
export function guarded(engine: TrainingEngine, model: tf.LayersModel, optimizer: tf.Optimizer): GuardedEngine {
  const { goBack } = engine;
  if (goBack) return { ...engine, goBack };
  let good: Snapshot | undefined;
  const take = (): Snapshot => ({
    values: judgedVariables(model, optimizer).map((variable) => variable.clone()),
    iterations: optimizer.iterations,
  });
  const restore = ({ values, iterations }: Snapshot) => {
    judgedVariables(model, optimizer).forEach((variable, i) => {
      // A first update makes averages, which were not there before it.
      if (values[i]) variable.assign(values[i]);
    });
    setIterations(optimizer, iterations);
  };
  const forget = () => {
    tf.dispose([...(good?.values ?? [])]);
    good = undefined;
  };
  const run = async (ready: ReadyStep): Promise<StepResult> => {
    const before = take();
    try {
      const result = await ready.run();
      if (Number.isFinite(result.loss)) {
        forget();
        good = before;
      } else restore(good ?? before);
      return result;
    } catch (error) {
      // Its forward pass may have moved averages of batch normalisation.
      restore(before);
      throw error;
    } finally {
      if (good !== before) tf.dispose([...before.values]);
    }
  };
  return {
    ...engine,
    ready(batch, random) {
      const ready = engine.ready(batch, random);
      return { run: () => run(ready) };
    },
    async goBack() {
      if (good) restore(good);
    },
    dispose() {
      forget();
      engine.dispose();
    },
  };
}

/** An optimizer of ours counts its updates back too, so that it knows whether it has averages yet. */
export function setIterations(optimizer: tf.Optimizer, iterations: number): void {
  if (asRuleOptimizer(optimizer)) (optimizer as unknown as { iterations_: number }).iterations_ = iterations;
}
