/**
 * The model that the search trains, in pieces: each piece goes on from a snapshot (weights and optimizer's state) with regularizers of its own.
 *
 * Every piece meets the same batches in the same order, at one constant learning rate, the mean of the final training's schedule: what differs between two candidates is
 * what was done to the images and labels. An average of the weights (momentum .95) is judged instead of the last weights, which at a constant rate jump about.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { Random } from "../../random/index.ts";
import { chooseEngine } from "../../train/choose-engine.ts";
import type { TrainingEngine } from "../../train/engine.ts";
import { score } from "../../train/evaluate.ts";
import type { UpdateOptions } from "../../train/index.ts";
import { asClassifier } from "../../train/logits.ts";
import { asRuleOptimizer, planOptimizer, readOptimizer, restoreOptimizer } from "../../train/optimizers.ts";
import { planTraining, type TrainPlan } from "../../train/options.ts";
import { randomLayers } from "../../train/randomness.ts";
import { trainedVariables } from "../../train/step.ts";
import { taskOf } from "../../train/task.ts";
import { readWeights, type StoredTensor, writeWeights } from "../../train/weights.ts";
import { choicesOf } from "../choices.ts";
import type { TrainingRegularizers } from "./augmentation.ts";
import { type Judgement, judge } from "./judgement.ts";

const AVERAGE_MOMENTUM = 0.95;
const VALIDATION_BATCH = 128;

/** A training that can be continued. */
export interface Snapshot {
  readonly weights: readonly StoredTensor[];
  readonly optimizer: readonly StoredTensor[];
  /** The weights, those that are trained in their average: what is judged. */
  readonly averages: readonly StoredTensor[];
  /** Updates made. */
  readonly step: number;
}

/** How the final training will update its weights. */
export interface SearchOptimization
  extends Pick<
    UpdateOptions,
    "optimizer" | "learningRate" | "learningRateSchedule" | "weightDecay" | "clipNorm" | "globalClipNorm" | "clipValue"
  > {
  /** Passes over the data. */
  readonly epochs: number;
  /** Images an update. Default: 32. */
  readonly batchSize?: number;
}

/** What a piece of training ended with. */
export interface Piece {
  readonly snapshot: Snapshot;
  readonly judgement: Judgement;
}

/** The model of a search, with the data it is trained and judged on. It changes the model that it is given. */
export class Trainee {
  readonly model: tf.LayersModel;
  readonly #train: Dataset;
  readonly #validation: Dataset;
  readonly #seed: number;
  readonly #signal: AbortSignal | undefined;
  readonly #updates: UpdateOptions;
  readonly batchSize: number;
  /** Updates in one whole training. */
  readonly steps: number;
  /** The constant learning rate. */
  readonly learningRate: number;

  constructor(
    model: tf.LayersModel,
    data: { readonly train: Dataset; readonly validation: Dataset },
    optimization: SearchOptimization,
    seed: number,
    signal?: AbortSignal,
  ) {
    const { epochs, batchSize = 32, learningRate, learningRateSchedule, ...updates } = optimization;
    this.model = model;
    this.#train = data.train;
    this.#validation = data.validation;
    this.#seed = seed;
    this.#signal = signal;
    this.batchSize = batchSize;
    // Throws for what `train` would refuse.
    planTraining(model, data.train, {
      ...updates,
      ...(learningRate !== undefined && { learningRate }),
      ...(learningRateSchedule !== undefined && { learningRateSchedule }),
      epochs,
      batchSize,
      seed,
      validation: data.validation,
    });
    this.steps = epochs * Math.ceil(data.train.size / batchSize);
    const plan = planOptimizer({ ...optimization });
    const course = plan.rate.make(this.steps);
    let sum = 0;
    for (let step = 0; step < this.steps; step++) sum += course.rate(step);
    this.learningRate = sum / this.steps;
    this.#updates = updates;
  }

