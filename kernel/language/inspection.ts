// What stands under the cursor, from the compiler: signature and documentation, and with more detail the declaration. No
// user code runs.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../protocol/message.ts";
import { withoutFileLinks, withShortModuleNames } from "./documentation.ts";
import type { ProgramWithCell } from "./program.ts";
import type { LinePosition, LineRange } from "./text.ts";

export type Ask = <Result>(method: string, position: LinePosition) => Promise<Result | null>;

interface Hover {
  readonly contents: string | { readonly value: string };
}

interface SignatureHelp {
  readonly activeSignature?: number;
  readonly signatures: readonly {
    readonly label: string;
    readonly documentation?: string | { readonly value: string };
  }[];
}

interface DefinitionLink {
  readonly targetUri: string;
  readonly targetRange: LineRange;
}

const MAXIMUM_LINES = 80;

export const NOTHING_FOUND: JsonObject = { status: "ok", found: false, data: {}, metadata: {} };

/** The content of an `inspect_reply` for an offset of the cell. */
export async function inspectionReply(
  program: ProgramWithCell,
  cellsUri: string,
  offset: number,
  detail: number,
  ask: Ask,
): Promise<JsonObject> {
  for (const place of offset > 0 ? [offset, offset - 1] : [offset]) {
    const position = program.position(place);
    const hover = await ask<Hover>("textDocument/hover", position);
    const text = hover === null ? "" : textOf(hover.contents);
    if (text === "" || plain(text) === "any") continue; // what the compiler says of names that nobody declared
    const declaration = detail > 0 ? await findDeclaration(program, cellsUri, position, ask) : "";
    return found(text + declaration);
  }
  // Inside of a call's parentheses: the function that is called.
  const help = await ask<SignatureHelp>("textDocument/signatureHelp", program.position(offset));
  const signature = help?.signatures[help.activeSignature ?? 0];
  if (signature === undefined) return NOTHING_FOUND;
  const others = help!.signatures.length - 1;
  const more = others > 0 ? `\n\n… and ${others} other signature${others > 1 ? "s" : ""}` : "";
  const documentation = signature.documentation === undefined ? "" : `\n\n${textOf(signature.documentation)}`;
  return found(`${fence(signature.label)}${documentation}${more}`);
}

function found(markdown: string): JsonObject {
  const data = { "text/markdown": markdown, "text/plain": plain(markdown) };
  return { status: "ok", found: true, data, metadata: {} };
}

async function findDeclaration(
  program: ProgramWithCell,
  cellsUri: string,
  position: LinePosition,
  ask: Ask,
): Promise<string> {
  const links = await ask<DefinitionLink[]>("textDocument/definition", position);
  const [link] = Array.isArray(links) ? links : [];
  if (link?.targetRange === undefined) return "";
  const { targetUri, targetRange } = link;
  const { start, end } = targetRange;
  if (targetUri === cellsUri) return `\n\nDeclared in the notebook:\n\n${fence(cut(program.slice(start, end)))}`;
  try {
    const path = fileURLToPath(targetUri);
    const lines = readFileSync(path, "utf8").split(/\r\n|\r|\n/);
    const declaration = lines.slice(start.line, end.line + 1).join("\n");
    return `\n\nDeclared in ${path}, line ${start.line + 1}:\n\n${fence(cut(declaration))}`;
  } catch {
    return ""; // a file of the compiler's own, which is not on disk
  }
}

function cut(declaration: string): string {
  const lines = declaration.split("\n");
  const left = lines.length - MAXIMUM_LINES;
  return left <= 0 ? declaration : `${lines.slice(0, MAXIMUM_LINES).join("\n")}\n// … ${left} more lines`;
}

function fence(code: string): string {
  return `\`\`\`typescript\n${code}\n\`\`\``;
}

function textOf(content: string | { readonly value: string }): string {
  const text = typeof content === "string" ? content : content.value;
  return withShortModuleNames(withoutFileLinks(text.trim())).replace(/^```tsx?\n/gm, "```typescript\n");
}

function plain(markdown: string): string {
  return markdown
    .replace(/^```.*\n?/gm, "")
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/(\*\*?|`)([^*`\n]+)\1/g, "$2")
    .trim();
}
