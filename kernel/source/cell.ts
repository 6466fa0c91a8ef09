// One cell, from what its author wrote to what V8's REPL mode runs: types erased, module syntax turned into calls,
// declarations made repeatable, and the last expression handed to the kernel. No line moves, and `originalPosition` takes
// a column back, so that errors point at the author's text.

import { type ModuleDeclaration, type Program, parse, type Statement } from "acorn";
import { simple } from "acorn-walk";
import { expandMagics } from "../magics/parse.ts";
import type { Declarations } from "./declarations.ts";
import { rewriteDeclaration } from "./declarations.ts";
import { Edits, type Position } from "./edits.ts";
import { HELPER } from "./helper-name.ts";
import { rewriteExport, rewriteImport, rewriteImportExpressions } from "./modules.ts";
import { type Stripped, stripTypes } from "./strip.ts";
import { CellSyntaxError } from "./syntax-error.ts";

const ACORN = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowAwaitOutsideFunction: true,
  allowHashBang: true,
} as const;

export interface PreparedCell {
  readonly source: string;
  readonly code: string;
  readonly originalPosition: (position: Position) => Position;
}

/**
 * Throws a {@link CellSyntaxError}; then nothing is declared.
 *
 * @param serial names the execution to which the value of the last expression is handed
 */
export function prepareCell(source: string, declarations: Declarations, serial = 0): PreparedCell {
  const expanded = expandMagics(source);
  const back = (position: Position) => expanded?.originalPosition(position) ?? position;
  try {
    const { code, originalPosition } = prepareCode(expanded?.text ?? source, declarations, serial);
    return { source, code, originalPosition: (position) => back(originalPosition(position)) };
  } catch (error) {
    if (!(error instanceof CellSyntaxError)) throw error;
    const position = back(error.position);
    throw new CellSyntaxError(error.message + misplacedMagic(source, position), position);
  }
}

function misplacedMagic(source: string, { line }: Position): string {
  const [magic] = /^\s*%%?[a-z]+/i.exec(source.split("\n")[line - 1] ?? "") ?? [];
  return magic === undefined ? "" : `; if ${magic.trim()} is meant as a magic, it stands before all code of the cell`;
}

function prepareCode(source: string, declarations: Declarations, serial: number): PreparedCell {
  const { stripped, program } = parseJavaScript(source) ?? parseTypeScript(source);
  const edits = new Edits(stripped.code, headOf(program));
  rewriteProgram(program, edits, declarations, serial);
  const edited = edits.apply();
  return {
    source,
    code: edited.text,
    originalPosition: (position) => stripped.originalPosition(edited.originalPosition(position)),
  };
}

interface ParsedCell {
  readonly stripped: Stripped;
  readonly program: Program;
}

/** Many cells have no types: they need no eraser, which takes time to load. Undefined where it is needed, or tells more. */
function parseJavaScript(source: string): ParsedCell | undefined {
  let program: Program;
  try {
    program = parse(source, ACORN);
  } catch {
    return undefined;
  }
  if (mayHaveTypeArguments(program, source)) return undefined;
  return { stripped: { code: source, originalPosition: (position) => position }, program };
}

/**
 * `f<T>(x)` is also a comparison of a comparison, and `new Map<A, B>(x)` two comparisons: TypeScript's reading counts. A few
 * cells without type arguments look like it, too; they are only read twice.
 */
function mayHaveTypeArguments(program: Program, source: string): boolean {
  let opens = false;
  let closes = false;
  simple(program, {
    BinaryExpression({ operator, left, right }) {
      if (/^<+$/.test(operator)) opens = true;
      if (/^>+$/.test(operator) && /[(`]/.test(source.slice(left.end, right.start + 1))) closes = true;
    },
  });
  return opens && closes;
}

function parseTypeScript(source: string): ParsedCell {
  const stripped = stripTypes(source);
  return { stripped, program: parseProgram(stripped.code, stripped.originalPosition) };
}

function parseProgram(code: string, originalPosition: (position: Position) => Position): Program {
  try {
    return parse(code, ACORN);
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number; column: number } };
    if (loc === undefined) throw error;
    const text = message.replace(/ \(\d+:\d+\)$/, "");
    throw new CellSyntaxError(text, originalPosition({ line: loc.line, column: loc.column + 1 }));
  }
}

function rewriteProgram(program: Program, edits: Edits, declarations: Declarations, serial: number): void {
  const { body } = program;
  const declareFirst: string[] = [];
  let onlyImportsSoFar = true;
  for (const statement of body) {
    if (statement.type === "ImportDeclaration") {
      rewriteImport(statement, edits, declarations, !onlyImportsSoFar);
      continue;
    }
    if (!isDirective(statement) && !isMagic(statement)) onlyImportsSoFar = false;
    declareFirst.push(...rewriteStatement(statement, edits, declarations));
  }
  if (declareFirst.length > 0) edits.prepend(`let ${declareFirst.join(", ")}; `);
  if (edits.source.includes("import")) rewriteImportExpressions(program, edits);
  markResult(body.at(-1), edits, serial);
}

function rewriteStatement(
  statement: Statement | ModuleDeclaration,
  edits: Edits,
  declarations: Declarations,
): string[] {
  switch (statement.type) {
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      rewriteExport(statement, edits);
      return isStatement(statement.declaration) ? rewriteDeclaration(statement.declaration, edits, declarations) : [];
    case "ExportAllDeclaration":
      edits.replace(statement.start, statement.end, "");
      return [];
    default:
      return rewriteDeclaration(statement as Statement, edits, declarations);
  }
}

function isStatement(node: { type: string; id?: unknown } | null | undefined): node is Statement {
  return node?.type.endsWith("Declaration") === true && (node.type === "VariableDeclaration" || node.id != null);
}

function isDirective(statement: Statement | ModuleDeclaration): boolean {
  return statement.type === "ExpressionStatement" && "directive" in statement && statement.directive !== undefined;
}

/** What a magic was turned into: it comes before everything else in the cell, hoisted imports too. */
function isMagic(statement: Statement | ModuleDeclaration): boolean {
  if (statement.type !== "ExpressionStatement" || statement.expression.type !== "AwaitExpression") return false;
  const { argument } = statement.expression;
  if (argument.type !== "CallExpression" || argument.callee.type !== "MemberExpression") return false;
  const { object, property } = argument.callee;
  return object.type === "Identifier" && object.name === HELPER && "name" in property && property.name === "magic";
}

/** The end of the last magic. */
function headOf({ body }: Program): number {
  const first = body.findIndex((statement) => !isMagic(statement));
  const last = first < 0 ? body.at(-1) : body[first - 1];
  return last?.end ?? 0;
}

/** The value of a cell is that of its last statement, if that is an expression. */
function markResult(last: Statement | ModuleDeclaration | undefined, edits: Edits, serial: number): void {
  if (last?.type !== "ExpressionStatement" || isMagic(last)) return;
  const end = edits.source[last.end - 1] === ";" ? last.end - 1 : last.end;
  edits.insert(last.start, `${HELPER}.result(${serial}, (`);
  edits.insert(end, "))");
}
