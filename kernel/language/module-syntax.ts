// What of a cell cannot stand inside a block, where the checked program puts it: imports, which are lifted to the top of
// the program, `export`, which means nothing in a cell, and `var`, which would reach out of the block. The rest of the
// cell keeps its place to the character.

import { topLevelWords } from "./lexer.ts";

/** One name that an import declares. */
export interface ImportedName {
  readonly local: string;
  /** Name in the module; `*` for all of it. */
  readonly imported: string;
  /** The module with its attributes, as it was written: `"./data.json" with { type: "json" }`. */
  readonly from: string;
  readonly typeOnly: boolean;
}

export interface ImportStatement {
  readonly start: number;
  readonly end: number;
  /** None for `import "module"` and for what is not finished. */
  readonly names: readonly ImportedName[];
}

export interface SplitCell {
  readonly imports: readonly ImportStatement[];
  /** The cell with everything that was taken out blanked: as long as the cell. */
  readonly body: string;
}

const IMPORT =
  /import\b(?!\s*[(.])\s*(type\b(?!\s*(?:from\b|,))\s*)?([\w$\s{},*"'\u0080-\uffff-]*?\bfrom\b\s*|[{*][^;"'()]*?\bfrom\s*)?((["'])(?:\\.|(?!\4)[^\\\r\n])*\4(?:\s*(?:with|assert)\s*\{[^{}]*\})?)\s*?;?/uy;
const UNFINISHED_IMPORT = /import\b(?!\s*[(.])[^\r\n]*/uy;
const EXPORT_LIST =
  /export\s*(?:type\s*)?(?:\{[^{}]*\}|\*(?:\s*as\s+[\p{ID_Continue}$]+)?)(?:\s*from\s*(["'])[^"'\r\n]*\1(?:\s*with\s*\{[^{}]*\})?)?\s*?;?/uy;
const EXPORT_DEFAULT = /export\s+default\b/uy;

export function splitCell(source: string): SplitCell {
  const imports: ImportStatement[] = [];
  let body = source;
  const blank = (start: number, end: number, by = "") => {
    const cut = body.slice(start, end).replace(/[^\r\n]/g, " ");
    body = body.slice(0, start) + by + cut.slice(by.length) + body.slice(end);
    return end;
  };
  const words = topLevelWords(source);
  for (let step = words.next(); !step.done; ) {
    const { text, start, end } = step.value;
    let next: number | undefined;
    if (text === "import") {
      const statement = readImport(source, start);
      if (statement !== undefined) {
        imports.push(statement);
        next = blank(start, statement.end);
      }
    } else if (text === "export") {
      const list = match(EXPORT_LIST, source, start) ?? match(EXPORT_DEFAULT, source, start);
      next = blank(start, list === undefined ? end : start + list[0].length);
    } else if (text === "var") {
      blank(start, end, "let");
    }
    step = words.next(next);
  }
  return { imports, body };
}

function readImport(source: string, start: number): ImportStatement | undefined {
  const whole = match(IMPORT, source, start);
  if (whole !== undefined) {
    const [text, typeOnly, clause = "", from] = whole;
    return { start, end: start + text.length, names: readClause(clause, from!, typeOnly !== undefined) };
  }
  const unfinished = match(UNFINISHED_IMPORT, source, start);
  return unfinished === undefined ? undefined : { start, end: start + unfinished[0].length, names: [] };
}

/** `a, { b as c, type d }` or `a, * as b`, with the `from` behind it. */
function readClause(clause: string, from: string, typeOnly: boolean): ImportedName[] {
  const names: ImportedName[] = [];
  const add = (local: string, imported: string, type = typeOnly) =>
    names.push({ local, imported, from, typeOnly: type });
  const text = clause.replace(/\bfrom\s*$/, "");
  const outside = text.replace(/\{[\s\S]*\}/, "");
  for (const part of outside.split(",").map((piece) => piece.trim())) {
    const whole = /^\*\s*as\s+(\S+)$/.exec(part)?.[1];
    if (whole !== undefined) add(whole, "*");
    else if (part !== "") add(part, "default");
  }
  for (const part of (/\{([\s\S]*)\}/.exec(text)?.[1] ?? "").split(",").map((piece) => piece.trim())) {
    const found = /^(type\s+(?!as\b))?(\S+)(?:\s+as\s+(\S+))?$/.exec(part);
    if (found !== null) add(found[3] ?? found[2]!, found[2]!, typeOnly || found[1] !== undefined);
  }
  return names;
}

/** The name as a statement of its own, possibly under another name. */
export function importStatement({ local, imported, from, typeOnly }: ImportedName, as = local): string {
  const type = typeOnly ? "type " : "";
  if (imported === "*") return `import ${type}* as ${as} from ${from};`;
  if (imported === "default") return `import ${type}${as} from ${from};`;
  return `import ${type}{ ${imported === as ? as : `${imported} as ${as}`} } from ${from};`;
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}
