// What the cells print, into files or a log, as it comes: `--stdout-file`, `--stderr-file`, `--log-output`.

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import type { Message } from "../protocol/message.ts";
import type { RunEvent } from "./events.ts";
import { type ProgressTarget, printable } from "./progress.ts";
import type { Secrets } from "./secrets.ts";
import { storageFor } from "./storage/find.ts";
import { isRemote } from "./storage/path.ts";

interface StreamFile {
  readonly path: string;
  /** Where the text goes for now: S3 has no files that grow, so a remote path gets all of it at the end. */
  readonly local: string;
  readonly descriptor: number;
  readonly pieces: ReturnType<Secrets["redactPieces"]>;
}

export class StreamFiles {
  readonly #files = new Map<string, StreamFile>();
  #folder: string | undefined;

  /** Opens the files, empty; throws CW_OUTPUT_FILE. The paths are prepared already. */
  constructor(paths: { readonly stdout: string | null; readonly stderr: string | null }, secrets: Secrets) {
    for (const name of ["stdout", "stderr"] as const) {
      const path = paths[name];
      if (path === null) continue;
      try {
        const local = isRemote(path) ? join(this.#temporaryFolder(), name) : path;
        this.#files.set(name, { path, local, descriptor: openSync(local, "w"), pieces: secrets.redactPieces() });
      } catch (error) {
        this.#removeFolder();
        throw new CellwrightError("CW_OUTPUT_FILE", `expected to write ${path}: ${(error as Error).message}`);
      }
    }
  }

  apply({ header, content }: Message): void {
    const file = header.msg_type === "stream" ? this.#files.get(String(content.name)) : undefined;
    if (file !== undefined) writeSync(file.descriptor, file.pieces.push(String(content.text ?? "")));
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    try {
      for (const { path, local, descriptor, pieces } of files) {
        writeSync(descriptor, pieces.end());
        closeSync(descriptor);
        if (path !== local) await (await storageFor(path)).write(path, await readFile(local));
      }
    } finally {
      this.#removeFolder();
    }
  }

  #temporaryFolder(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "cellwright-streams-"));
    return this.#folder;
  }

  #removeFolder(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** From what matters least to what matters most. */
const LEVELS = ["info", "warning", "error", "critical"] as const;
export type LogLevel = (typeof LEVELS)[number];

/**
 * A listener for `runNotebook`'s events that writes the code cells' beginnings, outputs and ends to `target` as lines, for
 * the log of a service. Control characters are taken out. `level` leaves out what matters less: `warning` keeps warnings, what
 * goes to stderr and errors, `error` errors alone, `critical` nothing (papermill's levels).
 *
 * @example
 * await runNotebook("train.ipynb", undefined, { onEvent: createOutputLogger() });
 */
export function createOutputLogger(
  target: ProgressTarget = process.stderr,
  { level = "info", prefix = "" }: { readonly level?: LogLevel | undefined; readonly prefix?: string } = {},
): (event: RunEvent) => void {
  const shows = (kind: LogLevel) => LEVELS.indexOf(kind) >= LEVELS.indexOf(level);
  let atLineStart = true;
  const write = (text: string) => {
    const clean = printable(text.replace(/\r(?!\n)/g, "\n"));
    if (clean === "") return;
    target.write(prefix === "" ? clean : `${atLineStart ? prefix : ""}${clean.replace(/\n(?!$)/g, `\n${prefix}`)}`);
    atLineStart = clean.endsWith("\n");
  };
  const line = (text: string) => write(`${atLineStart ? "" : "\n"}${text}\n`);
  return (event) => {
    if (event.type === "warning" && shows("warning")) line(`warning: ${event.message}`);
    if (event.type === "cell-start" && event.cell.cell_type === "code" && shows("info")) {
      line(`executing cell ${event.index + 1} of ${event.cells}`);
    } else if (event.type === "cell-end" && event.cell.cell_type === "code" && shows("info")) {
      line(`ending cell ${event.index + 1}: ${event.status}`);
    } else if (event.type === "cell-output") {
      const { msg_type } = event.message.header;
      const { content } = event.message;
      const text = (content.data as Record<string, unknown> | undefined)?.["text/plain"];
      if (msg_type === "stream") {
        if (shows(content.name === "stderr" ? "warning" : "info")) write(String(content.text ?? ""));
      } else if (msg_type === "error") {
        if (shows("error")) line((content.traceback as string[]).join("\n"));
      } else if (shows("info") && typeof text === "string" && msg_type !== "update_display_data") {
        line(text);
      }
    }
  };
}
