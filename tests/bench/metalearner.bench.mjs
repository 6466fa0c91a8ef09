/**
 * The learned policy beside fixed ones: test accuracy after equal final trainings, several seeds with redrawn splits, and what the search cost.
 *
 * The search sees training and validation images only. Every cell of the table is written to a JSON file as soon as it is known, and a run takes up what it finds there, so
 * the table can be made in parts:
 *
 *     npm run bench -- metalearner                                   everything, five seeds
 *     node tests/bench/metalearner.bench.mjs --data fashion,digits --seeds 2 --folder results
 *     node tests/bench/metalearner.bench.mjs --first-seed 100 --seeds 3 …    other seeds, to tune on
 *
 * `--candidates` trains every policy of the search to the end too: what a rule that chooses among them could have had.
 * `--backend tfjs-node` is five times as fast where it is installed; `--policies none,ours` does some columns; `--table` prints what is there.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { use } from "cellwright/backend";
import { learnRegularizationParams, policyName, presets, trainingRegularizers } from "cellwright/learn";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { evaluate, train } from "cellwright/train";
import { sets } from "./metalearner-data.mjs";

const { values: asked } = parseArgs({
  options: {
    data: { type: "string", default: Object.keys(sets).join() },
    seeds: { type: "string", default: "5" },
    "first-seed": { type: "string", default: "0" },
    policies: { type: "string" },
    backend: { type: "string", default: "wasm" },
    folder: { type: "string", default: join(import.meta.dirname, "results") },
    candidates: { type: "boolean", default: false },
    table: { type: "boolean", default: false },
  },
});

const batchSize = 64;
const fixed = {
  none: presets.none(),
  "RA M9": presets.randAugment({ n: 2, m: 9 }),
  "RA M4": presets.randAugment({ n: 2, m: 4 }),
  TA: presets.trivialAugment(),
  affine: presets.affine(),
};
const columns = [...Object.keys(fixed), "ours"];
const policies = asked.policies ? asked.policies.split(",") : columns;
const first = Number(asked["first-seed"]);
const seeds = Array.from({ length: Number(asked.seeds) }, (_, i) => first + i);

mkdirSync(asked.folder, { recursive: true });
if (!asked.table) {
  await use(asked.backend);
  for (const seed of seeds) {
    for (const name of asked.data.split(",")) await fill(name, seed);
  }
}
printTable();

/** Computes the cells of one data set and seed that are missing. */
async function fill(name, seed) {
  const missing = policies.filter((policy) => !existsSync(cellPath(name, seed, policy)));
  if (missing.length === 0 && !asked.candidates) return;
  const parts = await sets[name].draw(new Random(seed).split(name));
  const model = () =>
    smallCnn({ inputShape: parts.train.imageShape, classes: parts.train.classNames.length, seed: seed + 1000 });
  const optimization = { epochs: sets[name].epochs, batchSize };
  for (const policy of missing) {
    let params = fixed[policy];
    let extra = {};
    if (policy === "ours") {
      const start = performance.now();
      const found = await learnRegularizationParams(model, parts, { optimization, seed });
      params = found.params;
      const { tree } = found.report;
      const searchSeconds = (performance.now() - start) / 1000;
      extra = { searchSeconds, cost: tree.cost, winner: tree.winner, tree, tables: params };
    }
    await finish(policy, params, extra);
  }
  if (!asked.candidates || !policies.includes("ours")) return;
  const { tree, tables } = JSON.parse(readFileSync(cellPath(name, seed, "ours"), "utf8"));
  for (const { id, configuration } of tree.nodes) {
    const policy = `node-${id.replaceAll(/[^a-z0-9]+/gi, "_")}`;
    if (existsSync(cellPath(name, seed, policy))) continue;
    const params = { ...tables, ...configuration };
    // Two policies of one name are one policy, and the same training.
    const same = columns.find(
      (column) => policyName(column === "ours" ? tables : fixed[column]) === policyName(params),
    );
    if (same && existsSync(cellPath(name, seed, same))) {
      const { tree: _, tables: __, ...cell } = JSON.parse(readFileSync(cellPath(name, seed, same), "utf8"));
      write(cellPath(name, seed, policy), { ...cell, policy, id });
    } else await finish(policy, params, { id });
  }

  /** The final training, the same for every policy, and its cell. */
  async function finish(policy, params, extra) {
    const start = performance.now();
    const trained = model();
    // The last weights, whatever the policy: no choice by validation that one policy might profit from more than another.
    for await (const _ of train(trained, parts.train, { ...optimization, seed, ...trainingRegularizers(params) }));
    const { accuracy, loss } = await evaluate(trained, parts.test);
    trained.dispose();
    const seconds = (performance.now() - start) / 1000;
    const cell = { data: name, seed, policy, backend: asked.backend, accuracy, loss, seconds, ...extra };
    write(cellPath(name, seed, policy), cell);
    const search = extra.cost
      ? `, ${extra.winner}, cost ${extra.cost.total.toFixed(2)} trainings, ${extra.searchSeconds.toFixed(1)} s`
      : "";
    process.stdout.write(
      `  ${name} seed ${seed} ${policy}: ${(100 * accuracy).toFixed(2)} %, ${seconds.toFixed(1)} s${search}\n`,
    );
  }
}

