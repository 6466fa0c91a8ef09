// JupyterLab's debugger on our cells: requests of the Debug Adapter Protocol come over the control channel, so they are
// answered while a cell runs or is stopped, and events go out on iopub. It lives in the supervisor and survives the
// evaluator. ipykernel's behaviour is the model where the protocol leaves a choice.
// Sources: "Debug request" in Jupyter's messaging documentation, JEP 47, and the Debug Adapter Protocol.

import { readFile } from "node:fs/promises";
import type { Debugger as V8 } from "node:inspector";
import type { JsonObject } from "../protocol/message.ts";
import type { PreparedCell } from "../source/cell.ts";
import type { Parent } from "../supervisor/iopub.ts";
import { Breakpoints } from "./breakpoints.ts";
import type { Debuggee } from "./debuggee.ts";
import { Evaluator } from "./evaluate.ts";
import { InspectorLink } from "./inspector-link.ts";
import { SEED } from "./murmur2.ts";
import { type Going, Pauses } from "./pauses.ts";
import { DebugError, type DebugRequest, THREAD, type Variable, type WantedBreakpoint } from "./protocol.ts";
import { KERNEL_URL, PREFIX, placeOf, Sources, SUFFIX, urlOfCell } from "./sources.ts";
import { scopes, stackFrame } from "./stack.ts";
import { Variables } from "./variables.ts";

const CAPABILITIES = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  supportsExceptionInfoRequest: true,
  supportsModulesRequest: true,
  supportsDelayedStackTraceLoading: true,
  exceptionBreakpointFilters: [
    { filter: "raised", label: "Raised Exceptions", default: false },
    { filter: "uncaught", label: "Uncaught Exceptions", default: false },
  ],
};

/** Clients read these without looking at `success`. */
const EMPTY_BODIES: Readonly<Record<string, object>> = {
  setBreakpoints: { breakpoints: [] },
  stackTrace: { stackFrames: [], totalFrames: 0 },
  scopes: { scopes: [] },
  variables: { variables: [] },
  inspectVariables: { variables: [] },
  richInspectVariables: { data: {}, metadata: {} },
};

type Handler = (parameters: JsonObject) => object | Promise<object>;

export class JupyterDebugger {
  readonly #debuggee: Debuggee;
  readonly #publish: (event: JsonObject, parent: Parent) => void;
  readonly #link: InspectorLink;
  readonly #sources: Sources;
  readonly #pauses: Pauses;
  readonly #breakpoints: Breakpoints;
  readonly #variables: Variables;
  readonly #evaluator: Evaluator;
  readonly #handlers: ReadonlyMap<string, Handler>;
  #parent: Parent = {};
  #sequence = 0;
  #started = false;
  /** Resolves when V8 stops at breakpoints; undefined while nobody is attached. */
  #attached: Promise<void> | undefined;
  #exceptions = "none";
  #inspection: Promise<Variable[]> | undefined;
  #stopAtStartOnce: string | undefined;

