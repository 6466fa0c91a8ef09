// Where notebooks and outputs are: on a disk, a shared folder among them, or in a bucket that speaks S3. A run sees this
// interface only, so what it can do with a file it can do with an object, and a grid's points may run on any machine that
// reaches the same folder or bucket. A path says by itself which storage it belongs to.

/** The most that is read at once: V8 makes no longer text. */
export const MAXIMUM_BYTES = 2 ** 29 - 2 ** 20;

/**
 * Reads and writes whole files, by full path (`runs/a.ipynb`, `s3://bucket/runs/a.ipynb`).
 *
 * Every method rejects with a CellwrightError: CW_STORAGE_MISSING (there is no such file), CW_STORAGE_SIZE (it has more
 * than 511 MiB), CW_STORAGE_FAILED; CW_OUTPUT_FILE for a disk that cannot be written to; and for S3 CW_STORAGE_PATH,
 * CW_STORAGE_BUCKET (no such bucket), CW_STORAGE_REGION, CW_STORAGE_CREDENTIALS (none, or refused), CW_STORAGE_DENIED,
 * CW_STORAGE_UNREACHABLE.
 */
export interface Storage {
  read(path: string): Promise<Uint8Array>;
  /** Whole or not at all: a reader sees what was there before, or this. Missing folders are made. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** The paths of all files below a folder, in the order of their characters; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Nothing happens where there is no such file. */
  delete(path: string): Promise<void>;
  /** Checks what can be checked before time is spent on an output: that there is a folder or bucket to write it to. */
  prepare(path: string): Promise<void>;
}
