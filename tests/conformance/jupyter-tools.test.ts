// Jupyter's other command lines with our kernel: `jupyter execute`, nbconvert to a page and to a script, jupytext there and
// back.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CodeCell, Output } from "cellwright/batch";
import { codeCell, createNotebook, markdownCell, readNotebook, writeNotebook } from "cellwright/batch";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWith } from "../support/requirements.ts";
import { makeTools, toolNeeds } from "./tools.ts";

const cells = [
  markdownCell("# Areas\n\nof `rooms`, in m²"),
  codeCell(
    "interface Room {\n  width: number;\n  depth?: number;\n}\nconst rooms: Room[] = [{ width: 3, depth: 4 }, { width: 5 }];",
    {
      tags: ["parameters"],
    },
  ),
  codeCell(
    "const area = ({ width, depth = width }: Room): number => width * depth;\n\n\nconsole.log(rooms.map(area) as number[]);",
  ),
  codeCell("globalThis.total = rooms.map(area).reduce((a, b) => a + b); // ünï 😀\ntotal"),
];
const magics = [
  codeCell("%types off\nconst shown = 1;"),
  codeCell("%%html\n<b>bold</b>"),
  codeCell("!echo from a shell"),
  codeCell("// a comment, then `//`\n`// %% no cell`"),
];
const kernelspec = { name: "cellwright", display_name: "Cellwright (TypeScript)", language: "typescript" };

describeWith(toolNeeds, "Jupyter's tools", () => {
  const tools = makeTools();
  const path = (name: string) => join(tools.folder, name);
  const outputs = (name: string): Output[][] =>
    readNotebook(path(name)).cells.flatMap((cell) => (cell.cell_type === "code" ? [(cell as CodeCell).outputs] : []));
  beforeAll(() => {
    writeNotebook(path("magics.ipynb"), createNotebook([...cells, ...magics], { kernelspec }));
  });
  afterAll(tools.remove);

  test("jupyter execute, then nbconvert to a page and to a script that runs", { timeout: 240_000 }, async () => {
    const executed = await tools.jupyter(["execute", "magics.ipynb", "--output=done.ipynb"]);
    expect(executed.code, executed.stderr).toBe(0);
    expect(outputs("done.ipynb").slice(0, 3)).toMatchObject([
      [],
      [{ output_type: "stream", name: "stdout", text: "[ 12, 25 ]\n" }],
      [{ output_type: "execute_result", data: { "text/plain": "37" } }],
    ]);
    const done = readNotebook(path("done.ipynb"));
    const info = { name: "typescript", file_extension: ".ts", pygments_lexer: "typescript" };
    expect(done.metadata.language_info).toMatchObject(info);
    writeNotebook(path("areas.ipynb"), { ...done, cells: done.cells.slice(0, cells.length) }); // magics are for the kernel

    const [page, script] = await Promise.all([
      tools.jupyter(["nbconvert", "--to", "html", "done.ipynb"]),
      tools.jupyter(["nbconvert", "--to", "script", "areas.ipynb"]),
    ]);
    expect(page.code, page.stderr).toBe(0);
    const html = readFileSync(path("done.html"), "utf8");
    for (const text of ["<b>bold</b>", "from a shell", "[ 12, 25 ]", "37", "of <code>rooms</code>, in m²"]) {
      expect(html.includes(text), text).toBe(true);
    }
    expect(html.includes("highlight hl-typescript")).toBe(true);
    expect(/<span class="[^"]+">interface<\/span>/.test(html)).toBe(true);

    expect(script.code, script.stderr).toBe(0);
    const code = readFileSync(path("areas.ts"), "utf8");
    for (const { source } of cells.slice(1)) expect(code).toContain(source);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    await import(pathToFileURL(path("areas.ts")).href);
    expect(log.mock.calls).toEqual([[[12, 25]]]);
    log.mockRestore();
    expect((globalThis as { total?: number }).total).toBe(37);
  });

  test("jupytext there and back, and executed on the way", { timeout: 180_000 }, async () => {
    const there = await tools.python(["-m", "jupytext", "--to", "auto:percent", "magics.ipynb"]);
    expect(there.code, there.stderr).toBe(0);
    const script = readFileSync(path("magics.ts"), "utf8");
    expect(script).toContain('// %% tags=["parameters"]\ninterface Room {');
    expect(script).toContain("// # Areas\n");
    const back = await tools.python([
      "-m",
      "jupytext",
      "--to",
      "ipynb",
      "--execute",
      "--output",
      "back.ipynb",
      "magics.ts",
    ]);
    expect(back.code, back.stderr).toBe(0);
    const [before, after] = ["magics.ipynb", "back.ipynb"].map((name) => readNotebook(path(name)));
    const written = (notebook = before!) =>
      notebook.cells.map(({ cell_type: type, source, metadata: { tags } }) => ({ type, source, tags }));
    expect(written(after)).toEqual(written());
    expect(after!.metadata.kernelspec).toEqual(kernelspec);
    expect(outputs("back.ipynb").flat().at(-1)).toMatchObject({ data: { "text/plain": "'// %% no cell'" } });
  });
});
