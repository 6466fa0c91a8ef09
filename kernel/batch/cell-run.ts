// One code cell, run to its end and recorded: outputs, the four execution times nbclient writes, and, where the cell
// failed, why. Every way to fail ends as an `error` output in the cell, so that the saved notebook says it by itself:
// a time-out as CellTimeoutError and a dead kernel as DeadKernelError (nbclient's names).

import { CellwrightError } from "../../src/errors.ts";
import type { KernelClient } from "../client/client.ts";
import type { ExecuteResult } from "../client/execute.ts";
import { describeDeath } from "../client/process.ts";
import type { Usage } from "../ipc/frames.ts";
import type { Message } from "../protocol/message.ts";
import { stripEscapeSequences } from "./escape-sequences.ts";
import type { RunFailure, RunStatus } from "./events.ts";
import type { CodeCell } from "./notebook.ts";
import { tagsOf } from "./notebook.ts";
import type { OutputCollector } from "./outputs.ts";
import { settleTerminalText } from "./outputs.ts";

export interface CellRunOptions {
  readonly collector: OutputCollector;
  readonly signal: AbortSignal | undefined;
  /** Seconds. */
  readonly timeout: number | undefined;
  /** A value without the secrets in it. */
  readonly redact: <Value>(value: Value) => Value;
  /** Applies every iopub message of the cell. */
  readonly onMessage: (message: Message) => void;
}

export interface CellOutcome {
  /** `stopped`: the cell ended the run on purpose, without an error (Python's `sys.exit(0)`). */
  readonly status: RunStatus | "stopped";
  readonly failure: RunFailure | null;
  /** With status `stopped`, why. */
  readonly reason?: string;
  /** What the kernel says of its process, where it does. */
  readonly usage?: Usage | undefined;
}

const COMPLETED: CellOutcome = { status: "completed", failure: null };

export async function runCell(kernel: KernelClient, cell: CodeCell, options: CellRunOptions): Promise<CellOutcome> {
  const { collector, signal, timeout, redact, onMessage } = options;
  const mayFail = tagsOf(cell).includes("raises-exception");
  const times: Record<string, string> = {};
  cell.metadata.execution = times;
  try {
    const result = await kernel.execute(cell.source, {
      signal,
      timeout: timeout === undefined ? undefined : timeout * 1_000,
      stopOnError: !mayFail,
      onIopub: (message) => {
        noteTime(times, message);
        onMessage(message);
      },
    });
    times["shell.execute_reply"] = timeOf(result.reply);
    const usage = result.reply.metadata.cellwright as Usage | undefined;
    return { ...judge(cell, { ...result, error: redact(result.error) }, mayFail, collector), usage };
  } catch (error) {
    const outcome = await explain(error, cell, timeout, kernel);
    const { ename, evalue, traceback } = outcome.failure!;
    if (outcome.status !== "interrupted" || !hasError(cell)) {
      collector.add(cell, { output_type: "error", ename, evalue, traceback: [...traceback] });
    }
    return outcome;
  } finally {
    settle(cell);
  }
}

/** Takes out of a cell's streams what a terminal would have overwritten. */
export function settle(cell: CodeCell): void {
  for (const output of cell.outputs) {
    if (output.output_type === "stream") output.text = settleTerminalText(output.text);
  }
}

function judge(cell: CodeCell, result: ExecuteResult, mayFail: boolean, collector: OutputCollector): CellOutcome {
  if (result.status === "ok") return COMPLETED;
  const error = result.error ?? { ename: "Aborted", evalue: "the kernel did not run this cell", traceback: [] };
  if (!hasError(cell)) collector.add(cell, { output_type: "error", ...error, traceback: [...error.traceback] });
  if (mayFail) return COMPLETED;
  if (error.ename === "SystemExit" && ["", "0"].includes(error.evalue)) {
    const reason = stripEscapeSequences(error.traceback.at(-1) ?? "") || "SystemExit";
    return { status: "stopped", failure: null, reason };
  }
  return { status: "failed", failure: { cell, ...error } };
}

async function explain(
  error: unknown,
  cell: CodeCell,
  timeout: number | undefined,
  kernel: KernelClient,
): Promise<CellOutcome> {
  const code = error instanceof CellwrightError ? error.code : undefined;
  const outcome = (status: RunStatus, ename: string, evalue: string): CellOutcome => ({
    status,
    failure: { cell, ename, evalue, traceback: [`${ename}: ${evalue}`] },
  });
  switch (code) {
    case "CW_EXECUTION_TIMEOUT":
      return outcome("failed", "CellTimeoutError", `the cell ran for more than ${timeout} s and was interrupted`);
    case "CW_INTERRUPTED":
      return outcome("interrupted", "Interrupted", "the run was interrupted while this cell ran");
    case "CW_KERNEL_DIED":
      return outcome("kernel-died", "DeadKernelError", `the kernel died: ${describeDeath(await kernel.death)}`);
    default:
      throw error;
  }
}

function hasError(cell: CodeCell): boolean {
  return cell.outputs.some(({ output_type }) => output_type === "error");
}

function noteTime(times: Record<string, string>, message: Message): void {
  const { msg_type } = message.header;
  if (msg_type === "execute_input") times["iopub.execute_input"] = timeOf(message);
  else if (msg_type === "status") times[`iopub.status.${message.content.execution_state}`] = timeOf(message);
}

/** When a message was made, in UTC with microseconds: `2026-03-04T05:06:07.123456Z`. */
function timeOf(message: Message): string {
  const { date } = message.header;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(date)) return date;
  const utc = /\.(\d{1,6})\d*(?:Z|\+00:00)$/.exec(date);
  const parsed = new Date(date);
  const time = (Number.isNaN(parsed.getTime()) ? new Date() : parsed).toISOString();
  return `${time.slice(0, 19)}.${(utc?.[1] ?? time.slice(20, 23)).padEnd(6, "0")}Z`;
}
