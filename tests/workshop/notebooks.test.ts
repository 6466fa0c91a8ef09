// The workshop's notebooks: as they are committed, as a learner finds them, and as they end when all is solved. Each runs as
// `cellwright run` runs it, in a folder of its own.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cell, type Notebook, runNotebook } from "cellwright/batch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtCommand, projectFolder } from "../support/command.ts";

const workshopFolder = join(projectFolder, "notebooks/workshop");
const numbers = [1, 2, 3, 4, 5];
const read = (path: string) => JSON.parse(readFileSync(join(workshopFolder, path), "utf8"));
const textOf = (cell: { source: string | string[] }) => [cell.source].flat().join("");
const isTodo = (cell: Cell) => (cell.metadata.tags as string[] | undefined)?.includes("todo") === true;

describe.each(numbers)("exercise %i as it is committed", (number) => {
  const exercise = read(`exercise-${number}.ipynb`);
  const solution = read(`solutions/exercise-${number}.ipynb`);

  test("is nbformat 4.5: cells have ids of their own, and no outputs", () => {
    for (const notebook of [exercise, solution]) {
      expect([notebook.nbformat, notebook.nbformat_minor]).toEqual([4, 5]);
      expect(notebook.metadata.kernelspec.name).toBe("cellwright");
      const ids = notebook.cells.map(({ id }: { id: string }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      for (const cell of notebook.cells.filter((each: Cell) => each.cell_type === "code")) {
        expect([cell.id, cell.outputs, cell.execution_count]).toEqual([cell.id, [], null]);
      }
    }
  });

  test("says what it takes: an expected time, four places to fill in with a check each, a stretch goal", () => {
    const text = exercise.cells.map(textOf).join("\n");
    expect(text).toContain("*20 minutes.*");
    expect(text).toContain("## Stretch goal");
    expect(exercise.cells.filter(isTodo)).toHaveLength(4);
    for (const cell of exercise.cells.filter(isTodo)) expect(textOf(cell)).toContain("TODO");
    expect(text.split(`workshop.check(${number})`)).toHaveLength(5);
    const minutes = [...text.matchAll(/\*\((\d+) minutes\)\*/g)].map((match) => Number(match[1]));
    expect(minutes).toHaveLength(4);
    expect(minutes.reduce((sum, value) => sum + value)).toBeLessThanOrEqual(20);
  });

  test("differs from its solution in what is to be filled in, and nowhere else", () => {
    expect(solution.cells.map(({ id }: { id: string }) => id)).toEqual(
      exercise.cells.map(({ id }: { id: string }) => id),
    );
    for (const [index, cell] of exercise.cells.entries()) {
      if (isTodo(cell)) expect(textOf(solution.cells[index])).not.toBe(textOf(cell));
      else expect(solution.cells[index]).toEqual(cell);
    }
  });
});

describe.each(numbers)("exercise %i, run", (number) => {
  let folder = "";
  beforeAll(() => {
    builtCommand();
    folder = mkdtempSync(join(tmpdir(), "cellwright-workshop-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (path: string) => {
    const input = join(folder, path.replaceAll("/", "-"));
    copyFileSync(join(workshopFolder, path), input);
    const result = await runNotebook(input, null, { cwd: folder });
    expect(result.failure).toBeNull();
    expect(result.status).toBe("completed");
    return result.notebook;
  };

  test("its solution passes, step by step", { timeout: 120_000 }, async () => {
    const checks = checksOf(await run(`solutions/exercise-${number}.ipynb`));
    expect(checks.map((text) => /✓ (\d) of 4 steps/.exec(text)?.[1])).toEqual(["1", "2", "3", "4"]);
    expect(checks.at(-1)).toContain("All steps are done");
  });

  test("unsolved, it runs to its end without an error, and every check gives a hint", {
    timeout: 120_000,
  }, async () => {
    for (const text of checksOf(await run(`exercise-${number}.ipynb`))) {
      expect(text).toContain("✓ 0 of 4 steps");
      expect(text).toMatch(/\nHint: \S/);
      expect(text).not.toMatch(/failed|undefined|NaN/);
    }
  });
});

/** What the checks of a run have said, as texts. */
function checksOf(notebook: Notebook): string[] {
  const found = notebook.cells.flatMap((cell) => {
    if (cell.cell_type !== "code" || !textOf(cell).startsWith("workshop.check(")) return [];
    return cell.outputs.map((output) => {
      if (output.output_type !== "execute_result") throw new Error(`a check has shown ${output.output_type}`);
      expect(output.data["text/html"]).toContain('role="group"');
      return String(output.data["text/plain"]);
    });
  });
  expect(found).toHaveLength(4);
  return found;
}
