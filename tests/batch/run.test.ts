import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cell, CodeCell, Metadata, Notebook, Output, RunEvent, RunOptions } from "cellwright/batch";
import { codeCell, createNotebook, markdownCell, readNotebook, runNotebook } from "cellwright/batch";
import { afterAll, describe, expect, test } from "vitest";
import { describeWith, pythonWith } from "../support/requirements.ts";
import { installPythonKernel, makeFolder, PYTHON_KERNEL, writeCells } from "./kernels.ts";

const folder = makeFolder();
installPythonKernel(folder);
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;
async function run(cells: ReadonlyArray<string | Cell>, options: RunOptions = {}, kernel?: string) {
  runs += 1;
  const input = writeCells(join(folder, `${runs}.ipynb`), cells, kernel);
  const before = readFileSync(input, "utf8");
  const output = join(folder, "out", `${runs}.ipynb`);
  const result = await runNotebook(input, output, options);
  expect(readFileSync(input, "utf8")).toBe(before);
  expect(result.outputPath).toBe(output);
  const saved = readNotebook(output);
  expect(saved).toEqual(result.notebook);
  return { result, saved, input, output };
}

const record = ({ metadata }: Cell | Notebook) => metadata.papermill as Metadata;
const statuses = (notebook: Notebook) => notebook.cells.map((cell) => record(cell)?.status ?? "marker");
const code = (notebook: Notebook) => notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
const text = (outputs: readonly Output[]) =>
  outputs.map((output) =>
    output.output_type === "stream"
      ? output.text
      : output.output_type === "error"
        ? output.ename
        : output.data["text/plain"],
  );

