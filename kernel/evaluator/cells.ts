// The cells that run in this evaluator: one in the main shell, and one in each subshell. Each has a signal, its result, and
// the payloads for its reply.

import type { Displays } from "../display/display.ts";
import { toMimeBundle } from "../display/mime.ts";
import type { ErrorReport, ExecuteCommand, ExpressionResult, Outcome } from "../ipc/frames.ts";
import type { Attribution } from "./attribution.ts";
import { reportError } from "./error-report.ts";
import type { ReplEvaluator, Thrown } from "./evaluate.ts";

const { AbortController, DOMException, Map, Object, Promise } = globalThis;

export class RunningCell {
  readonly abort = new AbortController();
  readonly payload: object[] = [];
  /** The value of the last expression, once it is there; an object, since it may be undefined. */
  result: { readonly value: unknown } | undefined;
  readonly #endings: (() => void)[] = [];
  #settle!: (outcome: Outcome) => void;
  readonly outcome = new Promise<Outcome>((resolve) => {
    this.#settle = resolve;
  });

  settle(outcome: Outcome): void {
    this.#settle(outcome);
  }

  /** Called when the cell's code is through, however it ended. */
  atEnd(action: () => void): void {
    this.#endings.push(action);
  }

  end(): void {
    for (const action of this.#endings) action();
  }

  interrupt(): void {
    this.abort.abort(new DOMException("the cell was interrupted", "AbortError"));
    this.settle({ status: "interrupted" });
  }
}

export class Cells {
  readonly #repl: ReplEvaluator;
  readonly #displays: Displays;
  readonly #attribution: Attribution;
  readonly #running = new Map<number, RunningCell>();
  /** The cell that ran last: what it left behind may still ask for its signal. */
  #last = new RunningCell();

  constructor(repl: ReplEvaluator, displays: Displays, attribution: Attribution) {
    this.#repl = repl;
    this.#displays = displays;
    this.#attribution = attribution;
  }

  /** The cell that the running code belongs to. */
  get current(): RunningCell {
    return this.#running.get(this.#attribution.serial) ?? this.#last;
  }

  result(serial: number, value: unknown): void {
    const cell = this.#running.get(serial);
    if (cell !== undefined) cell.result = { value };
  }

  async execute(serial: number, command: ExecuteCommand): Promise<Outcome> {
    const cell = new RunningCell();
    this.#last = cell;
    this.#running.set(serial, cell);
    const failed = (error: unknown): Outcome => ({ status: "error", error: reportError(error) });
    this.#attribution.run(serial, () => {
      this.#runToEnd(cell, serial, command)
        .catch(failed)
        .then((outcome) => cell.settle(outcome));
    });
    const outcome = await cell.outcome;
    this.#attribution.run(serial, () => cell.end());
    this.#running.delete(serial);
    return outcome;
  }

  /** The main thread's half of an interrupt; what it cannot do while it is busy, the watcher does first. */
  interrupt(serial: number): void {
    if (serial === 0) for (const cell of this.#running.values()) cell.interrupt();
    else this.#running.get(serial)?.interrupt();
  }

  async #runToEnd(cell: RunningCell, serial: number, command: ExecuteCommand): Promise<Outcome> {
    const { code, url, executionCount, silent, expressions } = command;
    const completion = await this.#repl.evaluate(code, url);
    if (completion.threw) return { status: "error", error: describe(completion) };
    const { result, payload } = cell;
    if (result !== undefined && result.value !== undefined && !silent) {
      this.#attribution.run(serial, () => this.#displays.showResult(result.value, executionCount));
    }
    await this.#displays.settle();
    const evaluated: Record<string, ExpressionResult> = {};
    for (const [name, expression] of Object.entries(expressions)) {
      evaluated[name] = await this.#expression(cell, expression, url);
    }
    return { status: "ok", expressions: evaluated, payload };
  }

  async #expression(cell: RunningCell, code: string, url: string): Promise<ExpressionResult> {
    cell.result = undefined;
    const completion = await this.#repl.evaluate(code, url);
    if (completion.threw) return { status: "error", error: describe(completion) };
    const { value } = cell.result ?? { value: undefined };
    return { status: "ok", data: await toMimeBundle(value), metadata: {} };
  }
}

function describe({ value, position }: Thrown): ErrorReport {
  return { ...reportError(value), ...position };
}
