// The evaluator from the supervisor's side of the pipes: hands it cells and comm messages, publishes what it says under the
// right parent, and starts a fresh one when it is gone. A client that reads slowly holds it back.

import {
  decodeMessage,
  type ErrorReport,
  type Frame,
  type InputAnswer,
  type InputRequest,
  Kind,
  type Outcome,
  type Usage,
} from "../ipc/frames.ts";
import type { LanguageService } from "../language/service.ts";
import type { Message } from "../protocol/message.ts";
import { type PreparedCell, prepareCell } from "../source/cell.ts";
import { Declarations } from "../source/declarations.ts";
import { CellSyntaxError } from "../source/syntax-error.ts";
import type { OpenComms } from "./comms.ts";
import { EvaluatorProcess } from "./evaluator-process.ts";
import type { Iopub, Parent } from "./iopub.ts";
import { StreamBuffer, type StreamName, source } from "./stream-buffer.ts";
import { CellSources, formatTraceback, translate, withoutKernelFrames } from "./traceback.ts";

const PAUSE_ABOVE = 16 * 2 ** 20; // bytes that wait for the client
const RESUME_BELOW = 4 * 2 ** 20;
const MAXIMUM_START_FAILURES = 3;
const REMEMBERED_PARENTS = 10_000;

export interface CellOrder {
  readonly request: Message;
  readonly code: string;
  readonly executionCount: number;
  readonly silent: boolean;
  readonly expressions: Readonly<Record<string, string>>;
}

export interface CellError {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export interface CellResult {
  readonly error: CellError | undefined;
  readonly expressions: Readonly<Record<string, object>>;
  readonly payload: readonly object[];
  /** Absent where the evaluator did not come to say it. */
  readonly usage?: Usage;
}

/** Asks the client that sent the request; `answer` is called once, later. */
export type Ask = (request: Message, question: InputRequest, answer: (answer: InputAnswer) => void) => void;

/** What a debugger hears of the evaluation. */
export interface Debugging {
  /** A promise where breakpoints must be set before the cell starts. */
  beforeCell(label: string, cell: PreparedCell): Promise<void> | undefined;
  receive(id: number, payload: Buffer): void;
  /** A fresh evaluator has taken the place of the old one. */
  evaluatorEnded(): void;
}

interface RunningCell {
  readonly order: CellOrder;
  readonly label: string;
  readonly end: (result: CellResult) => void;
}

const failure = (error: CellError): CellResult => ({ error, expressions: {}, payload: [] });

export class Evaluation {
  readonly cells = new CellSources();
  /** Set by the debugger. */
  debugging: Debugging | undefined;
  readonly #declarations = new Declarations();
  readonly #iopub: Iopub;
  readonly #comms: OpenComms;
  readonly #ask: Ask;
  readonly #language: LanguageService;
  readonly #streams: StreamBuffer<Parent>;
  readonly #sources = new Map<string, ReturnType<typeof source>>();
  readonly #parents = new Map<number, Parent>();
  readonly #running = new Map<number, RunningCell>();
  /** Comm messages that the evaluator has not answered for. */
  readonly #handling = new Map<number, () => void>();
  #evaluator: EvaluatorProcess;
  #serial = 0;
  /** The newest cell: what comes past the evaluator's own pipe is taken for its output. */
  #newest = 0;
  #exitCode: number | undefined;
  #startFailures = 0;
  #closing = false;

