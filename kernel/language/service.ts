// The kernel's side of the types: what mode they are in, what a cell's types say before or while it runs, completion and
// inspection. It loads nothing until the first of these is asked for, so that starting a kernel does not pay for it, and
// answers in the order of the questions: a cell is known to whatever is asked after it.

import type { InspectorLink, SendOrder } from "../debugger/inspector-link.ts";
import type { JsonObject } from "../protocol/message.ts";
import { prepareCell } from "../source/cell.ts";
import { Declarations } from "../source/declarations.ts";
import type { Problem } from "./problems.ts";
import type { ProgramWithCell } from "./program.ts";
import type { Post } from "./runtime-names.ts";
import type { LanguageSession } from "./session.ts";
import { Turns } from "./turns.ts";
import { isTypesMode, readTypesMagic, TYPES_MODES, type TypesMode, withoutMagics } from "./types-magic.ts";

const WARM_UP = 1_000; // milliseconds after the start: later than everything that a client asks first
const FIRST_ORDER = 2 ** 31; // numbers of orders to V8's inspector: those below are the debugger's
const INSPECTOR_PATIENCE = 250; // milliseconds
const HEAD_START = 100; // milliseconds for a first cell that comes before that: it starts up, too

/** Why a cell does not run, as an error of Jupyter's. */
export interface TypesRefusal {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** What the types have to do with one cell that is to run. */
export interface CellTypes {
  /** The cell without its `%types` lines, which are blanked. */
  readonly code: string;
  /** Only where the cell has to wait for it: resolves with what keeps it from running, if anything does. */
  readonly gate?: () => Promise<TypesRefusal | undefined>;
  /** Call it when the cell is on its way, which means that its syntax is right. `print` may be called later. */
  started(print: (text: string, stream: "stdout" | "stderr") => void): void;
}

export class LanguageService {
  readonly #folder: string;
  readonly #warmUp: NodeJS.Timeout;
  #mode: TypesMode;
  #session: LanguageSession | undefined;
  readonly #turns = new Turns();
  #last: Promise<unknown> = Promise.resolve();
  #send: SendOrder | undefined;
  #inspector: InspectorLink | undefined;
  #complaint: string | undefined;
  #hasComplained = false;
  #closed = false;

  /** `mode` is `warn`, `error` or `off`, and `warn` where it is nothing of the kind. */
  constructor(folder: string, mode: string | undefined = process.env.CELLWRIGHT_TYPES) {
    this.#folder = folder;
    this.#mode = isTypesMode(mode) ? mode : "warn";
    this.#warmUp = setTimeout(() => {
      if (this.#mode !== "off") void this.#ask(false, (session) => session.warmUp());
    }, WARM_UP).unref();
  }

  get mode(): TypesMode {
    return this.#mode;
  }

  /** From the next cell on. */
  set mode(mode: TypesMode) {
    this.#mode = mode;
  }

  /** How to reach V8's inspector in the evaluator, for members of values that have no static type. */
  connect(send: SendOrder): void {
    this.#send = send;
  }

  /** Whether this answer of V8's inspector was ours. */
  receive(id: number, payload: Buffer): boolean {
    if (id <= FIRST_ORDER) return false;
    this.#inspector?.receive(id - FIRST_ORDER, payload);
    return true;
  }

