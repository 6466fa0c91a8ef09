// Magics are found only at the head of a cell: before its first line of code, where neither `a % b` nor a line inside a
// template can stand. Each becomes an awaited call on its own line, so that line numbers stay and what is printed keeps its
// order. `!` starts a command, unless an expression follows that no command can be: `!(…)`, `!!x`, `![…]`.

import { type EditedText, Edits, positionAt } from "../source/edits.ts";
import { HELPER } from "../source/helper-name.ts";
import { CellSyntaxError } from "../source/syntax-error.ts";
import { COMMAND, MAGICS, nearestMagic } from "./table.ts";

export interface MagicCall {
  readonly name: string;
  readonly argument: string;
  /** Of a cell magic: the rest of the cell. */
  readonly body: string | undefined;
  /** Where it stands in the cell. */
  readonly start: number;
  readonly end: number;
}

const SKIPPED = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const MAGIC = /(%%?)([a-z]\w*)?[ \t]*([^\n]*)/iy;
const SHELL = /!(?![!([{'"`=]|(?:async\s+)?function\b)((?:[^\n]*\\\r?\n)*[^\n]*)/y;

/**
 * The magics of a cell, in order.
 *
 * @throws {CellSyntaxError} for a magic that does not exist, naming the nearest
 */
export function parseMagics(source: string): readonly MagicCall[] {
  const calls: MagicCall[] = [];
  for (let at = 0; ; ) {
    at = matchAt(SKIPPED, source, at)![0].length + at;
    const call = source[at] === "!" ? parseCommand(source, at) : parseMagic(source, at);
    if (call === undefined) return calls;
    calls.push(call);
    at = call.end;
  }
}

function parseCommand(source: string, start: number): MagicCall | undefined {
  const match = matchAt(SHELL, source, start);
  if (match === null) return undefined;
  const argument = match[1]!.trim();
  if (argument === "") throw new CellSyntaxError("expected a command after !", positionAt(source, start));
  return { name: COMMAND, argument, body: undefined, start, end: start + match[0].length };
}

function parseMagic(source: string, start: number): MagicCall | undefined {
  const match = matchAt(MAGIC, source, start);
  if (match === null) return undefined;
  const [whole, sign, name = "", rest] = match as unknown as [string, string, string | undefined, string];
  const kind = sign === "%%" ? "cell" : "line";
  if (!MAGICS.some((magic) => magic.name === name && magic.kind === kind)) {
    const { usage } = nearestMagic(name);
    const message = `there is no magic ${sign}${name}; the nearest is ${usage}, and %help lists all`;
    throw new CellSyntaxError(message, positionAt(source, start));
  }
  const argument = rest.trim();
  if (kind === "cell") {
    const body = source.slice(start + whole.length + 1);
    return { name, argument, body, start, end: source.length };
  }
  // What follows %time on its line is code, or another magic.
  if (name === "time") return { name, argument: "", body: undefined, start, end: start + "%time".length };
  return { name, argument, body: undefined, start, end: start + whole.length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The cell with calls in place of its magics; undefined where it has none. */
export function expandMagics(source: string): EditedText | undefined {
  const calls = parseMagics(source);
  if (calls.length === 0) return undefined;
  const edits = new Edits(source);
  for (const { name, argument, body, start, end } of calls) {
    const words = [name, argument, ...(body === undefined ? [] : [body])].map((word) => JSON.stringify(word));
    edits.replace(start, end, `await ${HELPER}.magic(${words.join(", ")});`);
  }
  return edits.apply();
}

/**
 * The cell's TypeScript alone, every character at its place: for tools that know no magics. A cell with an unknown magic,
 * which will not run, stays as it is.
 */
export function blankMagics(source: string, calls = knownMagics(source)): string {
  let text = source;
  for (const { start, end } of calls) {
    text = text.slice(0, start) + text.slice(start, end).replace(/[^\n\r]/g, " ") + text.slice(end);
  }
  return text;
}

/** As {@link parseMagics}; none where one of them does not exist. */
export function knownMagics(source: string): readonly MagicCall[] {
  try {
    return parseMagics(source);
  } catch (error) {
    if (error instanceof CellSyntaxError) return [];
    throw error;
  }
}

/** Whether more text belongs to the last magic: the lines of a cell magic up to an empty one, or a command after `\`. */
export function endsInsideMagic(source: string): boolean {
  const last = parseMagics(source).at(-1);
  if (last === undefined || last.end < source.trimEnd().length) return false;
  if (last.name === COMMAND) return /\\\s*$/.test(last.argument);
  return last.body !== undefined && !/\S\s*\n[ \t]*$/.test(last.body);
}
