// `%types warn`, `%types error`, `%types off` on lines of their own at the beginning of a cell: from that cell on, the
// compiler's findings are printed under the running cell, keep the cell from running, or are not asked for.

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

const MAGIC = /^(?:[ \t]*\r?\n)*[ \t]*%types\b[ \t]*([^\r\n]*?)[ \t]*(?=\r?\n|$)/;

export function isTypesMode(word: string | undefined): word is TypesMode {
  return (TYPES_MODES as readonly (string | undefined)[]).includes(word);
}

export function readTypesMagic(cell: string): TypesMagic {
  const words: string[] = [];
  let source = cell;
  for (let found = MAGIC.exec(source); found !== null; found = MAGIC.exec(source)) {
    words.push(found[1]!);
    source = found[0].replace(/[^\r\n]/g, " ") + source.slice(found[0].length);
  }
  return { mode: words.filter(isTypesMode).at(-1), words, source };
}