  constructor(debuggee: Debuggee, publish: (event: JsonObject, parent: Parent) => void) {
    this.#debuggee = debuggee;
    this.#publish = publish;
    this.#link = new InspectorLink(
      (id, order) => debuggee.inspect(id, order),
      (method, parameters) => this.#pauses.onEvent(method, parameters),
    );
    this.#sources = new Sources(debuggee.cells);
    this.#breakpoints = new Breakpoints(this.#link, this.#sources);
    this.#variables = new Variables(this.#link, () => debuggee.names);
    this.#pauses = new Pauses(
      this.#link,
      this.#sources,
      (event, body) => this.#emit(event, body),
      () => this.#variables.clear(),
    );
    this.#evaluator = new Evaluator(this.#link, this.#pauses, this.#variables, debuggee);
    this.#handlers = this.#createHandlers();
  }

  /** Answers a request with the content of its reply; a failure is a reply, too. */
  async answer(content: JsonObject, parent: Parent): Promise<JsonObject> {
    const request = content as unknown as DebugRequest;
    const { seq = 0, command } = request;
    this.#parent = parent;
    this.#sequence += 1;
    const base = { type: "response", seq: this.#sequence, request_seq: seq, command: String(command) };
    try {
      const handler = this.#handlers.get(command);
      if (handler === undefined) throw new DebugError(`the debugger does not know the command ${String(command)}`);
      return { ...base, success: true, body: await handler((request.arguments ?? {}) as JsonObject) };
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof DebugError)) process.stderr.write(`cellwright: debugger: ${String(error)} [CW_DEBUG]\n`);
      return { ...base, success: false, message, body: EMPTY_BODIES[command] ?? {} };
    }
  }

  beforeCell(label: string, cell: PreparedCell): Promise<void> | undefined {
    if (this.#attached === undefined) return undefined;
    const isPausing = this.#pauses.pauseNextCell;
    this.#pauses.pauseNextCell = false;
    return this.#attached
      .then(() => this.#removeStopAtStart())
      .then(() => this.#breakpoints.beforeCell(label))
      .then(() => (isPausing ? this.#stopAtStart(label, cell) : undefined))
      .catch(() => {}); // the evaluator is gone; whoever runs the cell says so
  }

  receive(id: number, payload: Buffer): void {
    this.#link.receive(id, payload);
  }

  /** What was stopped is gone; a client stays attached, and its breakpoints hold for the next cells. */
  evaluatorEnded(): void {
    this.#link.reset();
    this.#pauses.forgetEvaluator();
    this.#variables.clear();
    this.#inspection = undefined;
    this.#stopAtStartOnce = undefined;
    if (this.#attached === undefined) return;
    this.#attached = this.#enable();
    this.#attached.catch(() => {}); // this one has ended, too, and will be followed by another
  }

  /** The kernel ends. */
  close(): void {
    if (!this.#started) return;
    this.#pauses.continued();
    this.#emit("terminated", {});
  }

  #createHandlers(): ReadonlyMap<string, Handler> {
    return new Map<string, Handler>([
      ["initialize", (parameters) => this.#initialize(parameters)],
      ["attach", () => this.#attach()],
      ["launch", () => this.#attach()],
      ["configurationDone", () => ({})],
      ["disconnect", () => this.#disconnect()],
      ["terminate", () => this.#disconnect()],
      ["debugInfo", () => this.#info()],
      ["threads", () => ({ threads: [{ id: THREAD, name: "cells" }] })],
      ["dumpCell", ({ code }) => ({ sourcePath: this.#sources.dump(String(code ?? "")) })],
      ["setBreakpoints", (parameters) => this.#setBreakpoints(parameters)],
      ["setExceptionBreakpoints", (parameters) => this.#setExceptionBreakpoints(parameters)],
      ["exceptionInfo", () => this.#exceptionInfo()],
      ["source", (parameters) => this.#source(parameters)],
      ["stackTrace", (parameters) => this.#stackTrace(parameters)],
      ["scopes", ({ frameId }) => ({ scopes: scopes(this.#pauses.frame(frameId), this.#variables) })],
      ["variables", (parameters) => this.#list(parameters)],
      ["setVariable", (parameters) => this.#evaluator.setVariable(parameters)],
      ["evaluate", (parameters) => this.#evaluator.evaluate(parameters)],
      ["inspectVariables", async () => ({ variables: await this.#inspectVariables() })],
      ["richInspectVariables", (parameters) => this.#evaluator.richInspect(parameters)],
      ["copyToGlobals", (parameters) => this.#evaluator.copyToGlobals(parameters)],
      ["modules", () => this.#modules()],
      ["continue", () => this.#go("resume", { allThreadsContinued: true })],
      ["next", () => this.#go("stepOver")],
      ["stepIn", () => this.#go("stepInto")],
      ["stepOut", () => this.#go("stepOut")],
      ["pause", () => this.#pause()],
    ]);
  }

  #emit(event: string, body: object): void {
    this.#sequence += 1;
    this.#publish({ type: "event", seq: this.#sequence, event, body }, this.#parent);
  }

  #initialize({ clientID }: JsonObject): object {
    this.#started = true;
    this.#variables.typed = clientID !== undefined && clientID !== "jupyterlab";
    return CAPABILITIES;
  }

  async #attach(): Promise<object> {
    this.#requireStarted();
    if (this.#attached === undefined) {
      this.#attached = this.#enable();
      await this.#attached;
      this.#emit("initialized", {});
    }
    await this.#attached;
    return {};
  }

  /** Orders go one after another, so none waits for the one before. */
  async #enable(): Promise<void> {
    const kernel = KERNEL_URL.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    await Promise.all([
      this.#link.post("Debugger.enable"),
      this.#link.post("Debugger.setBlackboxPatterns", { patterns: ["^node:", `^${kernel}`] }),
      this.#link.post("Debugger.setPauseOnExceptions", { state: this.#exceptions }),
      this.#breakpoints.attach(),
    ]);
  }

  async #disconnect(): Promise<object> {
    this.#started = false;
    this.#attached = undefined;
    this.#exceptions = "none";
    this.#inspection = undefined;
    this.#stopAtStartOnce = undefined;
    this.#breakpoints.clear();
    this.#variables.clear();
    await this.#link.post("Debugger.disable").catch(() => {});
    await this.#link.disconnect();
    this.#pauses.forgetEvaluator();
    return {};
  }

  #info(): object {
    return {
      isStarted: this.#started,
      hashMethod: "Murmur2",
      hashSeed: SEED,
      tmpFilePrefix: PREFIX,
      tmpFileSuffix: SUFFIX,
      breakpoints: this.#breakpoints.list(),
      stoppedThreads: this.#pauses.stop === undefined ? [] : [THREAD],
      richRendering: true,
      exceptionPaths: [],
      copyToGlobals: true,
    };
  }

  async #setBreakpoints(parameters: JsonObject): Promise<object> {
    this.#requireStarted();
    const path = pathOf(parameters);
    const { breakpoints, lines } = parameters as { breakpoints?: WantedBreakpoint[]; lines?: number[] };
    const wanted = breakpoints ?? lines?.map((line) => ({ line })) ?? [];
    return { breakpoints: await this.#breakpoints.set(path, wanted) };
  }

  async #setExceptionBreakpoints({ filters }: JsonObject): Promise<object> {
    const chosen = Array.isArray(filters) ? filters : [];
    this.#exceptions = chosen.includes("raised") || chosen.includes("uncaught") ? "all" : "none";
    this.#pauses.onlyUncaught = !chosen.includes("raised");
    if (this.#attached !== undefined) {
      await this.#link.post("Debugger.setPauseOnExceptions", { state: this.#exceptions });
    }
    return { breakpoints: chosen.map(() => ({ verified: true })) };
  }

  #exceptionInfo(): object {
    const { stop } = this.#pauses;
    if (stop?.exception === undefined) throw new DebugError("no cell is stopped at an exception");
    const { className = "Error", description = "" } = stop.exception;
    const [head = ""] = description.split("\n", 1);
    return {
      exceptionId: className,
      description: head,
      breakMode: stop.uncaught ? "unhandled" : "always",
      details: { typeName: className, message: head.replace(`${className}: `, ""), stackTrace: description },
    };
  }

  /** The text of a cell from memory, that of a file that was imported from the disk. */
  async #source(parameters: JsonObject): Promise<object> {
    const path = pathOf(parameters);
    const code = this.#sources.codeAt(path);
    if (code !== undefined) return { content: code, mimeType: "text/typescript" };
    if (!this.#files().includes(path)) throw new DebugError(`source unavailable: ${path}`);
    return { content: await readFile(path, "utf8") };
  }

  #stackTrace({ startFrame, levels }: JsonObject): object {
    const frames = this.#pauses.stop?.frames ?? [];
    const start = Number(startFrame ?? 0);
    const count = Number(levels ?? 0) || frames.length;
    const shown = frames.slice(start, start + count).map((frame) => stackFrame(frame, this.#sources));
    return { stackFrames: shown, totalFrames: frames.length };
  }

  async #list({ variablesReference, filter, start, count }: JsonObject): Promise<object> {
    return { variables: await this.#variables.list(Number(variablesReference), { filter, start, count }) };
  }

  /** JupyterLab asks with every message that a cell prints: those that come meanwhile share one answer. */
  #inspectVariables(): Promise<Variable[]> {
    this.#inspection ??= this.#listGlobals().finally(() => {
      this.#inspection = undefined;
    });
    return this.#inspection;
  }

  async #listGlobals(): Promise<Variable[]> {
    if (this.#pauses.stop === undefined) this.#variables.renew();
    return this.#variables.listGlobals();
  }

  #files(): string[] {
    const places = [...this.#pauses.scripts.values()].map(placeOf);
    return [...new Set(places.flatMap((place) => (place.kind === "file" ? [place.path] : [])))];
  }

  #modules(): object {
    const modules = this.#files().map((path, id) => ({ id, name: path.slice(path.lastIndexOf("/") + 1), path }));
    return { modules, totalModules: modules.length };
  }

  async #go(how: Going, answer: object = {}): Promise<object> {
    await this.#pauses.go(how);
    return answer;
  }

  async #pause(): Promise<object> {
    if (this.#attached === undefined) throw new DebugError("nobody is attached: send attach first");
    await this.#pauses.pause(this.#debuggee.isRunning);
    return {};
  }

  async #removeStopAtStart(): Promise<void> {
    const breakpointId = this.#stopAtStartOnce;
    this.#stopAtStartOnce = undefined;
    if (breakpointId !== undefined) await this.#link.post("Debugger.removeBreakpoint", { breakpointId });
  }

  async #stopAtStart(label: string, cell: PreparedCell): Promise<void> {
    const location = this.#breakpoints.firstLocation(cell);
    if (location === undefined) return;
    const { lineNumber, columnNumber } = location;
    const place = { url: urlOfCell(label), lineNumber, columnNumber };
    const set = this.#link.post<V8.SetBreakpointByUrlReturnType>("Debugger.setBreakpointByUrl", place);
    this.#stopAtStartOnce = (await set).breakpointId;
  }

  #requireStarted(): void {
    if (!this.#started) throw new DebugError("the debugger has not started: send initialize first");
  }
}

function pathOf({ source }: JsonObject): string {
  return String((source as { path?: unknown } | undefined)?.path ?? "");
}