describe("a run with our own kernel", () => {
  test("records everything papermill records", async () => {
    const events: RunEvent[] = [];
    const { result, saved, input, output } = await run(
      [markdownCell("# One"), "const x = 6;\nconsole.log('six', x);\nx * 7", "  \n", codeCell("x", { mine: [1] })],
      { onEvent: (event) => events.push(event) },
    );
    expect(result).toMatchObject({ status: "completed", exitCode: 0, failure: null });
    expect(statuses(saved)).toEqual(["completed", "completed", "completed", "completed"]);
    expect(record(saved)).toMatchObject({
      default_parameters: {},
      parameters: {},
      environment_variables: {},
      input_path: input,
      output_path: output,
      exception: null,
    });
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;
    for (const each of [saved, ...saved.cells]) {
      expect(record(each).start_time).toMatch(time);
      expect(record(each).end_time).toMatch(time);
      expect(record(each).duration).toBeGreaterThanOrEqual(0);
    }
    expect(saved.metadata).toMatchObject({ kernelspec: { name: "cellwright" }, language_info: { name: "typescript" } });
    const [first, empty, last] = code(saved);
    expect(text(first!.outputs)).toEqual(["six 6\n", "42"]);
    expect(Object.keys(first!.metadata.execution as Metadata).sort()).toEqual([
      "iopub.execute_input",
      "iopub.status.busy",
      "iopub.status.idle",
      "shell.execute_reply",
    ]);
    expect(empty!.metadata.execution).toBeUndefined();
    expect(last!.metadata).toMatchObject({ mine: [1], tags: [] });
    expect(code(saved).map((cell) => cell.execution_count)).toEqual([1, null, 2]);
    const types = events.map(({ type }) => type).filter((type) => type !== "cell-output");
    const cell = ["cell-start", "cell-end"];
    expect(types).toEqual(["run-start", ...cell, ...cell, ...cell, ...cell, "run-end"]);
  });

  test("stops at the first error: it is marked, what comes after it stays pending", async () => {
    const { result, saved } = await run(["1", "throw new TypeError('it *is* <b>')", "2"]);
    expect(result).toMatchObject({
      status: "failed",
      exitCode: 1,
      failure: { ename: "TypeError", evalue: "it *is* <b>" },
    });
    expect(statuses(saved)).toEqual(["marker", "completed", "marker", "failed", "pending"]);
    expect(record(saved).exception).toBe(true);
    expect(saved.cells.map((cell) => record(cell)?.exception)).toEqual([undefined, false, undefined, true, null]);
    const [top, , anchor, failed, last] = saved.cells;
    for (const marker of [top!, anchor!]) expect(marker.metadata.tags).toEqual(["papermill-error-cell-tag"]);
    expect(top!.source).toContain('href="#papermill-error-cell"');
    expect(top!.source).toContain("it &#42;is&#42; &lt;b&gt;");
    expect(anchor!.source).toContain('id="papermill-error-cell"');
    expect(text((failed as CodeCell).outputs)).toEqual(["TypeError"]);
    expect((last as CodeCell).outputs).toEqual([]);
  });

  test("a run of what a failed run saved starts clean", async () => {
    const { output } = await run(["throw 1", "2"]);
    const again = await runNotebook(output, null);
    expect(statuses(again.notebook)).toEqual(["marker", "marker", "failed", "pending"]);
    expect(again.outputPath).toBeNull();
  });

  test("raises-exception lets the run go on and succeed; skip-execution leaves a cell out", async () => {
    const { result, saved } = await run([
      codeCell("throw new Error('meant')", { tags: ["raises-exception"] }),
      codeCell("throw new Error('not run')", { tags: ["skip-execution"] }),
      codeCell("1", { tags: ["raises-exception"] }),
    ]);
    expect(result).toMatchObject({ status: "completed", exitCode: 0 });
    expect(code(saved).map(({ outputs }) => text(outputs))).toEqual([["Error"], [], ["1"]]);
    expect(statuses(saved)).toEqual(["completed", "completed", "completed"]);
  });

  test("a time-out marks the cell it happened in, and only that", async () => {
    const { result, saved } = await run(["console.log('on'); for (;;) {}", "2"], { executionTimeout: 0.5 });
    expect(result).toMatchObject({ status: "failed", exitCode: 1, failure: { ename: "CellTimeoutError" } });
    expect(result.failure!.evalue).toContain("0.5 s");
    expect(statuses(saved)).toEqual(["marker", "marker", "failed", "pending"]);
    const outputs = text(code(saved)[0]!.outputs);
    expect(outputs[0]).toBe("on\n");
    expect(outputs.at(-1)).toBe("CellTimeoutError");
  });

  test("a dead kernel marks the cell it happened in, with exit code 138", async () => {
    const { result, saved } = await run(["process.kill(process.ppid, 'SIGKILL'); await new Promise(() => {})", "2"]);
    expect(result).toMatchObject({ status: "kernel-died", exitCode: 138, failure: { ename: "DeadKernelError" } });
    expect(result.failure!.evalue).toContain("SIGKILL");
    expect(statuses(saved)).toEqual(["marker", "marker", "failed", "pending"]);
    expect(record(saved).exception).toBe(true);
  });

  test("an abort interrupts the cell that runs, and saves", async () => {
    const controller = new AbortController();
    const { result, saved } = await run(["console.log('on'); await new Promise(() => {})", "2"], {
      signal: controller.signal,
      onEvent: ({ type }) => type === "cell-output" && controller.abort("SIGTERM"),
    });
    expect(result).toMatchObject({ status: "interrupted", exitCode: 143 });
    expect(statuses(saved)).toEqual(["marker", "marker", "failed", "pending"]);
  });

  test("an abort between two cells leaves the next one pending", async () => {
    const controller = new AbortController();
    const { result, saved } = await run(["1", "2"], {
      signal: controller.signal,
      onEvent: (event) => event.type === "cell-end" && controller.abort(),
    });
    expect(result).toMatchObject({ status: "interrupted", exitCode: 130 });
    expect(statuses(saved)).toEqual(["marker", "completed", "pending"]);
  });

  test("an abort before the start writes nothing", async () => {
    const input = writeCells(join(folder, "aborted.ipynb"), ["1"]);
    const running = runNotebook(input, undefined, { signal: AbortSignal.abort() });
    await expect(running).rejects.toMatchObject({ code: "CW_INTERRUPTED" });
    expect(existsSync(join(folder, "aborted-run.ipynb"))).toBe(false);
  });

  test("the kernel works in the notebook's folder, or in the one that is named", async () => {
    const { result } = await run(["process.cwd()"]);
    expect(text(code(result.notebook)[0]!.outputs)).toEqual([`'${folder}'`]);
    mkdirSync(join(folder, "elsewhere"));
    const other = await run(["process.cwd()"], { cwd: join(folder, "elsewhere") });
    expect(text(code(other.saved)[0]!.outputs)).toEqual([`'${join(folder, "elsewhere")}'`]);
    await expect(run(["1"], { cwd: join(folder, "missing") })).rejects.toMatchObject({ code: "CW_WORKING_FOLDER" });
  });

  test("much output arrives: 100,000 lines, and ten megabytes at once", async () => {
    const { saved } = await run([
      "for (let i = 0; i < 100_000; i += 1) console.log(i);",
      "console.log('x'.repeat(1e7))",
    ]);
    const [lines, long] = code(saved);
    const expected = Array.from({ length: 100_000 }, (_, index) => `${index}\n`).join("");
    expect(text(lines!.outputs)).toEqual([expected]);
    expect(lines!.outputs).toHaveLength(1);
    expect((text(long!.outputs)[0] as string).length).toBe(10_000_001);
  });

  test.each([
    ["no cells", []],
    ["text only", [markdownCell("# a"), markdownCell("b")]],
  ])("a notebook with %s runs", async (_, cells) => {
    const { result, saved } = await run(cells);
    expect(result).toMatchObject({ status: "completed", exitCode: 0 });
    expect(saved.cells).toHaveLength(cells.length);
    expect(saved.metadata.language_info).toBeDefined();
  });

  test("a notebook object is not changed, and nothing is written", async () => {
    const notebook = createNotebook([codeCell("'漢字 🎉'")]);
    const before = structuredClone(notebook);
    const result = await runNotebook(notebook);
    expect(notebook).toEqual(before);
    expect(result.outputPath).toBeNull();
    expect(text(code(result.notebook)[0]!.outputs)).toEqual(["'漢字 🎉'"]);
  });

  test("the input may be the output; without one it goes beside the input", async () => {
    const input = writeCells(join(folder, "same.ipynb"), ["1 + 1"]);
    await runNotebook(input, input);
    expect(text(code(readNotebook(input))[0]!.outputs)).toEqual(["2"]);
    const { outputPath } = await runNotebook(input);
    expect(outputPath).toBe(join(folder, "same-run.ipynb"));
    expect(existsSync(outputPath!)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes(".tmp"))).toEqual([]);
  });
});

