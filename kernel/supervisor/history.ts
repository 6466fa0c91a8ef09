// What was typed, kept in a journal over restarts: one JSON line a cell, appended whole, readable by its owner alone. A
// session is one run of a kernel; its number is one more than the last in the journal.
// Source: "History" in the Jupyter messaging documentation.

import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { JsonObject } from "../protocol/message.ts";

const MAXIMUM_ENTRIES = 10_000; // twice that many, and the journal is cut back to this at the next start
const MAXIMUM_CODE = 100_000; // characters of one cell in the journal
const DELAY = 300; // milliseconds until a cell is written down: a file has no place in its way

interface Line {
  readonly line: number;
  readonly code: string;
}

interface Entry extends Line {
  readonly session: number;
}

/** The journal's path: CELLWRIGHT_HISTORY, where an empty value means none; else the user's folder for such things. */
export function historyPath(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const chosen = environment.CELLWRIGHT_HISTORY;
  if (chosen !== undefined) return chosen === "" ? undefined : chosen;
  const state = environment.XDG_STATE_HOME ?? join(homedir(), ".local", "state");
  return join(state, "cellwright", "history.jsonl");
}

export class History {
  readonly #path: string | undefined;
  readonly #now: Line[] = [];
  /** How many of them are in the journal. */
  #written = 0;
  #timer: NodeJS.Timeout | undefined;
  #earlier: readonly Entry[] | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  add(line: number, code: string): void {
    this.#now.push({ line, code });
    this.#timer ??= setTimeout(() => this.flush(), DELAY);
  }

  /** Writes down what is not yet in the journal. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const fresh = this.#now.slice(this.#written);
    this.#written = this.#now.length;
    const kept = fresh.filter(({ code }) => code.trim() !== "" && code.length <= MAXIMUM_CODE);
    if (this.#path === undefined || kept.length === 0) return;
    const session = this.#session;
    const lines = kept.map((entry) => `${JSON.stringify({ session, ...entry })}\n`);
    try {
      appendFileSync(this.#path, lines.join(""), { mode: 0o600 });
    } catch {
      // a history that cannot be kept must not keep a cell from running
    }
  }

  /** The content of a history_reply. */
  answer(request: JsonObject): JsonObject {
    const { hist_access_type: access, n, unique, pattern, session, start, stop, output } = request;
    const limit = typeof n === "number" && n > 0 ? n : undefined;
    let found: readonly Entry[];
    if (access === "range") found = this.#range(Number(session ?? 0), start, stop);
    else if (access === "search") found = this.#search(String(pattern ?? "*"), unique === true, limit);
    else found = lastOf(this.#all, limit);
    const history = found.map(({ session, line, code }) => [session, line, output === true ? [code, null] : code]);
    return { status: "ok", history };
  }

  /** As in IPython: 0 is this session, -1 the one before; `stop` is not included. */
  #range(session: number, start: unknown, stop: unknown): readonly Entry[] {
    const number = session <= 0 ? this.#session + session : session;
    const from = typeof start === "number" ? start : 0;
    const to = typeof stop === "number" ? stop : Number.POSITIVE_INFINITY;
    return this.#all.filter((entry) => entry.session === number && entry.line >= from && entry.line < to);
  }

  #search(pattern: string, unique: boolean, limit: number | undefined): readonly Entry[] {
    const expression = globExpression(pattern);
    const matching = this.#all.filter((entry) => expression.test(entry.code));
    if (!unique) return lastOf(matching, limit);
    const last = new Map(matching.map((entry) => [entry.code, entry])); // a later one replaces an earlier
    return lastOf(
      matching.filter((entry) => last.get(entry.code) === entry),
      limit,
    );
  }

  get #all(): readonly Entry[] {
    const session = this.#session;
    return [...this.#load(), ...this.#now.map((line) => ({ session, ...line }))];
  }

  get #session(): number {
    return (this.#load().at(-1)?.session ?? 0) + 1;
  }

  #load(): readonly Entry[] {
    this.#earlier ??= this.#path === undefined ? [] : readJournal(this.#path);
    return this.#earlier;
  }
}

function readJournal(path: string): readonly Entry[] {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lines = readFileSync(path, "utf8").split("\n");
    const entries = lines.flatMap(parseEntry);
    if (entries.length <= 2 * MAXIMUM_ENTRIES) return entries;
    const kept = entries.slice(-MAXIMUM_ENTRIES);
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { mode: 0o600 });
    chmodSync(temporary, 0o600);
    renameSync(temporary, path);
    return kept;
  } catch {
    return []; // there is none yet, or it cannot be read
  }
}

/** A line that was cut off by a crash is left out. */
function parseEntry(line: string): Entry[] {
  try {
    const { session, line: number, code } = JSON.parse(line) as Partial<Entry>;
    if (typeof session !== "number" || typeof number !== "number" || typeof code !== "string") return [];
    return [{ session, line: number, code }];
  } catch {
    return [];
  }
}

function lastOf(entries: readonly Entry[], limit: number | undefined): readonly Entry[] {
  return limit === undefined ? entries : entries.slice(-limit);
}

/** A shell's pattern: * for any text, ? for any character; the whole cell must match. */
function globExpression(pattern: string): RegExp {
  const parts = [...pattern].map((character) => {
    if (character === "*") return "[^]*";
    if (character === "?") return "[^]";
    return character.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "u");
}
