// A notebook from its first cell to its last, without a browser. Semantics: papermill's (what is recorded, what stops a
// run, which tags count), with its defects mended: a time-out or a dead kernel marks the cell it happened in and leaves
// the later ones pending, `raises-exception` lets a run succeed, and a missing output folder is made. The notebook is
// saved at the start and the end of each cell, and every 30 s in between, so that a run that is killed leaves what it had.

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import type { KernelClient } from "../client/client.ts";
import type { KernelSpec } from "../client/kernelspec.ts";
import { findKernel, listKernels, OWN_KERNEL } from "../client/kernelspec.ts";
import { launchKernel } from "../client/launch.ts";
import type { JsonObject } from "../protocol/message.ts";
import { runCell, settle } from "./cell-run.ts";
import type { RunEvent, RunFailure, RunResult, RunStatus } from "./events.ts";
import { defaultOutput, prepareOutput, readNotebook, STANDARD, writeNotebook, writeWhole } from "./file.ts";
import type { Cell, CodeCell, Metadata, Notebook } from "./notebook.ts";
import { tagsOf } from "./notebook.ts";
import { OutputCollector } from "./outputs.ts";
import type { NotebookRecord } from "./record.ts";
import { beginCell, beginRecord, endCell, markFailure, timestamp } from "./record.ts";
import { WidgetStates } from "./widget-state.ts";

export interface RunOptions {
  /** The kernel to use. Default: the one the notebook names, or Cellwright where it names none. */
  readonly kernelName?: string | undefined;
  /** The kernel's working folder. Default: the notebook's, as in JupyterLab. */
  readonly cwd?: string | undefined;
  /** Stops the run: the kernel is interrupted, the notebook saved. `abort("SIGTERM")` makes the exit code 143. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Seconds that one cell may run, more than 0. Default: no limit. */
  readonly executionTimeout?: number | undefined;
  /** Seconds that the kernel may take to start, more than 0. Default 60. */
  readonly startTimeout?: number | undefined;
  /** Where to write an HTML report: one file, readable without a network. Default: nowhere. */
  readonly html?: string | undefined;
}

/** Unattended, a cell whose types are wrong does not run, and what runs is nobody's typing: it goes into no history. */
const UNATTENDED = {
  CELLWRIGHT_TYPES: process.env.CELLWRIGHT_TYPES ?? "error",
  CELLWRIGHT_HISTORY: process.env.CELLWRIGHT_HISTORY ?? "",
};

const AUTOSAVE_MILLISECONDS = 30_000;
const CHEAP_SAVE_MILLISECONDS = 50;

/**
 * Runs a notebook and saves it with its outputs.
 *
 * `input` is a path (`-` for standard input) or a notebook, which is not changed. `output` is a path (`-` for standard
 * output), or null to save nothing; without it `train.ipynb` is saved as `train-run.ipynb` beside it. A cell that fails
 * is no rejection: look at `status` and `failure` of the result. Rejects with a CellwrightError, before anything is
 * written, for a notebook that cannot be read (CW_NOTEBOOK_…), an output that cannot be written (CW_OUTPUT_FILE), an
 * unknown kernel (CW_KERNEL_NAME) and one that does not start (CW_KERNEL_START).
 *
 * @example
 * const { status, outputPath } = await runNotebook("train.ipynb", "runs/train.ipynb", { executionTimeout: 600 });
 */
