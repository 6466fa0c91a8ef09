/**
 * The library's WebAssembly kernels beside what runs without them (TensorFlow.js's kernels and plain loops), and the steps they make up.
 *
 * Kernels take the shapes of the small network (MNIST, batch 64) and of MobileNetV1 .25 (96x96, batch 32), in float32. Both sides take turns in
 * one process, and the least time of each counts: what others do on the machine only adds to it. For convolutions the rate in GFLOP/s is given,
 * beside that of TensorFlow.js's product of matrices. Of a whole step the time counts for which its thread ran, as Linux tells it. A step's bound is the time of its convolutions' and products' arithmetic at the best rate that was seen.
 *
 * Usage: node tests/bench/wasm-kernels.bench.mjs [steps, by default 100] [rounds, by default 3]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";

const steps = Number(process.argv[2] ?? 100);
const rounds = Number(process.argv[3] ?? 3);
const random = new Random(1);
await use("wasm");

/** @param {number[]} shape */
const normal = (...shape) =>
  tf.tensor(random.fillNormal(new Float32Array(shape.reduce((product, side) => product * side, 1))), shape);
/** @type {(name: string, inputs: Record<string, tf.Tensor>, attrs?: object) => () => void} */
const kernel = (name, inputs, attrs) => () => {
  tf.dispose(tf.engine().runKernel(name, inputs, /** @type {tf.NamedAttrMap} */ (attrs)));
};

let best = matrixProduct();
process.stdout.write(`  TensorFlow.js's product of matrices: ${best.toFixed(1)} GFLOP/s\n\n`);
process.stdout.write(`  ${"kernel".padEnd(52)} before, ms   after, ms   times as fast   GFLOP/s\n`);
for (const [n, side, inputs, outputs, filter, stride] of [
  [64, 28, 1, 16, 3, 1],
  [64, 14, 16, 32, 3, 1],
  [16, 14, 16, 32, 3, 1],
  [32, 96, 3, 8, 3, 2],
  [32, 24, 32, 32, 1, 1],
  [32, 6, 128, 128, 1, 1],
]) {
  convolution(false, n, side, inputs, outputs, filter, stride);
}
for (const [side, channels, stride] of [[48, 8, 1], [24, 32, 2], [6, 128, 1]]) convolution(true, 32, side, channels, channels, 3, stride); // biome-ignore format: one line
others();
process.stdout.write(
  `\n  ${"training step, one thread".padEnd(34)} before, ms   after, ms   times as fast   bound, ms\n`,
);
for (const [name, task, count, flops] of /** @type {[string, string, number, number][]} */ ([
  ["small network, batch 64", "cnn", steps, smallFlops()],
  ["with batch normalisation", "norm", steps, smallFlops()],
  ["MobileNetV1 .25, 96x96, batch 32", "mobilenet", Math.max(8, Math.round(steps / 10)), mobileNetFlops()],
])) {
  const before = [];
  const after = [];
  for (let round = 0; round < rounds; round++) {
    after.push(step(task, count, true));
    before.push(step(task, Math.ceil(count / 4), false));
  }
  const [old, now] = [median(before), median(after)];
  const bound = flops / best / 1e6;
  process.stdout.write(
    `  ${name.padEnd(34)} ${old.toFixed(1).padStart(10)}  ${now.toFixed(1).padStart(10)}  ${(old / now).toFixed(1).padStart(14)}  ${bound.toFixed(1).padStart(10)} (${Math.round((100 * bound) / now)} %)\n`,
  );
}

/** @param {number[]} values */
function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** GFLOP/s */
function matrixProduct() {
  const [a, b] = [normal(512, 512), normal(512, 512)];
  const [time] = least(kernel("BatchMatMul", { a, b }, { transposeA: false, transposeB: false }));
  return (2 * 512 ** 3) / time / 1e6;
}

/**
 * The least milliseconds of each, by turns.
 * @param {(() => void)[]} sides
 */
function least(...sides) {
  const times = sides.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < 60; turn++) {
    sides.forEach((side, i) => {
      const start = performance.now();
      side();
      times[i] = Math.min(times[i], performance.now() - start);
    });
  }
  return times;
}

/**
 * @param {string} name
 * @param {() => void} action
 * @param {number} [flops]
 */
