import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeCell, createNotebook, runNotebook } from "cellwright/batch";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "cellwright-types-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("unattended, a cell whose types are wrong does not run, and the run stops there", async () => {
  const cells = ["const count: number = 1;", "console.log('ran'); const text: string = count;", "console.log('later')"];
  const notebook = createNotebook(cells.map((source) => codeCell(source)));
  const { status, exitCode, notebook: done } = await runNotebook(notebook, join(folder, "out.ipynb"));
  expect([status, exitCode]).toEqual(["failed", 1]);
  const text = JSON.stringify(done);
  expect(text).toContain("TypeScriptError");
  expect(text).toContain("Type 'number' is not assignable to type 'string'");
  expect(text).not.toContain('"text":"ran');
  expect(text).not.toContain('"text":"later');
});
