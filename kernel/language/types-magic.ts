// `%types warn`, `%types error`, `%types off` among the magics at the head of a cell: from that cell on, the
// compiler's findings are printed under the running cell, keep the cell from running, or are not asked for.

import { blankMagics, knownMagics } from "../magics/parse.ts";

export const TYPES_MODES = ["warn", "error", "off"] as const;
export type TypesMode = (typeof TYPES_MODES)[number];

export interface TypesMagic {
  /** The last mode that the cell names. */
  readonly mode: TypesMode | undefined;
  /** What stands after each `%types`, right or wrong; empty where nothing does. */
  readonly words: readonly string[];
  /** The cell with these lines blanked, so that all others keep their numbers. */
  readonly source: string;
}

export function isTypesMode(word: string | undefined): word is TypesMode {
  return (TYPES_MODES as readonly (string | undefined)[]).includes(word);
}

export function readTypesMagic(cell: string): TypesMagic {
  const calls = knownMagics(cell).filter(({ name }) => name === "types");
  const words = calls.map(({ argument }) => argument);
  return { mode: words.filter(isTypesMode).at(-1), words, source: blankMagics(cell, calls) };
}
