// The language server's completions as Jupyter wants them: texts that replace what stands between two places of the cell,
// counted in code points, with kind and signature in the metadata that JupyterLab reads.

import type { JsonObject } from "../protocol/message.ts";
import { withoutFileLinks } from "./documentation.ts";
import type { ProgramWithCell } from "./program.ts";
import { codePointsBefore, type LineRange } from "./text.ts";

export interface CompletionItem {
  readonly label: string;
  readonly kind?: number;
  readonly sortText?: string;
  readonly insertText?: string;
  readonly textEdit?: { readonly range: LineRange; readonly newText: string };
  readonly detail?: string;
  readonly documentation?: string | { readonly value: string };
}

interface Candidate {
  readonly item: CompletionItem;
  readonly start: number;
  readonly text: string;
}

const KINDS =
  "text method function constructor field variable class interface module property unit value enum keyword snippet color file reference folder enum-member constant struct event operator type-parameter".split(
    " ",
  );
const WORD_BEFORE = /[\p{ID_Continue}$\u200c\u200d]*$/u;
/** Names that only the checked program has. */
const OURS = /^__cellwright$|_import_\d+$/;
/** So few that a person reads them: these get their signature and documentation. */
const FEW = 8;

export type Resolve = (item: CompletionItem) => Promise<CompletionItem>;

/** The content of a `complete_reply`. */
export async function completionReply(
  items: readonly CompletionItem[],
  program: ProgramWithCell,
  cursor: number,
  resolve: Resolve,
): Promise<JsonObject> {
  const { cell } = program;
  const word = WORD_BEFORE.exec(cell.slice(0, cursor))![0];
  const wordStart = cursor - word.length;
  const lowerWord = word.toLowerCase();
  const candidates: Candidate[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    if (OURS.test(item.label)) continue;
    const start = item.textEdit === undefined ? wordStart : program.offsetInCell(item.textEdit.range.start);
    if (start === undefined || start > cursor) continue;
    const text = quoted(item.textEdit?.newText ?? item.insertText ?? item.label);
    const typed = cell.slice(start, cursor).toLowerCase();
    const fits = text.toLowerCase().startsWith(typed) || (start <= wordStart && startsWith(item, lowerWord));
    const key = `${start} ${text}`;
    if (!fits || seen.has(key)) continue;
    seen.add(key);
    candidates.push({ item, start, text });
  }
  // Names that need brackets replace the dot, too: with others beside them, which do not, they would spoil it for all.
  const plain = candidates.filter(({ start }) => start === wordStart);
  if (plain.length > 0) candidates.splice(0, candidates.length, ...plain);
  candidates.sort((a, b) => rank(a, word) - rank(b, word) || compare(order(a), order(b)));

  // Jupyter replaces one stretch, whichever is chosen; where an item replaces less, what stands before it is added.
  const first = Math.min(cursor, ...candidates.map(({ start }) => start));
  const start = codePointsBefore(cell, first);
  const end = codePointsBefore(cell, cursor);
  const resolved =
    candidates.length <= FEW ? await Promise.all(candidates.map(({ item }) => resolve(item).catch(() => item))) : [];
  const matches = candidates.map((candidate) => cell.slice(first, candidate.start) + candidate.text);
  const types = candidates.map(({ item }, n) => ({
    start,
    end,
    text: matches[n]!,
    type: kindOf(resolved[n] ?? item),
    ...explanation(resolved[n] ?? item),
  }));
  return {
    status: "ok",
    matches,
    cursor_start: candidates.length === 0 ? end : start,
    cursor_end: end,
    metadata: { _jupyter_types_experimental: types },
  };
}

export function noCompletion(cell: string, cursor: number): JsonObject {
  const at = codePointsBefore(cell, cursor);
  return { status: "ok", matches: [], cursor_start: at, cursor_end: at, metadata: {} };
}

/** The server leaves the quotes out: `[a-b]` for `["a-b"]`. */
function quoted(text: string): string {
  const name = /^(\??\.?)\[([^"'\d[][^\]]*)\]$/.exec(text);
  return name === null ? text : `${name[1]}[${JSON.stringify(name[2])}]`;
}

function startsWith(item: CompletionItem, lowerWord: string): boolean {
  return item.label.toLowerCase().startsWith(lowerWord);
}

/** Names in the case that was typed first. */
function rank({ item }: Candidate, word: string): number {
  return item.label.startsWith(word) ? 0 : 1;
}

function order({ item }: Candidate): string {
  return `${item.sortText ?? ""} ${item.label}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a module exports again is a variable to the server until it is asked more closely. */
function kindOf({ kind = 1, detail = "" }: CompletionItem): string {
  return /^\(alias\) (function|class|enum|interface|namespace)\b/.exec(detail)?.[1] ?? KINDS[kind - 1] ?? "text";
}

function explanation({ detail, documentation }: CompletionItem): object {
  const text = typeof documentation === "object" ? documentation.value : documentation;
  return { ...(detail ? { signature: detail } : {}), ...(text ? { documentation: withoutFileLinks(text) } : {}) };
}
