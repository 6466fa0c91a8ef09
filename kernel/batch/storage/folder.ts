// A disk, or a folder that machines share: NFS, too, renames in one step.

import { readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CellwrightError } from "../../../src/errors.ts";
import { makeFolder, prepareFile, writeWhole } from "./disk.ts";
import { MAXIMUM_BYTES, type Storage } from "./storage.ts";

export class FolderStorage implements Storage {
  async read(path: string): Promise<Uint8Array> {
    try {
      const { size } = await stat(path);
      if (size <= MAXIMUM_BYTES) return await readFile(path);
    } catch (error) {
      if (isMissing(error))
        throw new CellwrightError("CW_STORAGE_MISSING", `expected a file at ${path}, there is none`);
      throw new CellwrightError("CW_STORAGE_FAILED", `expected to read ${path}: ${(error as Error).message}`);
    }
    throw new CellwrightError("CW_STORAGE_SIZE", `expected at most ${MAXIMUM_BYTES} bytes at ${path}, got more`);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    try {
      makeFolder(dirname(resolve(path)));
    } catch {
      // the write says why
    }
    writeWhole(path, content);
  }

  async exists(path: string): Promise<boolean> {
    return (await stat(path).catch(() => undefined))?.isFile() ?? false;
  }

  async list(folder: string): Promise<string[]> {
    try {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw new CellwrightError("CW_STORAGE_FAILED", `expected to list ${folder}: ${(error as Error).message}`);
    }
  }

  async delete(path: string): Promise<void> {
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw new CellwrightError("CW_STORAGE_FAILED", `expected to delete ${path}: ${(error as Error).message}`);
    }
  }

  async prepare(path: string): Promise<void> {
    prepareFile(path);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
