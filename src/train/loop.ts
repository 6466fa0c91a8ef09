/**
 * The training loop: epochs of shuffled batches, a validation after each, the best weights kept.
 *
 * Epoch e is shuffled by the stream seed / "shuffle" / e and step k draws from seed / "step" / k: where a run stands is said by two counters, and a resumed run meets the same batches and
 * masks. A batch is disposed before its event is given out, so a consumer may leave at any event. Between steps the loop lets the event loop turn once, so that a kernel can answer
 * its messages and an abort can arrive.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ensureBackend } from "../backend/index.ts";
import { tf } from "../backend/tf.ts";
import type { Batch, Dataset } from "../data/index.ts";
import type { CellwrightError } from "../errors.ts";
import { Random } from "../random/index.ts";
import { chooseEngine } from "./choose-engine.ts";
import { divergence } from "./divergence.ts";
import type { Determinism, ReadyStep } from "./engine.ts";
import { score } from "./evaluate.ts";
import type { EndEvent, EpochEvent, Score, StepEvent, TrainEvent } from "./events.ts";
import { KeptWeights } from "./kept-weights.ts";
import { type GuardedEngine, guarded } from "./last-good.ts";
import { explainMemory } from "./memory.ts";
import { asRuleOptimizer, readOptimizer, restoreOptimizer } from "./optimizers.ts";
import type { TrainPlan } from "./options.ts";
import { randomLayers } from "./randomness.ts";
import { ReadAhead } from "./read-ahead.ts";
import { RunCheckpoint } from "./run-checkpoint.ts";
import { Standing } from "./standing.ts";
import { trainedVariables } from "./step.ts";
import { readWeights, writeWeights } from "./weights.ts";

const VALIDATION_BATCH = 128;

/** Runs a checked plan. Whoever stops reading early must call `return()`, as `for await` does. */
export async function* runTraining(plan: TrainPlan): AsyncGenerator<TrainEvent, void, undefined> {
  await ensureBackend();
  const run = new Run(plan);
  try {
    await run.resume();
    await run.prepare();
    yield run.start();
    yield* run.epochs();
  } catch (error) {
    throw explainMemory(error, plan.batchSize, "in training");
  } finally {
    await run.finish();
  }
  yield run.end();
}

class Run {
  readonly #plan: TrainPlan;
  readonly #model: tf.LayersModel;
  readonly #random: Random;
  readonly #layers: ReturnType<typeof randomLayers>;
  readonly #optimizer: tf.Optimizer;
  readonly #ownsOptimizer: boolean;
  readonly #standing: Standing;
  #engine: GuardedEngine | undefined;
  readonly #kept: KeptWeights;
  readonly #checkpoint: RunCheckpoint;
  #aborted = false;

  constructor(plan: TrainPlan) {
    this.#plan = plan;
    this.#model = plan.classifier.model;
    this.#checkpoint = new RunCheckpoint(plan);
    this.#random = new Random(plan.seed);
    this.#layers = randomLayers(this.#model);
    const { optimizer, owned } = plan.optimizer.make();
    this.#optimizer = optimizer;
    this.#ownsOptimizer = owned;
    this.#kept = new KeptWeights(this.#model, optimizer);
    this.#standing = new Standing(plan);
  }