  /** Call it for every cell, in the order in which they run. */
  begin(cell: string, label: string): CellTypes {
    const { mode = this.#mode, words, source: code } = readTypesMagic(cell);
    const wrong = words.find((word) => word !== "" && !isTypesMode(word));
    if (wrong !== undefined) return { code, gate: async () => misuse(wrong), started: () => {} };
    this.#mode = mode;
    const asked = words.includes("") ? `types: ${mode}\n` : undefined;
    if (mode === "error") {
      return {
        code,
        gate: () => this.#refusal(code, label),
        started: (print) => {
          if (asked !== undefined) print(asked, "stdout");
          const complaint = this.#takeComplaint();
          if (complaint !== undefined) print(complaint, "stderr");
        },
      };
    }
    return {
      code,
      started: (print) => {
        if (asked !== undefined) print(asked, "stdout");
        if (mode === "off") void this.#inOrder((session) => session.add(withoutMagics(code)));
        else void this.#warn(code, label, (text) => print(text, "stderr"));
      },
    };
  }

  /** The content of a `complete_reply`. */
  complete(code: string, codePoint: number): Promise<JsonObject> {
    const cell = withoutMagics(code);
    return this.#ask(true, (session) => session.complete(cell, codePoint));
  }

  /** The content of an `inspect_reply`. */
  inspect(code: string, codePoint: number, detail: number): Promise<JsonObject> {
    const cell = withoutMagics(code);
    return this.#ask(true, (session) => session.inspect(cell, codePoint, detail));
  }

  /** All variables are gone. */
  clear(): void {
    this.#inspector?.reset();
    if (this.#session !== undefined) void this.#inOrder((session) => session.clear());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#warmUp);
    this.#session?.close();
  }

  async #refusal(code: string, label: string): Promise<TypesRefusal | undefined> {
    if (!isWellFormed(code)) return undefined; // it will not run either: its syntax error says why
    return this.#ask(true, async (session) => {
      const cell = withoutMagics(code);
      const problems = await this.#check(session, session.compose(cell));
      if (problems.length === 0) {
        session.add(cell);
        return undefined;
      }
      const { describeProblems } = await import("./problems.ts");
      const [{ code: number, message }] = problems as [Problem];
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
      const evalue = `TS${number}: ${message.split("\n")[0]}${more}`;
      return { ename: "TypeScriptError", evalue, traceback: describeProblems(problems, label, code) };
    });
  }

  async #warn(code: string, label: string, print: (text: string) => void): Promise<void> {
    const early = this.#session === undefined;
    const cell = withoutMagics(code);
    await this.#inOrder((session) => {
      const program = session.compose(cell);
      session.add(cell);
      void this.#turns.take(false, async () => {
        if (early) await new Promise((resolve) => setTimeout(resolve, HEAD_START));
        await this.#report(await this.#check(session, program), code, label, print);
      });
    });
  }

  async #report(problems: readonly Problem[], code: string, label: string, print: (text: string) => void) {
    const complaint = this.#takeComplaint();
    if (complaint !== undefined) print(complaint);
    if (problems.length === 0) return;
    const { describeProblems } = await import("./problems.ts");
    print(`${describeProblems(problems, label, code).join("\n")}\n`);
  }

  /** Without a server there are no problems, only one complaint about that. */
  async #check(session: LanguageSession, program: ProgramWithCell): Promise<readonly Problem[]> {
    try {
      return await session.check(program);
    } catch (error) {
      const why = (error as Error).message;
      if (!this.#closed) this.#complaint ??= `types are not checked: ${why}; cells run without [CW_TYPES]\n`;
      return [];
    }
  }

  readonly #post: Post = async (method, parameters) => {
    const inspector = await this.#reachInspector();
    try {
      return await inspector.post(method, parameters, INSPECTOR_PATIENCE);
    } catch (error) {
      if (!/not connected/.test((error as Error).message)) throw error;
      inspector.reset(); // the debugger closed the connection since it was last used: it is opened again
      return inspector.post(method, parameters, INSPECTOR_PATIENCE);
    }
  };

  async #reachInspector(): Promise<InspectorLink> {
    const send = this.#send;
    if (send === undefined) throw new Error("there is no evaluator");
    if (this.#inspector === undefined) {
      const { InspectorLink } = await import("../debugger/inspector-link.ts");
      this.#inspector = new InspectorLink(
        (id, order) => send(FIRST_ORDER + id, order),
        () => {},
      );
    }
    return this.#inspector;
  }

  #takeComplaint(): string | undefined {
    if (this.#complaint === undefined || this.#hasComplained) return undefined;
    this.#hasComplained = true;
    return this.#complaint;
  }

  /** A question to the server, after all cells so far are known. */
  async #ask<Result>(urgent: boolean, question: (session: LanguageSession) => Promise<Result>): Promise<Result> {
    const { answer } = await this.#inOrder((session) => ({
      answer: this.#turns.take(urgent, () => question(session)),
    }));
    return answer;
  }

  async #inOrder<Result>(work: (session: LanguageSession) => Result): Promise<Result> {
    const before = this.#last;
    const result = (async () => {
      await before;
      return work(await this.#open());
    })();
    this.#last = result.catch(() => {});
    return result;
  }

  async #open(): Promise<LanguageSession> {
    if (this.#session === undefined) {
      const { LanguageSession } = await import("./session.ts");
      this.#session = new LanguageSession(this.#folder, this.#post);
      if (this.#closed) this.#session.close();
    }
    return this.#session;
  }
}

function misuse(word: string): TypesRefusal {
  const evalue = `expected %types ${TYPES_MODES.join(", %types ")}; got %types ${word}`;
  return { ename: "UsageError", evalue, traceback: [`UsageError: ${evalue}`] };
}

function isWellFormed(code: string): boolean {
  try {
    prepareCell(code, new Declarations());
    return true;
  } catch {
    return false;
  }
}
