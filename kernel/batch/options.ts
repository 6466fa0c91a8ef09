// What a run can be told, for programs; `cellwright run` has an option for each (see `kernel/cli/run-options.ts`).

import { CellwrightError } from "../../src/errors.ts";
import type { RunEvent } from "./events.ts";
import type { ParameterLanguage } from "./parameters/language.ts";

export interface RunOptions {
  /**
   * Values for the notebook's parameters: null, booleans, numbers, bigints, texts, lists and objects of these. They are set
   * by a cell after the one tagged `parameters`. Default: none.
   */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Give the notebook its own path as the parameter PAPERMILL_INPUT_PATH. Default false. */
  readonly injectInputPath?: boolean | undefined;
  /** Give the notebook the path of its output as the parameter PAPERMILL_OUTPUT_PATH. Default false. */
  readonly injectOutputPath?: boolean | undefined;
  /**
   * Check before anything runs that every parameter is one of the notebook's and has the type that its declaration there
   * gives it, with TypeScript's checker. Default false: a warning for an unknown name.
   */
  readonly strict?: boolean | undefined;
  /** Parameters whose values are written nowhere: not in code, outputs, metadata, reports, events or logs. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** The kernel to use. Default: the one the notebook names, or Cellwright where it names none. */
  readonly kernelName?: string | undefined;
  /** The language to write the parameters in. Default: the kernel's. */
  readonly language?: ParameterLanguage | undefined;
  /** The kernel's working folder. Default: the notebook's, as in JupyterLab; this process's for one from a bucket. */
  readonly cwd?: string | undefined;
  /** Variables of the environment for the kernel, on top of this process's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Stops the run: the kernel is interrupted, the notebook saved. `abort("SIGTERM")` makes the exit code 143. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Seconds that one cell may run, more than 0. Default: no limit. */
  readonly executionTimeout?: number | undefined;
  /** Seconds that the kernel may take to start, more than 0. Default 60. */
  readonly startTimeout?: number | undefined;
  /**
   * The same bytes again wherever the back end can give them (see "Back ends" in the documentation), at some cost in speed:
   * TensorFlow's library on one thread, batches on WebAssembly cut into fixed parts. Default true.
   */
  readonly deterministic?: boolean | undefined;
  /**
   * Where the output is there already, from a completed run of the same code, parameters, data and versions, leave it and
   * run nothing. Default false.
   */
  readonly resume?: boolean | undefined;
  /** Save after each cell. Default true; else only at the end. */
  readonly requestSaveOnCellExecute?: boolean | undefined;
  /**
   * Seconds between saves while a cell runs; 0 for none. Doubled where a save takes more than a quarter of it. Default 30.
   */
  readonly autosaveCellEvery?: number | undefined;
  /** Write the notebook with its parameters and run nothing. Default false. */
  readonly prepareOnly?: boolean | undefined;
  /** Hide the code of all cells where the notebook is shown. Default false. */
  readonly reportMode?: boolean | undefined;
  /** Where to write an HTML report: one file, readable without a network; parameters as in the output's path. Default: nowhere. */
  readonly html?: string | undefined;
  /** Files that get what the cells print, as it comes; in a bucket, at the end. Parameters as in the output's path. */
  readonly stdoutFile?: string | undefined;
  readonly stderrFile?: string | undefined;
}

/** Throws for options that cannot be meant. */
export function checkOptions(options: RunOptions): void {
  for (const name of ["executionTimeout", "startTimeout"] as const) {
    const value = options[name];
    if (value === undefined || (value > 0 && Number.isFinite(value))) continue;
    throw new CellwrightError("CW_TIMEOUT_OPTION", `expected ${name} to be a number of seconds above 0, got ${value}`);
  }
  const { autosaveCellEvery = 0 } = options;
  if (autosaveCellEvery >= 0 && Number.isFinite(autosaveCellEvery)) return;
  throw new CellwrightError(
    "CW_AUTOSAVE_OPTION",
    `expected autosaveCellEvery to be 0 or a number of seconds above it, got ${autosaveCellEvery}`,
  );
}
