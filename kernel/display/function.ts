// A function or a class: Node's one-line text and the beginning of its source.

import { inspect, types } from "node:util";
import { count, cut, safeHtml, visible } from "./visible.ts";

const { Function } = globalThis;
const LINES = 20;

export function functionBundle(value: object): { "text/html": string; "text/plain": string } | undefined {
  if (types.isProxy(value)) return undefined;
  const source = Function.prototype.toString.call(value);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) return undefined;
  const lines = source.split("\n");
  const rest = lines.length > LINES ? `\n… ${count(lines.length - LINES)} more lines` : "";
  const head = cut(visible(lines.slice(0, LINES).join("\n")), 4_000) + rest;
  const title = visible(inspect(value, { depth: 0, customInspect: false, compact: true }).split("\n")[0]!);
  return {
    "text/html": `<b>${safeHtml(title)}</b><pre>${safeHtml(head)}</pre>`,
    "text/plain": `${title}\n${head}`,
  };
}
