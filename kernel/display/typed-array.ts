// Typed arrays: how many numbers, what they are like, and the course that they take.

import { inspect } from "node:util";
import { typeName } from "./preview.ts";
import { describeStatistics, sparkline, statistics } from "./statistics.ts";
import { count, safeHtml } from "./visible.ts";

const { Buffer } = globalThis;

const HEAD = 100;
const READABLE = 2 ** 22;

export function typedArrayBundle(values: NodeJS.TypedArray): { "text/html": string; "text/plain": string } | undefined {
  if (values.length < 2 || Buffer.isBuffer(values)) return undefined; // Node's text says it all
  const head = inspect(values, { maxArrayLength: HEAD, breakLength: 100, customInspect: false });
  const title = `${typeName(values)}, ${count(values.length)} values`;
  const numbers = values as unknown as ArrayLike<number | bigint>;
  const summary = values.length > READABLE ? undefined : statistics(numbers);
  const line = summary === undefined ? "" : describeStatistics(summary);
  const course = summary === undefined || values.length < 8 ? "" : sparkline(numbers, summary);
  const text = [head, line, course].filter((part) => part !== "");
  return {
    "text/html": `<b>${safeHtml(title)}</b> ${safeHtml(line)}<pre>${safeHtml([course, head].filter(Boolean).join("\n"))}</pre>`,
    "text/plain": text.join("\n"),
  };
}
