// Paths of notebooks and outputs: of a file, or `s3://bucket/key`. `node:path` would make `s3:/bucket/key` of the latter,
// so whatever takes such paths apart or puts them together does it here.

import { basename, dirname, join } from "node:path";
import { CellwrightError } from "../../../src/errors.ts";

/** The name of standard input and output. */
export const STANDARD = "-";

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** Whether a path names something that is not on this machine's disks. */
export function isRemote(path: string): boolean {
  return SCHEME.test(path);
}

/** The scheme of a remote path in lower case, such as `s3`; undefined for a file. */
export function schemeOf(path: string): string | undefined {
  return SCHEME.exec(path)?.[1]?.toLowerCase();
}

/** The folder of a path: `s3://bucket/runs/a.ipynb` → `s3://bucket/runs`. */
export function folderOf(path: string): string {
  if (!isRemote(path)) return dirname(path);
  const end = path.lastIndexOf("/");
  return /:\/\/[^/]*$/.test(path) ? path : path.slice(0, end);
}

/** A name in a folder. */
export function pathIn(folder: string, name: string): string {
  return isRemote(folder) ? `${folder.replace(/\/+$/, "")}/${name}` : join(folder, name);
}

/** The last part of a path, without `ending` where it ends so. */
export function nameOf(path: string, ending = ""): string {
  return basename(path, ending);
}

export interface BucketPath {
  readonly bucket: string;
  readonly key: string;
}

/** Bucket and key; throws CW_STORAGE_PATH for what is no path of an object. Of a folder, the key may be empty. */
export function parseBucketPath(path: string, isFolder = false): BucketPath {
  const [, bucket = "", key = ""] = /^s3:\/\/([^/]*)\/?([\s\S]*)$/i.exec(path) ?? [];
  const problem = !/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(bucket)
    ? `${JSON.stringify(bucket)} is no name of a bucket`
    : !isFolder && (key === "" || key.endsWith("/"))
      ? "there is no name behind the last /"
      : Buffer.byteLength(key) > 1_024
        ? `the key has ${Buffer.byteLength(key)} bytes, S3 takes 1024`
        : undefined;
  if (problem === undefined) return { bucket, key };
  throw new CellwrightError("CW_STORAGE_PATH", `expected s3://bucket/name, got ${path}: ${problem}`);
}
