/**
 * The steps of a run as one compiled graph, where it pays.
 *
 * Compiling costs two steps for each size of batch and .2 to 1 s for TensorFlow to load the graph; a compiled step saves two thirds of
 * an eager one. Whether a run is long enough is told by its number of updates alone, never by a clock: a run that is done again, or
 * resumed, must take the same way, or it would not end with the same bytes.
 *
 * Where images are augmented, mixed or mapped, the graph runs in a thread of its own: meanwhile this one makes the next batch ready.
 */
import { nodeBackend } from "../../backend/graph/index.ts";
import type { tf } from "../../backend/tf.ts";
import type { Batch } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import type { Random } from "../../random/index.ts";
import type { EngineParts, ReadyStep, TrainingEngine } from "../engine.ts";
import { judgedVariables, setIterations } from "../last-good.ts";
import { asRuleOptimizer } from "../optimizers.ts";
import { type StepResult, trainedVariables } from "../step.ts";
import { nativeDeterminism } from "./determinism.ts";
import { type Layout, layOut } from "./layout.ts";
import { prepareOptimizer } from "./optimizer-state.ts";
import { type Inputs, Program } from "./program.ts";
import { NotInRows } from "./record.ts";

/** A run with at least so many updates is compiled. */
export const COMPILED_FROM = 100;

/**
 * Makes the engine of a run. The weights and the optimizer's state must be what the run begins with.
 *
 * @returns a warning where compiling failed; undefined where the run is not to be compiled
 */
export async function compiledEngine(engine: EngineParts): Promise<TrainingEngine | string | undefined> {
  const { plan, optimizer, layers, steps, eager } = engine;
  const { classifier, regularizers } = plan;
  const { prepare, loss } = regularizers;
  const backend = nodeBackend();
  if (backend === undefined || plan.compile === false) return undefined;
  if (plan.compile === undefined && steps < COMPILED_FROM) return undefined;
  const prepared = await prepareOptimizer(optimizer, trainedVariables(classifier.model));
  const weights = new Set(classifier.model.weights.map((weight) => weight.read() as tf.Variable));
  const variables = [...weights, ...prepared.state];
  let program: Program;
  try {
    const sizes = [Math.min(plan.batchSize, plan.dataset.size), plan.dataset.size % plan.batchSize];
    const judged = new Set(judgedVariables(classifier.model, optimizer));
    const different = [...new Set(sizes)].filter((size) => size > 0);
    const parts = { classifier, prepare, loss, optimizer, prepared, layers, variables };
    const inThread = regularizers.prepares || plan.dataset.isMapped;
    const compile = (layout: Layout) => Program.compile(backend, { ...parts, layout }, different, inThread);
    try {
      program = await compile(layOut(variables, judged, asRuleOptimizer(optimizer)?.rows));
    } catch (error) {
      if (!(error instanceof NotInRows)) throw error;
      program = await compile(layOut(variables, judged));
    }
  } catch (error) {
    // Whatever it is: if it is the fault of the model, the loss or the data, the eager step will say so.
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return `the training step could not be compiled and runs one operation at a time: ${reason}`;
  }
  let ahead = false;
  const sync = async () => {
    if (!ahead) return;
    ahead = false;
    await program.pull();
  };
  let updates = 0;
  const goBack = async () => {
    ahead = false;
    await program.pullLastGood();
    if (updates > 0) setIterations(optimizer, optimizer.iterations - 1);
    updates = 0;
  };
  const inputsOf = (batch: Batch, random: Random): Inputs & { dispose: () => void } => {
    const prepared = prepare(batch, random);
    try {
      return { ...program.inputs(prepared, random), dispose: prepared.dispose };
    } catch (error) {
      prepared.dispose();
      throw error;
    }
  };
  const step = async (batch: Batch, random: Random, inputs: Inputs): Promise<StepResult> => {
    try {
      const result = await program.run(inputs, prepared.numbers());
      ahead = true;
      prepared.setIterations(optimizer.iterations + 1);
      updates++;
      return result;
    } catch (error) {
      if (error instanceof CellwrightError) {
        // The thread is lost, and what it knew.
        ahead = false;
        throw error;
      }
      // Not finite: the eager step says what is wrong, or goes on where it can.
      await sync();
      try {
        const result = await eager(batch, random);
        if (Number.isFinite(result.loss)) await program.push();
        else await goBack();
        return result;
      } catch (error) {
        // Its forward pass may have moved averages of batch normalisation.
        await program.pull();
        throw error;
      }
    }
  };
  const ready = (batch: Batch, random: Random): ReadyStep => {
    if (!program.inThread) {
      const run = async () => {
        const inputs = inputsOf(batch, random);
        return step(batch, random, inputs).finally(inputs.dispose);
      };
      return { run };
    }
    const inputs = inputsOf(batch, random);
    inputs.dispose();
    return { run: () => step(batch, random, inputs) };
  };
  return {
    ready,
    readsAhead: program.inThread && "beside",
    compiled: true,
    workers: 0,
    determinism: nativeDeterminism(),
    warnings: [],
    sync,
    goBack,
    dispose: () => program.close(),
  };
}