  constructor(iopub: Iopub, comms: OpenComms, ask: Ask, language: LanguageService, first: EvaluatorProcess) {
    this.#iopub = iopub;
    this.#comms = comms;
    this.#ask = ask;
    this.#language = language;
    language.connect((id, order) => this.#evaluator.inspect(id, order));
    this.#streams = new StreamBuffer((parent, name, text) => iopub.publish("stream", { name, text }, parent));
    this.#evaluator = this.#listen(first);
    iopub.queue.onDrain = () => {
      if (iopub.queue.waitingBytes < RESUME_BELOW) this.#evaluator.resume();
    };
  }

  /** Resolves when the cell is over, however it ended, and everything it said is published. */
  async run(order: CellOrder): Promise<CellResult> {
    const serial = this.#nextSerial(order.request.header);
    this.#newest = serial;
    const label = this.#label(order.executionCount, serial);
    const types = this.#language.begin(order.code, label);
    const refusal = types.gate === undefined ? undefined : await types.gate();
    if (refusal !== undefined) return failure(refusal);
    const result = await new Promise<CellResult>((end) => {
      try {
        const prepared = prepareCell(types.code, this.#declarations, serial);
        const expressions = this.#prepareExpressions(order.expressions, serial);
        const url = this.cells.add(label, prepared);
        this.#running.set(serial, { order, label, end });
        const { executionCount, silent } = order;
        const start = () => {
          if (!this.#running.has(serial)) return; // the evaluator ended meanwhile
          this.#evaluator.execute(serial, { code: prepared.code, url, executionCount, silent, expressions });
        };
        types.started((text, name) => {
          if (!silent) this.#streams.add(this.#parent(serial), name, text);
        });
        const breakpoints = this.debugging?.beforeCell(label, prepared);
        if (breakpoints === undefined) start();
        else void breakpoints.then(start);
      } catch (error) {
        end(failure(this.#describeSyntaxError(error, label, order.code)));
      }
    });
    this.#streams.flush();
    return result;
  }

  /** A comm message of the page; resolves when its handler has run. */
  handleComm(request: Message): Promise<void> {
    const serial = this.#nextSerial(request.header);
    return new Promise((resolve) => {
      this.#handling.set(serial, resolve);
      this.#evaluator.sendComm(serial, {
        type: request.header.msg_type,
        metadata: request.metadata,
        content: JSON.stringify(request.content),
        buffers: request.buffers,
      });
    });
  }

  /** Stops every running cell, or a timer of an earlier one that keeps the thread busy. Variables are kept. */
  interrupt(): void {
    this.#evaluator.interrupt(0);
  }

  /** An order to V8's inspector; `debugging` receives the answer. */
  inspect(id: number, order: string): void {
    this.#evaluator.inspect(id, order);
  }

  /** What the cells have declared. */
  get names(): readonly string[] {
    return this.#declarations.names;
  }

  /** A name that came as a property of the global object, not by a cell. */
  declare(name: string): void {
    this.#declarations.add(name, "global");
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  close(): void {
    this.#closing = true;
    this.#evaluator.kill();
  }

  #nextSerial(parent: Parent): number {
    this.#serial += 1;
    this.#parents.set(this.#serial, parent);
    this.#parents.delete(this.#serial - REMEMBERED_PARENTS);
    return this.#serial;
  }

  /** The execution count, made unique for requests that do not raise it. */
  #label(executionCount: number, serial: number): string {
    const label = String(executionCount);
    return this.cells.get(label) === undefined ? label : `${label}.${serial}`;
  }

  /** An expression that is no TypeScript becomes one that throws, so that only its own result is an error. */
  #prepareExpressions(expressions: Readonly<Record<string, string>>, serial: number): Record<string, string> {
    const prepared: Record<string, string> = {};
    for (const [name, code] of Object.entries(expressions)) {
      try {
        prepared[name] = prepareCell(String(code), this.#declarations, serial).code;
      } catch (error) {
        if (!(error instanceof CellSyntaxError)) throw error;
        prepared[name] = `throw new SyntaxError(${JSON.stringify(error.message)})`;
      }
    }
    return prepared;
  }

  #describeSyntaxError(error: unknown, label: string, code: string): CellError {
    if (!(error instanceof CellSyntaxError)) throw error;
    const { line, column } = error.position;
    this.cells.add(label, { source: code, code, originalPosition: (position) => position });
    return this.#cellError({ name: "SyntaxError", message: error.message, stack: "", line, column }, label);
  }

  #cellError(report: ErrorReport, label: string): CellError {
    return { ename: report.name, evalue: report.message, traceback: formatTraceback(report, label, this.cells) };
  }

  #listen(evaluator: EvaluatorProcess): EvaluatorProcess {
    evaluator.listen({
      onFrame: (frame) => this.#onFrame(frame),
      onRawOutput: (name, bytes) => this.#text(this.#newest, `raw ${name}`, name, bytes),
      onInspected: (id, payload) => this.#language.receive(id, payload) || this.debugging?.receive(id, payload),
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
      case Kind.publish:
        this.#publish(serial, payload);
        break;
      case Kind.handled:
        this.#handled(serial);
        break;
      case Kind.uncaught:
        this.#uncaught(serial, parseJson(payload));
        break;
      case Kind.input:
        this.#input(serial, parseJson(payload));
        break;
      case Kind.exit:
        this.#exitCode = parseJson<{ code: number }>(payload).code;
        break;
      case Kind.done:
        this.#done(serial, parseJson(payload));
        break;
    }
    if (this.#iopub.queue.waitingBytes > PAUSE_ABOVE) this.#evaluator.pause();
  }

  #text(serial: number, way: string, name: StreamName, bytes: Buffer): void {
    if (this.#isSilent(serial)) return;
    const from = this.#sources.get(way) ?? source(name);
    this.#sources.set(way, from);
    this.#streams.write(this.#parent(serial), from, bytes);
  }

  #publish(serial: number, payload: Buffer): void {
    const message = decodeMessage(payload);
    this.#comms.sent(message);
    const isComm = message.type.startsWith("comm_");
    if (this.#isSilent(serial) && !isComm) return;
    this.#streams.flush();
    this.#iopub.publish(message.type, message.content, this.#parent(serial), message);
  }

  #handled(serial: number): void {
    this.#streams.flush();
    this.#handling.get(serial)?.();
    this.#handling.delete(serial);
  }

