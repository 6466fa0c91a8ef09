// Names of cells for a debugger. The page computes the path of a cell from its text (prefix, hash, suffix), so a path stands
// for a text, not for one execution: the cell may have run many times, each a script of its own in V8. No file is
// written: the texts are here, and the paths are short, because the page shows them.

import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { CellSources } from "../supervisor/traceback.ts";
import { murmur2, SEED } from "./murmur2.ts";

const CELL_URL = /^Cell\[([\w.]+)\]$/;
/** Where the kernel's own modules are; the debugger steps over them. */
export const KERNEL_URL = new URL("..", import.meta.url).href;

/** Another for every kernel: by a new one JupyterLab knows that the kernel does not have its breakpoints yet. */
export const PREFIX = `/cellwright_${process.pid}/`;
export const SUFFIX = ".ts";

/** The script through which cells import has the name of a file that need not exist (`kernel/evaluator/importer.ts`). */
const IMPORTER = pathToFileURL("notebook.ts");

export type Place =
  | { readonly kind: "cell"; readonly label: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "internal" };

/** What a script's URL, as V8 knows it, stands for. */
export function placeOf(url: string): Place {
  const cell = CELL_URL.exec(url);
  if (cell !== null) return { kind: "cell", label: cell[1]! };
  if (!url.startsWith("file:") || url.startsWith(KERNEL_URL)) return { kind: "internal" };
  if (url === IMPORTER.href && !existsSync(IMPORTER)) return { kind: "internal" };
  return { kind: "file", path: fileURLToPath(url.replace(/[?#].*$/, "")) };
}

export const urlOfCell = (label: string): string => `Cell[${label}]`;

export class Sources {
  readonly cells: CellSources;
  readonly #paths = new WeakMap<object, string>();
  readonly #dumped = new Map<string, string>();

  constructor(cells: CellSources) {
    this.cells = cells;
  }

  isCell(path: string): boolean {
    return path.startsWith(PREFIX);
  }

  /** Remembers a text that may not have run yet; returns its path. */
  dump(code: string): string {
    const path = pathOf(code);
    this.#dumped.set(path, code);
    return path;
  }

  pathOfLabel(label: string): string | undefined {
    const cell = this.cells.get(label);
    if (cell === undefined) return undefined;
    const known = this.#paths.get(cell);
    if (known !== undefined) return known;
    const path = pathOf(cell.source);
    this.#paths.set(cell, path);
    return path;
  }

  /** The executions of the text at a path, oldest first. */
  labelsAt(path: string): string[] {
    return [...this.cells.labels()].filter((label) => this.pathOfLabel(label) === path);
  }

  codeAt(path: string): string | undefined {
    const dumped = this.#dumped.get(path);
    if (dumped !== undefined) return dumped;
    const [label] = this.labelsAt(path);
    return label === undefined ? undefined : this.cells.get(label)?.source;
  }
}

function pathOf(code: string): string {
  return `${PREFIX}${murmur2(code, SEED)}${SUFFIX}`;
}
