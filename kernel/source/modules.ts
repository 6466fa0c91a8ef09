// Module syntax in a cell. V8's REPL mode runs scripts, which have no `import` and `export`; so an import declaration becomes
// an awaited call of the kernel's importer, which resolves relative to the notebook, and `export` is taken away.

import type { ExportDefaultDeclaration, ExportNamedDeclaration, ImportDeclaration, Program } from "acorn";
import { simple } from "acorn-walk";
import type { Declarations } from "./declarations.ts";
import { declareFresh } from "./declarations.ts";
import type { Edits } from "./edits.ts";
import { HELPER } from "./helper-name.ts";

/** `import a, { b as c } from "d"` as a statement of a script; like a real import it runs before everything else. */
export function rewriteImport(
  statement: ImportDeclaration,
  edits: Edits,
  declarations: Declarations,
  hoist: boolean,
): void {
  const code = importStatement(statement, declarations);
  if (hoist) edits.prepend(`${code} `);
  edits.replace(statement.start, statement.end, hoist ? "" : code);
}

function importStatement(statement: ImportDeclaration, declarations: Declarations): string {
  const attributes = statement.attributes?.map(({ key, value }) => {
    const name = key.type === "Identifier" ? key.name : String(key.value);
    return `${JSON.stringify(name)}: ${JSON.stringify(value.value)}`;
  });
  const options = attributes?.length ? `{ with: { ${attributes.join(", ")} } }` : undefined;
  const source = JSON.stringify(statement.source.value);
  const call = (...words: (string | undefined)[]) => `await ${HELPER}.import(${words.join(", ")})`;
  const plain = options === undefined ? call(source) : call(source, options);
  if (statement.specifiers.length === 0) return `${plain};`;

  const targets = statement.specifiers.map((specifier) => {
    const local = specifier.local.name;
    if (specifier.type === "ImportNamespaceSpecifier") return { local, imported: undefined };
    if (specifier.type === "ImportDefaultSpecifier") return { local, imported: "default" };
    const { imported } = specifier;
    return { local, imported: imported.type === "Identifier" ? imported.name : String(imported.value) };
  });
  const names = targets.map((target) => target.local);
  // A name that is lexical already is declared again: its first declaration may have failed, which no assignment mends.
  const clash = names.some((name) => declarations.clashes(name, "lexical"));
  const fresh = clash ? declareFresh(names, declarations) : names;
  if (!clash) for (const name of names) declarations.add(name, "lexical");
  const declare = clash ? "" : "let ";
  const before = declare === "" ? (fresh.length > 0 ? `let ${fresh.join(", ")};` : ";") : "";
  const members = targets.filter((target) => target.imported !== undefined);
  const wanted = JSON.stringify(members.map((member) => member.imported));
  const named = call(source, options ?? "undefined", wanted);
  const pattern = `{ ${members.map((member) => `${JSON.stringify(member.imported)}: ${member.local}`).join(", ")} }`;
  const whole = targets.find((target) => target.imported === undefined)?.local;
  if (whole === undefined) return declare ? `let ${pattern} = ${named};` : `${before}(${pattern} = ${named});`;
  const rest = members.length === 0 ? "" : declare ? `, ${pattern} = ${whole}` : `, ${pattern} = ${whole}`;
  return declare ? `let ${whole} = ${plain}${rest};` : `${before}(${whole} = ${plain}${rest});`;
}

export function rewriteExport(statement: ExportNamedDeclaration | ExportDefaultDeclaration, edits: Edits): void {
  const { declaration } = statement;
  if (declaration === null || declaration === undefined) {
    edits.replace(statement.start, statement.end, "");
  } else {
    edits.replace(statement.start, declaration.start, "");
  }
}

/** Dynamic imports and `import.meta`, wherever they stand. */
export function rewriteImportExpressions(program: Program, edits: Edits): void {
  simple(program, {
    ImportExpression(node) {
      edits.replace(node.start, node.start + "import".length, `${HELPER}.import`);
    },
    MetaProperty(node) {
      if (node.meta.name === "import") edits.replace(node.start, node.end, `${HELPER}.meta`);
    },
  });
}
