// The manifest of a run, in the metadata of its notebook (`metadata.cellwright`): what is needed to run it again and to
// know whether it would give the same. The key is the hash of what the outputs follow from: code, parameters, data,
// versions, kernel. A run whose saved key is still the key of now need not be run again.

import { statSync } from "node:fs";
import type { Commit, Device, Versions } from "./environment.ts";
import { commitOf, describeDevice, sha256, versionsFor } from "./environment.ts";
import { hashFiles, namedFiles } from "./named-files.ts";
import type { Metadata, Notebook } from "./notebook.ts";
import { tagsOf } from "./notebook.ts";
import { INJECTED_TAG } from "./parameters/tags.ts";
import type { PreparedRun } from "./prepare.ts";
import { ERROR_TAG } from "./record.ts";

export interface Manifest extends Versions {
  readonly version: 1;
  /** SHA-256 of the cells as they were before parameters were set. */
  readonly notebook: string;
  readonly parameters: Metadata;
  /** SHA-256 of the files that the notebook names and did not write, by path as named. */
  readonly data: Readonly<Record<string, string>>;
  /** The same for those that it wrote: weights, say. */
  readonly files: Readonly<Record<string, string>>;
  readonly kernel: string;
  /** The back end that computed last; null where none did. */
  readonly backend: string | null;
  readonly device: Device;
  /** The parameter `seed`. */
  readonly seed: unknown;
  readonly deterministic: boolean;
  readonly git: Commit | null;
  readonly folder: string;
  readonly status: string;
  /** Names of secret parameters. */
  readonly secrets: readonly string[];
  readonly key: string;
}

/** The hash of the cells, without what a run adds. */
export function hashNotebook({ cells }: Notebook): string {
  const own = cells.filter((cell) => !tagsOf(cell).some((tag) => tag === INJECTED_TAG || tag === ERROR_TAG));
  return sha256(JSON.stringify(own.map((cell) => [cell.cell_type, cell.source, tagsOf(cell)])));
}

/** The manifest of the run as it begins; `complete` adds what only its end shows. */
export async function beginManifest(prepared: PreparedRun, deterministic: boolean) {
  const { notebook, recorded, cwd, spec, secrets } = prepared;
  const started = Date.now();
  const base = {
    version: 1,
    ...versionsFor(notebook, cwd),
    notebook: hashNotebook(notebook),
    parameters: recorded.parameters,
    kernel: spec.name,
    device: describeDevice(),
    seed: recorded.parameters.seed ?? null,
    deterministic,
    git: await commitOf(cwd),
    folder: cwd,
    secrets: [...secrets.variables.keys()],
  } as const;
  const before = await hashFiles(dataFiles(prepared));
  const complete = async (status: string, backend: string | null): Promise<Manifest> => {
    const now = dataFiles(prepared);
    const written = [...now].filter(([name, path]) => !Object.hasOwn(before, name) || changedAt(path) >= started);
    const files = await hashFiles(new Map(written));
    const data = without(before, files);
    return { ...base, data, files, status, backend, key: keyOf({ ...base, data }) };
  };
  return { complete };
}

/**
 * Whether a notebook that was saved is what this run would give: it completed, and its key is the one of now. The files
 * that it wrote are no data, whatever they hold by now.
 */
export async function isUpToDate(saved: Notebook, prepared: PreparedRun, deterministic: boolean): Promise<boolean> {
  const manifest = saved.metadata.cellwright as Manifest | undefined;
  if (manifest?.version !== 1 || manifest.status !== "completed") return false;
  const { notebook, recorded, cwd, spec } = prepared;
  const data = without(await hashFiles(dataFiles(prepared)), manifest.files);
  const key = keyOf({
    ...versionsFor(notebook, cwd),
    notebook: hashNotebook(notebook),
    parameters: recorded.parameters,
    kernel: spec.name,
    deterministic,
    data,
  });
  return key === manifest.key;
}

/** The files that the notebook names. Its own output, which it may have been told of, is none of them. */
function dataFiles({ notebook, parameters, cwd }: PreparedRun): Map<string, string> {
  const files = namedFiles(notebook, parameters, cwd);
  files.delete(String(parameters.PAPERMILL_OUTPUT_PATH));
  return files;
}

function keyOf({
  notebook,
  parameters,
  data,
  node,
  packages,
  lock,
  kernel,
  deterministic,
}: Pick<Manifest, "notebook" | "parameters" | "data" | "node" | "packages" | "lock" | "kernel" | "deterministic">) {
  const entries = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  // where the output goes is no part of what comes out
  const own = entries(parameters).filter(([name]) => !name.startsWith("PAPERMILL_"));
  return sha256(JSON.stringify([notebook, own, entries(data), node, entries(packages), lock, kernel, deterministic]));
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function without(record: Readonly<Record<string, string>>, names: object): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !Object.hasOwn(names, name)));
}