describe("before a run", () => {
  test.each([
    ["a notebook that is none", "not JSON", undefined, {}, "CW_NOTEBOOK_JSON"],
    ["an output below a file", undefined, join(folder, "blocked.ipynb", "x.ipynb"), {}, "CW_OUTPUT_FILE"],
    ["an output that is a folder", undefined, folder, {}, "CW_OUTPUT_FILE"],
    [
      "a report below a file",
      undefined,
      undefined,
      { html: join(folder, "blocked.ipynb", "x.html") },
      "CW_OUTPUT_FILE",
    ],
    ["an unknown kernel", undefined, undefined, { kernelName: "no-such-kernel" }, "CW_KERNEL_NAME"],
    ["a kernel that is a path", undefined, undefined, { kernelName: "../x" }, "CW_KERNEL_NAME"],
    ["a time-out of 0 s", undefined, undefined, { executionTimeout: 0 }, "CW_TIMEOUT_OPTION"],
    ["a time-out that is no number", undefined, undefined, { startTimeout: Number.NaN }, "CW_TIMEOUT_OPTION"],
  ])("%s is refused, and nothing is written", async (_, content, output, options, expected) => {
    const input = join(folder, "blocked.ipynb");
    if (content === undefined) writeCells(input, ["1"]);
    else writeFileSync(input, content);
    const before = readdirSync(folder);
    await expect(runNotebook(input, output, options)).rejects.toMatchObject({ code: expected });
    expect(readdirSync(folder)).toEqual(before);
  });

  test("a kernel that cannot start is said, and nothing is written", async () => {
    const resource = join(folder, "jupyter", "kernels", "test-broken");
    mkdirSync(resource, { recursive: true });
    const argv = [process.execPath, "-e", "console.error('the reason'); process.exit(4)"];
    writeFileSync(join(resource, "kernel.json"), JSON.stringify({ argv, display_name: "b", language: "x" }));
    const input = writeCells(join(folder, "broken.ipynb"), ["1"], "test-broken");
    const running = runNotebook(input);
    await expect(running).rejects.toMatchObject({ code: "CW_KERNEL_START" });
    await expect(running).rejects.toThrow(/exit code 4.*the reason/s);
    expect(existsSync(join(folder, "broken-run.ipynb"))).toBe(false);
  });

  test("a TypeScript notebook whose kernel is not installed runs with ours; another one is refused", async () => {
    const cells = [codeCell("1 as number")];
    const named = (language: string) =>
      createNotebook(cells, { kernelspec: { name: "no-such", display_name: "x", language } });
    expect((await runNotebook(named("typescript"))).status).toBe("completed");
    await expect(runNotebook(named("python"))).rejects.toThrow(/got "no-such"; known: cellwright/);
  });
});

