// The committed notebooks as files: small, whole, with outputs that are of the code above them.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CodeCell, type Metadata, readNotebook } from "cellwright/batch";
import { describe, expect, test } from "vitest";
import { hashNotebook } from "../../kernel/batch/manifest.ts";
import { projectFolder } from "../support/command.ts";

const folder = join(projectFolder, "notebooks");
const all = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ipynb") && !/\.ipynb_checkpoints|^workshop|-run\.ipynb$/.test(name))
  .sort();

describe.each(all)("notebooks/%s", (name) => {
  const path = join(folder, name);
  const notebook = readNotebook(path);
  const codeCells = notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");

  test("is below 300 kB, and named on the page of the notebooks", () => {
    expect(statSync(path).size).toBeLessThan(300_000);
    expect(readFileSync(join(projectFolder, "docs/notebooks.md"), "utf8")).toContain(`(../notebooks/${name})`);
  });

  test("begins with a title, and says before a cell what it is for", () => {
    expect(notebook.cells[0]).toMatchObject({ cell_type: "markdown", source: expect.stringMatching(/^# \S/) });
    const longest = notebook.cells
      .map(({ cell_type }) => (cell_type === "code" ? "c" : "m"))
      .join("")
      .split("m");
    expect(Math.max(...longest.map((run) => run.length))).toBeLessThanOrEqual(3);
    expect(new Set(notebook.cells.map(({ id }) => id)).size).toBe(notebook.cells.length);
  });

  test("its outputs are of this code, from a run to the end, and name no place of this machine", () => {
    expect((notebook.metadata.cellwright as Metadata).notebook).toBe(hashNotebook(notebook));
    expect(codeCells.map(({ execution_count }) => execution_count)).toEqual(codeCells.map((_, index) => index + 1));
    expect(codeCells.flatMap(({ outputs }) => outputs).filter((output) => output.output_type === "error")).toEqual([]);
    const texts = codeCells.flatMap(({ outputs }) =>
      outputs.map((output) => (output.output_type === "stream" ? output.text : JSON.stringify(output))),
    );
    expect(texts.filter((text) => /\/(?:tmp|home|root|work|Users)\/|[A-Z]:\\\\Users/.test(text))).toEqual([]);
  });
});
