// An error as the reader of a notebook wants it: which cell and line, the line itself, and no frame of the kernel's own.
// V8 names cells `Cell[3]`; positions are taken back to what the author wrote.

import { fileURLToPath } from "node:url";
import type { ErrorReport } from "../ipc/frames.ts";
import type { PreparedCell } from "../source/cell.ts";
import type { Position } from "../source/edits.ts";

const RED = "\u001b[31m";
const DIM = "\u001b[2m";
const BOLD = "\u001b[1m";
const OFF = "\u001b[0m";
const OWN_FOLDER = fileURLToPath(new URL("../..", import.meta.url));
/** What the evaluator adds to the URL of a local file that was loaded again. */
const FILE_VERSION = /\?version=\d+(?=:\d+)/g;
const CELL_POSITION = /Cell\[([\w.]+)\](?::(\d+):(\d+))/g;

/** The cells that ran, by the name that V8 knows them by. */
export class CellSources {
  readonly #cells = new Map<string, PreparedCell>();

  add(label: string, cell: PreparedCell): string {
    this.#cells.set(label, cell);
    return `Cell[${label}]`;
  }

  get(label: string): PreparedCell | undefined {
    return this.#cells.get(label);
  }

  /** Oldest first. */
  labels(): Iterable<string> {
    return this.#cells.keys();
  }
}

/** Lines for the `traceback` field of an error. */
export function formatTraceback(error: ErrorReport, label: string, cells: CellSources): string[] {
  if (error.plain) return [error.stack];
  const headline = `${RED}${BOLD}${error.name}${OFF}: ${error.message}`;
  if (error.line !== undefined) {
    const cell = cells.get(label);
    const at = cell?.originalPosition({ line: error.line, column: error.column ?? 1 });
    return at === undefined ? [headline] : [...codeFrame(label, cell!.source, at), headline];
  }
  const lines = withoutKernelFrames(error.stack.split("\n"));
  const first = firstCellPosition(lines, cells);
  const frame = first === undefined ? [] : codeFrame(first.label, cells.get(first.label)!.source, first.position);
  const shown = lines.map((line) => translate(line, cells));
  const start = shown[0]?.startsWith(error.name) ? shown.slice(0, headlineLength(error)) : [];
  const rest = shown.slice(start.length);
  return [...frame, headline, ...rest];
}

/** Positions of cells in any text, such as a stack that was printed from a timer. */
export function translate(line: string, cells: CellSources): string {
  return line.replace(FILE_VERSION, "").replace(CELL_POSITION, (whole, label: string, row: string, column: string) => {
    const at = cells.get(label)?.originalPosition({ line: Number(row), column: Number(column) });
    return at === undefined ? whole : `Cell [${label}], line ${at.line}, column ${at.column}`;
  });
}

/** The author's lines around a position, the one in question marked. */
export function codeFrame(label: string, source: string, { line, column }: Position): string[] {
  const lines = source.split("\n");
  const from = Math.max(1, line - 2);
  const to = Math.min(lines.length, line + 1);
  const width = String(to).length;
  const frame = [`${BOLD}Cell [${label}], line ${line}${OFF}`];
  for (let number = from; number <= to; number += 1) {
    const text = lines[number - 1]!;
    const gutter = String(number).padStart(width);
    if (number !== line) {
      frame.push(`${DIM}  ${gutter} | ${text}${OFF}`);
      continue;
    }
    frame.push(`${RED}>${OFF} ${gutter} | ${text}`);
    frame.push(`  ${" ".repeat(width)} | ${text.slice(0, column - 1).replace(/[^\t]/g, " ")}${RED}^${OFF}`);
  }
  return frame;
}

/** Below the first frame of the kernel in a stack there are only more of them, and the cell that awaits what failed. */
export function withoutKernelFrames(lines: readonly string[]): string[] {
  let inKernel = false;
  const kept: string[] = [];
  for (const line of lines) {
    if (!/^\s+at /.test(line)) {
      inKernel = false;
      kept.push(line);
      continue;
    }
    inKernel ||= line.includes("node:inspector") || line.includes(`${OWN_FOLDER}kernel/`);
    if ((!inKernel || line.includes("Cell[")) && !line.includes("node:internal/")) kept.push(line);
    else if (line.endsWith(" {") && kept.length > 0) kept.push(`${kept.pop()} {`); // the error's own properties follow
  }
  return kept;
}

function headlineLength(error: ErrorReport): number {
  return error.message.split("\n").length;
}

function firstCellPosition(lines: readonly string[], cells: CellSources) {
  for (const line of lines) {
    for (const [, label, row, column] of line.matchAll(CELL_POSITION)) {
      const position = cells.get(label!)?.originalPosition({ line: Number(row), column: Number(column) });
      if (position !== undefined) return { label: label!, position };
    }
  }
  return undefined;
}
