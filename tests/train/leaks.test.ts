/**
 * What a long run holds: as many tensors after 1,000 steps as after two, and as much memory after 20 epochs as after a few.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compose, randAugment, transforms } from "cellwright/augment";
import { listBackends, tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { initializeWeights, smallCnn, stochasticDepth } from "cellwright/models";
import { Random } from "cellwright/random";
import { type TrainOptions, train } from "cellwright/train";
import { describe, expect, it } from "vitest";

const everything: Partial<TrainOptions> = {
  augment: compose([
    ...Object.keys(transforms).map((name) => ({ transform: name as keyof typeof transforms, probability: 0.2 })),
    randAugment(),
  ]),
  mixup: 0.2,
  cutmix: 1,
  labelSmoothing: 0.1,
  classWeights: "balanced",
  focalGamma: 2,
  weightDecay: 0.01,
  globalClipNorm: 1,
  ema: 0.9,
  optimizer: "lamb",
};

/** A tiny network with every kind of layer that draws at random, and batch normalisation. */
function tiny(): tf.LayersModel {
  const trunk = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [2], dense: 0, dropout: 0.2, batchNorm: true });
  const input = trunk.inputs[0]!;
  const features = trunk.layers.at(-2)!.output as tf.SymbolicTensor;
  const wide = tf.layers.dense({ units: 8 }).apply(features) as tf.SymbolicTensor;
  const branch = tf.layers.dense({ units: 8 }).apply(wide) as tf.SymbolicTensor;
  const kept = stochasticDepth({ rate: 0.3 }).apply(branch) as tf.SymbolicTensor;
  const outputs = tf.layers.dense({ units: 10 }).apply(tf.layers.add().apply([wide, kept])) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs });
  initializeWeights(model, new Random(1));
  return model;
}

const backends = listBackends().filter(({ name, installed }) => installed && (name === "wasm" || name === "tfjs-node"));
describe.each(backends.map(({ name }) => name))("1,000 steps on %s", (backend) => {
  it("with every regularizer and every transform: as many tensors as after the second", async () => {
    await use(backend);
    const data = (await digits()).take(200);
    const before = tf.memory();
    const model = tiny();
    const own = tf.memory().numTensors;
    const counts = new Set<number>();
    let held = 0;
    let steps = 0;
    const options = { epochs: 20, batchSize: 4, seed: 1, validation: data.take(20), ...everything };
    for await (const event of train(model, data, options)) {
      if (event.type !== "step") continue;
      steps++;
      // The first update makes the averages, which the next step is the first to find.
      // At the end of an epoch there is no next batch to be held ready.
      if (steps > 1 && steps % 50 !== 0) counts.add(tf.memory().numTensors);
      if (steps === 1) held = tf.memory().numBytes;
    }
    expect(steps).toBe(1000);
    expect(counts.size).toBe(1);
    expect([...counts][0]! - own).toBeLessThan(200);
    expect(held).toBeGreaterThan(before.numBytes);
    expect(tf.memory().numTensors).toBe(own);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });
});

it("20 epochs: resident memory is flat", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cellwright-memory-"));
  const script = fileURLToPath(new URL("resident-memory.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script, join(folder, "run")]);
  await rm(folder, { recursive: true });
  const epochs = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, number>);
  expect(epochs).toHaveLength(20);
  // The least of five epochs: a file being read or written comes and goes, a leak stays.
  const least = (key: string, from: number) => Math.min(...epochs.slice(from, from + 5).map((epoch) => epoch[key]!));
  const growth = (key: string) => least(key, 15) - least(key, 5);
  expect(new Set(epochs.map(({ tensors }) => tensors)).size).toBe(1);
  // Ten epochs of 320 images are .8 MB of pixels and 10 MB of activations: a leak of any of them shows.
  const megabyte = 2 ** 20;
  expect(growth("arrayBuffers")).toBeLessThan(0.5 * megabyte);
  expect(growth("heapUsed")).toBeLessThan(2 * megabyte);
  expect(growth("rss")).toBeLessThan(16 * megabyte);
});
