/**
 * t-SNE and UMAP beside openTSNE, scikit-learn, umap-learn, umap-js and tsne-js: seconds, peak memory of the process, trustworthiness@12
 * against the 50 principal components that go in, and the ratio of seconds to each peer's.
 *
 *   npm run bench -- manifold                      digits, MNIST-5k, Fashion-5k
 *   node tests/bench/manifold.bench.mjs mnist-20000 [tsne|umap] [--quick]
 *
 * Sets: digits, mnist-N, fashion-N. Every engine runs in a process of its own with two threads, one after another. Python with openTSNE,
 * scikit-learn and umap-learn is looked for at CELLWRIGHT_PYTHON; without it those columns are left out. --quick leaves out what takes
 * minutes: scikit-learn and the FFT engines beyond 5,000 rows, and the npm peers beyond 2,000.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { digits, fashionMnist, mnist } from "cellwright/data";
import { pca, trustworthiness, tsne, umap } from "cellwright/manifold";

const THREADS = 2;
const self = fileURLToPath(import.meta.url);
const peers = fileURLToPath(new URL("manifold-peers.py", import.meta.url));
const python = process.env.CELLWRIGHT_PYTHON ?? "python3";

if (process.argv[2] === "--one") await one(...process.argv.slice(3));
else await all(process.argv.slice(2));

/** One engine of our side or of npm, in this process. */
async function one(engine, source, rows, target) {
  const bytes = fs.readFileSync(source);
  const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const matrix = { data, shape: [Number(rows), data.length / Number(rows)] };
  const start = performance.now();
  const embedding = await {
    tsne: () => tsne(matrix, { threads: THREADS }),
    "tsne-fft": () => tsne(matrix, { threads: THREADS, engine: "fft" }),
    "tsne-js": () => tsneJsEstimate(matrix),
    umap: () => umap(matrix, { threads: THREADS }),
    "umap-js": () => umap(matrix, { engine: "umap-js" }),
  }[engine]();
  const seconds = embedding.estimate ?? (performance.now() - start) / 1000;
  if (embedding.data) fs.writeFileSync(target, Buffer.from(embedding.data.buffer));
  const memory = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ seconds, memory })}\n`);
}

/**
 * tsne-js takes minutes to hours for 750 iterations: what comes before its first one is timed, and 12 of them after the first, and the
 * rest is taken to go at the same pace.
 */
async function tsneJsEstimate(matrix) {
  const { default: Model } = await import("tsne-js");
  const [rows, columns] = matrix.shape;
  const data = Array.from({ length: rows }, (_, i) => [...matrix.data.subarray(i * columns, (i + 1) * columns)]);
  const model = new Model({ dim: 2, perplexity: 30, earlyExaggeration: 12, learningRate: 100, nIter: 750 });
  const start = performance.now();
  model.init({ data, type: "dense" });
  const times = [];
  const enough = new Error("enough iterations");
  model.on("progressIter", () => {
    times.push(performance.now());
    if (times.length === 14) throw enough;
  });
  try {
    model.run();
  } catch (error) {
    if (error !== enough) throw error;
  }
  const iteration = (times[13] - times[1]) / 12;
  return { estimate: (times[1] - start + 749 * iteration) / 1000 };
}

async function all(words) {
  const quick = words.includes("--quick");
  const kinds = ["tsne", "umap"].filter((kind) => !words.includes(kind === "tsne" ? "umap" : "tsne"));
  const chosen = words.filter((word) => /^(digits|mnist-\d+|fashion-\d+)$/.test(word));
  const hasPython = spawnSync(python, ["-c", "import openTSNE, umap, sklearn"], { stdio: "ignore" }).status === 0;
  if (!hasPython)
    process.stdout.write("  no Python with openTSNE, scikit-learn and umap-learn: their lines are left out\n");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cellwright-manifold-"));
  try {
    for (const set of chosen.length > 0 ? chosen : ["digits", "mnist-5000", "fashion-5000"]) {
      const rows = await components(set, path.join(folder, "in"));
      const matrix = matrixOf(folder, rows);
      for (const kind of kinds) await compare(set, rows, kind, folder, quick, hasPython, matrix);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function matrixOf(folder, rows) {
  const bytes = fs.readFileSync(path.join(folder, "in"));
  const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return { data, shape: [rows, data.length / rows] };
}

/** Writes 50 principal components of a set; returns its number of rows. */
async function components(set, file) {
  const [name, size] = set.split("-");
  const loaded = await { digits, mnist, fashion: fashionMnist }[name]();
  const data = size ? loaded.take(Number(size)) : loaded;
  const result = await pca(data, { components: 50, threads: THREADS });
  fs.writeFileSync(file, Buffer.from(result.data.buffer));
  return data.size;
}

async function compare(set, rows, kind, folder, quick, hasPython, matrix) {
  const large = quick && rows > 5000;
  const small = !quick || rows <= 2000;
  const engines =
    kind === "tsne"
      ? [
          ["tsne", true],
          ["tsne-fft", !large],
          ["opentsne-bh", hasPython],
          ["opentsne-fft", hasPython && !large],
          ["sklearn", hasPython && !large],
          ["tsne-js", small && rows <= 5000],
        ]
      : [
          ["umap", true],
          ["umap-learn", hasPython],
          ["umap-js", small && rows <= 5000],
        ];
  process.stdout.write(`  ${set}, ${rows} rows, ${kind}, ${THREADS} threads\n`);
  let ours;
  for (const [engine] of engines.filter(([, wanted]) => wanted)) {
    const input = path.join(folder, "in");
    const output = path.join(folder, `out-${engine}`);
    const isPython = !["tsne", "tsne-fft", "tsne-js", "umap", "umap-js"].includes(engine);
    const result = isPython
      ? spawnSync(python, [peers, engine, input, rows, output, THREADS], { encoding: "utf8" })
      : spawnSync(process.execPath, [self, "--one", engine, input, rows, output], { encoding: "utf8" });
    if (result.status !== 0) {
      process.stdout.write(`    ${engine.padEnd(13)} failed: ${result.stderr.trim().split("\n").at(-1)}\n`);
      process.exitCode = 1;
      continue;
    }
    const { seconds, memory } = JSON.parse(result.stdout.trim().split("\n").at(-1));
    ours ??= seconds;
    let trust = ", its time estimated from 12 iterations";
    if (engine !== "tsne-js") {
      const bytes = fs.readFileSync(output);
      const embedding = { data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), shape: [rows, 2] };
      trust = `, trustworthiness ${(await trustworthiness(matrix, embedding)).toFixed(4)}`;
    }
    const ratio = seconds === ours ? "" : `: ours takes ${(ours / seconds).toPrecision(2)} times its time`;
    const time = `${seconds.toFixed(2)} s`.padStart(10);
    process.stdout.write(`    ${engine.padEnd(13)} ${time}, ${memory.toFixed(0)} MB${trust}${ratio}\n`);
  }
}