function cellPath(name, seed, policy) {
  return join(asked.folder, `${name}-${seed}-${policy.replaceAll(" ", "")}.json`);
}

function write(path, value) {
  writeFileSync(`${path}.partial`, `${JSON.stringify(value)}\n`);
  renameSync(`${path}.partial`, path);
}

/** Mean test accuracy ± standard error over the seeds that are there; then the gain of ours, seed by seed, and what the search cost. */
function printTable() {
  const head = [...columns, "ours - none", "ours - best fixed", "cost"];
  const rows = asked.data.split(",").map((name) => {
    const found = Object.fromEntries(
      columns.map((policy) => [policy, seeds.flatMap((seed) => cellsOf(name, seed, policy))]),
    );
    const means = columns.map((policy) => percent(found[policy].map(({ accuracy }) => accuracy)));
    const gains = (policy) =>
      found.ours.flatMap(({ seed, accuracy }) => {
        const other = found[policy].find((cell) => cell.seed === seed);
        return other ? [accuracy - other.accuracy] : [];
      });
    const average = (policy) => meanOf(found[policy].map(({ accuracy }) => accuracy)).mean;
    const [best] = Object.keys(fixed)
      .filter((policy) => found[policy].length > 0)
      .sort((a, b) => average(b) - average(a));
    const cost = meanOf(found.ours.map(({ cost }) => cost.total)).mean;
    const against = best ? `${percent(gains(best))} ${best}` : "";
    const cells = [...means, percent(gains("none")), against, found.ours.length > 0 ? cost.toFixed(2) : ""];
    return `  ${name.padEnd(11)}${cells.map((cell) => cell.padEnd(25)).join("")}`;
  });
  process.stdout.write(`\n  ${"".padEnd(11)}${head.map((name) => name.padEnd(25)).join("")}\n${rows.join("\n")}\n`);
}

/** The cell, if it is there. */
function cellsOf(name, seed, policy) {
  const path = cellPath(name, seed, policy);
  return existsSync(path) ? [JSON.parse(readFileSync(path, "utf8"))] : [];
}

/** Mean ± standard error in points, and of how many seeds. */
function percent(shares) {
  if (shares.length === 0) return "";
  const { mean, error } = meanOf(shares.map((share) => 100 * share));
  return `${mean.toFixed(2)} ± ${error.toFixed(2)} (${shares.length})`;
}

function meanOf(list) {
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, list.length - 1);
  return { mean, error: Math.sqrt(variance / list.length) };
}
