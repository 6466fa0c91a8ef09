// What a run tells while it goes on, and what it gives at the end. The runner prints nothing: printers, logs and tests
// listen to these events.

import type { Message } from "../protocol/message.ts";
import type { Cell, CodeCell, Notebook } from "./notebook.ts";

/** How a run ended. */
export type RunStatus = "completed" | "failed" | "interrupted" | "kernel-died";

/** Why a run stopped before its end. */
export interface RunFailure {
  /** The cell that failed, in the notebook of the result; absent when the run was called off between two cells. */
  readonly cell?: CodeCell;
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export interface RunResult {
  readonly status: RunStatus;
  /** 0 completed, 1 failed, 130 or 143 interrupted, 138 the kernel died: what a command line tool should exit with. */
  readonly exitCode: 0 | 1 | 130 | 138 | 143;
  readonly notebook: Notebook;
  /** Where the notebook was saved; null where it was not. */
  readonly outputPath: string | null;
  readonly htmlPath: string | null;
  readonly failure: RunFailure | null;
  /** Seconds. */
  readonly duration: number;
  /** What the notebook handed over with `report`, by name. */
  readonly results: Readonly<Record<string, unknown>>;
  /** Whether the output was there already, and nothing was run. */
  readonly cached: boolean;
  /** Why the notebook ended itself early (`stopNotebook`), or null where it did not. */
  readonly stopped: string | null;
}

interface CellEvent {
  /** Position among the cells, from 0. */
  readonly index: number;
  /** How many cells there are. */
  readonly cells: number;
}

export type RunEvent =
  | { readonly type: "run-start"; readonly cells: number; readonly kernel: string; readonly outputPath: string | null }
  /** Something that people should look at; the run goes on. */
  | { readonly type: "warning"; readonly message: string }
  | (CellEvent & { readonly type: "cell-start"; readonly cell: Cell })
  | (CellEvent & { readonly type: "cell-output"; readonly cell: CodeCell; readonly message: Message })
  | (CellEvent & {
      readonly type: "cell-end";
      readonly cell: Cell;
      /** `passed-over`: text, an empty cell, or one tagged skip-execution. */
      readonly status: "completed" | "failed" | "passed-over";
      /** Seconds. */
      readonly duration: number;
      readonly failure: RunFailure | null;
    })
  | { readonly type: "run-end"; readonly result: RunResult };