  /** Goes back to the checkpoint, where one is asked for. */
  async resume(): Promise<void> {
    const checkpoint = await this.#checkpoint.find();
    if (!checkpoint) return;
    asRuleOptimizer(this.#optimizer)?.build(trainedVariables(this.#model));
    await restoreOptimizer(this.#optimizer, checkpoint.optimizer);
    writeWeights(this.#model, checkpoint.weights);
    this.#kept.best = checkpoint.bestWeights;
    this.#standing.resume(checkpoint.state);
  }

  /** Chooses who does the steps. */
  async prepare(): Promise<void> {
    const { steps } = this.#standing;
    const parts = { plan: this.#plan, optimizer: this.#optimizer, layers: this.#layers, steps };
    this.#engine = guarded(await chooseEngine(parts), this.#model, this.#optimizer);
    await this.#kept.keepEpoch();
  }

  start(): TrainEvent {
    const { epochs, dataset, batchSize, optimizer } = this.#plan;
    const determinism = this.#determinism();
    this.#standing.startClock();
    return {
      type: "start",
      epochs,
      steps: this.#standing.steps,
      stepsPerEpoch: this.#standing.stepsPerEpoch,
      images: dataset.size,
      batchSize,
      learningRate: optimizer.learningRate,
      optimizer: optimizer.name,
      parameters: this.#model.countParams(),
      backend: tf.getBackend(),
      resumedStep: this.#standing.stepsDone,
      compiled: this.#engine!.compiled,
      workers: this.#engine!.workers,
      deterministic: determinism.deterministic,
      determinism: determinism.reason,
      warnings: [...this.#checkpoint.warnings, ...this.#layers.warnings, ...this.#engine!.warnings],
    };
  }

  /** Whether the run can be repeated: layers that draw unseeded noise spoil it on every engine. */
  #determinism(): Determinism {
    const [noise] = this.#layers.warnings;
    return noise === undefined ? this.#engine!.determinism : { deterministic: false, reason: noise };
  }

  /** The epochs that are left. */
  async *epochs(): AsyncGenerator<TrainEvent, void, undefined> {
    while (this.#standing.state.epoch < this.#plan.epochs && !this.#standing.isOver) {
      yield* this.#steps();
      const event = this.#aborted ? undefined : await this.#closeEpoch();
      await this.#save();
      if (!event) return;
      yield event;
    }
  }

  /** The steps that are left of the epoch in hand. Where the engine leaves this thread time while one runs, the next batch is made ready. */
  async *#steps(): AsyncGenerator<TrainEvent, void, undefined> {
    const ahead = this.#readAhead();
    try {
      for (let current = await ahead.take(); current; current = await ahead.take()) {
        let event: StepEvent;
        try {
          if (this.#isAborted()) return;
          if (this.#ownsOptimizer) asRuleOptimizer(this.#optimizer)?.setLearningRate(this.#standing.learningRate());
          const { readsAhead } = this.#engine!;
          if (readsAhead === "before") await ahead.next();
          const running = current.step.run();
          if (readsAhead === "beside") void ahead.next();
          const result = await running;
          if (!Number.isFinite(result.loss)) {
            await this.#kept.look(this.#engine!);
            throw this.#diverged(`the loss became ${result.loss} at step ${this.#standing.stepsDone + 1}`);
          }
          event = this.#standing.closeStep(result.loss, result.correct, current.batch.size);
        } finally {
          current.batch.dispose();
        }
        if (this.#checkpoint.isDue(this.#standing.stepsDone)) await this.#save();
        yield event;
        await nextTurn();
      }
      this.#isAborted();
    } finally {
      await ahead.dispose();
    }
  }

  /** The batches that are left of the epoch in hand, made ready for the engine. */
  #readAhead(): ReadAhead<{ batch: Batch; step: ReadyStep }> {
    const { dataset, batchSize } = this.#plan;
    const order = dataset.shuffle(this.#random.split("shuffle").split(this.#standing.state.epoch));
    const random = this.#random.split("step");
    const first = this.#standing.stepsDone;
    // A resumed run reads the batches before its place too: data may be drawn while they are read.
    return new ReadAhead(order.batch(batchSize), this.#standing.state.step, (batch, i) => ({
      batch,
      step: this.#engine!.ready(batch, random.split(first + i)),
    }));
  }

  #diverged(what: string): CellwrightError {
    const { batchSize, optimizer } = this.#plan;
    const { epoch, bestEpoch } = this.#standing.state;
    const rates = { learningRate: this.#standing.learningRate(), plannedRate: optimizer.learningRate };
    return divergence({ what, epoch: epoch + 1, ...rates, batchSize, kept: this.#kept.describe(epoch, bestEpoch) });
  }

  /** An update can spoil weights without a loss that tells: nothing is saved or judged before this has looked. */
  async #checkWeights(): Promise<void> {
    if (await this.#kept.check(this.#engine!)) return;
    throw this.#diverged(`the weights are not finite any more after step ${this.#standing.stepsDone}`);
  }

  /** Validates; undefined where an abort came in between. */
  async #closeEpoch(): Promise<EpochEvent | undefined> {
    const { validation } = this.#plan;
    this.#standing.lap();
    await this.#engine!.sync();
    await this.#checkWeights();
    await this.#kept.keepEpoch();
    if (!validation) return this.#standing.closeEpoch(undefined, true);
    const averages = asRuleOptimizer(this.#optimizer);
    averages?.swapAverages();
    try {
      const judged = await this.#judge(validation);
      if (!judged) return undefined;
      const best = this.#standing.isBest(judged);
      if (best && this.#plan.keepBest) await this.#kept.keepBest();
      return this.#standing.closeEpoch(judged, best);
    } finally {
      averages?.swapAverages();
    }
  }

  /** The model on the validation set; undefined where an abort came in between. */
  async #judge(validation: Dataset): Promise<Score | undefined> {
    const result = await score(this.#plan.classifier, validation, VALIDATION_BATCH, this.#plan.signal).catch(
      (error: unknown) => {
        if ((error as CellwrightError).code === "CW_OUTPUT_NAN") this.#kept.spoilt = true;
        throw error;
      },
    );
    this.#standing.closeValidation();
    this.#aborted ||= !result;
    return result && { loss: result.loss, accuracy: result.accuracy };
  }

  /** Whichever way the run ended: gives the model its final weights and disposes the rest. */
  async finish(): Promise<void> {
    this.#standing.lap();
    await this.#engine?.sync();
    if (this.#kept.spoilt) await this.#engine?.goBack();
    this.#engine?.dispose();
    this.#kept.giveBack();
    this.#layers.release();
    if (this.#ownsOptimizer) this.#optimizer.dispose();
  }

  end(): EndEvent {
    const { history, bestEpoch, seconds } = this.#standing.state;
    return {
      type: "end",
      reason: this.#aborted ? "aborted" : this.#standing.isOver ? "stopped" : "completed",
      history: [...history],
      bestEpoch: this.#kept.best.length > 0 ? bestEpoch : null,
      seconds,
    };
  }

  async #save(): Promise<void> {
    const { checkpoint } = this.#plan;
    if (!checkpoint) return;
    this.#standing.lap();
    await this.#engine!.sync();
    await this.#checkWeights();
    const saved = {
      state: this.#standing.state,
      weights: await readWeights(this.#model),
      bestWeights: this.#kept.best,
      optimizer: await readOptimizer(this.#optimizer),
    };
    await this.#checkpoint.write(checkpoint.path, saved);
  }

  #isAborted(): boolean {
    this.#aborted ||= this.#plan.signal?.aborted ?? false;
    return this.#aborted;
  }
}
