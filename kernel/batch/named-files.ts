// The files that a notebook names: texts in its code and its parameters that are paths of existing files, seen from its
// folder. Those that were there before are its data (and the modules that it imports), those that it wrote are its results.
// A path that is put together at run time is not seen: name such a file in a parameter.

import { createHash } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Notebook } from "./notebook.ts";
import type { Parameters } from "./parameters/value.ts";

const TEXT = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`([^`$\\]*)`/g;
const MAXIMUM_FILES = 10_000;
const MODULE_ENDINGS = ["", ".ts", ".js", ".mts", ".mjs", ".json"];

/** Path as written (below a folder: with the rest) to absolute path. */
export function namedFiles(notebook: Notebook, parameters: Parameters, folder: string): Map<string, string> {
  const texts = new Set<string>(textsIn(Object.values(parameters)));
  for (const { cell_type, source } of notebook.cells) {
    if (cell_type !== "code") continue;
    for (const [, double, single, template] of source.matchAll(TEXT)) texts.add(double ?? single ?? template ?? "");
  }
  const files = new Map<string, string>();
  for (const text of [...texts].sort()) {
    if (!isPathLike(text)) continue;
    for (const ending of MODULE_ENDINGS) {
      if (ending !== "" && !/^\.\.?\//.test(text)) break;
      try {
        if (addFiles(files, text + ending, resolve(folder, text + ending))) break;
      } catch {
        break; // a text that is too long for a path, a folder that is not ours to read
      }
    }
  }
  return files;
}

/** `.` and `/` would be whole disks. */
function isPathLike(text: string): boolean {
  return text.length > 1 && text.length < 1_000 && /\w/.test(text) && !/[\0\n]|^https?:/.test(text);
}

function addFiles(files: Map<string, string>, name: string, path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) files.set(name, path);
  else if (found?.isDirectory() && /[/\\]/.test(name)) {
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    for (const entry of entries.slice(0, MAXIMUM_FILES)) {
      if (!entry.isFile()) continue;
      const inside = join(entry.parentPath, entry.name);
      files.set(name.replace(/\/$/, "") + inside.slice(path.replace(/\/$/, "").length), inside);
    }
  }
  return found !== undefined;
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** SHA-256 of each. */
export async function hashFiles(files: ReadonlyMap<string, string>): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const [name, path] of files) {
    try {
      const hash = createHash("sha256");
      for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
      hashes[name] = hash.digest("hex");
    } catch {
      // gone, or not for us to read: then it is not what the notebook reads either
    }
  }
  return hashes;
}
