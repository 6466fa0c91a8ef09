// Running one piece of code to its end: the reply, the idle, and what to do when either does not come. A run that takes
// too long, or that is called off, is interrupted first and given a moment to say what it was doing; only then does the
// promise reject. So the kernel is usable again, and its own traceback is among the outputs.

import { CellwrightError } from "../../src/errors.ts";
import type { JsonObject, Message } from "../protocol/message.ts";
import type { Exchange } from "./exchange.ts";
import { endsWithin } from "./process.ts";
import type { Requester, SendOptions } from "./requests.ts";

export interface ExecuteOptions extends SendOptions {
  /** Outputs of this code in order: stream, display_data, update_display_data, execute_result, error, clear_output. */
  readonly onOutput?: ((message: Message) => void) | undefined;
  /** Run without history, count or broadcast. Default false. */
  readonly silent?: boolean;
  /** Keep in the history and count. Default: not `silent`. */
  readonly storeHistory?: boolean;
  /** On an error, drop the requests that wait behind this one. Default true. */
  readonly stopOnError?: boolean;
  readonly userExpressions?: Readonly<Record<string, string>>;
  /** Milliseconds, at least 0; then the kernel is interrupted and the promise rejects with CW_EXECUTION_TIMEOUT. */
  readonly timeout?: number | undefined;
  /** Interrupts the kernel and rejects with CW_INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds an interrupted kernel has to come to rest. Default 5,000. */
  readonly interruptPatience?: number;
  /** Milliseconds of silence after the reply, after which a kernel that lost its idle counts as idle. Default 10,000. */
  readonly idlePatience?: number;
}

export interface ExecuteResult {
  readonly messageId: string;
  readonly status: "ok" | "error" | "aborted";
  readonly executionCount: number | null;
  /** With status `error`, what the kernel's reply says of it. */
  readonly error: { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] } | null;
  readonly userExpressions: JsonObject;
  readonly reply: Message;
  /** Null where the kernel never said idle. */
  readonly idle: Message | null;
}

const OUTPUT_TYPES = new Set([
  "stream",
  "display_data",
  "update_display_data",
  "execute_result",
  "error",
  "clear_output",
]);

export async function execute(client: Requester, code: string, options: ExecuteOptions): Promise<ExecuteResult> {
  const { onOutput, onIopub, onInput, signal, timeout, silent = false, interruptPatience = 5_000 } = options;
  if (timeout !== undefined && !(timeout >= 0)) {
    throw new CellwrightError("CW_EXECUTION_TIMEOUT", `expected a timeout of 0 ms or more, got ${timeout}`);
  }
  if (signal?.aborted) throw interrupted(signal);
  const content = {
    code,
    silent,
    store_history: options.storeHistory ?? !silent,
    user_expressions: options.userExpressions ?? {},
    allow_stdin: onInput !== undefined,
    stop_on_error: options.stopOnError ?? true,
  };
  const exchange = client.exchange("shell", "execute_request", content, {
    ...options,
    onIopub: (message) => {
      onIopub?.(message);
      if (OUTPUT_TYPES.has(message.header.msg_type)) onOutput?.(message);
    },
  });
  const finished = finish(exchange, options.idlePatience ?? 10_000);
  const calledOff = watch(timeout, signal);
  try {
    const problem = await Promise.race([finished.then(() => undefined), calledOff.problem]);
    if (problem === undefined) return await finished;
    finished.catch(() => {});
    await client.interrupt({ timeout: interruptPatience }).catch(() => {});
    await endsWithin(finished, interruptPatience);
    throw problem;
  } finally {
    calledOff.forget();
  }
}

async function finish(exchange: Exchange, idlePatience: number): Promise<ExecuteResult> {
  const reply = await exchange.reply;
  // A slow reader of much output hears the reply long before the idle: only silence counts.
  let idle: Message | null = null;
  for (;;) {
    const quiet = performance.now() - exchange.lastActivity;
    if (await endsWithin(exchange.idle, Math.max(idlePatience - quiet, 1))) {
      idle = await exchange.idle;
      break;
    }
    if (performance.now() - exchange.lastActivity >= idlePatience) break;
  }
  const { status, execution_count, ename, evalue, traceback, user_expressions } = reply.content;
  return {
    messageId: exchange.messageId,
    status: status === "ok" || status === "error" ? status : "aborted",
    executionCount: typeof execution_count === "number" ? execution_count : null,
    error:
      status === "error"
        ? { ename: String(ename ?? ""), evalue: String(evalue ?? ""), traceback: toLines(traceback) }
        : null,
    userExpressions: (user_expressions as JsonObject | undefined) ?? {},
    reply,
    idle,
  };
}

function toLines(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** A promise of the reason to stop early, which may never come. */
function watch(timeout: number | undefined, signal: AbortSignal | undefined) {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const problem = new Promise<CellwrightError>((resolve) => {
    if (timeout !== undefined) {
      timer = setTimeout(
        () => {
          resolve(
            new CellwrightError("CW_EXECUTION_TIMEOUT", `expected the code to end within ${timeout} ms, it did not`),
          );
        },
        Math.min(timeout, 2 ** 31 - 1),
      );
    }
    onAbort = () => resolve(interrupted(signal));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  const forget = () => {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  };
  return { problem, forget };
}

function interrupted(signal: AbortSignal | undefined): CellwrightError {
  return new CellwrightError("CW_INTERRUPTED", "the run was called off", { cause: signal?.reason });
}
