/**
 * The small problem of the trajectories: two variables whose gradient is a formula, the same as in tests/golden/optim/make.py.
 */
import { tf } from "cellwright/backend";
import type { OptimizerName, OptimizerOptions, RuleOptimizer } from "cellwright/optim";

export const SIZES = [12, 4] as const;

export function startValues(): number[] {
  return Array.from({ length: 16 }, (_, i) => 0.2 * Math.sin(i * 2.1) + 0.1);
}

/** The gradient at `weights` (all 16) in step `step`, from 1 on. */
export function gradientAt(weights: ArrayLike<number>, step: number): number[] {
  return Array.from(weights, (w, i) => (0.5 + 0.1 * i) * (w - Math.cos(i)) + 0.3 * Math.sin(0.7 * step + 1.3 * i));
}

export interface Problem {
  readonly variables: readonly [tf.Variable, tf.Variable];
  values(): number[];
  /** One update of `optimizer`. */
  update(optimizer: tf.Optimizer): void;
  dispose(): void;
}

let problems = 0;

export function makeProblem(): Problem {
  const start = startValues();
  const name = `problem_${problems++}`;
  const [kernel, bias] = tf.tidy(() => [
    tf.variable(tf.tensor2d(start.slice(0, 12), [3, 4]), true, `${name}/kernel`),
    tf.variable(tf.tensor1d(start.slice(12)), true, `${name}/bias`),
  ]);
  const variables = [kernel, bias] as const;
  let step = 0;
  const values = () => variables.flatMap((variable) => [...variable.dataSync()]);
  return {
    variables,
    values,
    update(optimizer) {
      const gradient = gradientAt(values(), ++step);
      tf.tidy(() => {
        optimizer.applyGradients({
          [kernel.name]: tf.tensor2d(gradient.slice(0, 12), [3, 4]),
          [bias.name]: tf.tensor1d(gradient.slice(12)),
        });
      });
    },
    dispose: () => tf.dispose([...variables]),
  };
}

export type Case = { name: OptimizerName; options: OptimizerOptions };

/** Runs `steps` updates and gives the weights and averages. */
export function trajectory(optimizer: RuleOptimizer, steps: number, record: (step: number, values: number[]) => void) {
  const problem = makeProblem();
  for (let step = 1; step <= steps; step++) {
    problem.update(optimizer);
    record(step, problem.values());
  }
  optimizer.swapAverages();
  const averages = problem.values();
  optimizer.dispose();
  problem.dispose();
  return averages;
}
