/**
 * What decoding and augmenting cost beside a training step: pictures of a folder, decoded when they are read, a policy of two operations, on each back end that is installed.
 *
 * Every figure is milliseconds for a batch of 64 pictures, JPEG of 256x192 made small to 64x64: the step alone (pictures decoded before, no augmentation), decoding alone, augmentation alone, the sum of the three, and a training that does all of it. One
 * after the other would take the sum; side by side, no less than the longest of them and than all the work divided by the cores. The sides take turns for some rounds; medians are compared. No picture is kept from epoch to epoch.
 *
 * Usage: node tests/bench/read-ahead.bench.mjs [steps an epoch, by default 25] [rounds, by default 5]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { randAugment } from "cellwright/augment";
import { listBackends, use } from "cellwright/backend";
import { imageFolder } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { train } from "cellwright/train";
import sharp from "sharp";

const BATCH = 64;
const steps = Number(process.argv[2] ?? 25);
const rounds = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), "cellwright-read-ahead-"));
try {
  await writePictures();
  const loaded = await imageFolder(folder, { size: 64 });
  process.stdout.write(
    `  milliseconds for a batch of ${BATCH} (${steps} steps, ${rounds} rounds, ${availableParallelism()} cores)\n`,
  );
  const backends = listBackends().filter(({ installed, name }) => installed && ["tfjs-node", "wasm"].includes(name));
  for (const { name } of backends) {
    await use(name);
    /** @type {Record<string, number[]>} */
    const times = { step: [], decode: [], augment: [], all: [] };
    for (let round = 0; round <= rounds; round++) {
      const streamed = await imageFolder(folder, { size: 64, decode: "ahead", cacheBytes: 3 * BATCH * 64 * 64 * 3 });
      const measured = {
        step: await trained(loaded, {}),
        decode: await decoded(streamed),
        augment: augmented(loaded),
        all: await trained(streamed, { augment: policy() }),
      };
      // The first round warms up.
      if (round > 0) for (const [key, time] of Object.entries(measured)) times[key].push(time);
    }
    const [step, decode, augment, all] = Object.values(times).map(median);
    const sum = step + decode + augment;
    process.stdout.write(
      `    ${name.padEnd(10)} step ${step.toFixed(1)}, decoding ${decode.toFixed(1)}, augmentation ${augment.toFixed(1)}: sum ${sum.toFixed(1)}; all in one training ${all.toFixed(1)} (${(all / sum).toFixed(2)} of the sum, ${(all / step).toFixed(2)} times the step alone)\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

function policy() {
  return randAugment({ n: 2, m: 9 });
}

/**
 * A step of a training, from its sixth to its last.
 * @param {import("cellwright/data").Dataset} data
 * @param {object} options
 */
async function trained(data, options) {
  const model = smallCnn({ inputShape: [64, 64, 3], classes: 4, seed: 1 });
  let begin = 0;
  for await (const event of train(model, data, {
    epochs: 1,
    batchSize: BATCH,
    seed: 1,
    compile: true,
    workers: availableParallelism(),
    ...options,
  })) {
    // biome-ignore format: one line
    if (event.type === "step" && event.step === 5) begin = performance.now();
    if (event.type === "step" && event.step === steps) break;
  }
  const time = (performance.now() - begin) / (steps - 5);
  model.dispose();
  return time;
}

/** @param {import("cellwright/data").Dataset} data */
async function decoded(data) {
  const begin = performance.now();
  for await (const batch of data.batch(BATCH)) batch.dispose();
  return (performance.now() - begin) / steps;
}

/** @param {import("cellwright/data").Dataset} data */
function augmented(data) {
  const augment = policy();
  let time = 0;
  for (const batch of data.batch(BATCH)) {
    const begin = performance.now();
    augment(batch.images, new Random(2)).dispose();
    time += performance.now() - begin;
    batch.dispose();
  }
  return time / steps;
}

async function writePictures() {
  const random = new Random(1);
  for (let i = 0; i < steps * BATCH; i++) {
    const raw = Uint8Array.from(random.fillUniform(new Float32Array(16 * 12 * 3)), (value) => 256 * value);
    const picture = sharp(raw, { raw: { width: 16, height: 12, channels: 3 } }).resize({ width: 256, height: 192 });
    mkdirSync(join(folder, `${i % 4}`), { recursive: true });
    writeFileSync(join(folder, `${i % 4}`, `${i}.jpg`), await picture.jpeg({ quality: 90 }).toBuffer());
  }
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
