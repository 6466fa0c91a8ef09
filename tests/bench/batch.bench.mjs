// What a batch run costs beside what its cells compute: the start (from the command to the first cell's beginning), each
// cell (from one cell's beginning to the next one's, the cells being trivial), the whole command. papermill and
// `cellwright run` take turns with the same notebook on the same kernel, ours, so that what differs is the runner; then each
// with ipykernel. Medians, and the median of the paired ratios.
//
//   npm run bench -- batch             (CELLWRIGHT_PYTHON names a Python with papermill and ipykernel; else python3)

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ownKernel } from "../../dist/kernel/client/kernelspec.js";

const CELLS = 100;
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const main = fileURLToPath(new URL("../../dist/kernel/cli/main.js", import.meta.url));
const python = process.env.CELLWRIGHT_PYTHON ?? "python3";
const folder = mkdtempSync(join(tmpdir(), "cellwright-bench-"));

/** @typedef {{ start: number, cell: number, whole: number }} Figures in milliseconds */

/** @param {string} name @param {readonly string[]} argv @param {string} language */
function writeKernel(name, argv, language) {
  const resource = join(folder, "kernels", name);
  mkdirSync(resource, { recursive: true });
  const spec = { argv, display_name: name, language, interrupt_mode: "message" };
  writeFileSync(join(resource, "kernel.json"), JSON.stringify(spec));
}

/** @param {string} path @param {string} kernel */
function writeNotebook(path, kernel) {
  const cells = Array.from({ length: CELLS }, (_, index) => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    source: `${index} + 1`,
    outputs: [],
    execution_count: null,
  }));
  const metadata = { kernelspec: { name: kernel, display_name: kernel, language: "" } };
  writeFileSync(path, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
}

/** @param {string[]} command @param {string} output @returns {Promise<Figures>} */
async function measure(command, output) {
  const [file, ...words] = /** @type {[string, ...string[]]} */ (command);
  const begun = { wall: Date.now(), clock: performance.now() };
  const child = spawn(file, words, {
    cwd: folder,
    env: { ...process.env, JUPYTER_PATH: folder, PYTHONWARNINGS: "ignore" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${said}`);
  const whole = performance.now() - begun.clock;
  const { cells } = JSON.parse(readFileSync(output, "utf8"));
  const times = cells.map((/** @type {any} */ cell) => Date.parse(cell.metadata.execution["iopub.execute_input"]));
  return { start: times[0] - begun.wall, cell: (times.at(-1) - times[0]) / (CELLS - 1), whole };
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** @param {string} title @param {string} notebook */
async function compare(title, notebook) {
  const words = [join(folder, notebook), join(folder, "out.ipynb"), "--no-progress-bar"];
  /** @type {Record<"papermill" | "ours", Figures[]>} */
  const figures = { papermill: [], ours: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    figures.papermill.push(await measure([python, "-m", "papermill", ...words], join(folder, "out.ipynb")));
    figures.ours.push(await measure([process.execPath, main, "run", ...words], join(folder, "out.ipynb")));
  }
  process.stdout.write(`\n${title}, ${CELLS} cells, ${ROUNDS} rounds\n`);
  for (const name of /** @type {const} */ (["start", "cell", "whole"])) {
    const [theirs, own] = [figures.papermill, figures.ours].map((all) => all.map((each) => each[name]));
    const ratio = median(own.map((value, index) => value / theirs[index]));
    const numbers = `papermill ${median(theirs).toFixed(1)} ms, cellwright run ${median(own).toFixed(1)} ms`;
    process.stdout.write(`  ${name.padEnd(6)} ${numbers}: ${ratio.toFixed(2)}x\n`);
  }
}

try {
  const { version } = JSON.parse(
    execFileSync(python, [
      "-c",
      "import json, papermill; print(json.dumps({'version': papermill.__version__}))",
    ]).toString(),
  );
  process.stdout.write(`papermill ${version}, Node ${process.versions.node}\n`);
  writeKernel("cellwright", ownKernel().argv, "typescript");
  writeKernel("bench-python", [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "python");
  writeNotebook(join(folder, "ours.ipynb"), "cellwright");
  writeNotebook(join(folder, "python.ipynb"), "bench-python");
  await compare("Cellwright's kernel", "ours.ipynb");
  if (!process.env.ONLY_OURS) await compare("ipykernel", "python.ipynb");
} finally {
  rmSync(folder, { recursive: true });
}
