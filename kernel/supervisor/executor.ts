// Execution: one cell at a time, in the order of the requests. Everything a cell produced is published before its `idle`,
// and a cell that takes its process down gets an error while the next one finds a fresh evaluator.

import type { ErrorReport, Frame, Outcome } from "../ipc/frames.ts";
import { decodePublish, Kind } from "../ipc/frames.ts";
import type { JsonObject, Message } from "../protocol/message.ts";
import { prepareCell } from "../source/cell.ts";
import { Declarations } from "../source/declarations.ts";
import { CellSyntaxError } from "../source/syntax-error.ts";
import { EvaluatorProcess } from "./evaluator-process.ts";
import type { Iopub, Parent } from "./iopub.ts";
import { StreamBuffer, source } from "./stream-buffer.ts";
import { CellSources, formatTraceback, translate, withoutKernelFrames } from "./traceback.ts";

const PAUSE_ABOVE = 16 * 2 ** 20; // bytes that wait for the client
const RESUME_BELOW = 4 * 2 ** 20;
const MAXIMUM_START_FAILURES = 3;

export type Reply = (type: string, content: JsonObject) => void;

interface Job {
  readonly request: Message;
  readonly reply: Reply;
}

interface RunningCell extends Job {
  readonly serial: number;
  readonly label: string;
  readonly silent: boolean;
  /** Resolves when the cell is over, however it ended. */
  readonly end: (error: CellError | undefined) => void;
}

interface CellError {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export class Executor {
  readonly #iopub: Iopub;
  readonly #queue: Job[] = [];
  readonly #declarations = new Declarations();
  readonly #cells = new CellSources();
  readonly #parents = new Map<number, Parent>();
  readonly #streams: StreamBuffer<Parent>;
  readonly #sources = new Map<string, ReturnType<typeof source>>();
  #evaluator: EvaluatorProcess;
  #running: RunningCell | undefined;
  #busy = false;
  #serial = 0;
  #executionCount = 0;
  #exitCode: number | undefined;
  #startFailures = 0;
  #closing = false;

  constructor(iopub: Iopub, first: EvaluatorProcess) {
    this.#iopub = iopub;
    this.#streams = new StreamBuffer((parent, name, text) => iopub.publish("stream", { name, text }, parent));
    this.#evaluator = this.#listen(first);
    iopub.queue.onDrain = () => {
      if (iopub.queue.waitingBytes < RESUME_BELOW) this.#evaluator.resume();
    };
  }

  submit(request: Message, reply: Reply): void {
    this.#queue.push({ request, reply });
    void this.#drain();
  }

  /** Stops the running cell, or a timer of an earlier one that keeps the thread busy. Variables are kept. */
  interrupt(): void {
    this.#evaluator.interrupt(this.#running?.serial ?? 0);
  }

  close(): void {
    this.#closing = true;
    this.#evaluator.kill();
  }

