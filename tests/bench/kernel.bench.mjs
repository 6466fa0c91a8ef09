// How long a person waits for the kernel itself, beside ipykernel in the same run: from the start of the process to the
// first reply, the first cell, a round trip, 100,000 printed lines, a display of 20 MB, the end. The two take turns, so
// that a busy machine is busy for both; medians and the median of the paired ratios are printed.
//
//   npm run bench -- kernel            (CELLWRIGHT_PYTHON names a Python with ipykernel; else python3)

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launchKernel } from "../../dist/kernel/client/index.js";

const STARTS = 20;
const ROUND_TRIPS = 500;
const supervisor = fileURLToPath(new URL("../../dist/kernel/supervisor/main.js", import.meta.url));

/** @typedef {{ name: string, argv: string[], number: string, lines: string, large: string, library: string, member: string }} Peer */

/** @returns {Peer | undefined} */
function ipykernel() {
  for (const python of [process.env.CELLWRIGHT_PYTHON, "python3"]) {
    if (python === undefined) continue;
    try {
      execFileSync(python, ["-c", "import ipykernel"], { stdio: "ignore" });
    } catch {
      continue;
    }
    return {
      name: "ipykernel",
      argv: [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
      number: "6 * 7",
      lines: "for i in range(100_000): print('line', i)",
      large: "from IPython.display import HTML; HTML('x' * 20_000_000)",
      library: "import asyncio, json, email, xml.dom.minidom, unittest, http.server",
      member: "asyncio.create_su",
    };
  }
  return undefined;
}

/** @type {Peer} */
const ours = {
  name: `cellwright, Node ${process.versions.node}`,
  argv: [process.execPath, supervisor, "{connection_file}"],
  number: "6 * 7",
  lines: "for (let i = 0; i < 100_000; i++) console.log('line', i)",
  large: "html('x'.repeat(20_000_000))",
  library: "import { smallCnn } from 'cellwright/models'; tf.version.tfjs",
  member: "tf.tensor2",
};

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** @param {number[]} values */
const percentile95 = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? NaN;

/** @param {() => Promise<unknown>} work */
async function time(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** @param {number | undefined} pid */
function residentMegabytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const own = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  return children(pid).reduce((sum, child) => sum + residentMegabytes(Number(child)), own);
}

/** @param {number | undefined} pid */
function children(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
}

/** @param {Peer} peer */
async function measureStart(peer) {
  const begun = performance.now();
  const kernel = await launchKernel({ argv: peer.argv });
  const start = performance.now() - begun;
  const first = await time(() => kernel.execute(peer.number));
  const end = await time(() => kernel.shutdown());
  return { start, first, end };
}

/** @param {Peer} peer */
async function measureRunning(peer) {
  const kernel = await launchKernel({ argv: peer.argv });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const memoryReady = residentMegabytes(kernel.process?.pid);
  const tripsNow = async () => {
    const trips = [];
    for (let n = 0; n < ROUND_TRIPS; n += 1) trips.push(await time(() => kernel.execute(peer.number)));
    return trips;
  };
  const trips = await tripsNow();
  const memoryAfter = residentMegabytes(kernel.process?.pid);
  const lines = await time(() => kernel.execute(peer.lines));
  const large = await time(() => kernel.execute(peer.large));
  await kernel.execute(peer.library);
  const firstCompletion = await time(() => kernel.complete(peer.member));
  const completions = [];
  for (let n = 0; n < 10; n += 1)
    completions.push(await time(() => kernel.complete(peer.member.slice(0, -1 - (n % 2)))));
  const loaded = await tripsNow();
  const memoryLoaded = residentMegabytes(kernel.process?.pid);
  await kernel.shutdown();
  return {
    trip: median(trips),
    trip95: percentile95(trips),
    loadedTrip: median(loaded),
    lines,
    large,
    firstCompletion,
    completion: median(completions),
    memoryReady,
    memoryAfter,
    memoryLoaded,
  };
}

/**
 * @param {string} what
 * @param {number[]} mine
 * @param {number[]} theirs
 * @param {string} unit
 */
function report(what, mine, theirs, unit = "ms") {
  const ratio = theirs.length > 0 ? median(mine.map((value, index) => value / (theirs[index] ?? NaN))).toFixed(2) : "–";
  const figure = (values) => (values.length > 0 ? median(values).toFixed(2) : "–").padStart(10);
  console.log(`${what.padEnd(38)}${figure(mine)}${figure(theirs)} ${unit.padEnd(4)} ratio ${ratio}`);
}

const peer = ipykernel();
if (peer === undefined) console.log("no Python with ipykernel was found: set CELLWRIGHT_PYTHON; measuring ours alone");
const peers = peer === undefined ? [ours] : [ours, peer];
console.log(`${"".padEnd(38)}${"ours".padStart(10)}${(peer?.name ?? "").padStart(10)}   (${ours.name})`);

/** @type {{ start: number, first: number, end: number }[][]} */
const starts = peers.map(() => []);
for (let n = -1; n < STARTS; n += 1) {
  for (const [index, one] of peers.entries()) {
    const figures = await measureStart(one);
    if (n >= 0) starts[index]?.push(figures); // the first of each fills the file cache
  }
}
/** @type {Awaited<ReturnType<typeof measureRunning>>[][]} */
const runs = peers.map(() => []);
for (let n = 0; n < 5; n += 1) {
  for (const [index, one] of peers.entries()) runs[index]?.push(await measureRunning(one));
}

const [mine = [], theirs = []] = starts;
report(
  "start to ready (median of 20)",
  mine.map((f) => f.start),
  theirs.map((f) => f.start),
);
report(
  "start to the first cell's result",
  mine.map((f) => f.start + f.first),
  theirs.map((f) => f.start + f.first),
);
report(
  "first cell",
  mine.map((f) => f.first),
  theirs.map((f) => f.first),
);
report(
  "shutdown",
  mine.map((f) => f.end),
  theirs.map((f) => f.end),
);
const [ourRuns = [], theirRuns = []] = runs;
/** @param {string} what @param {keyof (typeof ourRuns)[0]} key @param {string} [unit] */
const compare = (what, key, unit) =>
  report(
    what,
    ourRuns.map((run) => run[key]),
    theirRuns.map((run) => run[key]),
    unit,
  );
compare("round trip (median of 500)", "trip");
compare("round trip (95th percentile)", "trip95");
compare("round trip, library imported", "loadedTrip");
compare("100,000 lines", "lines");
compare("display of 20 MB", "large");
compare("first completion of a member", "firstCompletion");
compare("later completion", "completion");
compare("resident memory of the tree, ready", "memoryReady", "MB");
compare("resident memory, after 500 cells", "memoryAfter", "MB");
compare("resident memory, library imported", "memoryLoaded", "MB");
