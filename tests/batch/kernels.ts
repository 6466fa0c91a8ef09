// For the tests of the runner: a folder of their own, notebooks in it, and ipykernel under the name `test-python`.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Cell } from "cellwright/batch";
import { codeCell, createNotebook, writeNotebook } from "cellwright/batch";
import { pythonWith } from "../support/requirements.ts";

export const PYTHON_KERNEL = "test-python";

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "cellwright-batch-"));
}

/** Makes `test-python` known to this process and the ones it starts. */
export function installPythonKernel(folder: string): void {
  const resource = join(folder, "jupyter", "kernels", PYTHON_KERNEL);
  mkdirSync(resource, { recursive: true });
  const argv = [pythonWith() ?? "python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"];
  writeFileSync(
    join(resource, "kernel.json"),
    JSON.stringify({ argv, display_name: "Test Python", language: "python" }),
  );
  process.env.JUPYTER_PATH = [join(folder, "jupyter"), process.env.JUPYTER_PATH].filter(Boolean).join(delimiter);
}

/** Writes a notebook of these cells (text is code) and returns its path. */
export function writeCells(path: string, cells: ReadonlyArray<string | Cell>, kernel?: string): string {
  const metadata = kernel === undefined ? {} : { kernelspec: { name: kernel, display_name: kernel } };
  const all = cells.map((cell) => (typeof cell === "string" ? codeCell(cell) : cell));
  writeNotebook(path, createNotebook(all, metadata));
  return path;
}