function compare(name, action, flops) {
  const { wasm } = /** @type {{ wasm: { asm: object } }} */ (/** @type {unknown} */ (tf.backend()));
  const { asm } = wasm;
  const hidden = { ...asm, memory: undefined };
  const [old, now] = least(() => {
    wasm.asm = hidden;
    action();
    wasm.asm = asm;
  }, action);
  const rate = flops ? flops / now / 1e6 : undefined;
  if (rate) best = Math.max(best, rate);
  process.stdout.write(
    `  ${name.padEnd(52)} ${old.toFixed(3).padStart(10)}  ${now.toFixed(3).padStart(10)}  ${(old / now).toFixed(1).padStart(14)}  ${rate?.toFixed(1).padStart(8) ?? ""}\n`,
  );
}

/**
 * @param {boolean} depthwise
 * @param {number} n
 * @param {number} side
 * @param {number} inputs
 * @param {number} outputs
 * @param {number} filter
 * @param {number} stride
 */
function convolution(depthwise, n, side, inputs, outputs, filter, stride) {
  const out = Math.ceil(side / stride);
  const x = normal(n, side, side, inputs);
  const dy = normal(n, out, out, outputs);
  const filterShape = depthwise ? [filter, filter, inputs, 1] : [filter, filter, inputs, outputs];
  const w = normal(...filterShape);
  const prefix = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
  const attrs = { strides: [stride, stride], dilations: [1, 1], pad: "same", dataFormat: "NHWC" };
  const flops = 2 * n * out * out * filter * filter * outputs * (depthwise ? 1 : inputs);
  const shape = `${n}x${side}x${side}x${inputs} ${filter}x${filter}/${stride}${depthwise ? "" : ` to ${outputs}`}`;
  const rated = depthwise ? undefined : flops;
  compare(`${depthwise ? "depthwise" : "convolution"} ${shape}`, kernel(prefix, { x, filter: w }, attrs), rated);
  const backFilter = kernel(`${prefix}BackpropFilter`, { x, dy }, { ...attrs, filterShape });
  const backInput = kernel(`${prefix}BackpropInput`, { dy, filter: w }, { ...attrs, inputShape: x.shape });
  compare("  its gradient for the filter", backFilter, rated);
  if (inputs > 3) compare("  its gradient for the input", backInput, rated);
  tf.dispose([x, dy, w]);
}

function others() {
  const x = normal(64, 28, 28, 16);
  const pooled = normal(64, 14, 14, 16);
  const pool = { filterSize: [2, 2], strides: [2, 2], pad: "valid" };
  compare("max pool's gradient 64x28x28x16", kernel("MaxPoolGrad", { dy: pooled, input: x, output: pooled }, pool));
  compare("average pool's gradient 64x28x28x16", kernel("AvgPoolGrad", { dy: pooled, input: x }, pool));
  compare("sum over all but channels 64x28x28x16", kernel("Sum", { x }, { axis: [0, 1, 2], keepDims: false }));
  const gradient = (/** @type {(x: tf.Tensor) => tf.Tensor} */ action) => () => tf.dispose(tf.grad(action)(x, x));
  compare("relu, forward and backward 64x28x28x16", gradient(tf.relu));
  compare(
    "relu6, forward and backward 64x28x28x16",
    gradient((a) => tf.relu6(a)),
  );
  const layer = tf.layers.batchNormalization({});
  const norm = gradient((a) => /** @type {tf.Tensor} */ (layer.apply(a, { training: true })));
  compare("batch normalisation, forward and backward, the same", norm);
  tf.dispose([x, pooled]);
}

/**
 * The milliseconds for which the thread runs in a step (median), in a process of its own.
 * @param {string} task
 * @param {number} count
 * @param {boolean} vectors
 */
function step(task, count, vectors) {
  const bench = fileURLToPath(new URL("training.bench.mjs", import.meta.url));
  const preload = vectors ? [] : ["--import", new URL("without-vectors.mjs", import.meta.url).href];
  const args = [...preload, bench, "side", task, "wasm", "alone", String(count)];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1e8 });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout).thread;
}

/** Forward, both gradients, but none for the images. */
function smallFlops() {
  const [one, two, dense] = [28 * 28 * 9 * 16, 14 * 14 * 9 * 16 * 32, 1568 * 10];
  return 2 * 64 * (2 * one + 3 * two + 3 * dense);
}

function mobileNetFlops() {
  let [side, channels] = [48, 8];
  let sum = 2 * 48 * 48 * 27 * 8;
  for (const [filters, stride] of [
    [16, 1],
    [32, 2],
    [32, 1],
    [64, 2],
    [64, 1],
    [128, 2],
    ...Array(5).fill([128, 1]),
    [256, 2],
    [256, 1],
  ]) {
    // biome-ignore format: one line
    side /= stride;
    sum += 3 * side * side * channels * (9 + filters);
    channels = filters;
  }
  return 2 * 32 * (sum + 3 * 256 * 10);
}
