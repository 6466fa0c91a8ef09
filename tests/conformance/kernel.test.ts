// The kernel under other people's clients and suites: Jupyter's own conformance tests, nbclient, papermill's engine.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeKernelspec } from "../../kernel/lab/kernelspec.ts";
import { describeWith, pythonWith } from "../support/requirements.ts";

const run = promisify(execFile);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describeWith(["python", "python:jupyter_kernel_test"], "under Jupyter's own clients", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-conformance-"));
  const environment = { ...process.env, JUPYTER_PATH: folder, CELLWRIGHT_HISTORY: join(folder, "history.jsonl") };
  const python = pythonWith("jupyter_kernel_test") ?? "";
  beforeAll(() => {
    writeKernelspec(join(folder, "kernels"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("jupyter_kernel_test passes in full", { timeout: 180_000 }, async () => {
    const { stdout, stderr } = await run(python, [here("kernel_test.py")], { env: environment });
    const report = JSON.parse(stdout.trim().split("\n").at(-1)!);
    expect({ ...report, run: undefined }, stderr).toEqual({ skipped: [], failed: [] });
    expect(report.run).toBeGreaterThanOrEqual(12);
  });

  test("nbclient gets every output of 30 cells, in order, and the kernel's own errors", {
    timeout: 180_000,
  }, async () => {
    const cell = (source: string, index: number) => ({
      cell_type: "code",
      id: `cell-${index}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    });
    const sources = Array.from(
      { length: 30 },
      (_, index) =>
        `for (let i = 0; i < 200; i++) console.log("cell ${index} line", i);\nconsole.error("e${index}");\n${index}`,
    );
    const notebook = {
      cells: sources.map(cell),
      metadata: { kernelspec: { name: "cellwright", display_name: "", language: "typescript" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    const path = join(folder, "thirty.ipynb");
    writeFileSync(path, JSON.stringify(notebook));
    await run(python, ["-c", "from nbclient.cli import main; main()", "--inplace", path], { env: environment });
    const done = JSON.parse(readFileSync(path, "utf8")) as { cells: { outputs: Record<string, unknown>[] }[] };
    for (const [index, { outputs }] of done.cells.entries()) {
      const text = (name: string) =>
        outputs
          .filter((output) => output.name === name)
          .map((output) => [output.text].flat().join(""))
          .join("");
      expect(text("stdout")).toBe(Array.from({ length: 200 }, (_, i) => `cell ${index} line ${i}\n`).join(""));
      expect(text("stderr")).toBe(`e${index}\n`);
      expect(outputs.at(-1)).toMatchObject({ output_type: "execute_result", data: { "text/plain": [String(index)] } });
    }
  });
});