  async #drain(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      const { request } = job;
      await this.#iopub.during(request, () => this.#run(job));
    }
    this.#busy = false;
  }

  async #run(job: Job): Promise<void> {
    const { request, reply } = job;
    const {
      code = "",
      silent = false,
      store_history: storeHistory = !silent,
      stop_on_error: stopOnError = true,
    } = request.content;
    if (!silent && storeHistory) this.#executionCount += 1;
    const executionCount = this.#executionCount;
    if (!silent) {
      this.#iopub.publish("execute_input", { code, execution_count: executionCount }, request.header);
    }
    const error = await this.#evaluate(job, String(code), executionCount, Boolean(silent));
    this.#streams.flush();
    if (error === undefined) {
      reply("execute_reply", { status: "ok", execution_count: executionCount, user_expressions: {}, payload: [] });
      return;
    }
    if (!silent) this.#iopub.publish("error", { ...error }, request.header);
    reply("execute_reply", { status: "error", execution_count: executionCount, ...error });
    if (stopOnError) await this.#abortQueue();
  }

  #evaluate(job: Job, code: string, executionCount: number, silent: boolean): Promise<CellError | undefined> {
    this.#serial += 1;
    const serial = this.#serial;
    this.#parents.set(serial, job.request.header);
    const label = this.#label(executionCount, serial);
    return new Promise((end) => {
      try {
        const prepared = prepareCell(code, this.#declarations);
        const url = this.#cells.add(label, prepared);
        this.#running = { ...job, serial, label, silent, end };
        this.#evaluator.execute(serial, { code: prepared.code, url, executionCount, silent });
      } catch (error) {
        end(this.#describeSyntaxError(error, label, code));
      }
    });
  }

  /** The execution count, made unique for requests that do not raise it. */
  #label(executionCount: number, serial: number): string {
    const label = String(executionCount);
    return this.#cells.get(label) === undefined ? label : `${label}.${serial}`;
  }

  #describeSyntaxError(error: unknown, label: string, code: string): CellError {
    if (!(error instanceof CellSyntaxError)) throw error;
    const { line, column } = error.position;
    this.#cells.add(label, { source: code, code, originalPosition: (position) => position });
    return this.#cellError({ name: "SyntaxError", message: error.message, stack: "", line, column }, label);
  }

  #cellError(report: ErrorReport, label: string): CellError {
    return { ename: report.name, evalue: report.message, traceback: formatTraceback(report, label, this.#cells) };
  }

  async #abortQueue(): Promise<void> {
    for (const { request, reply } of this.#queue.splice(0)) {
      await this.#iopub.during(request, () => {
        reply("execute_reply", { status: "aborted", execution_count: this.#executionCount });
      });
    }
  }

  #listen(evaluator: EvaluatorProcess): EvaluatorProcess {
    evaluator.listen({
      onFrame: (frame) => this.#onFrame(frame),
      onRawOutput: (name, bytes) => this.#text(this.#serial, `raw ${name}`, name, bytes),
      onExit: (code, signal) => this.#onExit(code, signal),
    });
    return evaluator;
  }

  #onFrame({ kind, serial, payload }: Frame): void {
    switch (kind) {
      case Kind.stdout:
        this.#text(serial, "stdout", "stdout", payload);
        break;
      case Kind.stderr:
        this.#text(serial, "stderr", "stderr", payload);
        break;
      case Kind.publish: {
        const { type, content } = decodePublish(payload);
        if (this.#isSilent(serial)) break;
        this.#streams.flush();
        this.#iopub.publish(type, content, this.#parent(serial));
        break;
      }
      case Kind.uncaught:
        this.#uncaught(serial, JSON.parse(payload.toString("utf8")) as ErrorReport);
        break;
      case Kind.exit:
        this.#exitCode = (JSON.parse(payload.toString("utf8")) as { code: number }).code;
        break;
      case Kind.done:
        this.#done(serial, JSON.parse(payload.toString("utf8")) as Outcome);
        break;
    }
    if (this.#iopub.queue.waitingBytes > PAUSE_ABOVE) this.#evaluator.pause();
  }

  #text(serial: number, way: string, name: "stdout" | "stderr", bytes: Buffer): void {
    if (this.#isSilent(serial)) return;
    const from = this.#sources.get(way) ?? source(name);
    this.#sources.set(way, from);
    this.#streams.write(this.#parent(serial), from, bytes);
  }

  #parent(serial: number): Parent {
    return this.#parents.get(serial) ?? {};
  }

  #isSilent(serial: number): boolean {
    return this.#running?.serial === serial && this.#running.silent;
  }

  /** An error outside the cell's own promise, in a timer say: printed under the cell, which may long be over. */
  #uncaught(serial: number, report: ErrorReport): void {
    const lines = withoutKernelFrames(report.stack.split("\n")).map((line) => translate(line, this.#cells));
    this.#streams.add(this.#parent(serial), "stderr", `Uncaught ${lines.join("\n")}\n`);
  }

  #done(serial: number, outcome: Outcome): void {
    const cell = this.#running;
    if (cell?.serial !== serial) return;
    this.#startFailures = 0;
    // What was written past the evaluator comes over other descriptors: two turns of the event loop read them empty.
    setImmediate(() => setImmediate(() => this.#finish(cell, this.#errorOf(outcome, cell.label))));
  }

  #errorOf(outcome: Outcome, label: string): CellError | undefined {
    if (outcome.status === "ok") return undefined;
    if (outcome.status === "error") return this.#cellError(outcome.error, label);
    const message = "the cell was interrupted; its variables are kept";
    return { ename: "Interrupted", evalue: message, traceback: [`Interrupted: ${message}`] };
  }

  #finish(cell: RunningCell, error: CellError | undefined): void {
    if (this.#running !== cell) return;
    this.#running = undefined;
    cell.end(error);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#closing) return;
    const cell = this.#running;
    const evalue = this.#explainExit(code, signal);
    this.#exitCode = undefined;
    this.#declarations.clear();
    this.#startFailures += 1;
    if (this.#startFailures > MAXIMUM_START_FAILURES) {
      process.stderr.write(`cellwright: the evaluator fails at its start: ${evalue} [CW_EVALUATOR_START]\n`);
      process.exit(1);
    }
    this.#evaluator = this.#listen(new EvaluatorProcess());
    if (cell === undefined) {
      this.#streams.add(this.#parent(this.#serial), "stderr", `${evalue}\n`);
      return;
    }
    this.#finish(cell, { ename: "EvaluatorExit", evalue, traceback: [`EvaluatorExit: ${evalue}`] });
  }

  #explainExit(code: number | null, signal: NodeJS.Signals | null): string {
    const gone = "variables are gone, and the next cell starts afresh";
    if (this.#exitCode !== undefined) return `process.exit(${this.#exitCode}) was called: ${gone}`;
    const how = signal === null ? `exit code ${code}` : signal;
    return `the process that runs the cells crashed (${how}; out of memory, or a fault in native code): ${gone}`;
  }
}
