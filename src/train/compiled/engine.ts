/**
 * Who does the steps of a run: the eager step, or a compiled one where it pays.
 *
 * Compiling costs two steps for each size of batch and .2 to 1 s for TensorFlow to load the graph; a compiled step saves two thirds of
 * an eager one. Whether a run is long enough is told by its number of updates alone, never by a clock: a run that is done again, or
 * resumed, must take the same way, or it would not end with the same bytes.
 */
import { nodeBackend } from "../../backend/graph/index.ts";
import type { tf } from "../../backend/tf.ts";
import type { TrainPlan } from "../options.ts";
import type { RandomLayers } from "../randomness.ts";
import { eagerStep, type TrainingStep, trainedVariables } from "../step.ts";
import { prepareOptimizer } from "./optimizer-state.ts";
import { Program } from "./program.ts";

/** A run with at least so many updates is compiled. */
export const COMPILED_FROM = 100;

/** Does the steps of a run. */
export interface TrainingEngine {
  readonly step: TrainingStep;
  /** Whether the steps run as one graph. */
  readonly compiled: boolean;
  /** Why the steps are not compiled though the run is long enough. */
  readonly warnings: readonly string[];
  /** Brings the weights and the optimizer's state to where the rest of the program sees them. */
  readonly sync: () => void;
  readonly dispose: () => void;
}

/** Makes the engine of a run of `steps` updates. The weights and the optimizer's state must be what the run begins with. */
export async function trainingEngine(
  plan: TrainPlan,
  optimizer: tf.Optimizer,
  layers: RandomLayers,
  steps: number,
): Promise<TrainingEngine> {
  const { classifier, regularizers } = plan;
  const { prepare, loss } = regularizers;
  const eager = eagerStep(classifier, prepare, loss, optimizer, layers);
  const uncompiled = (warning?: string): TrainingEngine => ({
    step: eager,
    compiled: false,
    warnings: warning === undefined ? [] : [warning],
    sync: () => {},
    dispose: () => {},
  });
  const backend = nodeBackend();
  if (backend === undefined || plan.compile === false) return uncompiled();
  if (plan.compile === undefined && steps < COMPILED_FROM) return uncompiled();
  const prepared = await prepareOptimizer(optimizer, trainedVariables(classifier.model));
  const weights = new Set(classifier.model.weights.map((weight) => weight.read() as tf.Variable));
  const variables = [...weights, ...prepared.state];
  let program: Program;
  try {
    const sizes = [Math.min(plan.batchSize, plan.dataset.size), plan.dataset.size % plan.batchSize];
    const parts = { classifier, prepare, loss, optimizer, prepared, layers, variables };
    program = Program.compile(
      backend,
      parts,
      [...new Set(sizes)].filter((size) => size > 0),
    );
  } catch (error) {
    // Whatever it is: if it is the fault of the model, the loss or the data, the eager step will say so.
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return uncompiled(`the training step could not be compiled and runs one operation at a time: ${reason}`);
  }
  let ahead = false;
  const sync = () => {
    if (ahead) program.pull();
    ahead = false;
  };
  return {
    async step(batch, random) {
      const input = prepare(batch, random);
      try {
        const result = program.run(input, prepared.numbers(), random);
        ahead = true;
        prepared.setIterations(optimizer.iterations + 1);
        return result;
      } catch {
        // Not finite: the eager step says what is wrong, or goes on where it can.
        sync();
        const result = await eager(batch, random);
        program.push();
        return result;
      } finally {
        input.dispose();
      }
    },
    compiled: true,
    warnings: [],
    sync,
    dispose: () => program.close(),
  };
}
