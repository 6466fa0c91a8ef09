/**
 * Files that are whole or not there: written under another name, flushed, then renamed, which the file system does in one step.
 */
import { copyFile, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { CellwrightError } from "../errors.ts";

/** Options of `writeWhole`. */
export interface WriteOptions {
  /** What is written, for the error. Default: "the file". */
  readonly what?: string;
  /** Where the file that is replaced stays. Default: nowhere. */
  readonly previous?: string;
}

/**
 * Writes `bytes` to `path`, making its folder. A reader sees the old file or the new one, whenever the process dies.
 *
 * @throws CW_FILE_WRITE where the disk does not take it: then the old file is as it was, and nothing else is left
 */
export async function writeWhole(path: string, bytes: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
  const { what = "the file", previous } = options;
  const temporary = `${path}.${process.pid}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (previous !== undefined) await keep(path, previous);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new CellwrightError(
      "CW_FILE_WRITE",
      `cannot write ${what} ${path} (${Math.ceil(bytes.length / 1024)} kB): ${reasonOf(error as NodeJS.ErrnoException)}`,
      { cause: error },
    );
  }
}

/** Gives the file at `path` a second name; `path` itself is there all the time. */
async function keep(path: string, previous: string): Promise<void> {
  await rm(previous, { force: true });
  try {
    await link(path, previous);
  } catch (error) {
    if (isMissing(error)) return;
    // Some file systems know no second names.
    await copyFile(path, previous);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; make room, or choose another folder",
  EDQUOT: "your share of the disk is used up; make room, or choose another folder",
  EFBIG: "the file is larger than this process may write (ulimit -f); raise the limit, or choose another folder",
  EACCES: "you may not write there; change the folder's permissions, or choose another",
  EPERM: "you may not write there; change the folder's permissions, or choose another",
  EROFS: "the file system is read-only; choose another folder",
  ENOTDIR: "a part of the path is a file, not a folder; choose another",
  EISDIR: "there is a folder of that name; choose another name",
  EIO: "the disk reports an error of its own; choose another disk",
};

function reasonOf({ code = "", message }: NodeJS.ErrnoException): string {
  const reason = reasons[code];
  return reason ? `${reason} (${code})` : message;
}

/** Whether `error` says that a file or folder does not exist. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException)?.code;
  return code === "ENOENT" || code === "ENOTDIR";
}