export async function runNotebook(
  input: string | Notebook,
  output?: string | null,
  options: RunOptions = {},
): Promise<RunResult> {
  const inputPath = typeof input === "string" ? input : null;
  const notebook = typeof input === "string" ? readNotebook(input) : structuredClone(input);
  const outputPath = output !== undefined ? output : inputPath === null ? null : defaultOutput(inputPath);
  checkSeconds("executionTimeout", options.executionTimeout);
  checkSeconds("startTimeout", options.startTimeout);
  for (const path of [outputPath, options.html]) if (path != null) prepareOutput(path);
  const cwd = resolve(options.cwd ?? (inputPath === null || inputPath === STANDARD ? "." : dirname(inputPath)));
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CellwrightError("CW_WORKING_FOLDER", `expected cwd to be a folder, got ${cwd}`);
  }
  const spec = kernelFor(notebook, options.kernelName);
  const sessionName: Record<string, string> =
    inputPath === null || inputPath === STANDARD ? {} : { JPY_SESSION_NAME: resolve(inputPath) };
  const kernel = await launchKernel({
    argv: spec.argv,
    cwd,
    env: { ...UNATTENDED, ...spec.env, ...sessionName },
    interruptMode: spec.interruptMode,
    startTimeout: (options.startTimeout ?? 60) * 1_000,
    signal: options.signal,
  });
  try {
    return await new NotebookRun(notebook, kernel, spec, { input: inputPath, output: outputPath }, options).run();
  } finally {
    await kernel.shutdown(options.signal?.aborted ? 1_000 : 5_000);
  }
}

class NotebookRun {
  readonly #notebook: Notebook;
  readonly #kernel: KernelClient;
  readonly #spec: KernelSpec;
  readonly #paths: { readonly input: string | null; readonly output: string | null };
  readonly #options: RunOptions;
  readonly #collector = new OutputCollector();
  readonly #widgets = new WidgetStates();
  readonly #cellOfRequest = new Map<string, CodeCell>();
  readonly #started = performance.now();
  #lastSave = 0;
  #record!: NotebookRecord;

  constructor(
    notebook: Notebook,
    kernel: KernelClient,
    spec: KernelSpec,
    paths: { input: string | null; output: string | null },
    options: RunOptions,
  ) {
    this.#notebook = notebook;
    this.#kernel = kernel;
    this.#spec = spec;
    this.#paths = paths;
    this.#options = options;
  }

