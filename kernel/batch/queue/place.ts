// Where a job finds its notebook and leaves its output: a folder that the machines share, or a bucket. Paths below the folder in which the grid was begun travel relative
// to it, so that a machine that has the same folder elsewhere (`cellwright worker --folder /mnt/shared`) finds them; other
// paths travel as they are. The notebook itself lies beside the outputs under the hash of its bytes: whoever edits it
// while the grid runs changes nothing for the points that wait.

import { extname, isAbsolute, relative, resolve } from "node:path";
import { CellwrightError } from "../../../src/errors.ts";
import { sha256 } from "../environment.ts";
import { loadNotebook } from "../file.ts";
import { type Notebook, parseNotebook } from "../notebook.ts";
import { serializeNotebook } from "../serialize.ts";
import { storageFor } from "../storage/find.ts";
import { folderOf, isRemote, nameOf, pathIn } from "../storage/path.ts";

const COPIES = ".cellwright";

/** As it travels. */
export function toTravel(path: string, folder: string): string {
  if (isRemote(path)) return path;
  const inside = relative(resolve(folder), resolve(path));
  return inside === ".." || inside.startsWith("../") || isAbsolute(inside) ? resolve(path) : inside;
}

/** As it is on this machine. */
export function arrived(path: string, folder: string): string {
  return isRemote(path) ? path : resolve(folder, path);
}

export interface NotebookCopy {
  readonly path: string;
  /** SHA-256 of its bytes. */
  readonly hash: string;
}

/** Puts the notebook, or the script with `// %%` cells, as it is now beside the output that it will have. */
export async function putNotebook(input: string, output: string): Promise<NotebookCopy> {
  const text = serializeNotebook(withSteadyIds(await loadNotebook(input), await loadNotebook(input)));
  const hash = sha256(text);
  const name = `${nameOf(input, extname(input))}-${hash.slice(0, 16)}.ipynb`;
  const path = pathIn(pathIn(folderOf(output), COPIES), name);
  if ((await readText(path)) !== text) await writeText(path, text);
  return { path, hash };
}

/** The cells of scripts and of older notebooks have no ids, each reading makes some: here they follow from place and code. */
function withSteadyIds(notebook: Notebook, again: Notebook): Notebook {
  for (const [index, cell] of notebook.cells.entries()) {
    if (cell.id !== again.cells[index]?.id) cell.id = sha256(`${index}\n${cell.source}`).slice(0, 8);
  }
  return notebook;
}

/** Throws CW_QUEUE_NOTEBOOK where it is not there, or not the one that was sent. */
export async function takeNotebook({ path, hash }: NotebookCopy): Promise<Notebook> {
  const text = await readText(path);
  if (text === undefined) {
    throw new CellwrightError(
      "CW_QUEUE_NOTEBOOK",
      `expected the notebook at ${path} on this machine; where the shared folder is another, start the worker with --folder`,
    );
  }
  if (sha256(text) !== hash) {
    throw new CellwrightError("CW_QUEUE_NOTEBOOK", `expected the notebook that was sent at ${path}, got another one`);
  }
  return parseNotebook(text, path);
}

/** The text of a file; undefined where there is none. Rejects for a storage that cannot be read. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await (await storageFor(path)).read(path));
  } catch (error) {
    if ((error as CellwrightError).code === "CW_STORAGE_MISSING") return undefined;
    throw error;
  }
}

/** Whole or not at all; missing folders are made. */
export async function writeText(path: string, text: string): Promise<void> {
  await (await storageFor(path)).write(path, text);
}

/** Rejects where an output could not be written, before time is spent on it. */
export async function prepareText(path: string): Promise<void> {
  await (await storageFor(path)).prepare(path);
}
