// A notebook from its first cell to its last, without a browser. Semantics: papermill's (what is recorded, what stops a
// run, which tags count), with its defects mended: a time-out or a dead kernel marks the cell it happened in and leaves
// the later ones pending, `raises-exception` lets a run succeed, and a missing output folder is made. The notebook is
// saved whenever a cell begins, and every 30 s in between, so that a run that is killed leaves what it had.

import { dirname, resolve } from "node:path";
import type { KernelClient } from "../client/client.ts";
import { launchKernel } from "../client/launch.ts";
import type { JsonObject, Message } from "../protocol/message.ts";
import { runCell, settle } from "./cell-run.ts";
import type { RunEvent, RunFailure, RunResult, RunStatus } from "./events.ts";
import { loadNotebook, saveNotebook } from "./file.ts";
import { beginManifest, isUpToDate } from "./manifest.ts";
import type { Cell, CodeCell, Notebook } from "./notebook.ts";
import { tagsOf } from "./notebook.ts";
import type { RunOptions } from "./options.ts";
import { OutputCollector } from "./outputs.ts";
import { type PreparedRun, prepareRun } from "./prepare.ts";
import type { NotebookRecord } from "./record.ts";
import { beginCell, beginRecord, endCell, markFailure, timestamp } from "./record.ts";
import { resultsOf } from "./results.ts";
import { Saver } from "./saver.ts";
import { storageFor } from "./storage/find.ts";
import { isRemote, STANDARD } from "./storage/path.ts";
import { StreamFiles } from "./stream-files.ts";
import { WidgetStates } from "./widget-state.ts";

/** Unattended, a cell whose types are wrong does not run, and what runs is nobody's typing: it goes into no history. */
const UNATTENDED = {
  CELLWRIGHT_TYPES: process.env.CELLWRIGHT_TYPES ?? "error",
  CELLWRIGHT_HISTORY: process.env.CELLWRIGHT_HISTORY ?? "",
};

/** For `train`, and for TensorFlow's own library, which reads its variables once, when it is loaded. */
const DETERMINISTIC = { CELLWRIGHT_DETERMINISTIC: "1", TF_NUM_INTRAOP_THREADS: "1", TF_DETERMINISTIC_OPS: "1" };

/**
 * Runs a notebook and saves it with its outputs.
 *
 * `input` is a path (of a file, `s3://bucket/name`, or `-` for standard input) or a notebook, which is not changed. `output`
 * is a path (`-` for standard output), or null to save nothing; without it `train.ipynb` is saved as `train-run.ipynb`
 * beside it. A cell that fails is no rejection: look at `status` and `failure` of the result. Rejects with a
 * CellwrightError, before anything is written, for a notebook that cannot be read (CW_NOTEBOOK_…), an output that cannot be
 * written (CW_OUTPUT_FILE), a bucket that cannot be used (CW_STORAGE_…, see `Storage`), an unknown kernel (CW_KERNEL_NAME)
 * and one that does not start (CW_KERNEL_START).
 *
 * @example
 * const { status, outputPath } = await runNotebook("train.ipynb", "runs/train.ipynb", { executionTimeout: 600 });
 */
export async function runNotebook(
  input: string | Notebook,
  output?: string | null,
  options: RunOptions = {},
): Promise<RunResult> {
  const prepared = await prepareRun(input, output, options);
  const { paths, cwd, spec, secrets } = prepared;
  const { deterministic = true, resume = false } = options;
  if (resume && (paths.html === null || (await (await storageFor(paths.html)).exists(paths.html)))) {
    const saved = await savedRun(paths.output);
    if (saved !== undefined && (await isUpToDate(saved, prepared, deterministic))) return cachedResult(saved, paths);
  }
  const run = new NotebookRun(prepared, options);
  if (options.prepareOnly) return run.writePrepared();
  const launch = launchKernel({
    argv: spec.argv,
    cwd,
    env: {
      ...UNATTENDED,
      ...(deterministic && DETERMINISTIC),
      ...spec.env,
      ...sessionName(paths.input),
      ...options.env,
      ...secrets.env,
    },
    interruptMode: spec.interruptMode,
    startTimeout: (options.startTimeout ?? 60) * 1_000,
    signal: options.signal,
  });
  const manifest = beginManifest(prepared, deterministic); // while the kernel starts
  manifest.catch(() => {});
  const kernel = await launch;
  try {
    return await run.run(kernel, await manifest);
  } finally {
    await kernel.shutdown(options.signal?.aborted ? 1_000 : 5_000);
  }
}

