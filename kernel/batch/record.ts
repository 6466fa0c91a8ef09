// What a run writes into the notebook about itself: papermill's metadata, field by field, so that tools made for
// papermill read our notebooks. Source: "papermill" documentation and its output files. One difference is meant: a cell
// that did not run stays `pending`, also after a time-out or a dead kernel.

import { escapeHtml } from "../display/escape.ts";
import { version } from "../version.ts";
import type { RunFailure } from "./events.ts";
import type { Cell, Metadata, Notebook } from "./notebook.ts";
import { markdownCell, tagsOf } from "./notebook.ts";

/** Tags the two cells that point to a failure; papermill's name for them. */
export const ERROR_TAG = "papermill-error-cell-tag";
const ANCHOR = "papermill-error-cell";

export interface NotebookRecord {
  default_parameters: Metadata;
  parameters: Metadata;
  environment_variables: Metadata;
  version: string;
  input_path: string | null;
  output_path: string | null;
  start_time: string | null;
  end_time: string | null;
  /** Seconds. */
  duration: number | null;
  exception: boolean | null;
}

export interface CellRecord {
  exception: boolean | null;
  start_time: string | null;
  end_time: string | null;
  /** Seconds. */
  duration: number | null;
  status: "pending" | "running" | "completed" | "failed";
}

/** Clears what an earlier run left and sets every cell to pending. */
export function beginRecord(
  notebook: Notebook,
  paths: { input: string | null; output: string | null },
  recorded: { parameters: Metadata; defaults: Metadata },
): NotebookRecord {
  notebook.cells = notebook.cells.filter((cell) => !tagsOf(cell).includes(ERROR_TAG));
  for (const cell of notebook.cells) {
    cell.metadata.tags ??= [];
    cell.metadata.papermill = emptyCellRecord();
    if (cell.cell_type !== "code") continue;
    delete cell.metadata.execution;
    delete cell.metadata.cellwright;
    cell.execution_count = null;
    cell.outputs = [];
  }
  const record: NotebookRecord = {
    default_parameters: recorded.defaults,
    parameters: recorded.parameters,
    environment_variables: {},
    version,
    input_path: paths.input,
    output_path: paths.output,
    start_time: timestamp(),
    end_time: null,
    duration: null,
    exception: null,
  };
  notebook.metadata.papermill = record;
  delete notebook.metadata.cellwright;
  return record;
}

function emptyCellRecord(): CellRecord {
  return { exception: null, start_time: null, end_time: null, duration: null, status: "pending" };
}

export function recordOf(cell: Cell): CellRecord {
  return cell.metadata.papermill as CellRecord;
}

export function beginCell(cell: Cell): void {
  Object.assign(recordOf(cell), { start_time: timestamp(), status: "running", exception: false });
}

export function endCell(cell: Cell, failed: boolean, duration: number): void {
  const status = failed ? "failed" : "completed";
  Object.assign(recordOf(cell), { end_time: timestamp(), duration, status, exception: failed });
}

/** Two markdown cells: one at the top that says what happened, one just before the cell where it did. */
export function markFailure(notebook: Notebook, failure: RunFailure): void {
  const style = "color:#d13438; font-size:1.4em"; // legible on white and on black
  const what = inMarkdown(failure.evalue === "" ? failure.ename : `${failure.ename}: ${failure.evalue}`);
  const { cell } = failure;
  const where = cell === undefined ? "" : ` at <a href="#${ANCHOR}">In&nbsp;[${cell.execution_count ?? " "}]</a>`;
  const tags = { tags: [ERROR_TAG] };
  if (cell !== undefined) {
    const anchor = `<span id="${ANCHOR}" style="${style}">The run stopped at the next cell:</span>`;
    notebook.cells.splice(notebook.cells.indexOf(cell), 0, markdownCell(anchor, { ...tags }));
  }
  notebook.cells.unshift(markdownCell(`<span style="${style}">The run stopped${where}. ${what}</span>`, { ...tags }));
}

/** The first line of a text, so that Markdown shows it as it is. */
function inMarkdown(text: string): string {
  const line = text.split("\n", 1)[0]!.slice(0, 300);
  return escapeHtml(line).replace(/[\\`*_~$[\]]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Now in UTC, as Python's isoformat writes it. */
export function timestamp(): string {
  return new Date().toISOString().replace("Z", "000+00:00");
}
