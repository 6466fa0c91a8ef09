// What goes beyond papermill: results, an early end, scripts, manifests, resuming, grids, verifying.

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CodeCell, Manifest, Metadata, RunEvent } from "cellwright/batch";
import {
  codeCell,
  createNotebook,
  gridPoints,
  gridTable,
  parseGrid,
  readNotebook,
  resultsOf,
  runGrid,
  runNotebook,
  verifyRun,
} from "cellwright/batch";
import { afterAll, describe, expect, test } from "vitest";
import { nextWait } from "../../kernel/batch/saver.ts";
import { describeWith } from "../support/requirements.ts";
import { installPythonKernel, makeFolder, PYTHON_KERNEL, writeCells } from "./kernels.ts";

const folder = makeFolder();
installPythonKernel(folder);
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const manifestOf = (notebook: { metadata: Metadata }) => notebook.metadata.cellwright as Manifest;

describe("results and ends", () => {
  test("report, and stopNotebook: completed, later cells pending, why", async () => {
    const events: RunEvent[] = [];
    const cells = [
      codeCell("report('accuracy', 0.5); report('accuracy', 0.75); report('curve', { x: [1, NaN] }); 1"),
      codeCell("stopNotebook('no data today'); console.log('not printed')"),
      codeCell("throw 1"),
    ];
    const result = await runNotebook(createNotebook(cells), null, { onEvent: (event) => void events.push(event) });
    expect(result).toMatchObject({ status: "completed", exitCode: 0, failure: null });
    expect(result.results).toEqual({ accuracy: 0.75, curve: { x: [1, "NaN"] } });
    expect(result.stopped).toContain("no data today");
    expect(manifestOf(result.notebook)).toMatchObject({ stopped: result.stopped });
    expect(events).toContainEqual({ type: "warning", message: expect.stringContaining("no data today") });
    const statuses = result.notebook.cells.map(({ metadata }) => (metadata.papermill as Metadata).status);
    expect(statuses).toEqual(["completed", "completed", "pending"]);
    // what papermill takes for an end that is no failure
    const [error] = (result.notebook.cells[1] as CodeCell).outputs;
    expect(error).toMatchObject({ output_type: "error", ename: "SystemExit", evalue: "0" });
    expect(error).toMatchObject({
      traceback: ["The notebook was stopped here: no data today. The cells below it do not run."],
    });
  });

  test("memory and tensors of each cell, and the manifest", async () => {
    writeFileSync(at("data.csv"), "1,2\n");
    const input = writeCells(at("manifest.ipynb"), [
      codeCell("const seed = 1;", { tags: ["parameters"] }),
      "import { readFileSync, writeFileSync } from 'node:fs'; readFileSync('data.csv', 'utf8').length",
      `const kept = [tf.ones([2]), tf.ones([3])]; kept.length; "${"a text too long for a path ".repeat(30)}".length`,
      "writeFileSync('weights.bin', 'w'); process.env.CELLWRIGHT_DETERMINISTIC",
    ]);
    const { notebook } = await runNotebook(input, at("manifest-out.ipynb"), { parameters: { seed: 7 } });
    const [, , , tensors, last] = notebook.cells as CodeCell[];
    expect(tensors!.metadata.cellwright).toMatchObject({ tensors: 2 });
    expect((tensors!.metadata.cellwright as { memory: number }).memory).toBeGreaterThan(2 ** 24);
    expect(last!.outputs).toMatchObject([{ data: { "text/plain": "'1'" } }]);
    const manifest = manifestOf(notebook);
    expect(manifest).toMatchObject({
      version: 1,
      parameters: { seed: 7 },
      seed: 7,
      data: { "data.csv": expect.stringMatching(/^[0-9a-f]{64}$/) },
      files: { "weights.bin": expect.stringMatching(/^[0-9a-f]{64}$/) },
      kernel: "cellwright",
      backend: expect.any(String),
      deterministic: true,
      status: "completed",
      node: process.version,
      git: null,
    });
    expect(manifest.packages).toMatchObject({ cellwright: expect.any(String), "@tensorflow/tfjs": expect.any(String) });
    expect(manifest.device.cores).toBeGreaterThan(0);
    expect(Object.keys(manifest.data)).toEqual(["data.csv"]);
  });

  test("the wait between saves doubles where a save takes more than a quarter of it", () => {
    expect([nextWait(1_000, 250), nextWait(1_000, 251), nextWait(2_000, 251)]).toEqual([1_000, 2_000, 2_000]);
  });
});

