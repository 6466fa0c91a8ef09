// Completion and explanation of magics, without the compiler: the names at the head of a cell, the words of those that take
// words, and nothing where the text of a command or a cell magic is no TypeScript.

import { codePointsBefore, offsetOfCodePoint } from "../language/text.ts";
import type { JsonObject } from "../protocol/message.ts";
import { knownMagics } from "./parse.ts";
import { COMMAND, MAGICS } from "./table.ts";

const NAME = /^[ \t]*(?:%time[ \t]+)?(%%?[a-z]*)$/i;
const WORDS: Readonly<Record<string, readonly string[]>> = { types: ["warn", "error", "off"], reload: ["auto", "off"] };

/** The content of a `complete_reply`; undefined where the cursor is in TypeScript. */
export function completeMagic(code: string, cursor: number): JsonObject | undefined {
  const at = offsetOfCodePoint(code, cursor);
  const line = code.slice(code.lastIndexOf("\n", at - 1) + 1, at);
  const typed = NAME.exec(line)?.[1];
  if (typed !== undefined && isHead(code.slice(0, at - line.length))) {
    const names = MAGICS.map(({ name, kind }) => (kind === "cell" ? `%%${name}` : `%${name}`));
    return reply(
      code,
      at - typed.length,
      at,
      names.filter((name) => name.startsWith(typed.toLowerCase())),
    );
  }
  const call = knownMagics(code).find(({ start, end, name }) => at > start && at <= end && name !== "time");
  if (call === undefined) return undefined;
  const [word] = /\S*$/.exec(line)!;
  const words = WORDS[call.name]?.filter((candidate) => candidate.startsWith(word)) ?? [];
  return reply(code, at - word.length, at, words);
}

/** The content of an `inspect_reply`; undefined where the cursor is in TypeScript. */
export function inspectMagic(code: string, cursor: number): JsonObject | undefined {
  const at = offsetOfCodePoint(code, cursor);
  const call = knownMagics(code).find(({ start, end }) => at >= start && at <= end);
  if (call === undefined) return undefined;
  const magic = MAGICS.find(({ name }) => name === call.name);
  const { usage, summary } =
    call.name === COMMAND || magic === undefined
      ? { usage: "!COMMAND", summary: "runs a command of the operating system in the notebook's folder" }
      : magic;
  const data = { "text/markdown": `\`${usage}\`\n\n${summary}`, "text/plain": `${usage}\n\n${summary}` };
  return { status: "ok", found: true, data, metadata: {} };
}

/** Whether a magic may follow this text. */
function isHead(before: string): boolean {
  // A magic put after it is found only there.
  const calls = knownMagics(`${before}%help`);
  const last = calls.at(-1);
  return last?.name === "help" && last.start === before.length;
}

function reply(code: string, start: number, end: number, matches: readonly string[]): JsonObject {
  const from = codePointsBefore(code, start);
  const to = codePointsBefore(code, end);
  const types = matches.map((text) => ({ start: from, end: to, text, type: "magic" }));
  return {
    status: "ok",
    matches: [...matches],
    cursor_start: from,
    cursor_end: to,
    metadata: { _jupyter_types_experimental: types },
  };
}
