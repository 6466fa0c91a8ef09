/**
 * The learning rate range test (Smith 2017, section 3.3): a short training whose rate grows from step to step, until the loss gets worse.
 *
 * Two rates are read from the smoothed loss: where half of its fall is done, and where it is lowest. The proposal is half of their geometric mean. Over four seeds and seven pairs of data and model the first varied by a factor of 1.3 with Adam, the second by 1.6;
 * the steepest point, which is often taken, by 10, as on a flat start the noise is steeper than the fall (measured).
 *
 * A fresh network is often surer of itself than guessing is; to unlearn that takes the smallest of rates, and says nothing about the rate that learns. So a second proposal is read from the fall below the loss of guessing alone. Where a test hardly comes below it,
 * that is noise: it is one to race, not one to trust.
 */
import type { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import type { OptimizerName } from "../../optim/index.ts";
import { train } from "../../train/index.ts";

const SMOOTHING = 0.8;
/** The test ends where the smoothed loss has risen by this share of what had been won, and by this share of the first loss. */
const RISE = 0.5;
const LEAST_RISE = 0.25;
/** What the proposal is of the geometric mean. */
const SHARE = 0.5;
/** Steps whose mean is the loss that the fall begins from. */
const START = 8;

/** One step of a test. */
export interface RangePoint {
  readonly learningRate: number;
  /** Of the batch; null where it was no number. */
  readonly loss: number | null;
}

/** What a test says. */
export interface RangeReading {
  /** The proposal. */
  readonly learningRate: number;
  /** The proposal by the fall below guessing; the same where the test has not come below it. */
  readonly belowGuess: number;
  /** Where half of the fall of the smoothed loss was done. */
  readonly halfway: number;
  /** Where the smoothed loss was lowest. */
  readonly lowest: number;
  /** The last rate of the test. */
  readonly end: number;
  /** Whether the loss had got worse there, rather than the range being over. */
  readonly diverged: boolean;
}

/** Rates that grow by the same factor from `low` to `high`. */
export function geometric(low: number, high: number, steps: number): (step: number) => number {
  return (step) => low * (high / low) ** (step / Math.max(1, steps - 1));
}

/** Trains `model` through the range. */
export async function runRangeTest(
  model: tf.LayersModel,
  dataset: Dataset,
  options: {
    readonly optimizer: OptimizerName;
    readonly batchSize: number;
    readonly range: readonly [number, number];
    readonly steps: number;
    readonly seed: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<RangePoint[]> {
  const { optimizer, batchSize, range, steps, seed, signal } = options;
  const points: RangePoint[] = [];
  const epochs = Math.ceil(steps / Math.ceil(dataset.size / batchSize));
  const learningRateSchedule = geometric(...range, steps);
  try {
    const run = train(model, dataset, {
      epochs,
      batchSize,
      seed,
      optimizer,
      learningRateSchedule,
      ...(signal && { signal }),
    });
    for await (const event of run) {
      if (event.type !== "step") continue;
      points.push({ learningRate: event.learningRate, loss: event.loss });
      if (points.length === steps || isDiverged(points)) break;
    }
  } catch (error) {
    if (!(error instanceof CellwrightError && error.code === "CW_LOSS_NAN")) throw error;
    points.push({ learningRate: learningRateSchedule(points.length), loss: null });
  }
  return points;
}

/** Exponential mean of the losses so far, corrected for its start. */
export function smoothed(points: readonly RangePoint[]): number[] {
  let mean = 0;
  return points.map(({ loss }, i) => {
    mean = SMOOTHING * mean + (1 - SMOOTHING) * (loss ?? Number.POSITIVE_INFINITY);
    return mean / (1 - SMOOTHING ** (i + 1));
  });
}

function isDiverged(points: readonly RangePoint[]): boolean {
  const losses = smoothed(points);
  const last = losses.at(-1)!;
  if (!Number.isFinite(last)) return true;
  const lowest = Math.min(...losses);
  const start = losses[0]!;
  return points.length > 10 && last > lowest + Math.max(RISE * (start - lowest), LEAST_RISE * start);
}

/**
 * Reads a test.
 *
 * @param guess the loss of guessing; it has no say where the test has not come below it
 * @throws CW_RANGE_TEST where no rate made the loss smaller
 */
export function readRangeTest(points: readonly RangePoint[], guess = Number.POSITIVE_INFINITY): RangeReading {
  const finite = points.filter(({ loss }) => loss !== null && Number.isFinite(loss));
  const losses = smoothed(finite);
  const lowestAt = losses.indexOf(Math.min(...losses));
  const diverged = finite.length < points.length || isDiverged(finite);
  if (finite.length < 5 || lowestAt < 3) {
    throw new CellwrightError(
      "CW_RANGE_TEST",
      `no learning rate from ${points[0]?.learningRate} to ${points.at(-1)?.learningRate} made the loss smaller: check the labels, or whether the model can learn`,
    );
  }
  const first = finite.slice(0, START);
  const begun = first.reduce((sum, { loss }) => sum + loss!, 0) / first.length;
  const lowestLoss = losses[lowestAt]!;
  const lowest = finite[lowestAt]!.learningRate;
  const halfwayFrom = (start: number) =>
    finite[losses.findIndex((loss) => loss <= (start + lowestLoss) / 2)]!.learningRate;
  const proposal = (halfway: number) => SHARE * Math.sqrt(halfway * lowest);
  const halfway = halfwayFrom(begun);
  const learningRate = proposal(halfway);
  const belowGuess = lowestLoss < guess ? proposal(halfwayFrom(Math.min(begun, guess))) : learningRate;
  const end = points.at(-1)!.learningRate;
  return { learningRate, belowGuess, halfway, lowest, end, diverged };
}
