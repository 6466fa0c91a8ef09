// `%types warn`, `%types error`, `%types off` at the head of a cell: from that cell on, the compiler's findings are printed
// under the running cell, keep the cell from running, or are not asked for. The supervisor acts on it, so it is blanked
// before the evaluator sees the cell.

import { blankMagics, parseMagics } from "../magics/parse.ts";
import { CellSyntaxError } from "../source/syntax-error.ts";

export const TYPES_MODES = ["warn", "error", "off"] as const;
export type TypesMode = (typeof TYPES_MODES)[number];

export interface TypesMagic {
  /** The last mode that the cell names. */
  readonly mode: TypesMode | undefined;
  /** What stands after each `%types`, right or wrong; empty where nothing does. */
  readonly words: readonly string[];
  /** The cell with these lines blanked: every other character keeps its place. */
  readonly source: string;
}

export function isTypesMode(word: string | undefined): word is TypesMode {
  return (TYPES_MODES as readonly (string | undefined)[]).includes(word);
}

export function readTypesMagic(cell: string): TypesMagic {
  if (!cell.includes("%types")) return { mode: undefined, words: [], source: cell };
  const words: string[] = [];
  let source = cell;
  for (const { name, argument, start, end } of orNothing(() => parseMagics(cell)) ?? []) {
    if (name !== "types") continue;
    words.push(argument);
    source = source.slice(0, start) + " ".repeat(end - start) + source.slice(end);
  }
  return { mode: words.filter(isTypesMode).at(-1), words, source };
}

/** The cell's TypeScript alone, every character at its place. */
export function withoutMagics(cell: string): string {
  return orNothing(() => blankMagics(cell)) ?? cell;
}

/** A magic that does not exist is reported when the cell is run. */
function orNothing<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof CellSyntaxError) return undefined;
    throw error;
  }
}
