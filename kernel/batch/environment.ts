// What a run depends on beside its code and its parameters, as far as it can be known: versions of packages, the lock
// file, the processor, the commit. It goes into the manifest of a run, and its first half into the key of the run cache.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { version } from "../version.ts";
import type { Notebook } from "./notebook.ts";

const LOCK_FILES = ["package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "uv.lock", "poetry.lock"];
/** What every notebook of ours may use without an import. */
const OWN_PACKAGES = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm", "typescript"];
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["'](@[\w.-]+\/[\w.-]+|[\w][\w.-]*)(?:\/[^"']*)?["']/g;

export interface Versions {
  readonly node: string;
  /** Name to version, of the packages that the notebook imports and of ours. */
  readonly packages: Readonly<Record<string, string>>;
  /** SHA-256 of the nearest lock file. */
  readonly lock: string | null;
}

export function versionsFor(notebook: Notebook, folder: string): Versions {
  const names = new Set(OWN_PACKAGES);
  for (const { cell_type, source } of notebook.cells) {
    if (cell_type === "code") for (const [, name] of source.matchAll(IMPORT)) names.add(name!);
  }
  const packages: Record<string, string> = { cellwright: version };
  for (const name of [...names].sort()) {
    const found = packageVersion(name, [join(folder, "_"), import.meta.url]);
    if (found !== undefined) packages[name] = found;
  }
  const lock = nearest(LOCK_FILES, folder);
  return { node: process.version, packages, lock: lock === undefined ? null : sha256(readFileSync(lock)) };
}

/** Looked up where the notebook is, then where we are. */
function packageVersion(name: string, places: readonly string[]): string | undefined {
  for (const place of places) {
    for (const folder of createRequire(place).resolve.paths(name) ?? []) {
      const file = join(folder, name, "package.json");
      if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { version?: string }).version;
    }
  }
  return undefined;
}

function nearest(names: readonly string[], folder: string): string | undefined {
  for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  return dirname(folder) === folder ? undefined : nearest(names, dirname(folder));
}

export interface Device {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
}

export function describeDevice(): Device {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    platform: `${process.platform}-${process.arch}`,
  };
}

export interface Commit {
  readonly commit: string;
  /** Whether files differ from the commit. */
  readonly dirty: boolean;
}

/** Of the repository that the folder is in; null where there is none. */
export async function commitOf(folder: string): Promise<Commit | null> {
  const git = async (...words: string[]) => (await promisify(execFile)("git", words, { cwd: folder })).stdout.trim();
  try {
    const [commit, changes] = await Promise.all([git("rev-parse", "HEAD"), git("status", "--porcelain")]);
    return { commit, dirty: changes !== "" };
  } catch {
    return null;
  }
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
