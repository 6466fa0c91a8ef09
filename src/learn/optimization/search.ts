/**
 * The optimization learner, in order: what is measured, the batch size that follows from it, the race of rates and optimizers.
 *
 * A training T is epochs times images. The measurements have fixed sizes; the race gets what they leave of the budget, since only length tells candidates apart.
 */
import { CellwrightError } from "../../errors.ts";
import type { OptimizerName } from "../../optim/index.ts";
import { Random } from "../../random/index.ts";
import type { TrainOptions } from "../../train/index.ts";
import type { ArchitectureParams } from "../architecture/schema.ts";
import { freshModel, type ModelSource } from "../model-source.ts";
import { checkParams } from "../params/definition.ts";
import { learnt } from "../params/shown.ts";
import type { Journal } from "../regularization/journal.ts";
import type { LearningData } from "../split.ts";
import { chooseBatchSize } from "./batch-size.ts";
import { type Candidate, candidatesOf, rangeOf } from "./candidates.ts";
import { CostMeter } from "./cost.ts";
import type { Trial } from "./events.ts";
import { Measurements, Stopped } from "./measurements.ts";
import { largestBatch, memoryThere } from "./memory.ts";
import type { LearnOptimizationOptions, OptimizationReport } from "./options.ts";
import { race } from "./race.ts";
import { type OptimizationParams, optimizationParams } from "./schema.ts";
import { optimizationOptions } from "./train-options.ts";
import { JUDGEMENTS, trialLoss } from "./trial.ts";
import { usualEpochs, usualOptimization, warmupTo } from "./usual.ts";

/** The batch of the measurements, where the data has room for it. */
const MEASURING_BATCH = 64;
/** Images of the validation set that candidates are judged on. */
const JUDGED = 400;
const LEAST_TRAININGS = 0.5;

type Settings = LearnOptimizationOptions & Required<Pick<LearnOptimizationOptions, "seed" | "budget">>;

/** One run of the learner. */
export class OptimizationSearch {
  readonly #model: ModelSource;
  readonly #data: LearningData;
  readonly #architecture: ArchitectureParams;
  readonly #journal: Journal;
  readonly #settings: Settings;
  readonly #optimizers: readonly OptimizerName[];
  readonly #epochs: number;
  readonly #meter: CostMeter;
  readonly #measured: Measurements;
  readonly #trials: Trial[] = [];
  readonly #reasons: Record<string, string> = {};
  #batchSize: number;
  #best: Candidate;

