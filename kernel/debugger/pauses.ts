// Where the evaluator is stopped, and how it goes on. V8 also stops where nobody wants to be: in Node's own modules, which
// it cannot be told to skip (they come from a snapshot, without a context by which V8 asks the debugger), and after the
// last line of a cell. From there a step goes on by itself until the reader's code is reached, or the cell has ended.

import type { Debugger, Runtime } from "node:inspector";
import type { InspectorLink } from "./inspector-link.ts";
import { DebugError, THREAD } from "./protocol.ts";
import { type Place, placeOf, type Sources } from "./sources.ts";
import { isUncaught } from "./uncaught.ts";

const MAXIMUM_SEARCH = 1_000; // steps through Node's modules after a pause, before the next cell is waited for

export type Going = "resume" | "stepOver" | "stepInto" | "stepOut";

/** A frame of the reader's code. */
export interface Frame {
  readonly id: number;
  readonly call: Debugger.CallFrame;
  readonly place: Exclude<Place, { kind: "internal" }>;
}

export interface Stop {
  readonly frames: readonly Frame[];
  readonly exception: Runtime.RemoteObject | undefined;
  readonly uncaught: boolean;
}

export type Emit = (event: string, body: object) => void;

export class Pauses {
  readonly scripts = new Map<string, string>();
  /** Undefined while the evaluator runs. */
  stop: Stop | undefined;
  /** The next cell is to stop at its first line. */
  pauseNextCell = false;
  /** Exceptions that are caught do not stop. */
  onlyUncaught = false;
  readonly #link: InspectorLink;
  readonly #sources: Sources;
  readonly #emit: Emit;
  readonly #onResumed: () => void;
  #wanted: "step" | "pause" | undefined;
  #searched = 0;
  #frameCount = 0;
  #count = 0;

  constructor(link: InspectorLink, sources: Sources, emit: Emit, onResumed: () => void) {
    this.#link = link;
    this.#sources = sources;
    this.#emit = emit;
    this.#onResumed = onResumed;
  }

  /** An event of V8's debugger. */
  onEvent(method: string, parameters: never): void {
    switch (method) {
      case "Debugger.scriptParsed": {
        const { scriptId, url } = parameters as Debugger.ScriptParsedEventDataType;
        this.scripts.set(scriptId, url);
        break;
      }
      case "Debugger.paused":
        void this.#paused(parameters);
        break;
      case "Debugger.resumed":
        this.#count += 1;
        this.continued();
        break;
    }
  }

  frame(id: unknown): Frame {
    const frame = this.stop?.frames.find((known) => known.id === id);
    if (frame === undefined) throw new DebugError(`expected a frame of the stopped cell, got ${String(id)}`);
    return frame;
  }

  async go(how: Going): Promise<void> {
    if (this.stop === undefined) throw new DebugError("no cell is stopped");
    this.#wanted = how === "resume" ? undefined : "step";
    await this.#link.post(`Debugger.${how}`);
  }

  /** Stops what runs, or else the next cell at its first line. */
  async pause(running: boolean): Promise<void> {
    if (this.stop !== undefined) return;
    if (!running) {
      this.pauseNextCell = true;
      return;
    }
    this.#wanted = "pause";
    this.#searched = 0;
    await this.#link.post("Debugger.pause");
  }

  /** The evaluator runs again, or is gone. */
  continued(): void {
    if (this.stop === undefined) return;
    this.stop = undefined;
    this.#onResumed();
    this.#emit("continued", { threadId: THREAD, allThreadsContinued: true });
  }

  forgetEvaluator(): void {
    this.#count += 1;
    this.continued();
    this.scripts.clear();
    this.#wanted = undefined;
  }

  async #paused({ callFrames, reason, data, hitBreakpoints = [] }: Debugger.PausedEventDataType): Promise<void> {
    const frames = this.#visible(callFrames);
    const isException = reason === "exception" || reason === "promiseRejection";
    const guess = (data as { uncaught?: boolean } | undefined)?.uncaught === true;
    const pause = this.#count;
    const uncaught = isException && frames.length > 0 && (await this.#isUncaught(callFrames, guess));
    if (pause !== this.#count) return; // it was interrupted meanwhile
    if (isException && this.onlyUncaught && !uncaught) {
      this.#link.post("Debugger.resume").catch(() => {});
      return;
    }
    const onTop = frames[0]?.call === callFrames[0] && !this.#isBehindEnd(frames[0]!);
    if (!onTop && hitBreakpoints.length === 0 && !(isException && frames.length > 0)) {
      this.#goOn(frames);
      return;
    }
    const exception = isException ? (data as Runtime.RemoteObject | undefined) : undefined;
    const why = isException ? "exception" : hitBreakpoints.length > 0 ? "breakpoint" : (this.#wanted ?? "breakpoint");
    this.#wanted = undefined;
    this.stop = { frames, exception, uncaught };
    const text = exception?.description?.split("\n", 1)[0];
    this.#emit("stopped", {
      reason: why,
      threadId: THREAD,
      allThreadsStopped: true,
      preserveFocusHint: false,
      ...(text === undefined ? {} : { description: "Paused on exception", text }),
    });
  }

  #goOn(frames: readonly Frame[]): void {
    let how: Going = "resume";
    if (frames.length > 0) how = this.#isBehindEnd(frames[0]!) ? "stepOver" : this.#wanted ? "stepOut" : "resume";
    else if (this.#wanted === "pause" && this.#searched < MAXIMUM_SEARCH) how = "stepInto";
    this.#searched += 1;
    if (how === "resume") this.#wanted = undefined;
    this.#link.post(`Debugger.${how}`).catch(() => {}); // the evaluator is gone
  }

  #isUncaught(calls: readonly Debugger.CallFrame[], guess: boolean): Promise<boolean> {
    const isInternal = ({ location }: Debugger.CallFrame) =>
      placeOf(this.scripts.get(location.scriptId) ?? "").kind === "internal";
    const sourceOf = async (scriptId: string) => {
      const parameters = { scriptId };
      const answer = this.#link.post<Debugger.GetScriptSourceReturnType>("Debugger.getScriptSource", parameters);
      return (await answer).scriptSource;
    };
    return isUncaught(calls, isInternal, sourceOf, guess).catch(() => guess);
  }

  #visible(calls: readonly Debugger.CallFrame[]): Frame[] {
    return calls.flatMap((call) => {
      const place = placeOf(this.scripts.get(call.location.scriptId) ?? "");
      if (place.kind === "internal") return [];
      this.#frameCount += 1;
      return [{ id: this.#frameCount, call, place }];
    });
  }

  /** V8 also stops at the end of a cell's script, behind its text. */
  #isBehindEnd({ call, place }: Frame): boolean {
    if (place.kind !== "cell") return false;
    const cell = this.#sources.cells.get(place.label);
    return cell !== undefined && call.location.lineNumber >= cell.code.split("\n").length;
  }
}
