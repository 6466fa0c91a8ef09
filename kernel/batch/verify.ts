// Is a saved run what running it again gives? Its manifest says where and how it ran; it is run once more, its outputs are
// compared bit for bit, cell by cell, and so are the files that it wrote. What differs on purpose (a time, a host's name)
// goes into a cell tagged `verify-skip`.

import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import type { RunEvent, RunStatus } from "./events.ts";
import { loadNotebook } from "./file.ts";
import type { Manifest } from "./manifest.ts";
import { hashFiles } from "./named-files.ts";
import type { CodeCell, Notebook, Output } from "./notebook.ts";
import { parseNotebook, tagsOf } from "./notebook.ts";
import { ERROR_TAG } from "./record.ts";
import { runNotebook } from "./run.ts";
import { serializeNotebook } from "./serialize.ts";

/** Tags a cell whose outputs are not compared. */
export const SKIP_TAG = "verify-skip";

export interface Difference {
  /** Position of the cell among all cells, from 1. */
  readonly cell: number;
  /** The cell's first line. */
  readonly source: string;
  /** What is compared: `stdout`, `text/plain`, `error`, `outputs` (their number or kinds). */
  readonly of: string;
  /** The first line that differs, as saved and as it is now. */
  readonly saved: string;
  readonly now: string;
}

export interface VerifyResult {
  readonly same: boolean;
  readonly status: RunStatus;
  /** How many code cells were compared. */
  readonly cells: number;
  readonly differences: readonly Difference[];
  /** Files that the run wrote: whether they are the same bytes again. */
  readonly files: readonly { readonly path: string; readonly same: boolean }[];
  /** Of what the manifest names, what is different now: an explanation, and no difference in itself. */
  readonly changed: readonly string[];
}

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** The folder to run in. Default: the one of the saved run. */
  readonly cwd?: string | undefined;
  /** The values of the run's secrets. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly executionTimeout?: number | undefined;
}

/**
 * Runs a saved run again and compares. The saved notebook and the files that it wrote stay as they are. Rejects with
 * CW_NO_MANIFEST for a notebook that no run of ours saved, CW_SECRET where a secret of the run is not given.
 *
 * @example
 * const { same, differences } = await verifyRun("runs/monday.ipynb");
 */
export async function verifyRun(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  const saved = await loadNotebook(path);
  const manifest = saved.metadata.cellwright as Manifest | undefined;
  if (manifest?.version !== 1) {
    throw new CellwrightError("CW_NO_MANIFEST", `expected a notebook that cellwright run has saved, got ${path}`);
  }
  const { secrets = {}, signal, onEvent, executionTimeout } = options;
  const missing = manifest.secrets.filter((name) => secrets[name] === undefined);
  if (missing.length > 0) throw new CellwrightError("CW_SECRET", `expected the run's secrets ${missing.join(", ")}`);
  const cwd = options.cwd ?? manifest.folder;
  const written = new Map(Object.keys(manifest.files).map((name) => [name, resolve(cwd, name)]));
  const restore = keepFiles([...written.values()]);
  try {
    const notebook = { ...saved, cells: saved.cells.filter((cell) => !tagsOf(cell).includes(ERROR_TAG)) };
    const result = await runNotebook(notebook, null, {
      cwd,
      kernelName: manifest.kernel,
      deterministic: manifest.deterministic,
      secrets,
      signal,
      onEvent,
      executionTimeout,
    });
    const again = parseNotebook(serializeNotebook(result.notebook)); // as it would be saved
    const now = (again.metadata.cellwright ?? {}) as Partial<Manifest>;
    const differences = compare(saved, again);
    const hashes = await hashFiles(written);
    const files = Object.entries(manifest.files).map(([name, hash]) => ({ path: name, same: hashes[name] === hash }));
    const cells = codeCells(saved).length;
    const same = differences.length === 0 && files.every((file) => file.same);
    return { same, status: result.status, cells, differences, files, changed: changes(manifest, now) };
  } finally {
    restore();
  }
}

/** Copies the files; what it returns puts them back. */
function keepFiles(paths: readonly string[]): () => void {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-verify-"));
  const kept = paths.filter((path) => existsSync(path));
  for (const [index, path] of kept.entries()) copyFileSync(path, join(folder, String(index)));
  return () => {
    for (const [index, path] of kept.entries()) copyFileSync(join(folder, String(index)), path);
    rmSync(folder, { recursive: true });
  };
}

function codeCells(notebook: Notebook): { cell: CodeCell; place: number }[] {
  return notebook.cells
    .filter((cell) => !tagsOf(cell).includes(ERROR_TAG))
    .flatMap((cell, index) => (cell.cell_type === "code" ? [{ cell, place: index + 1 }] : []));
}

/** Cell by cell; only the first difference of a cell counts. */
function compare(saved: Notebook, now: Notebook): Difference[] {
  const others = codeCells(now);
  return codeCells(saved).flatMap(({ cell, place }, index) => {
    if (tagsOf(cell).includes(SKIP_TAG)) return [];
    const [old, fresh] = [parts(cell.outputs), parts(others[index]!.cell.outputs)];
    const source = cell.source.split("\n").find((line) => line.trim() !== "") ?? "";
    for (let at = 0; at < Math.max(old.length, fresh.length); at += 1) {
      const [a, b] = [old[at], fresh[at]];
      if (a?.of !== b?.of)
        return [{ cell: place, source, of: "outputs", saved: a?.of ?? "none", now: b?.of ?? "none" }];
      if (a!.text !== b!.text) return [{ cell: place, source, of: a!.of, ...firstLine(a!.text, b!.text) }];
    }
    return [];
  });
}

/** The outputs as texts that can be compared. A widget's id is drawn anew in every run. */
function parts(outputs: readonly Output[]): { of: string; text: string }[] {
  return outputs.flatMap((output) => {
    if (output.output_type === "stream") return [{ of: output.name, text: output.text }];
    if (output.output_type === "error") return [{ of: "error", text: `${output.ename}: ${output.evalue}` }];
    return Object.keys(output.data)
      .sort()
      .map((of) => ({ of, text: withoutIds(output.data[of]) }));
  });
}

function withoutIds(data: unknown): string {
  const text = typeof data === "string" ? data : JSON.stringify(data, null, 1);
  return text.replace(/\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b/g, "id");
}

function firstLine(a: string, b: string): { saved: string; now: string } {
  const [old, fresh] = [a.split("\n"), b.split("\n")];
  const at = old.findIndex((line, index) => line !== fresh[index]);
  const line = at === -1 ? old.length : at;
  return { saved: (old[line] ?? "").slice(0, 200), now: (fresh[line] ?? "").slice(0, 200) };
}

function changes(then: Manifest, now: Partial<Manifest>): string[] {
  const named = ["notebook", "kernel", "node", "lock", "backend", "git", "device", "packages", "data"] as const;
  return named.filter((name) => JSON.stringify(then[name]) !== JSON.stringify(now[name]));
}
