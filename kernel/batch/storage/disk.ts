// Files on a disk, written whole or not at all: under a temporary name beside them, then renamed, so that a reader, or a run
// that was killed, never leaves half a file. Synchronous: a save that returns has happened, whatever ends the process next.

import { randomUUID } from "node:crypto";
import { accessSync, constants, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CellwrightError } from "../../../src/errors.ts";

/** Keeps the permissions of the file it replaces; throws CW_OUTPUT_FILE. */
export function writeWhole(path: string, content: string | Uint8Array): void {
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
    writeFileSync(temporary, content, { mode });
    renameSync(temporary, target);
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // it is in no folder
    }
    throw new CellwrightError("CW_OUTPUT_FILE", `expected to write ${path}: ${(error as Error).message}`);
  }
}

/** Makes the folder of an output and checks that the file can be written, before time is spent on computing it. */
export function prepareFile(path: string): void {
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

/** Like `mkdirSync` with `recursive`, which never returns for a folder under /proc (Node 20 to 26). */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // another process may have made it meanwhile
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
