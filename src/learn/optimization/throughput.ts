/**
 * How long a training step takes, by batch size, on this back end: t(B) = fixed + B · perImage.
 *
 * Measured on the real loop, with its data and its optimizer. The least of several steps counts: whatever else the machine does can only add to it.
 */
import type { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { train } from "../../train/index.ts";

/** Steps that are not timed: the first make the optimizer's state and warm caches. */
const WARM_UP = 2;
/** Steps that are timed: so many images, within these bounds. A short step is disturbed more easily. */
const TIMED = { images: 1024, least: 3, most: 32 };

/** The seconds of a step with a batch of this size. */
export interface StepTime {
  readonly batchSize: number;
  readonly seconds: number;
}

/** A line through step times. */
export interface StepCost {
  /** Seconds that every step takes, whatever its size. */
  readonly fixed: number;
  /** Seconds an image. */
  readonly perImage: number;
}

/** Times steps of one batch size. It trains `model`. `compile` as the final training will. */
export async function timeSteps(
  model: tf.LayersModel,
  dataset: Dataset,
  batchSize: number,
  compile: boolean,
): Promise<{ time: StepTime; images: number }> {
  const timed = Math.min(TIMED.most, Math.max(TIMED.least, Math.round(TIMED.images / batchSize)));
  const whole = Math.max(1, Math.floor(dataset.size / batchSize));
  const data = dataset.take(Math.min(whole, WARM_UP + timed) * Math.min(batchSize, dataset.size));
  let seconds = Number.POSITIVE_INFINITY;
  let steps = 0;
  let last = 0;
  const epochs = Math.ceil((WARM_UP + timed) / Math.ceil(data.size / batchSize));
  for await (const event of train(model, data, { epochs, batchSize, optimizer: "adam", learningRate: 1e-6, compile })) {
    if (event.type !== "step") continue;
    const now = performance.now();
    if (++steps > WARM_UP) seconds = Math.min(seconds, (now - last) / 1000);
    if (steps === WARM_UP + timed) break;
    last = performance.now();
  }
  return { time: { batchSize, seconds }, images: steps * Math.min(batchSize, dataset.size) };
}

/** The line through step times that is nearest in relative terms; neither of its parts is negative. */
export function fitStepCost(times: readonly StepTime[]): StepCost {
  if (times.length === 1) return { fixed: 0, perImage: times[0]!.seconds / times[0]!.batchSize };
  // Least squares of (fixed + perImage B - t) / t.
  let [aa, ab, bb, a1, b1] = [0, 0, 0, 0, 0];
  for (const { batchSize, seconds } of times) {
    const a = 1 / seconds;
    const b = batchSize / seconds;
    aa += a * a;
    ab += a * b;
    bb += b * b;
    a1 += a;
    b1 += b;
  }
  const determinant = aa * bb - ab * ab;
  const fixed = (a1 * bb - b1 * ab) / determinant;
  const perImage = (b1 * aa - a1 * ab) / determinant;
  if (!(fixed > 0)) return { fixed: 0, perImage: b1 / bb };
  if (!(perImage > 0)) return { fixed: a1 / aa, perImage: 0 };
  return { fixed, perImage };
}