describe("resuming", () => {
  test("what is up to date is not run; code, parameters, data and failures are reasons to", async () => {
    writeFileSync(at("numbers.txt"), "1");
    const count = () => Number(existsSync(at("count.log")) ? readFileSync(at("count.log"), "utf8").length : 0);
    const append =
      "const { appendFileSync, readFileSync } = await import('node:fs'); appendFileSync('count.log', '.');";
    const write = (more: string) =>
      writeCells(at("resume.ipynb"), [
        codeCell("const x = 1;", { tags: ["parameters"] }),
        `${append} readFileSync('numbers.txt', 'utf8') + x`,
        more,
      ]);
    const input = write("1");
    const run = (x: number) => runNotebook(input, at("resume-out.ipynb"), { parameters: { x }, resume: true });
    expect([(await run(1)).cached, count()]).toEqual([false, 1]);
    const again = await run(1);
    expect([again.cached, again.exitCode, count()]).toEqual([true, 0, 1]);
    expect((await run(2)).cached).toBe(false);
    writeFileSync(at("numbers.txt"), "2");
    expect((await run(2)).cached).toBe(false);
    write("throw 1");
    expect((await run(2)).status).toBe("failed");
    expect((await run(2)).cached).toBe(false);
    expect(count()).toBe(5);
  });
});

describe("grids", () => {
  test("points: every combination, the last parameter fastest", () => {
    const grid = parseGrid(["lr=0.1,1e-3", "layers=[32],[32, 64]", "name=a"]);
    expect(gridPoints(grid)).toEqual([
      { lr: 0.1, layers: [32], name: "a" },
      { lr: 0.1, layers: [32, 64], name: "a" },
      { lr: 1e-3, layers: [32], name: "a" },
      { lr: 1e-3, layers: [32, 64], name: "a" },
    ]);
    for (const bad of [["lr"], ["lr="], ["lr=1", "lr=2"], ["=1"]]) {
      expect(() => parseGrid(bad)).toThrow(expect.objectContaining({ code: "CW_GRID" }));
    }
  });

  test("jobs, a failing point, the table, and going on after a stop", async () => {
    const input = writeCells(at("grid.ipynb"), [
      codeCell("let x = 0; let base = 0;", { tags: ["parameters"] }),
      "if (x === 3) throw new Error('three'); report('square', x * x + base); report('pid', process.pid)",
    ]);
    const controller = new AbortController();
    const options = { parameters: { base: 100 }, jobs: 2 };
    const stopped = await runGrid(input, { x: [1, 2, 3, 4] }, at("grid"), {
      ...options,
      signal: controller.signal,
      onPoint: () => controller.abort(),
    });
    expect(stopped.exitCode).toBe(130);
    const finished = stopped.points.filter(({ status }) => status === "completed");
    expect(finished.length).toBeGreaterThan(0);
    expect(stopped.points.at(-1)).toMatchObject({ status: "pending" });

    const { points, exitCode, summaryPath } = await runGrid(input, { x: [1, 2, 3, 4] }, at("grid"), options);
    expect(exitCode).toBe(1);
    expect(points.map(({ status }) => status)).toEqual(["completed", "completed", "failed", "completed"]);
    expect(points.map(({ results }) => results.square)).toEqual([101, 104, undefined, 116]);
    expect(points.filter(({ cached }) => cached)).toHaveLength(finished.length);
    expect(points[2]!.error).toBe("Error: three");
    expect(points[3]!.output).toBe(join(at("grid"), "grid-x=4.ipynb"));
    const pids = points.map(({ results }) => results.pid).filter((pid) => pid !== undefined);
    expect(new Set(pids).size).toBe(3);
    const table = gridTable(points).split("\n");
    expect(table[0]).toMatch(/^x +square +pid +time +status$/);
    expect(table[4]).toMatch(/^3 .* failed: Error: three$/);
    expect(table[2]).toMatch(/^1 +101 +\d+ +(cached|[\d.]+ s) +completed$/);
    expect(JSON.parse(readFileSync(summaryPath, "utf8")).points).toMatchObject([{ parameters: { x: 1 } }, {}, {}, {}]);
  });

  test("two points with one path, no jobs: refused before anything runs", async () => {
    const input = at("grid.ipynb");
    await expect(
      runGrid(input, { x: [1, 2] }, at("same-{base}.ipynb"), { parameters: { base: 1 } }),
    ).rejects.toMatchObject({
      code: "CW_GRID_OUTPUT",
    });
    await expect(runGrid(input, { x: [1] }, undefined, { jobs: 0 })).rejects.toMatchObject({ code: "CW_JOBS" });
  });
});