  async run(): Promise<RunResult> {
    const notebook = this.#notebook;
    const { language_info } = await this.#kernel.kernelInfo();
    this.#record = beginRecord(notebook, this.#paths);
    if (language_info !== undefined) notebook.metadata.language_info = language_info as JsonObject;
    notebook.metadata.kernelspec ??= {
      name: this.#spec.name,
      display_name: this.#spec.displayName,
      language: this.#spec.language,
    };
    this.#emit({
      type: "run-start",
      cells: notebook.cells.length,
      kernel: this.#spec.displayName,
      outputPath: this.#paths.output,
    });
    this.#save();
    const stopListening = this.#kernel.onLateOutput((message) => {
      const cell = this.#cellOfRequest.get(message.parentHeader.msg_id ?? "");
      if (cell !== undefined) this.#collector.apply(cell, message);
      this.#widgets.apply(message);
    });
    const autosave = this.#autosave();
    try {
      const { status, failure } = await this.#runCells();
      return await this.#finish(status, failure);
    } finally {
      clearTimeout(autosave.timer);
      stopListening();
    }
  }

  async #runCells(): Promise<{ status: RunStatus; failure: RunFailure | null }> {
    const { signal } = this.#options;
    const { cells } = this.#notebook;
    for (const [index, cell] of cells.entries()) {
      if (signal?.aborted) {
        const evalue = "the run was interrupted before this cell";
        return { status: "interrupted", failure: { ename: "Interrupted", evalue, traceback: [] } };
      }
      const place = { index, cells: cells.length };
      beginCell(cell);
      this.#emit({ type: "cell-start", ...place, cell });
      if (!isToRun(cell)) {
        endCell(cell, false, 0);
        this.#emit({ type: "cell-end", ...place, cell, status: "passed-over", duration: 0, failure: null });
        continue;
      }
      if (this.#lastSave < CHEAP_SAVE_MILLISECONDS) this.#save();
      const start = performance.now();
      const outcome = await runCell(this.#kernel, cell, {
        collector: this.#collector,
        signal,
        timeout: this.#options.executionTimeout,
        onMessage: (message) => {
          this.#cellOfRequest.set(message.parentHeader.msg_id!, cell);
          this.#widgets.apply(message);
          this.#emit({ type: "cell-output", ...place, cell, message });
        },
      });
      const { failure } = outcome;
      const duration = seconds(start);
      endCell(cell, failure !== null, duration);
      this.#save();
      const status = failure === null ? "completed" : "failed";
      this.#emit({ type: "cell-end", ...place, cell, status, duration, failure });
      if (outcome.status === "stopped") break;
      if (outcome.status !== "completed") return { status: outcome.status, failure };
    }
    return { status: "completed", failure: null };
  }

  async #finish(status: RunStatus, failure: RunFailure | null): Promise<RunResult> {
    const notebook = this.#notebook;
    for (const cell of notebook.cells) if (cell.cell_type === "code") settle(cell);
    if (failure !== null) markFailure(notebook, failure);
    this.#widgets.store(notebook);
    const duration = seconds(this.#started);
    Object.assign(this.#record, { end_time: timestamp(), duration, exception: failure === null ? null : true });
    const { output } = this.#paths;
    if (output !== null) writeNotebook(output, notebook);
    const { html, signal } = this.#options;
    if (html !== undefined) {
      const { renderReport } = await import("./html/report.ts");
      const { input } = this.#paths;
      const folder = input === null || input === STANDARD ? undefined : dirname(resolve(input));
      const page = renderReport(notebook, { title: input ?? undefined, folder });
      if (html === STANDARD) process.stdout.write(page);
      else writeWhole(html, page);
    }
    const result: RunResult = {
      status,
      exitCode: exitCode(status, signal),
      notebook,
      outputPath: output,
      htmlPath: html ?? null,
      failure,
      duration,
    };
    this.#emit({ type: "run-end", result });
    return result;
  }

  /** Saves in between; only the last save of a run may fail it. Standard output is written once, at the end. */
  #save(): void {
    const { output } = this.#paths;
    if (output === null || output === STANDARD) return;
    const start = performance.now();
    try {
      writeNotebook(output, this.#notebook);
    } catch {
      // a full disk may have room again when it counts
    }
    this.#lastSave = performance.now() - start;
  }

  /** Saves every 30 s; where a save takes more than a quarter of the wait, the wait doubles. */
  #autosave(): { timer: NodeJS.Timeout | undefined } {
    const state: { timer: NodeJS.Timeout | undefined } = { timer: undefined };
    const next = (wait: number) => {
      state.timer = setTimeout(() => {
        this.#save();
        next(this.#lastSave > wait / 4 ? wait * 2 : wait);
      }, wait);
    };
    next(AUTOSAVE_MILLISECONDS);
    return state;
  }

  #emit(event: RunEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** The kernel that was asked for, else the notebook's; a TypeScript notebook whose kernel is not installed gets ours. */
function kernelFor(notebook: Notebook, asked: string | undefined): KernelSpec {
  if (asked !== undefined) return findKernel(asked);
  const { name, language } = (notebook.metadata.kernelspec ?? {}) as Metadata;
  if (typeof name !== "string" || name === "") return findKernel(OWN_KERNEL);
  const isScript = typeof language === "string" && ["typescript", "javascript"].includes(language.toLowerCase());
  return findKernel(isScript && !listKernels().includes(name) ? OWN_KERNEL : name);
}

function isToRun(cell: Cell): cell is CodeCell {
  return cell.cell_type === "code" && cell.source.trim() !== "" && !tagsOf(cell).includes("skip-execution");
}

function exitCode(status: RunStatus, signal: AbortSignal | undefined): RunResult["exitCode"] {
  if (status === "interrupted") return signal?.reason === "SIGTERM" ? 143 : 130;
  return status === "completed" ? 0 : status === "failed" ? 1 : 138;
}

function checkSeconds(name: string, value: number | undefined): void {
  if (value !== undefined && !(value > 0 && Number.isFinite(value))) {
    throw new CellwrightError("CW_TIMEOUT_OPTION", `expected ${name} to be a number of seconds above 0, got ${value}`);
  }
}

function seconds(since: number): number {
  return Math.round(performance.now() - since) / 1_000;
}
