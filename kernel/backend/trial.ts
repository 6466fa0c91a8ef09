/**
 * A back end at work, in a process of its own: `trial.js NAME SECONDS`. It trains a small convolutional network on made-up images
 * for so long and prints one line of JSON. A back end is native code that may take its process with it; here that harms nobody.
 */

import type { BackendName } from "../../src/backend/index.ts";
import { current, use } from "../../src/backend/index.ts";
import { fromArrays } from "../../src/data/index.ts";
import { smallCnn } from "../../src/models/index.ts";
import { Random } from "../../src/random/index.ts";
import { train } from "../../src/train/index.ts";

const BATCH = 64;
const IMAGES = 4096;
const CLASSES = 10;
const WARM_UP = 3;

/** What a trial found. */
export interface Trial {
  readonly backend: string;
  readonly reason: string;
  /** Of the first step and the last. */
  readonly losses: readonly [number, number];
  /** Of training, warm-up left out; 0 where there was no step after it. */
  readonly imagesPerSecond: number;
}

async function run(name: BackendName, seconds: number): Promise<Trial> {
  await use(name);
  const random = new Random(1);
  const labels = Int32Array.from({ length: IMAGES }, (_, i) => i % CLASSES);
  const images = random.fillUniform(new Float32Array(IMAGES * 784), 0, 0.5);
  // Something to learn: a bright row whose height is the class.
  for (const [i, label] of labels.entries()) images.fill(1, i * 784 + label * 56, i * 784 + label * 56 + 56);
  const data = fromArrays({ images, labels, imageShape: [28, 28, 1] });
  const model = smallCnn({ inputShape: [28, 28, 1], classes: CLASSES, seed: 1 });
  const losses: number[] = [];
  let begun = 0;
  let ended = 0;
  for await (const event of train(model, data, { epochs: 10_000, batchSize: BATCH, seed: 1 })) {
    if (event.type !== "step") continue;
    losses.push(event.loss);
    ended = performance.now();
    if (losses.length <= WARM_UP) begun = ended;
    else if (ended - begun >= seconds * 1000) break;
  }
  const { name: backend, reason } = current()!;
  const timed = losses.length - WARM_UP;
  const imagesPerSecond = (timed * BATCH * 1000) / Math.max(ended - begun, 1e-6);
  return { backend, reason, losses: [losses[0]!, losses.at(-1)!], imagesPerSecond };
}

const [name, seconds] = process.argv.slice(2);
try {
  process.stdout.write(`${JSON.stringify(await run(name as BackendName, Number(seconds)))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
