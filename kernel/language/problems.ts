// What the compiler finds wrong with a cell, less what is only wrong with a finished module.

import { codeFrame } from "../supervisor/traceback.ts";
import { withShortModuleNames } from "./documentation.ts";
import type { ProgramWithCell } from "./program.ts";
import type { LineRange } from "./text.ts";
import { Lines } from "./text.ts";

export interface Diagnostic {
  readonly range: LineRange;
  readonly severity?: number;
  readonly code?: number | string;
  readonly message: string;
}

export interface Problem {
  /** The compiler's number: 2322 for `TS2322`. */
  readonly code: number;
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

const ERROR = 1;
const MAXIMUM_SHOWN = 10;

/** Imports that the compiler cannot follow may still work, and if they do not, running says it better. */
const UNRESOLVED = [2306, 2307, 2732, 2792, 2834, 2835, 7016];
/** The frame that the kernel puts around cells: declarations that stand in a block. */
const FRAME = [1184, 1231, 1232, 1233, 1234, 1235, 2668, 2669, 2670];
/** "… implicitly has an 'any' type": cells are written in a hurry. Reported where the notebook's tsconfig.json is. */
const isImplicitAny = (code: number) => code >= 7005 && code <= 7053;

export interface ProblemOptions {
  /** Whether the notebook has a tsconfig.json of its own, which says how strict to be. */
  readonly implicitAny: boolean;
}

export function findProblems(
  diagnostics: readonly Diagnostic[],
  program: ProgramWithCell,
  { implicitAny }: ProblemOptions,
): Problem[] {
  const lines = new Lines(program.cell);
  const problems: Problem[] = [];
  for (const { range, severity = ERROR, code, message } of diagnostics) {
    const number = Number(code);
    if (severity !== ERROR || UNRESOLVED.includes(number) || FRAME.includes(number)) continue;
    if (isImplicitAny(number) && !implicitAny) continue;
    const offset = program.offsetInCell(range.start);
    if (offset === undefined || isAboutAnotherCell(number, message, program.cell)) continue;
    const { line, character } = lines.position(offset);
    problems.push({ code: number, message: withShortModuleNames(message), line: line + 1, column: character + 1 });
  }
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Findings that hold for code that is read from top to bottom once, not for cells. */
function isAboutAnotherCell(code: number, message: string, cell: string): boolean {
  const name = /['"]([^'"]+)['"]/.exec(message)?.[1]?.replaceAll("$", "\\$");
  // "Variable is used before being assigned": a callback may have done it. "Cannot redeclare": `var` may be repeated.
  if (code === 2454) return !new RegExp(`\\b(?:let|var)\\s[^=;]*\\b${name}\\b`).test(cell);
  if (code === 2451 || code === 2448) return new RegExp(`\\bvar\\s[^;]*\\b${name}\\b`).test(cell);
  return false;
}

const RED_BOLD = "\u001b[31m\u001b[1m";
const OFF = "\u001b[0m";

/** Lines for people: for each problem where it is, the lines around it, and the compiler's words. */
export function describeProblems(problems: readonly Problem[], label: string, cell: string): string[] {
  const lines: string[] = [];
  for (const { code, message, line, column } of problems.slice(0, MAXIMUM_SHOWN)) {
    lines.push(...codeFrame(label, cell, { line, column }), `${RED_BOLD}TS${code}${OFF}: ${message}`);
  }
  const more = problems.length - MAXIMUM_SHOWN;
  if (more > 0) lines.push(`… and ${more} more`);
  return lines;
}
