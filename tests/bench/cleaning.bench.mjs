/**
 * Label issues of a million examples of a hundred classes, float32, beside cleanlab on the same file in the same run: seconds, peak memory,
 * and whether both name the same examples. Both are timed in turn, several rounds; the best of each.
 *
 * Usage: node tests/bench/cleaning.bench.mjs [EXAMPLES]   (CELLWRIGHT_PYTHON names a Python with cleanlab)
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findLabelIssues } from "cellwright/cleaning";
import { Random } from "cellwright/random";

const examples = Number(process.argv[2] ?? 1_000_000);
const classes = 100;
const rounds = 3;
const folder = mkdtempSync(join(tmpdir(), "cellwright-cleaning-"));
const files = [join(folder, "probabilities"), join(folder, "labels")];

try {
  const { data, labels } = make();
  write(files[0], data);
  write(files[1], labels);
  let ours = Number.POSITIVE_INFINITY;
  /** @type {Record<number, number>} */
  const theirs = { 1: Number.POSITIVE_INFINITY, 2: Number.POSITIVE_INFINITY };
  let memory = "";
  for (let round = 0; round < rounds; round++) {
    const before = process.memoryUsage().rss;
    const start = performance.now();
    const { indices } = findLabelIssues(labels, { data, shape: [examples, classes] });
    ours = Math.min(ours, (performance.now() - start) / 1000);
    const more = (process.memoryUsage().rss - before) / 1e6;
    for (const jobs of round === 0 ? [1, 2] : [2]) {
      const peer = cleanlab(jobs);
      if (!peer) break;
      theirs[jobs] = Math.min(theirs[jobs], peer.seconds);
      const found = new Int32Array(new Uint8Array(readFileSync(`${files[1]}.found`)).buffer);
      const same = found.length === indices.length && indices.toSorted().every((row, at) => row === found[at]);
      memory = `${more.toFixed(0)} MB more than the data; cleanlab's process ${peer.memory.toFixed(0)} MB; ${same ? "the same" : "NOT the same"} ${indices.length} examples`;
    }
  }
  process.stdout.write(`  ${examples} x ${classes}, float32: ${ours.toFixed(2)} s\n`);
  for (const jobs of [1, 2]) {
    if (Number.isFinite(theirs[jobs])) {
      process.stdout.write(
        `  cleanlab, ${jobs} process${jobs === 1 ? "" : "es"}: ${theirs[jobs].toFixed(2)} s, ours ${(ours / theirs[jobs]).toFixed(3)} of it\n`,
      );
    }
  }
  process.stdout.write(`  ${memory}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Softmax outputs of a middling model, and labels a fifth of which are wrong. */
function make() {
  const random = new Random(7);
  const data = random.fillNormal(new Float32Array(examples * classes), 0, 1);
  const labels = new Int32Array(examples);
  for (let row = 0; row < examples; row++) {
    const start = row * classes;
    const truth = random.integer(classes);
    data[start + truth] += 5;
    labels[row] = random.float() < 0.2 ? random.integer(classes) : truth;
    let sum = 0;
    for (let k = start; k < start + classes; k++) {
      data[k] = Math.exp(data[k]);
      sum += data[k];
    }
    for (let k = start; k < start + classes; k++) data[k] /= sum;
  }
  return { data, labels };
}

/**
 * @param {string} file
 * @param {Float32Array | Int32Array} values
 */
function write(file, values) {
  const bytes = new Uint8Array(values.buffer);
  const handle = openSync(file, "w");
  for (let at = 0; at < bytes.length; at += 2 ** 26) writeSync(handle, bytes.subarray(at, at + 2 ** 26));
  closeSync(handle);
}

/** @param {number} jobs */
function cleanlab(jobs) {
  const script = join(import.meta.dirname, "cleanlab-issues.py");
  const python = process.env.CELLWRIGHT_PYTHON ?? "python3";
  const run = spawnSync(python, [script, ...files, String(classes), String(jobs)], { encoding: "utf8" });
  const [seconds, memory] = run.stdout.trim().split(/\s+/).map(Number);
  if (run.status === 0) return { seconds, memory };
  process.stdout.write("  cleanlab does not run: CELLWRIGHT_PYTHON must name a Python with it\n");
  return undefined;
}
