// What the cells print, into files or a log, as it comes: `--stdout-file`, `--stderr-file`, `--log-output`.

import { closeSync, openSync, writeSync } from "node:fs";
import { CellwrightError } from "../../src/errors.ts";
import type { Message } from "../protocol/message.ts";
import type { RunEvent } from "./events.ts";
import { prepareOutput } from "./file.ts";
import { type ProgressTarget, printable } from "./progress.ts";
import type { Secrets } from "./secrets.ts";

export class StreamFiles {
  readonly #files = new Map<
    string,
    { readonly descriptor: number; readonly pieces: ReturnType<Secrets["redactPieces"]> }
  >();

  /** Opens the files, empty; throws CW_OUTPUT_FILE. */
  constructor(paths: { readonly stdout: string | undefined; readonly stderr: string | undefined }, secrets: Secrets) {
    for (const [name, path] of Object.entries(paths)) {
      if (path === undefined) continue;
      prepareOutput(path);
      try {
        this.#files.set(name, { descriptor: openSync(path, "w"), pieces: secrets.redactPieces() });
      } catch (error) {
        this.close();
        throw new CellwrightError("CW_OUTPUT_FILE", `expected to write ${path}: ${(error as Error).message}`);
      }
    }
  }

  apply({ header, content }: Message): void {
    const file = header.msg_type === "stream" ? this.#files.get(String(content.name)) : undefined;
    if (file !== undefined) writeSync(file.descriptor, file.pieces.push(String(content.text ?? "")));
  }

  close(): void {
    for (const { descriptor, pieces } of this.#files.values()) {
      writeSync(descriptor, pieces.end());
      closeSync(descriptor);
    }
    this.#files.clear();
  }
}

/**
 * A listener for `runNotebook`'s events that writes the code cells' beginnings, outputs and ends to `target` as lines, for
 * the log of a service. Control characters are taken out.
 *
 * @example
 * await runNotebook("train.ipynb", undefined, { onEvent: createOutputLogger() });
 */
export function createOutputLogger(target: ProgressTarget = process.stderr): (event: RunEvent) => void {
  let atLineStart = true;
  const write = (text: string) => {
    const clean = printable(text.replace(/\r(?!\n)/g, "\n"));
    if (clean === "") return;
    target.write(clean);
    atLineStart = clean.endsWith("\n");
  };
  const line = (text: string) => write(`${atLineStart ? "" : "\n"}${text}\n`);
  return (event) => {
    if (event.type === "warning") line(`warning: ${event.message}`);
    if (event.type === "cell-start" && event.cell.cell_type === "code") {
      line(`executing cell ${event.index + 1} of ${event.cells}`);
    } else if (event.type === "cell-end" && event.cell.cell_type === "code") {
      line(`ending cell ${event.index + 1}: ${event.status}`);
    } else if (event.type === "cell-output") {
      const { msg_type } = event.message.header;
      const { content } = event.message;
      const text = (content.data as Record<string, unknown> | undefined)?.["text/plain"];
      if (msg_type === "stream") write(String(content.text ?? ""));
      else if (msg_type === "error") line((content.traceback as string[]).join("\n"));
      else if (typeof text === "string" && msg_type !== "update_display_data") line(text);
    }
  };
}
