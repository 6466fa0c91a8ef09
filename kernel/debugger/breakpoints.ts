// Breakpoints belong to a text (see `sources.ts`) and are set in every script that was made from it: cells that ran before,
// whose functions may be called again, and each new run, before it starts. They outlive the evaluator.

import type { Debugger } from "node:inspector";
import { pathToFileURL } from "node:url";
import { type PreparedCell, prepareCell } from "../source/cell.ts";
import { Declarations } from "../source/declarations.ts";
import { CellSyntaxError } from "../source/syntax-error.ts";
import { type BreakLocation, breakLocations } from "./break-locations.ts";
import type { InspectorLink } from "./inspector-link.ts";
import { type Breakpoint, DebugError, type WantedBreakpoint } from "./protocol.ts";
import { type Sources, urlOfCell } from "./sources.ts";

interface Entry {
  /** Lines as V8 takes them, so that setting them again changes nothing. */
  readonly breakpoints: readonly WantedBreakpoint[];
  /** V8's ids in the evaluator that runs now. */
  readonly set: string[];
}

export class Breakpoints {
  readonly #link: InspectorLink;
  readonly #sources: Sources;
  readonly #entries = new Map<string, Entry>();
  readonly #locations = new WeakMap<PreparedCell, readonly BreakLocation[]>();
  /** While false, breakpoints are only remembered. */
  #attached = false;

  constructor(link: InspectorLink, sources: Sources) {
    this.#link = link;
    this.#sources = sources;
  }

  /** Those that are set, with their lines as V8 took them. */
  list(): { source: string; breakpoints: readonly WantedBreakpoint[] }[] {
    return [...this.#entries].map(([source, { breakpoints }]) => ({ source, breakpoints }));
  }

  /** Replaces all breakpoints of a text; the answer is in the order of the request. */
  async set(path: string, wanted: readonly WantedBreakpoint[]): Promise<Breakpoint[]> {
    await this.#remove(path);
    const answers = this.#sources.isCell(path) ? this.#check(path, wanted) : wanted.map(verified(path));
    const breakpoints = wanted.flatMap((breakpoint, index) =>
      answers[index]!.verified ? [{ ...breakpoint, line: answers[index]!.line }] : [],
    );
    if (breakpoints.length === 0) return answers;
    this.#entries.set(path, { breakpoints: distinct(breakpoints), set: [] });
    if (this.#attached) await this.#setAll(path);
    return answers;
  }

  /** Sets everything in an evaluator that has none of it yet. */
  async attach(): Promise<void> {
    this.#attached = true;
    for (const entry of this.#entries.values()) entry.set.length = 0;
    await Promise.all([...this.#entries.keys()].map((path) => this.#setAll(path)));
  }

  /** Before a cell starts. */
  async beforeCell(label: string): Promise<void> {
    const path = this.#sources.pathOfLabel(label);
    if (path !== undefined) await this.#setInCell(path, label);
  }

  /** The first place of a cell where V8 can stop. */
  firstLocation(cell: PreparedCell): BreakLocation | undefined {
    return this.#locationsOf(cell)[0];
  }

  clear(): void {
    this.#attached = false;
    this.#entries.clear();
  }

  async #remove(path: string): Promise<void> {
    const entry = this.#entries.get(path);
    this.#entries.delete(path);
    if (!this.#attached || entry === undefined) return;
    await Promise.all(
      entry.set.map((breakpointId) => this.#link.post("Debugger.removeBreakpoint", { breakpointId }).catch(ignore)),
    );
  }

  #check(path: string, wanted: readonly WantedBreakpoint[]): Breakpoint[] {
    const unverified = (message: string) =>
      wanted.map(({ line }) => ({ verified: false, line, source: { path }, message }));
    const code = this.#sources.codeAt(path);
    if (code === undefined) return wanted.map(verified(path)); // restored by a client: the text comes when it runs
    let locations: readonly BreakLocation[];
    try {
      locations = this.#locationsOf(this.#newestRun(path) ?? prepareCell(code, new Declarations()));
    } catch (error) {
      if (!(error instanceof CellSyntaxError)) throw error;
      return unverified(`the cell is not valid: ${error.message}`);
    }
    return wanted.map(({ line }) => {
      const found = locations.find(({ original }) => original.line >= line);
      if (found !== undefined) return verified(path)({ line: found.original.line });
      return { verified: false, line, source: { path }, message: "there is no code at or after this line" };
    });
  }

  #newestRun(path: string): PreparedCell | undefined {
    const label = this.#sources.labelsAt(path).at(-1);
    return label === undefined ? undefined : this.#sources.cells.get(label);
  }

  async #setAll(path: string): Promise<void> {
    if (!this.#sources.isCell(path)) return this.#setInFile(path);
    await Promise.all(this.#sources.labelsAt(path).map((label) => this.#setInCell(path, label)));
  }

  async #setInCell(path: string, label: string): Promise<void> {
    const cell = this.#sources.cells.get(label);
    const entry = this.#entries.get(path);
    if (cell === undefined || entry === undefined) return;
    const locations = this.#locationsOf(cell);
    await Promise.all(
      entry.breakpoints.map(async (breakpoint) => {
        const location = locations.find(({ original }) => original.line >= breakpoint.line);
        if (location === undefined) return;
        const { lineNumber, columnNumber } = location;
        await this.#setOne(entry, breakpoint, { url: urlOfCell(label), lineNumber, columnNumber });
      }),
    );
  }

  async #setInFile(path: string): Promise<void> {
    const entry = this.#entries.get(path)!;
    const url = pathToFileURL(path).href.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const urlRegex = `^${url}(\\?.*)?$`; // a file that was loaded again has a query
    await Promise.all(
      entry.breakpoints.map((breakpoint) =>
        this.#setOne(entry, breakpoint, { urlRegex, lineNumber: breakpoint.line - 1 }),
      ),
    );
  }

  async #setOne(entry: Entry, breakpoint: WantedBreakpoint, place: object): Promise<void> {
    const condition = conditionOf(breakpoint);
    const parameters = { ...place, ...(condition === undefined ? {} : { condition }) };
    try {
      const { breakpointId } = await this.#link.post<Debugger.SetBreakpointByUrlReturnType>(
        "Debugger.setBreakpointByUrl",
        parameters,
      );
      entry.set.push(breakpointId);
    } catch (error) {
      ignore(error); // V8 has one there already
    }
  }

  #locationsOf(cell: PreparedCell): readonly BreakLocation[] {
    const known = this.#locations.get(cell);
    if (known !== undefined) return known;
    const locations = breakLocations(cell);
    this.#locations.set(cell, locations);
    return locations;
  }
}

const verified =
  (path: string) =>
  ({ line }: { line: number }): Breakpoint => ({ verified: true, line, source: { path } });

function distinct(breakpoints: readonly WantedBreakpoint[]): WantedBreakpoint[] {
  return [...new Map(breakpoints.map((breakpoint) => [breakpoint.line, breakpoint])).values()];
}

/** A log message, with expressions in braces, is a condition that prints and is false. */
function conditionOf({ condition, logMessage }: WantedBreakpoint): string | undefined {
  if (logMessage === undefined) return condition;
  const parts = logMessage.split(/\{([^{}]+)\}/).map((part, index) => (index % 2 === 0 ? JSON.stringify(part) : part));
  const print = `(console.log([${parts.join(", ")}].join("")), false)`;
  return condition === undefined ? print : `(${condition}) && ${print}`;
}

function ignore(error: unknown): void {
  if (!(error instanceof DebugError)) throw error;
}
