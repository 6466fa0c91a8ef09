// Notebooks as files: `.ipynb`, or a script with `// %%` cells. `-` is standard input or output, as in papermill. A run
// reads and writes through a storage (`storage/`), so that a path may be of a file or of an object in a bucket.

import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import type { Notebook } from "./notebook.ts";
import { parseNotebook } from "./notebook.ts";
import { isScript, parseScript } from "./percent.ts";
import { serializeNotebook } from "./serialize.ts";
import { writeWhole } from "./storage/disk.ts";
import { storageFor } from "./storage/find.ts";
import { folderOf, isRemote, nameOf, pathIn, STANDARD } from "./storage/path.ts";

/**
 * Reads a notebook, or a script with `// %%` cells, from this machine's disks; throws CW_NOTEBOOK_FILE when the path cannot
 * be read, and what `parseNotebook` throws. `loadNotebook` reads from a bucket as well.
 */
export function readNotebook(path: string): Notebook {
  if (isRemote(path)) throw unreadable(path, "this reads files only; loadNotebook reads from a storage");
  let text: string;
  try {
    text = readFileSync(path === STANDARD ? 0 : path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "that is a folder; name a notebook in it"
          : (error as Error).message;
    throw unreadable(path, problem);
  }
  return parse(text, path);
}

/**
 * Reads a notebook from wherever a run can: a file, `s3://bucket/name.ipynb`, `-`. Rejects as `readNotebook` throws, and
 * with what a `Storage` says.
 *
 * @example
 * const { metadata } = await loadNotebook("s3://results/runs/monday.ipynb");
 */
export async function loadNotebook(path: string): Promise<Notebook> {
  if (!isRemote(path)) return readNotebook(path);
  const storage = await storageFor(path);
  try {
    return parse(new TextDecoder().decode(await storage.read(path)), path);
  } catch (error) {
    if ((error as CellwrightError).code === "CW_STORAGE_MISSING") throw unreadable(path, "there is no such file");
    throw error;
  }
}

function parse(text: string, path: string): Notebook {
  if (isScript(path)) return parseScript(text, path);
  return parseNotebook(text, path === STANDARD ? "standard input" : path);
}

function unreadable(path: string, problem: string): CellwrightError {
  return new CellwrightError("CW_NOTEBOOK_FILE", `expected a notebook at ${path}: ${problem}`);
}

/** Writes a notebook to a file, whole or not at all; throws CW_OUTPUT_FILE. */
export function writeNotebook(path: string, notebook: Notebook): void {
  const text = serializeNotebook(notebook);
  if (path === STANDARD)
    process.stdout.write(text); // not writeFileSync: a pipe that is full would fail it
  else writeWhole(path, text);
}

/** Writes a notebook to wherever a run can, whole or not at all. */
export async function saveNotebook(path: string, notebook: Notebook): Promise<void> {
  await (await storageFor(path)).write(path, serializeNotebook(notebook));
}

/** Where a run without a named output goes: `train.ipynb` → `train-run.ipynb`, beside it. The input stays as it is. */
export function defaultOutput(input: string): string {
  if (input === STANDARD) return STANDARD;
  const extension = extname(input);
  const ending = extension === "" || isScript(input) ? ".ipynb" : extension;
  return pathIn(folderOf(input), `${nameOf(input, extension)}-run${ending}`);
}