  /** The plan of a piece: for its fingerprint too. */
  plan(regularizers: TrainingRegularizers): TrainPlan {
    const { weightDecay = this.#updates.weightDecay, ...rest } = regularizers;
    return planTraining(this.model, this.#train, {
      ...this.#updates,
      ...rest,
      ...(weightDecay !== undefined && { weightDecay }),
      learningRate: this.learningRate,
      learningRateSchedule: "constant",
      ema: AVERAGE_MOMENTUM,
      epochs: Math.ceil(this.steps / Math.ceil(this.#train.size / this.batchSize)),
      batchSize: this.batchSize,
      seed: this.#seed,
      validation: this.#validation,
    });
  }

  /**
   * Goes on from `from`, or from the model's weights, to `until` updates in all; undefined where it was aborted. The model is left with the averaged weights.
   *
   * @throws CW_LOSS_NAN
   */
  async continue(
    from: Snapshot | undefined,
    until: number,
    regularizers: TrainingRegularizers = {},
  ): Promise<Piece | undefined> {
    const plan = this.plan(regularizers);
    const optimizer = plan.optimizer.make().optimizer;
    const own = asRuleOptimizer(optimizer)!;
    const layers = randomLayers(this.model);
    let engine: TrainingEngine | undefined;
    try {
      if (from) {
        writeWeights(this.model, from.weights);
        own.build(trainedVariables(this.model));
        await restoreOptimizer(optimizer, from.optimizer);
      }
      const start = from?.step ?? 0;
      engine = await chooseEngine({ plan, optimizer, layers, steps: until - start });
      for (let step = start; step < until; ) {
        const done = await this.#epoch(engine, step, until);
        if (done === undefined) return undefined;
        step = done;
      }
      engine.sync();
      const weights = await readWeights(this.model);
      const state = await readOptimizer(optimizer);
      own.swapAverages();
      const snapshot = { weights, optimizer: state, averages: await readWeights(this.model), step: until };
      const judgement = await this.judge();
      return judgement && { snapshot, judgement };
    } finally {
      engine?.dispose();
      layers.release();
      optimizer.dispose();
    }
  }

  /** Whether decay is a number that the search may change. */
  get variesDecay(): boolean {
    return this.#updates.weightDecay === undefined;
  }

  /** Gives the model a snapshot's averages. */
  load(snapshot: Snapshot): void {
    writeWeights(this.model, snapshot.averages);
  }

  /** The model, as it is, on the validation set; undefined where it was aborted. */
  async judge(): Promise<Judgement | undefined> {
    const classifier = asClassifier(this.model, taskOf(this.#validation, undefined));
    const logits = new Float32Array(this.#validation.size * classifier.classes);
    const result = await score(classifier, this.#validation, VALIDATION_BATCH, this.#signal, logits);
    return result && judge(logits, choicesOf(this.#validation));
  }

  /** The rest of the epoch that update `step` lies in; the number of updates made then. */
  async #epoch(engine: TrainingEngine, first: number, until: number): Promise<number | undefined> {
    const perEpoch = Math.ceil(this.#train.size / this.batchSize);
    const random = new Random(this.#seed).split("search");
    const epoch = Math.floor(first / perEpoch);
    const rest = this.#train.shuffle(random.split("shuffle").split(epoch)).skip((first % perEpoch) * this.batchSize);
    let step = first;
    for (const batch of rest.batch(this.batchSize)) {
      try {
        if (step >= until) break;
        if (this.#signal?.aborted) return undefined;
        const { loss } = await engine.ready(batch, random.split("step").split(step)).run();
        if (!Number.isFinite(loss)) {
          throw new CellwrightError(
            "CW_LOSS_NAN",
            `the loss became ${loss} at update ${step + 1} of the search, with learning rate ${this.learningRate}: learn the learning rate first, or lower it`,
          );
        }
      } finally {
        batch.dispose();
      }
      step++;
      await nextTurn();
    }
    return step;
  }
}