describe("verify", () => {
  test("the same bytes, or what differs: cell by cell, and files", async () => {
    const input = writeCells(at("verify.ipynb"), [
      codeCell("const offset = 0;", { tags: ["parameters"] }),
      "const { existsSync, writeFileSync } = await import('node:fs'); offset + 1",
      "console.log('first'); console.log(existsSync('changed') ? 'other' : 'second')",
      codeCell("Date.now()", { tags: ["verify-skip"] }),
      "writeFileSync('model.bin', existsSync('changed') ? 'b' : 'a')",
    ]);
    const secrets = { TOKEN: "open sesame" };
    const { outputPath } = await runNotebook(input, at("verify-out.ipynb"), { parameters: { offset: 41 }, secrets });
    const before = [readFileSync(outputPath!, "utf8"), statSync(at("model.bin")).size];
    expect(await verifyRun(outputPath!, { secrets })).toMatchObject({
      same: true,
      cells: 6,
      differences: [],
      files: [{ path: "model.bin", same: true }],
    });
    writeFileSync(at("changed"), "");
    const { same, differences, files, changed } = await verifyRun(outputPath!, { secrets });
    expect(same).toBe(false);
    expect(differences).toEqual([{ cell: 4, source: expect.any(String), of: "stdout", saved: "second", now: "other" }]);
    expect(files).toEqual([{ path: "model.bin", same: false }]);
    expect(changed).toEqual(["data"]); // the code names the file
    expect([readFileSync(outputPath!, "utf8"), statSync(at("model.bin")).size]).toEqual(before);
    expect(readFileSync(at("model.bin"), "utf8")).toBe("a");
    await expect(verifyRun(outputPath!)).rejects.toMatchObject({ code: "CW_SECRET" });
    await expect(verifyRun(input)).rejects.toMatchObject({ code: "CW_NO_MANIFEST" });
  });

  test("training gives the same loss and weights", { timeout: 120_000 }, async () => {
    const code = [
      "const { digits } = await import('cellwright/data'); const { smallCnn } = await import('cellwright/models');",
      "const { train } = await import('cellwright/train'); const { use } = await import('cellwright/backend');",
      "await use('wasm'); const data = (await digits()).take(256);",
      "const model = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [4], dense: 8, seed: 3 });",
      "for await (const event of train(model, data, { epochs: 2, seed: 3 })) if (event.type === 'start') console.log(event.determinism);",
      "const bytes = Buffer.concat(model.getWeights().map((weight) => Buffer.from(weight.dataSync().buffer)));",
      "(await import('node:fs')).writeFileSync('weights.bin', bytes); report('weights', bytes.toString('base64'))",
    ].join("\n");
    const { outputPath, failure } = await runNotebook(writeCells(at("train.ipynb"), [code]), at("train-out.ipynb"));
    expect(failure).toBeNull();
    expect(manifestOf(readNotebook(outputPath!))).toMatchObject({ backend: "wasm" });
    const { same, differences, files } = await verifyRun(outputPath!);
    expect({ same, differences, files }).toEqual({
      same: true,
      differences: [],
      files: [{ path: "weights.bin", same: true }],
    });
  });
});

describe("scripts", () => {
  const SCRIPT = [
    "// ---",
    "// jupyter:",
    "//   kernelspec:",
    "//     name: cellwright",
    "//     display_name: Cellwright",
    "// ---",
    "const before = 1; // 100 %% sure",
    "",
    '// %% tags=["parameters"]',
    "const x: number = 2;",
    "",
    "// %% A title [markdown]",
    "// # Heading",
    "//",
    "// text",
    '// %% skipped tags=["skip-execution"]',
    "throw 1;",
    "// %%",
    "x + before",
    "",
  ].join("\n");

  test("cells, markdown, tags, kernel", () => {
    writeFileSync(at("script.ts"), SCRIPT);
    const { cells, metadata } = readNotebook(at("script.ts"));
    expect(metadata).toEqual({ kernelspec: { name: "cellwright", display_name: "Cellwright" } });
    expect(cells.map(({ cell_type, source, metadata }) => [cell_type, source, metadata])).toEqual([
      ["code", "const before = 1; // 100 %% sure", {}],
      ["code", "const x: number = 2;", { tags: ["parameters"] }],
      ["markdown", "# Heading\n\ntext", { title: "A title" }],
      ["code", "throw 1;", { tags: ["skip-execution"], title: "skipped" }],
      ["code", "x + before", {}],
    ]);
  });

  test("a script runs with parameters and is saved as a notebook", async () => {
    const { outputPath, notebook, failure } = await runNotebook(at("script.ts"), undefined, { parameters: { x: 40 } });
    expect(failure).toBeNull();
    expect(outputPath).toBe(at("script-run.ipynb"));
    expect((notebook.cells.at(-1) as CodeCell).outputs).toMatchObject([{ data: { "text/plain": "41" } }]);
    expect(readFileSync(at("script.ts"), "utf8")).toBe(SCRIPT);
  });
});

describeWith(["python"], "Python", () => {
  test("a grid; results as scrapbook stores them; sys.exit(0) is an end", async () => {
    const scrap =
      '{"application/scrapbook.scrap.json+json": {"name": "double", "data": n * 2, "encoder": "json", "version": 1}}';
    const cells = [
      codeCell("n = 1", { tags: ["parameters"] }),
      `display(${scrap}, raw=True)`,
      "import sys; sys.exit(0)",
      "1 / 0",
    ];
    const input = writeCells(at("python.ipynb"), cells, PYTHON_KERNEL);
    const { points } = await runGrid(input, { n: [2, 3] }, at("{n}.ipynb"));
    expect(points).toMatchObject([
      { status: "completed", results: { double: 4 } },
      { status: "completed", results: { double: 6 } },
    ]);
    expect(resultsOf(readNotebook(at("3.ipynb")))).toEqual({ double: 6 });
  });
});