describeWith(["python"], "a run with ipykernel", () => {
  test("sys.exit(0) ends the run without an error, as in papermill", async () => {
    const { result, saved } = await run(["import sys; sys.exit(0)", "2"], {}, PYTHON_KERNEL);
    expect(result).toMatchObject({ status: "completed", exitCode: 0 });
    expect(statuses(saved)).toEqual(["completed", "pending"]);
  });

  test("output that comes late stands under the cell that caused it", async () => {
    const cells = [
      [
        "import threading, time",
        "kernel = get_ipython().kernel; parent = kernel.get_parent()",
        "send = lambda: kernel.session.send(kernel.iopub_socket, 'stream', dict(name='stdout', text='late\\n'), parent)",
        "threading.Timer(0.2, send).start()",
      ].join("\n"),
      "time.sleep(0.6); 'end'",
    ];
    const { saved } = await run(cells, {}, PYTHON_KERNEL);
    expect(code(saved).map(({ outputs }) => text(outputs))).toEqual([["late\n"], ["'end'"]]);
  });

  test("a kernel interrupted by signal, and one that dies by itself", async () => {
    const slow = await run(["import time; time.sleep(60)", "2"], { executionTimeout: 0.5 }, PYTHON_KERNEL);
    expect(text(code(slow.saved)[0]!.outputs)).toEqual(["KeyboardInterrupt", "CellTimeoutError"]);
    const dead = await run(["import os; os._exit(9)"], {}, PYTHON_KERNEL);
    expect(dead.result.exitCode).toBe(138);
    expect(dead.result.failure!.evalue).toMatch(/^the kernel died: exit code 9/);
  });

  test("widget state is kept in the metadata", async () => {
    const source = [
      "from comm import create_comm",
      "state = dict(_model_name='M', _model_module='m', _model_module_version='1', value=1)",
      "c = create_comm(target_name='jupyter.widget', data=dict(state=state, buffer_paths=[['b']]), buffers=[b'abc'])",
      "c.send(dict(method='update', state=dict(value=2)))",
    ].join("\n");
    const { saved } = await run([source], {}, PYTHON_KERNEL);
    const widgets = saved.metadata.widgets as Record<string, { state: Record<string, unknown> }>;
    const models = Object.values(widgets["application/vnd.jupyter.widget-state+json"]!.state);
    expect(models).toMatchObject([
      { model_name: "M", state: { value: 2 }, buffers: [{ data: "YWJj", encoding: "base64", path: ["b"] }] },
    ]);
  });
});

