// An error as a value: what it is, what it says, where in the cells it came from, and what caused it. Lines of cells are
// those of their author; frames of Node and of the kernel are left out.

import { types } from "node:util";
import { className, find, own } from "./look.ts";
import { count, cut, safeHtml, visible } from "./visible.ts";

const { Array, Function } = globalThis;
const MOST_CAUSES = 10;

export function errorBundle(error: object): { "text/html": string; "text/plain": string } {
  const lines: string[] = [];
  const seen: object[] = [];
  describe(error, "", lines, seen);
  const text = visible(lines.join("\n"));
  const [first = "", ...rest] = text.split("\n");
  return { "text/html": `<b>${safeHtml(first)}</b><pre>${safeHtml(rest.join("\n"))}</pre>`, "text/plain": text };
}

function describe(error: object, indent: string, lines: string[], seen: object[]): void {
  seen.push(error);
  const message = textOf(error, "message");
  const name = textOf(error, "name") || className(error) || "Error";
  const code = own(error, "code");
  const label = typeof code === "string" || typeof code === "number" ? ` [${code}]` : "";
  lines.push(...cut(`${indent}${name}${label}${message === "" ? "" : `: ${message}`}`, 10_000).split("\n"));
  for (const frame of cellFrames(error)) lines.push(`${indent}    ${frame}`);
  const inner = own(error, "errors");
  const parts: [what: string, part: unknown][] = [];
  if (Array.isArray(inner)) for (const part of inner.slice(0, MOST_CAUSES)) parts.push(["error", part]);
  const cause = own(error, "cause");
  if (cause !== undefined) parts.push(["cause", cause]);
  for (const [what, part] of parts) {
    if (!types.isNativeError(part)) {
      lines.push(`${indent}  ${what}: ${typeof part === "string" ? cut(part, 1_000) : `(${typeof part})`}`);
    } else if (!seen.includes(part) && seen.length <= MOST_CAUSES) {
      lines.push(`${indent}  ${what}:`);
      describe(part, `${indent}    `, lines, seen);
    }
  }
  const left = Array.isArray(inner) ? inner.length - MOST_CAUSES : 0;
  if (left > 0) lines.push(`${indent}  … ${count(left)} more errors`);
}

function textOf(error: object, name: string): string {
  const value = find(error, name)?.value;
  return typeof value === "string" ? value : "";
}

/** `at f (Cell[3]:2:5)` is "at f (Cell [3], line 2)". In Node the stack is a plain property until somebody replaces it. */
function cellFrames(error: object): string[] {
  const stack = types.isNativeError(error) ? stackOf(error) : undefined;
  if (stack === undefined) return [];
  return stack
    .split("\n")
    .filter((line) => /^\s+at .*Cell\[[\w.]+\]:\d+/.test(line))
    .map((line) => line.trim().replace(/Cell\[([\w.]+)\]:(\d+):\d+/g, "Cell [$1], line $2"));
}

function stackOf(error: Error): string | undefined {
  const property = find(error, "stack");
  if (typeof property?.value === "string") return property.value;
  // Newer V8 has an accessor of its own for it, on the error itself.
  const isOwnAccessor =
    property?.get !== undefined && /\[native code\]/.test(Function.prototype.toString.call(property.get));
  const stack = isOwnAccessor ? property.get!.call(error) : undefined;
  return typeof stack === "string" ? stack : undefined;
}
