// Which names the cells so far have declared, and how. V8's REPL mode lets a cell declare `let` and `class` again, but not
// turn a `const` into a `let` or a function into a variable, which people do all the time when they edit a cell and run it
// again. So a cell's `const` becomes `let`, and a declaration that would still clash becomes an assignment.

import type { FunctionDeclaration, Pattern, Statement, VariableDeclaration } from "acorn";
import type { Edits } from "./edits.ts";

/** `lexical`: let, const, class, import. `global`: var and function, which V8 makes properties of the global object. */
export type DeclarationKind = "lexical" | "global";

export class Declarations {
  readonly #kinds = new Map<string, DeclarationKind>();

  /** Everything declared so far, in order. */
  get names(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  clashes(name: string, kind: DeclarationKind): boolean {
    const known = this.#kinds.get(name);
    return known !== undefined && known !== kind;
  }

  /** Keeps the kind of the first declaration: later ones that differ were turned into assignments to it. */
  add(name: string, kind: DeclarationKind): void {
    if (!this.#kinds.has(name)) this.#kinds.set(name, kind);
  }

  /** Nothing is declared any more: the evaluator was replaced. */
  clear(): void {
    this.#kinds.clear();
  }
}

/** Edits one top-level declaration of a cell; returns the names that it needs declared at the start of the cell. */
export function rewriteDeclaration(statement: Statement, edits: Edits, declarations: Declarations): string[] {
  switch (statement.type) {
    case "VariableDeclaration":
      return rewriteVariables(statement, edits, declarations);
    case "FunctionDeclaration":
      return rewriteNamed(statement as FunctionDeclaration, "global", edits, declarations);
    case "ClassDeclaration":
      return rewriteNamed(statement as unknown as FunctionDeclaration, "lexical", edits, declarations);
    default:
      return [];
  }
}

function rewriteVariables(statement: VariableDeclaration, edits: Edits, declarations: Declarations): string[] {
  if (statement.kind !== "var" && statement.kind !== "let" && statement.kind !== "const") return []; // `using`
  const kind = statement.kind === "var" ? "global" : "lexical";
  const names = statement.declarations.flatMap((declarator) => boundNames(declarator.id));
  if (!names.some((name) => declarations.clashes(name, kind))) {
    for (const name of names) declarations.add(name, kind);
    if (statement.kind === "const") edits.replace(statement.start, statement.start + "const".length, "let  ");
    return [];
  }
  edits.replace(statement.start, statement.start + statement.kind.length, ";");
  for (const { id, init, start, end } of statement.declarations) {
    edits.insert(start, "(");
    edits.insert(end, init || id.type !== "Identifier" || kind === "global" ? ")" : " = undefined)");
  }
  return declareFresh(names, declarations);
}

function rewriteNamed(
  statement: FunctionDeclaration,
  kind: DeclarationKind,
  edits: Edits,
  declarations: Declarations,
): string[] {
  const { name } = statement.id;
  if (declarations.clashes(name, kind)) {
    edits.insert(statement.start, `;${name} = `);
    edits.insert(statement.end, ";");
  }
  declarations.add(name, kind);
  return [];
}

/** Those of the names that nobody has declared yet: the caller declares them with `let`. */
export function declareFresh(names: readonly string[], declarations: Declarations): string[] {
  const fresh = names.filter((name) => !declarations.clashes(name, "lexical") && !declarations.clashes(name, "global"));
  for (const name of fresh) declarations.add(name, "lexical");
  return fresh;
}

/** The identifiers that a binding pattern binds, in order. */
export function boundNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === "RestElement" ? property.argument : property.value),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element === null ? [] : boundNames(element)));
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "RestElement":
      return boundNames(pattern.argument);
    default:
      return [];
  }
}
