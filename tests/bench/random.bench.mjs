/**
 * Nanoseconds a number: the library's streams beside Math.random and TensorFlow.js's generators.
 */
import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";

const N = 1_000_000;
const ROUNDS = 7;
await use("wasm");
const random = new Random(1);
const out = new Float32Array(N);

/**
 * The best of several rounds, in nanoseconds a number.
 *
 * @param {() => unknown} round draws N numbers
 */
function measure(round) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    round();
    best = Math.min(best, performance.now() - start);
  }
  return (best / N) * 1e6;
}

let sum = 0;
/** @type {(draw: () => number) => () => void} */
const singly = (draw) => () => {
  for (let i = 0; i < N; i++) sum += draw();
};

compare("one uniform number", ["float", singly(() => random.float())], ["Math.random", singly(Math.random)]);
compare(
  "a million uniform numbers",
  ["fillUniform", () => random.fillUniform(out)],
  ["tf.randomUniform", () => tf.randomUniform([N], 0, 1, "float32", 1).dispose()],
);
compare(
  "a million normal numbers",
  ["fillNormal", () => random.fillNormal(out)],
  ["tf.randomNormal", () => tf.randomNormal([N], 0, 1, "float32", 1).dispose()],
);
compare(
  "an order of a million",
  ["permutation", () => random.permutation(N)],
  ["tf.util.shuffle", () => tf.util.shuffle(Uint32Array.from({ length: N }, (_, i) => i))],
);

/**
 * @param {string} what
 * @param {[string, () => unknown]} ours
 * @param {[string, () => unknown]} peer
 */
function compare(what, [name, round], [peerName, peerRound]) {
  const time = measure(round);
  const peerTime = measure(peerRound);
  const ratio = (peerTime / time).toFixed(2);
  process.stdout.write(
    `  ${what.padEnd(27)} ${name} ${time.toFixed(1)} ns, ${peerName} ${peerTime.toFixed(1)} ns: ${ratio} times as fast\n`,
  );
}
if (Number.isNaN(sum)) process.exitCode = 1;
