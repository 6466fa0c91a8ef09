// The kernel under other people's clients and suites: Jupyter's own conformance tests, nbclient, papermill's engine.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runNotebook } from "cellwright/batch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeKernelspec } from "../../kernel/lab/kernelspec.ts";
import { describeWith, pythonWith } from "../support/requirements.ts";

const run = promisify(execFile);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const codeCell = (source: string, index: number) => ({
  cell_type: "code",
  id: `cell-${index}`,
  metadata: {},
  source,
  outputs: [],
  execution_count: null,
});

describeWith(["python", "python:jupyter_kernel_test", "python:papermill"], "under Jupyter's own clients", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-conformance-"));
  const environment = { ...process.env, JUPYTER_PATH: folder, CELLWRIGHT_HISTORY: join(folder, "history.jsonl") };
  const python = pythonWith("jupyter_kernel_test", "papermill") ?? "";
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
    const sources = Array.from(
      { length: 30 },
      (_, index) =>
        `for (let i = 0; i < 200; i++) console.log("cell ${index} line", i);\nconsole.error("e${index}");\n${index}`,
    );
    const notebook = {
      cells: sources.map(codeCell),
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

  test("nbclient, papermill and our own runner save the same outputs", { timeout: 180_000 }, async () => {
    const sources = [
      "for (let i = 0; i < 3_000; i++) (i % 5 === 0 ? console.error : console.log)('line', i);",
      "const shown = display(html`<b>one</b>`); shown.update(html`<b>two</b>`); 'üñí 😀'",
      "import { execSync } from 'node:child_process'; execSync('echo from a child', { stdio: 'inherit' }); [{ a: 1 }, { a: 2 }]",
    ];
    const notebook = {
      cells: sources.map(codeCell),
      metadata: { kernelspec: { name: "cellwright", display_name: "", language: "typescript" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    const path = join(folder, "same.ipynb");
    writeFileSync(path, JSON.stringify(notebook));
    const nbclient = "from nbclient.cli import main; main()";
    await run(python, ["-c", nbclient, "--output", "nbclient", path], { env: environment, cwd: folder });
    await run(python, ["-m", "papermill", path, join(folder, "papermill.ipynb")], { env: environment });
    await runNotebook(path, join(folder, "ours.ipynb"));
    const [theirs, papermill, ours] = ["nbclient", "papermill", "ours"].map((name) =>
      readOutputs(join(folder, `${name}.ipynb`)),
    );
    expect(papermill).toEqual(theirs);
    expect(ours).toEqual(theirs);
    expect(ours!.map((outputs) => outputs.length)).toEqual([2, 2, 2]);
  });
});

/** Outputs without what depends on the moment: streams are joined by name, since clients differ in where they cut them. */
function readOutputs(path: string): Record<string, unknown>[][] {
  const { cells } = JSON.parse(readFileSync(path, "utf8")) as { cells: { outputs: Record<string, unknown>[] }[] };
  return cells.map(({ outputs }) => {
    const streams = new Map<unknown, string>();
    for (const { output_type: type, name, text } of outputs) {
      if (type === "stream") streams.set(name, (streams.get(name) ?? "") + [text].flat().join(""));
    }
    const others = outputs.filter((output) => output.output_type !== "stream");
    return [...[...streams].map(([name, text]) => ({ name, text })), ...others];
  });
}
