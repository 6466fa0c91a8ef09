// A notebook and its language server: the program of the cells is kept here, so that a server that died and came back
// knows all of it again. One question at a time; the server's documents always are what the question is about.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../protocol/message.ts";
import { type CompletionItem, completionReply, noCompletion } from "./completion.ts";
import { Disk } from "./disk.ts";
import { inspectionReply, NOTHING_FOUND } from "./inspection.ts";
import { type Diagnostic, findProblems, type Problem } from "./problems.ts";
import { NotebookProgram, type ProgramWithCell } from "./program.ts";
import { Project } from "./project.ts";
import { type Post, type RuntimeName, runtimeNames } from "./runtime-names.ts";
import { LanguageServer, NoLanguageServer } from "./server.ts";
import { offsetOfCodePoint } from "./text.ts";

const METHOD = 2; // kinds of completions, as the protocol numbers them
const PROPERTY = 10;
const USES_LIBRARY = /\b(?:tf|cw)\b/;
/** `a.b?.c.par`: names that lead to a member which is being written. */
const PATH_TO_MEMBER =
  /(?<![\p{ID_Continue}$.)\]"'`}])([\p{ID_Start}$_][\p{ID_Continue}$]*(?:\??\.[\p{ID_Continue}$]+)*)(\??\.)[\p{ID_Continue}$]*$/u;

export class LanguageSession {
  readonly #project: Project;
  readonly #server: LanguageServer;
  readonly #program = new NotebookProgram();
  readonly #disk: Disk;
  readonly #post: Post | undefined;
  /** The last program that was checked: a cell that is run again and again is checked once. */
  #checked: { readonly text: string; readonly diagnostics: readonly Diagnostic[] } | undefined;
  #withLibrary = false;

  /** Without `post`, values without a static type have no members. */
  constructor(folder: string, post?: Post) {
    this.#post = post;
    this.#project = new Project(folder);
    this.#disk = new Disk(folder);
    this.#server = new LanguageServer(folder);
  }

  /** Starts the server and has it read what every program needs. */
  async warmUp(): Promise<void> {
    await this.#diagnose(this.#program.withCell("")).catch(() => {});
  }

  /** What the cell looks like to the compiler, after all that were added before. */
  compose(cell: string): ProgramWithCell {
    return this.#program.withCell(cell);
  }

  /** Rejects with {@link NoLanguageServer}. */
  async check(program: ProgramWithCell): Promise<Problem[]> {
    const implicitAny = existsSync(join(this.#project.folder, "tsconfig.json"));
    if (await this.#readAnew(program)) this.#checked = undefined;
    if (this.#checked?.text !== program.text) {
      const diagnostics = await this.#diagnose(program);
      this.#disk.noteMissing(diagnostics.map(({ message }) => message));
      this.#checked = { text: program.text, diagnostics };
    }
    return findProblems(this.#checked.diagnostics, program, { implicitAny });
  }

  add(cell: string): void {
    this.#program.add(cell);
  }

  clear(): void {
    this.#program.clear();
  }

  /** The content of a `complete_reply`; empty while there is no server. */
  complete(cell: string, codePoint: number): Promise<JsonObject> {
    const cursor = offsetOfCodePoint(cell, codePoint);
    const program = this.#program.withCell(cell);
    return this.#ask(program, noCompletion(cell, cursor), async () => {
      const textDocument = { uri: this.#project.cellsUri };
      const position = program.position(cursor);
      const list = await this.#server.request<{ items: CompletionItem[] } | CompletionItem[] | null>(
        "textDocument/completion",
        { textDocument, position },
      );
      const known = list === null ? [] : Array.isArray(list) ? list : list.items;
      const items = known.length > 0 ? known : (await this.#runtimeNames(program, cursor)).map(asItem);
      // The server ends if it is asked about an item that is not its own.
      const resolve = async (item: CompletionItem) =>
        known.length > 0 ? this.#server.request<CompletionItem>("completionItem/resolve", item) : item;
      return completionReply(items, program, cursor, resolve);
    });
  }

  /** The members that a value has now, where the compiler calls it `any`. */
  async #runtimeNames(program: ProgramWithCell, cursor: number): Promise<readonly RuntimeName[]> {
    const found = PATH_TO_MEMBER.exec(program.cell.slice(0, cursor));
    if (found === null || this.#post === undefined) return [];
    const position = program.position(found.index + found[1]!.length - 1);
    const params = { textDocument: { uri: this.#project.cellsUri }, position };
    const hover = await this.#server.request<{ contents: { value: string } } | null>("textDocument/hover", params);
    if (hover === null || !/(?:^|: )any\n/m.test(hover.contents.value)) return [];
    return runtimeNames(found[1]!.split(/\??\./), this.#post).catch(() => []);
  }

  /** The content of an `inspect_reply`. */
  inspect(cell: string, codePoint: number, detail: number): Promise<JsonObject> {
    const program = this.#program.withCell(cell);
    return this.#ask(program, NOTHING_FOUND, () => {
      const { cellsUri } = this.#project;
      const textDocument = { uri: cellsUri };
      return inspectionReply(program, cellsUri, offsetOfCodePoint(cell, codePoint), detail, (method, position) =>
        this.#server.request(method, { textDocument, position }),
      );
    });
  }

  close(): void {
    this.#server.close();
  }

  #diagnose(program: ProgramWithCell): Promise<readonly Diagnostic[]> {
    return this.#twice(async () => {
      await this.#show(program);
      const textDocument = { uri: this.#project.cellsUri };
      return (await this.#server.request<{ items: Diagnostic[] }>("textDocument/diagnostic", { textDocument })).items;
    });
  }

  async #ask(program: ProgramWithCell, nothing: JsonObject, question: () => Promise<JsonObject>): Promise<JsonObject> {
    try {
      return await this.#twice(async () => {
        await this.#show(program);
        return await question();
      });
    } catch {
      return nothing; // the server's own error, or no server: nobody wants to read of it while typing
    }
  }

  /** A server that dies over a question gets one more chance: a fresh one may have had no part in it. */
  async #twice<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NoLanguageServer)) throw error;
      return await work();
    }
  }

  async #show(program: ProgramWithCell): Promise<void> {
    this.#withLibrary ||= USES_LIBRARY.test(program.text);
    const project = this.#project;
    // The configuration comes first: the others are looked up in it when they are opened.
    await this.#server.show([project.configuration(), project.preload(this.#withLibrary), project.cells(program.text)]);
  }

  /** Whether anything was edited or installed since the last cell. */
  async #readAnew({ modules }: ProgramWithCell): Promise<boolean> {
    const installed = this.#disk.hasNewPackages();
    if (installed) this.#server.restart();
    const changes = this.#disk.changes(modules);
    if (changes.length > 0) await this.#server.notify("workspace/didChangeWatchedFiles", { changes });
    return installed || changes.length > 0;
  }
}

function asItem({ name, kind, own }: RuntimeName): CompletionItem {
  return { label: name, kind: kind === "method" ? METHOD : PROPERTY, sortText: own ? "0" : "1" };
}