function sessionName(input: string | null): Record<string, string> {
  if (input === null || input === STANDARD) return {};
  return { JPY_SESSION_NAME: isRemote(input) ? input : resolve(input) };
}

type RunManifest = Awaited<ReturnType<typeof beginManifest>>;

class NotebookRun {
  readonly #prepared: PreparedRun;
  readonly #notebook: Notebook;
  readonly #options: RunOptions;
  readonly #saver: Saver;
  readonly #collector = new OutputCollector();
  readonly #widgets = new WidgetStates();
  readonly #cellOfRequest = new Map<string, CodeCell>();
  readonly #started = performance.now();
  #files: StreamFiles | undefined;
  #manifest!: RunManifest;
  #backend: string | null = null;
  #stopped: string | null = null;
  #kernel!: KernelClient;
  #record!: NotebookRecord;

  constructor(prepared: PreparedRun, options: RunOptions) {
    this.#prepared = prepared;
    this.#notebook = prepared.notebook;
    this.#options = options;
    this.#saver = new Saver(prepared.paths.output, prepared.notebook, {
      onCellExecute: options.requestSaveOnCellExecute,
      every: options.autosaveCellEvery,
    });
  }

  /** The notebook as it would run, every cell pending. */
  async writePrepared(): Promise<RunResult> {
    this.#begin();
    this.#record.start_time = null;
    const { output } = this.#prepared.paths;
    if (output !== null) await saveNotebook(output, this.#notebook);
    return this.#end("completed", null, await this.#writeReport());
  }

  async run(kernel: KernelClient, manifest: RunManifest): Promise<RunResult> {
    this.#kernel = kernel;
    this.#manifest = manifest;
    this.#files = new StreamFiles(this.#prepared.paths, this.#prepared.secrets);
    const { language_info } = await kernel.kernelInfo();
    this.#begin();
    if (language_info !== undefined) this.#notebook.metadata.language_info = language_info as JsonObject;
    await this.#saver.begin();
    const stopListening = kernel.onLateOutput((message) => {
      const cell = this.#cellOfRequest.get(message.parentHeader.msg_id ?? "");
      this.#apply(message, cell);
    });
    try {
      const { status, failure } = await this.#runCells();
      return await this.#finish(status, failure);
    } finally {
      this.#saver.stop();
      stopListening();
      await this.#files.close();
    }
  }

  #begin(): void {
    const { paths, spec, recorded, warnings } = this.#prepared;
    const notebook = this.#notebook;
    this.#record = beginRecord(notebook, paths, recorded);
    notebook.metadata.kernelspec ??= { name: spec.name, display_name: spec.displayName, language: spec.language };
    const { output: outputPath } = paths;
    this.#emit({ type: "run-start", cells: notebook.cells.length, kernel: spec.displayName, outputPath });
    for (const message of warnings) this.#emit({ type: "warning", message });
  }

  /** One message of the kernel, into the cell, the widgets and the files; gives it back as others may see it. */
  #apply(message: Message, cell: CodeCell | undefined): Message {
    const { secrets } = this.#prepared;
    const clean = secrets.redactMessage(message);
    if (cell !== undefined) {
      this.#collector.apply(cell, clean);
      secrets.redactStreams(cell);
    }
    this.#widgets.apply(clean);
    this.#files?.apply(message);
    return clean;
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
      const start = performance.now();
      const running = runCell(this.#kernel, cell, {
        collector: this.#collector,
        signal,
        timeout: this.#options.executionTimeout,
        redact: (value) => this.#prepared.secrets.redactAll(value),
        onMessage: (message) => {
          this.#cellOfRequest.set(message.parentHeader.msg_id!, cell);
          const clean = this.#apply(message, cell);
          this.#emit({ type: "cell-output", ...place, cell, message: clean });
        },
      });
      this.#saver.save(); // while the kernel computes: the end of the cell before, the beginning of this one
      const outcome = await running;
      const { failure, usage } = outcome;
      const duration = seconds(start);
      if (usage !== undefined) {
        const { memory, tensors, backend } = usage;
        cell.metadata.cellwright = tensors === undefined ? { memory } : { memory, tensors };
        this.#backend = backend ?? this.#backend;
      }
      endCell(cell, failure !== null, duration);
      const status = failure === null ? "completed" : "failed";
      this.#emit({ type: "cell-end", ...place, cell, status, duration, failure });
      if (outcome.status === "stopped") {
        this.#stopped = outcome.reason ?? "";
        this.#emit({ type: "warning", message: `cell ${index + 1} of ${cells.length}: ${this.#stopped}` });
        break;
      }
      if (outcome.status !== "completed") return { status: outcome.status, failure };
    }
    return { status: "completed", failure: null };
  }

  async #finish(status: RunStatus, failure: RunFailure | null): Promise<RunResult> {
    const notebook = this.#notebook;
    for (const cell of notebook.cells) if (cell.cell_type === "code") settle(cell);
    if (failure !== null) markFailure(notebook, failure);
    this.#widgets.store(notebook);
    const manifest = await this.#manifest.complete(status, this.#backend);
    notebook.metadata.cellwright = this.#stopped === null ? manifest : { ...manifest, stopped: this.#stopped };
    const duration = seconds(this.#started);
    Object.assign(this.#record, { end_time: timestamp(), duration, exception: failure === null ? null : true });
    await this.#saver.end();
    return this.#end(status, failure, await this.#writeReport());
  }

  async #writeReport(): Promise<string | null> {
    const { html, input } = this.#prepared.paths;
    if (html === null) return null;
    const { renderReport } = await import("./html/report.ts");
    const isFile = input !== null && input !== STANDARD && !isRemote(input);
    const folder = isFile ? dirname(resolve(input)) : undefined;
    const page = renderReport(this.#notebook, { title: input ?? undefined, folder });
    await (await storageFor(html)).write(html, page);
    return html;
  }

  #end(status: RunStatus, failure: RunFailure | null, htmlPath: string | null): RunResult {
    const result: RunResult = {
      status,
      exitCode: exitCode(status, this.#options.signal),
      notebook: this.#notebook,
      outputPath: this.#prepared.paths.output,
      htmlPath,
      failure,
      duration: seconds(this.#started),
      results: resultsOf(this.#notebook),
      cached: false,
      stopped: this.#stopped,
    };
    this.#emit({ type: "run-end", result });
    return result;
  }

  #emit(event: RunEvent): void {
    this.#options.onEvent?.(event);
  }
}

async function savedRun(path: string | null): Promise<Notebook | undefined> {
  try {
    return path === null || path === STANDARD ? undefined : await loadNotebook(path);
  } catch {
    return undefined; // none, or half of one by another hand: it is run again
  }
}

function cachedResult(notebook: Notebook, { output, html }: PreparedRun["paths"]): RunResult {
  return {
    status: "completed",
    exitCode: 0,
    notebook,
    outputPath: output,
    htmlPath: html,
    failure: null,
    duration: 0,
    results: resultsOf(notebook),
    cached: true,
    stopped: null,
  };
}

function isToRun(cell: Cell): cell is CodeCell {
  return cell.cell_type === "code" && cell.source.trim() !== "" && !tagsOf(cell).includes("skip-execution");
}

function exitCode(status: RunStatus, signal: AbortSignal | undefined): RunResult["exitCode"] {
  if (status === "interrupted") return signal?.reason === "SIGTERM" ? 143 : 130;
  return status === "completed" ? 0 : status === "failed" ? 1 : 138;
}

function seconds(since: number): number {
  return Math.round(performance.now() - since) / 1_000;
}
