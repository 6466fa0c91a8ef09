// Notebooks on disk. Files are written under a temporary name and renamed, so that a reader, or a run that was killed,
// never leaves half a notebook. `-` is standard input or output, as in papermill.

import { randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import type { Notebook } from "./notebook.ts";
import { parseNotebook } from "./notebook.ts";
import { isScript, parseScript } from "./percent.ts";
import { serializeNotebook } from "./serialize.ts";

/** The name of standard input and output. */
export const STANDARD = "-";

/** Reads a notebook, or a script with `// %%` cells; throws CW_NOTEBOOK_FILE when the path cannot be read, and what `parseNotebook` throws. */
export function readNotebook(path: string): Notebook {
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
    throw new CellwrightError("CW_NOTEBOOK_FILE", `expected a notebook at ${path}: ${problem}`);
  }
  if (isScript(path)) return parseScript(text, path);
  return parseNotebook(text, path === STANDARD ? "standard input" : path);
}

/** Writes a notebook, whole or not at all. */
export function writeNotebook(path: string, notebook: Notebook): void {
  const text = serializeNotebook(notebook);
  if (path === STANDARD)
    process.stdout.write(text); // not writeFileSync: a pipe that is full would fail it
  else writeWhole(path, text);
}

/** Writes a file under a temporary name beside it and renames it; keeps the permissions of the file it replaces. */
export function writeWhole(path: string, text: string): void {
  let target = resolve(path);
  let mode = 0o666;
  try {
    target = realpathSync(target); // where the path is a link, what it links to is replaced, not the link
    mode = statSync(target).mode & 0o777;
  } catch {
    // a new file
  }
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    writeFileSync(temporary, text, { mode });
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new CellwrightError("CW_OUTPUT_FILE", `expected to write ${path}: ${(error as Error).message}`);
  }
}

/** Makes the folder of an output and checks that the file can be written, before time is spent on computing it. */
export function prepareOutput(path: string): void {
  if (path === STANDARD) return;
  const folder = dirname(resolve(path));
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const problem = (error as Error).message;
    throw new CellwrightError("CW_OUTPUT_FILE", `expected a folder that can be written for ${path}: ${problem}`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CellwrightError("CW_OUTPUT_FILE", `expected a file name for the output, got the folder ${path}`);
  }
}

/** Where a run without a named output goes: `train.ipynb` → `train-run.ipynb`, beside it. The input stays as it is. */
export function defaultOutput(input: string): string {
  if (input === STANDARD) return STANDARD;
  const extension = extname(input);
  const ending = extension === "" || isScript(input) ? ".ipynb" : extension;
  return join(dirname(input), `${basename(input, extension)}-run${ending}`);
}

/** Like `mkdirSync` with `recursive`, which never returns for a folder under /proc (Node 20 to 26). */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}
