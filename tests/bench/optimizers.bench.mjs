/**
 * One update of the small CNN's eight variables (206,922 numbers) on the WebAssembly back end: the library's optimizers beside those of TensorFlow.js. Both are timed in turn, several rounds, in one process; medians.
 *
 * Usage: node tests/bench/optimizers.bench.mjs
 */
import { tf, use } from "cellwright/backend";
import { smallCnn } from "cellwright/models";
import { optimizer, optimizerNames } from "cellwright/optim";

const ROUNDS = 6;
const UPDATES = 60;
const WARM_UP = 20;

await use("wasm");
const model = smallCnn({ inputShape: [28, 28, 1], classes: 10, seed: 7 });
const variables = model.trainableWeights.map((weight) => weight.read());
const gradients = Object.fromEntries(variables.map((it) => [it.name, tf.randomNormal(it.shape, 0, 0.01)]));

/** @type {Record<string, () => tf.Optimizer>} */
const peers = {
  sgd: () => tf.train.sgd(0.01),
  momentum: () => tf.train.momentum(0.01, 0.9),
  rmsprop: () => tf.train.rmsprop(0.001),
  adam: () => tf.train.adam(0.001),
};

/** @type {Map<string, number[]>} */
const times = new Map();
for (let round = 0; round < ROUNDS; round++) {
  for (const name of optimizerNames) {
    time(name, () => optimizer(name));
    const peer = peers[name];
    if (peer) time(`tf ${name}`, peer);
  }
}
for (const name of optimizerNames) {
  const ours = median(name);
  const peer = times.has(`tf ${name}`) ? median(`tf ${name}`) : undefined;
  const ratio = peer ? `   TensorFlow.js ${peer.toFixed(3)} ms, ${(peer / ours).toFixed(2)} times ours` : "";
  process.stdout.write(`  ${name.padEnd(10)} ${ours.toFixed(3)} ms${ratio}\n`);
}

/**
 * @param {string} name
 * @param {() => tf.Optimizer} make
 */
function time(name, make) {
  const it = make();
  const list = times.get(name) ?? [];
  times.set(name, list);
  for (let update = 0; update < WARM_UP + UPDATES; update++) {
    const start = performance.now();
    it.applyGradients(gradients);
    if (update >= WARM_UP) list.push(performance.now() - start);
  }
  it.dispose();
}

/** @param {string} name */
function median(name) {
  const sorted = [...(times.get(name) ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