describeWith(["python:nbclient"], "against nbclient, on the same notebook with the same kernel", () => {
  const cells = [
    "print('a'); print('b')\n6 * 7",
    "from IPython.display import display, update_display, clear_output, HTML, Markdown, JSON\nimport sys, time",
    "h = display({'text/plain': 'first'}, raw=True, display_id='x'); display({'text/plain': 'other'}, raw=True)",
    "update_display({'text/plain': 'second'}, raw=True, display_id='x')",
    "display({'text/plain': 'third'}, raw=True, display_id='x')",
    "for i in range(5):\n    clear_output(wait=True)\n    print(i, flush=True)",
    "print('gone', flush=True); clear_output(); print('stays')",
    "print('kept', flush=True); clear_output(wait=True)",
    "display(HTML('<b>x</b>'), Markdown('*x*'), JSON({'a': [1]}))",
    "for i in range(1000): print('line', i)",
    "'ünï漢🎉'",
    "print('é\\u2028x')",
    "display({'image/png': b'\\x89PNG'}, raw=True, metadata={'image/png': {'width': 3}})",
    "[]",
    "None",
  ];

  test("the outputs are the same", async () => {
    const { saved, input } = await run(cells, {}, PYTHON_KERNEL);
    const script = `
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, kernel_name=sys.argv[2]).execute()
nbformat.validate(nbformat.read(sys.argv[3], 4))
nbformat.write(notebook, sys.argv[3] + ".nbclient")`;
    const output = join(folder, "out", `${runs}.ipynb`);
    const python = spawnSync(pythonWith("nbclient")!, ["-c", script, input, PYTHON_KERNEL, output], {
      encoding: "utf8",
    });
    expect(python.stderr.split("\n").filter((line) => line.includes("Error"))).toEqual([]);
    const theirs = readNotebook(`${output}.nbclient`);
    // nbclient keeps each stream message apart: whether two prints come as one message or two is a matter of timing
    const joined = (outputs: readonly Output[]) =>
      outputs.reduce<Output[]>((all, each) => {
        const last = all.at(-1);
        if (each.output_type === "stream" && last?.output_type === "stream" && last.name === each.name) {
          last.text += each.text;
        } else all.push({ ...each });
        return all;
      }, []);
    for (const [index, cell] of code(theirs).entries()) {
      const ours = code(saved)[index]!;
      expect(ours.outputs, cell.source).toEqual(joined(cell.outputs));
      expect(ours.execution_count, cell.source).toBe(cell.execution_count);
      const times = (each: CodeCell) => Object.keys(each.metadata.execution as Metadata).sort();
      expect(times(ours)).toEqual(times(cell));
    }
    expect(saved.metadata.language_info).toEqual(theirs.metadata.language_info);
  });
});

describeWith(["python:nbformat"], "against nbformat's validator", () => {
  test("what a failed run saves is valid, and written as Jupyter writes it", async () => {
    const { output } = await run([markdownCell("# a"), "console.log('a\\nb'); [{ a: 1 }]", "throw new Error('x')"]);
    const script =
      "import sys, nbformat; n = nbformat.read(sys.argv[1], 4); nbformat.validate(n); sys.stdout.write(nbformat.writes(n) + '\\n')";
    const python = spawnSync(pythonWith("nbformat")!, ["-c", script, output], { encoding: "utf8" });
    expect(python.stderr).toBe("");
    expect(python.stdout).toBe(readFileSync(output, "utf8"));
  });
});
