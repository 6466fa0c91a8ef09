/**
 * Images a second through RandAugment's two operations: this library on WebAssembly beside Albumentations, one thread each, in turn.
 *
 * Both draw 2 of RandAugment's 14 operations at magnitude 9 of 30 for each RGB image, bilinear; Albumentations on 8-bit images, its
 * fast path, one after another, this library on float32 batches of 64, which is what its models take. Python with albumentations is
 * looked for at CELLWRIGHT_PYTHON; without it its column is left out. With --each every transform is timed alone as well.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compose, randAugment, transforms } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";

const SIDES = [32, 224];
const BATCH = 64;
const SECONDS = 1;
const ROUNDS = 5;
let failed = false;
const detailed = process.argv.includes("--each");

await use("wasm");
const random = new Random(1);
for (const side of SIDES) {
  const images = tf.tensor4d(random.fillUniform(new Float32Array(BATCH * side * side * 3)), [BATCH, side, side, 3]);
  const rates = [rate(randAugment({ n: 2, m: 9 }), images)];
  const peers = [];
  for (let round = 1; round < ROUNDS; round++) {
    const peer = peerRate(side);
    if (peer !== undefined) peers.push(peer);
    rates.push(rate(randAugment({ n: 2, m: 9 }), images));
  }
  const ours = median(rates);
  let line = `  ${side}x${side}: ${ours.toFixed(0)} images/s`;
  if (peers.length > 0) {
    const theirs = median(peers);
    line += `, Albumentations ${theirs.toFixed(0)}: ${(ours / theirs).toFixed(2)} times as fast`;
  }
  process.stdout.write(`${line}\n`);
  if (detailed) {
    for (const { name, identity, range } of Object.values(transforms)) {
      const value = identity + 0.3 * (range[1] === identity ? range[0] - identity : range[1] - identity);
      const one = rate(compose([{ transform: name, values: [value] }]), images);
      const nanoseconds = 1e9 / one / (side * side * 3);
      process.stdout.write(
        `    ${name.padEnd(13)} ${one.toFixed(0).padStart(7)} images/s, ${nanoseconds.toFixed(2)} ns a number\n`,
      );
    }
  }
  images.dispose();
}
if (!process.env.CELLWRIGHT_PYTHON) {
  process.stdout.write("  without Albumentations: set CELLWRIGHT_PYTHON to a Python that has it\n");
}

/**
 * @param {import("cellwright/augment").BatchTransform} augment
 * @param {import("cellwright/backend").tf.Tensor4D} images
 */
function rate(augment, images) {
  augment(images, random).dispose();
  const start = performance.now();
  let count = 0;
  let step = 0;
  do {
    augment(images, random.split(step++)).dispose();
    count += BATCH;
  } while (performance.now() - start < SECONDS * 1000);
  return (count / (performance.now() - start)) * 1000;
}

/** @param {number} side */
function peerRate(side) {
  const python = process.env.CELLWRIGHT_PYTHON;
  if (!python || failed) return undefined;
  const script = fileURLToPath(new URL("albumentations-rate.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, String(side), String(SECONDS)], { encoding: "utf8" });
  if (status === 0) return Number(stdout);
  failed = true;
  process.stdout.write(`  Albumentations did not run: ${stderr.trim().split("\n").at(-1)}\n`);
  return undefined;
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
