// Which storage a path belongs to: it says so by itself.

import { CellwrightError } from "../../../src/errors.ts";
import { FolderStorage } from "./folder.ts";
import { STANDARD, schemeOf } from "./path.ts";
import { StandardStorage } from "./standard.ts";
import type { Storage } from "./storage.ts";

const folders = new FolderStorage();
const standard = new StandardStorage();
let s3: Promise<Storage> | undefined;

/**
 * The storage that a path belongs to. S3's client is loaded when the first `s3://` path is met; endpoint, region and
 * credentials come from the `AWS_…` variables of the environment and from what else Amazon's own tools read.
 * Throws CW_STORAGE_PATH for another scheme.
 *
 * @example
 * const path = "s3://results/runs/a.ipynb"; // or "/mnt/shared/runs/a.ipynb"
 * const storage = await storageFor(path);
 * await storage.write(path, serializeNotebook(notebook));
 * const saved = parseNotebook(Buffer.from(await storage.read(path)).toString(), path);
 */
export async function storageFor(path: string): Promise<Storage> {
  const scheme = schemeOf(path);
  if (scheme === undefined) return path === STANDARD ? standard : folders;
  if (scheme !== "s3") {
    throw new CellwrightError("CW_STORAGE_PATH", `expected a path or s3://bucket/name, got ${path}`);
  }
  s3 ??= import("./s3.ts").then(({ S3Storage }) => new S3Storage());
  return s3;
}