  constructor(
    model: ModelSource,
    data: LearningData,
    architecture: ArchitectureParams,
    journal: Journal,
    settings: Settings,
  ) {
    this.#model = model;
    this.#data = {
      ...data,
      validation: data.validation.shuffle(new Random(settings.seed).split("judged")).take(JUDGED),
    };
    this.#architecture = architecture;
    this.#journal = journal;
    this.#settings = settings;
    this.#optimizers = settings.optimizers ?? ["adam", "momentum"];
    this.#epochs = this.#chooseEpochs();
    this.#meter = new CostMeter(this.#epochs * data.train.size);
    this.#measured = new Measurements({
      model,
      data: this.#data,
      journal,
      meter: this.#meter,
      epochs: this.#epochs,
      seed: settings.seed,
      signal: settings.signal,
      onEvent: settings.onEvent,
    });
    this.#batchSize = settings.batchSize ?? Math.min(32, data.train.size);
    const first = this.#optimizers[0]!;
    this.#best = {
      optimizer: first,
      learningRate: settings.learningRate ?? rangeOf(first)[0] * 100,
      reason: "not learnt: a usual value",
    };
  }

  async run(): Promise<{ params: OptimizationParams; report: OptimizationReport }> {
    let complete = true;
    try {
      await this.#learn();
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      complete = false;
    }
    const params = this.#params();
    const seconds = Object.values(this.#journal.seconds).reduce((sum, value) => sum + value, 0);
    const { rangeTests, throughput, noiseScale } = this.#measured;
    const report = {
      complete,
      rangeTests,
      throughput,
      noiseScale,
      trials: this.#trials,
      cost: this.#meter.trainings,
      seconds,
    };
    return learnt(params, report);
  }

  async #learn(): Promise<void> {
    const { settings, most } = { settings: this.#settings, most: await this.#largestBatch() };
    const measuring = this.#measuringBatch(most);
    if (settings.batchSize === undefined && settings.stepOverhead === undefined) await this.#measured.timeSteps(most);
    const limit = await this.#limit(measuring);
    if (settings.learningRate === undefined) {
      await this.#measured.findRates(this.#optimizers, measuring, limit);
      const { optimizer, reading } = this.#measured.rangeTests[0]!;
      const reason = "a range test's proposal";
      this.#best = { optimizer: optimizer as OptimizerName, learningRate: reading.learningRate, reason };
    }
    if (settings.batchSize === undefined) {
      await this.#measured.measureNoise(this.#best, measuring);
      this.#decideBatchSize(most);
    } else this.#decide("batchSize", settings.batchSize, "as the options say");
    await this.#race(measuring, limit);
  }

  #chooseEpochs(): number {
    const { epochs } = this.#settings;
    if (epochs !== undefined) return this.#decide("epochs", epochs, "as the options say");
    const { size } = this.#data.train;
    return this.#decide(
      "epochs",
      usualEpochs(size),
      `some 100,000 images in all, of ${size} an epoch, within 10 to 60`,
    );
  }

  #measuringBatch(most: number): number {
    const wanted = Math.min(MEASURING_BATCH, most, this.#data.train.size / 8);
    return 2 ** Math.floor(Math.log2(Math.max(1, wanted)));
  }

  async #largestBatch(): Promise<number> {
    const bytes = await this.#measured.once("memory", async () => memoryThere());
    return largestBatch(this.#architecture, bytes);
  }

  /** The budget in trainings. */
  async #limit(measuring: number): Promise<number> {
    const { budget } = this.#settings;
    let trainings = "trainings" in budget ? budget.trainings : 0;
    let what = `${trainings} trainings`;
    if ("minutes" in budget) {
      if (!this.#measured.throughput) await this.#measured.timeSteps(measuring);
      const { fixed, perImage } = this.#measured.throughput!.cost;
      const pace = this.#epochs * this.#data.train.size * (fixed / measuring + perImage);
      trainings = (budget.minutes * 60) / pace;
      what = `${budget.minutes} minutes, ${trainings.toFixed(2)} trainings at ${(1 / (fixed / measuring + perImage)).toFixed(0)} images a second`;
    }
    if (trainings >= LEAST_TRAININGS) return trainings;
    throw new CellwrightError(
      "CW_BUDGET",
      `learning the optimization takes at least ${LEAST_TRAININGS} trainings, better 1.5; the budget is ${what}: raise it, or set learningRate and batchSize yourself`,
    );
  }

  #decideBatchSize(most: number): void {
    const { cost } = this.#measured.throughput ?? { cost: { fixed: this.#settings.stepOverhead!, perImage: 1 } };
    const overhead = cost.perImage > 0 ? cost.fixed / cost.perImage : Number.POSITIVE_INFINITY;
    const scale = this.#measured.noiseScale!.images ?? Number.POSITIVE_INFINITY;
    const bounds = { images: this.#data.train.size, epochs: this.#epochs, most };
    const { batchSize, reason } = chooseBatchSize(scale, Math.min(overhead, 1e4), bounds);
    this.#batchSize = this.#decide("batchSize", batchSize, reason);
  }

  async #race(measuring: number, limit: number): Promise<void> {
    const { learningRate } = this.#settings;
    const candidates =
      learningRate === undefined
        ? candidatesOf(this.#measured.rangeTests, this.#batchSize, this.#measured.noiseScale?.images ?? measuring)
        : this.#optimizers.map((optimizer) => ({ optimizer, learningRate, reason: "as the options say" }));
    this.#best = candidates[0]!;
    const { train: images, validation } = this.#data;
    this.#best = await race(candidates, {
      left: limit - this.#meter.trainings,
      training: this.#epochs * images.size,
      batchSize: this.#batchSize,
      judged: validation.size,
      run: async (candidate, steps) => {
        const key = `trial ${candidate.optimizer} ${candidate.learningRate} ${steps}`;
        const loss = await this.#measured.once(key, async () => {
          const value = await this.#try(candidate, steps);
          // The journal's word for "stopped" is undefined, JSON has no infinity.
          return value === undefined ? undefined : { value };
        });
        this.#meter.trained(steps * this.#batchSize);
        this.#meter.judged(JUDGEMENTS * validation.size);
        return loss.value;
      },
      report: (trial) => {
        this.#trials.push(trial);
        this.#settings.onEvent?.({ type: "trial", trial });
      },
    });
  }

  async #try(candidate: Candidate, steps: number): Promise<number | null | undefined> {
    const { seed, signal } = this.#settings;
    const model = await freshModel(this.#model, seed);
    try {
      const updates = optimizationOptions(this.#draft(candidate), this.#data.train.size);
      const { earlyStopping: _, ...rest } = updates;
      const options: TrainOptions = { ...rest, seed, ...(signal && { signal }) };
      return await trialLoss(model, this.#data, options, steps);
    } finally {
      model.dispose();
    }
  }

  /** The params as far as they are known, but for the reasons of what is. */
  #draft({ optimizer, learningRate }: Candidate = this.#best): OptimizationParams {
    return {
      ...usualOptimization(this.#data.train.size, this.#epochs, this.#batchSize),
      optimizer: { name: optimizer },
      ...warmupTo(learningRate, this.#epochs),
    };
  }

  #params(): OptimizationParams {
    const draft = this.#draft();
    const { optimizer, learningRate, reason } = this.#best;
    this.#decide("optimizer", optimizer, reason);
    this.#decide("learningRate", learningRate, reason);
    const reasons = { ...draft.reasons, ...this.#reasons };
    return checkParams(optimizationParams, { ...draft, reasons }, "learnOptimizationParams");
  }

  #decide<Value>(field: string, value: Value, reason: string): Value {
    this.#reasons[field] = reason;
    this.#settings.onEvent?.({ type: "optimization", field, value, reason });
    return value;
  }
}