  #parent(serial: number): Parent {
    return this.#parents.get(serial) ?? {};
  }

  #isSilent(serial: number): boolean {
    return this.#running.get(serial)?.order.silent === true;
  }

  /** An error outside the cell's own promise, in a timer say: printed under the cell, which may long be over. */
  #uncaught(serial: number, report: ErrorReport): void {
    const lines = withoutKernelFrames(report.stack.split("\n")).map((line) => translate(line, this.cells));
    this.#streams.add(this.#parent(serial), "stderr", `Uncaught ${lines.join("\n")}\n`);
  }

  #input(serial: number, question: InputRequest): void {
    const cell = this.#running.get(serial);
    const answer = (given: InputAnswer) => this.#evaluator.answer(serial, given);
    if (cell === undefined) {
      answer({ refused: "nobody can be asked: the cell is over; ask while it runs" });
    } else if (cell.order.request.content.allow_stdin !== true) {
      answer({ refused: "nobody can be asked: the client does not take questions; give the value in the notebook" });
    } else {
      this.#streams.flush();
      this.#ask(cell.order.request, question, answer);
    }
  }

  #done(serial: number, { outcome, usage }: { outcome: Outcome; usage: Usage }): void {
    this.#startFailures = 0;
    // What was written past the evaluator comes over other descriptors: two turns of the event loop read them empty.
    setImmediate(() =>
      setImmediate(() => this.#end(serial, (label) => ({ ...this.#resultOf(outcome, label), usage }))),
    );
  }

  #resultOf(outcome: Outcome, label: string): CellResult {
    if (outcome.status === "error") return failure(this.#cellError(outcome.error, label));
    if (outcome.status === "interrupted") {
      const evalue = "the cell was interrupted; its variables are kept";
      return failure({ ename: "Interrupted", evalue, traceback: [`Interrupted: ${evalue}`] });
    }
    const expressions = Object.entries(outcome.expressions).map(([name, result]) => {
      if (result.status === "ok") return [name, result] as const;
      return [name, { status: "error", ...this.#cellError(result.error, label) }] as const;
    });
    return { error: undefined, expressions: Object.fromEntries(expressions), payload: outcome.payload };
  }

  #end(serial: number, result: (label: string) => CellResult): void {
    const cell = this.#running.get(serial);
    this.#running.delete(serial);
    cell?.end(result(cell.label));
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#closing) return;
    const evalue = this.#explainExit(code, signal);
    this.#exitCode = undefined;
    this.#declarations.clear();
    this.#language.clear();
    this.#startFailures += 1;
    if (this.#startFailures > MAXIMUM_START_FAILURES) {
      process.stderr.write(`cellwright: the evaluator fails at its start: ${evalue} [CW_EVALUATOR_START]\n`);
      process.exit(1);
    }
    this.#evaluator = this.#listen(new EvaluatorProcess());
    this.debugging?.evaluatorEnded();
    for (const serial of this.#handling.keys()) this.#handled(serial);
    for (const { type, content } of this.#comms.forgetAll()) {
      this.#iopub.publish(type, content, this.#parent(this.#newest));
    }
    if (this.#running.size === 0) this.#streams.add(this.#parent(this.#newest), "stderr", `${evalue}\n`);
    for (const serial of this.#running.keys()) {
      this.#end(serial, () => failure({ ename: "EvaluatorExit", evalue, traceback: [`EvaluatorExit: ${evalue}`] }));
    }
  }

  #explainExit(code: number | null, signal: NodeJS.Signals | null): string {
    const gone = "variables are gone, and the next cell starts afresh";
    if (this.#exitCode !== undefined) return `process.exit(${this.#exitCode}) was called: ${gone}`;
    const how = signal === null ? `exit code ${code}` : signal;
    return `the process that runs the cells crashed (${how}; out of memory, or a fault in native code): ${gone}`;
  }
}

function parseJson<Value>(payload: Buffer): Value {
  return JSON.parse(payload.toString("utf8")) as Value;
}
