/**
 * What the optimization learner measures: step times, a range test for each optimizer, the gradient noise scale. Each once, as the journal says, and each paid for.
 *
 * A training T is epochs times images; the measurements have fixed sizes.
 */
import { CellwrightError } from "../../errors.ts";
import type { OptimizerName } from "../../optim/index.ts";
import { train } from "../../train/index.ts";
import { choicesOf } from "../choices.ts";
import { freshModel, type ModelSource } from "../model-source.ts";
import type { Journal } from "../regularization/journal.ts";
import type { LearningData } from "../split.ts";
import { type Candidate, rangeOf } from "./candidates.ts";
import type { CostMeter } from "./cost.ts";
import type { NoiseScale, OptimizationEvent, RangeTest, Throughput } from "./events.ts";
import { measureGradients, simpleNoiseScale } from "./noise-scale.ts";
import { type RangePoint, readRangeTest, runRangeTest } from "./range-test.ts";
import { fitStepCost, timeSteps } from "./throughput.ts";

/** Steps of a range test, at most and at least. */
const RANGE_STEPS = 80;
const LEAST_RANGE_STEPS = 40;
/** Batch sizes that are timed. */
const TIMED_BATCHES = [16, 64, 256];
/** Where the noise scale is measured, in trainings, and how. */
const WARM = 0.1;
const NOISE = { smallBatch: 32, measurements: 4 };

/** Thrown where the caller's signal stopped a piece of work. */
export class Stopped extends Error {}

/** What measurements are made of. */
export interface MeasurementParts {
  readonly model: ModelSource;
  readonly data: LearningData;
  readonly journal: Journal;
  readonly meter: CostMeter;
  readonly epochs: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: ((event: OptimizationEvent) => void) | undefined;
}

/** The measurements of one run, and what they came to so far. */
export class Measurements {
  readonly #parts: MeasurementParts;
  readonly rangeTests: RangeTest[] = [];
  throughput: Throughput | null = null;
  noiseScale: NoiseScale | null = null;

  constructor(parts: MeasurementParts) {
    this.#parts = parts;
  }

  /** Times steps of batches up to `most` images. */
  async timeSteps(most: number): Promise<void> {
    const { model: source, data, meter, epochs, seed, signal, onEvent } = this.#parts;
    const { train } = data;
    const sizes = TIMED_BATCHES.filter((size) => size <= Math.min(most, Math.max(train.size / 2, 1)));
    const measured = await this.once("throughput", async () => {
      const times = [];
      let images = 0;
      for (const size of sizes.length > 0 ? sizes : [Math.min(most, train.size)]) {
        const model = await freshModel(source, seed);
        try {
          // Runs of the final training's length are compiled where that is possible.
          const result = await timeSteps(model, train, size, (epochs * train.size) / size >= 100);
          times.push(result.time);
          images += result.images;
        } finally {
          model.dispose();
        }
        if (signal?.aborted) return undefined;
      }
      return { times, images };
    });
    meter.trained(measured.images);
    this.throughput = { times: measured.times, cost: fitStepCost(measured.times) };
    onEvent?.({ type: "throughput", throughput: this.throughput });
  }

  /**
   * A range test of each optimizer, within a half of `limit` trainings.
   *
   * @throws CW_RANGE_TEST where none of them made the loss smaller
   */
  async findRates(optimizers: readonly OptimizerName[], batchSize: number, limit: number): Promise<void> {
    const { model: source, data, meter, epochs, seed, signal, onEvent } = this.#parts;
    const affordable = (0.5 * limit * epochs * data.train.size) / (optimizers.length * batchSize);
    const steps = Math.round(Math.min(RANGE_STEPS, Math.max(LEAST_RANGE_STEPS, affordable)));
    const guess = choicesOf(data.train).guessLoss;
    let failure: unknown;
    for (const optimizer of optimizers) {
      const points = await this.once<RangePoint[]>(`range ${optimizer}`, async () => {
        const model = await freshModel(source, seed);
        try {
          const range = rangeOf(optimizer);
          const found = await runRangeTest(model, data.train, {
            optimizer,
            batchSize,
            range,
            steps,
            seed,
            signal,
          });
          return signal?.aborted ? undefined : found;
        } finally {
          model.dispose();
        }
      });
      meter.trained(points.length * batchSize);
      try {
        const test = { optimizer, batchSize, points, reading: readRangeTest(points, guess) };
        this.rangeTests.push(test);
        onEvent?.({ type: "rangeTest", test });
      } catch (error) {
        failure = error;
      }
    }
    if (this.rangeTests.length === 0) throw failure;
  }

  /** The noise scale behind a tenth of a training with this optimizer and rate. */
  async measureNoise({ optimizer, learningRate }: Candidate, batchSize: number): Promise<void> {
    const { model: source, data, meter, epochs: all, seed, signal, onEvent } = this.#parts;
    const { train: images } = data;
    const steps = Math.max(1, Math.round((WARM * all * images.size) / batchSize));
    const measured = await this.once("noise scale", async () => {
      const model = await freshModel(source, seed);
      try {
        const options = { batchSize, optimizer, learningRate, learningRateSchedule: "constant", seed } as const;
        const epochs = Math.ceil(steps / Math.ceil(images.size / batchSize));
        let done = 0;
        for await (const event of train(model, images, {
          ...options,
          epochs,
          compile: false,
          ...(signal && { signal }),
        })) {
          if (event.type === "step" && ++done === steps) break;
        }
        if (signal?.aborted) return undefined;
        return await measureGradients(model, images, { ...NOISE, seed });
      } catch (error) {
        // The rate was too high to go on with: the noise scale stays unknown.
        if (!(error instanceof CellwrightError && error.code === "CW_LOSS_NAN")) throw error;
        return { smallBatch: 1, largeBatch: 8, norms: [] };
      } finally {
        model.dispose();
      }
    });
    meter.trained(steps * batchSize + measured.norms.length * measured.largeBatch);
    const scale = simpleNoiseScale(measured.norms, measured.smallBatch, measured.largeBatch);
    this.noiseScale = { ...measured, images: Number.isFinite(scale) ? scale : null };
    onEvent?.({ type: "noiseScale", noiseScale: this.noiseScale });
  }

  /**
   * A piece of work, done once.
   *
   * @throws Stopped where the signal has stopped it
   */
  async once<Value>(name: string, work: () => Promise<Value | undefined>): Promise<Value> {
    const { journal, signal } = this.#parts;
    if (signal?.aborted) throw new Stopped();
    const value = await journal.once(name, work);
    if (value === undefined) throw new Stopped();
    return value;
  }
}
