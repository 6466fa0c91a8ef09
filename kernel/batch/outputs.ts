// What a kernel publishes, applied to the cells of a notebook, as Jupyter's own clients do it: streams of one name that
// follow each other become one, `clear_output(wait)` waits for the next output, `update_display_data` changes every
// output with its display id, in whichever cell, and `transient` is not stored. Output that comes after its cell has
// ended (a timer that prints) still belongs to that cell.

import type { JsonObject, Message } from "../protocol/message.ts";
import type { CodeCell, DisplayOutput, Metadata, MimeBundle, Output, ResultOutput } from "./notebook.ts";

type Shown = DisplayOutput | ResultOutput;

/** Applies iopub messages to cells. */
export class OutputCollector {
  /** Outputs by display id, with the cell they stand in. */
  readonly #displays = new Map<string, Map<Shown, CodeCell>>();
  readonly #clearsNext = new Set<CodeCell>();

  /** Applies one message to the cell that caused it; true when the notebook changed. */
  apply(cell: CodeCell, message: Message): boolean {
    const { content } = message;
    switch (message.header.msg_type) {
      case "execute_input":
        cell.execution_count = countOf(content);
        return true;
      case "stream":
        this.#addStream(cell, String(content.name), String(content.text ?? ""));
        return true;
      case "display_data":
        this.#show(cell, { output_type: "display_data", ...bundleOf(content) }, displayId(content));
        return true;
      case "execute_result": {
        cell.execution_count = countOf(content) ?? cell.execution_count;
        const result: ResultOutput = {
          output_type: "execute_result",
          execution_count: countOf(content),
          ...bundleOf(content),
        };
        this.#show(cell, result, displayId(content));
        return true;
      }
      case "update_display_data":
        return this.#update(displayId(content), bundleOf(content));
      case "error":
        this.add(cell, {
          output_type: "error",
          ename: String(content.ename ?? ""),
          evalue: String(content.evalue ?? ""),
          traceback: Array.isArray(content.traceback) ? content.traceback.map(String) : [],
        });
        return true;
      case "clear_output":
        if (content.wait === true) this.#clearsNext.add(cell);
        else this.#clear(cell);
        return true;
      default:
        return false;
    }
  }

  /** Adds an output of our own, such as the error of a time-out. */
  add(cell: CodeCell, output: Output): void {
    if (this.#clearsNext.delete(cell)) this.#clear(cell);
    cell.outputs.push(output);
  }

  #addStream(cell: CodeCell, name: string, text: string): void {
    const last = this.#clearsNext.has(cell) ? undefined : cell.outputs.at(-1);
    if (last?.output_type === "stream" && last.name === name) last.text += text;
    else this.add(cell, { output_type: "stream", name, text });
  }

  #show(cell: CodeCell, output: Shown, id: string | undefined): void {
    this.add(cell, output);
    if (id === undefined) return;
    this.#update(id, output);
    const shown = this.#displays.get(id) ?? new Map<Shown, CodeCell>();
    this.#displays.set(id, shown.set(output, cell));
  }

  #update(id: string | undefined, { data, metadata }: { data: MimeBundle; metadata: Metadata }): boolean {
    const shown = this.#displays.get(id ?? "");
    for (const output of shown?.keys() ?? []) Object.assign(output, { data, metadata });
    return shown !== undefined && shown.size > 0;
  }

  #clear(cell: CodeCell): void {
    cell.outputs.length = 0;
    for (const shown of this.#displays.values()) {
      for (const [output, owner] of shown) if (owner === cell) shown.delete(output);
    }
  }
}

/**
 * What is left of a text on a terminal: `\r` returns to the start of the line, so that what follows replaces it, and `\b`
 * takes one character back. A progress bar that was drawn a thousand times is stored once.
 */
export function settleTerminalText(text: string): string {
  if (!text.includes("\r") && !text.includes("\b")) return text;
  return text
    .split("\n")
    .map((line, index, all) => {
      // "\r\n" ends a line and takes nothing back; a final "\r" waits for what comes after it
      const end = /\r*$/.exec(line)![0];
      const body = line.slice(0, line.length - end.length);
      const kept = body.slice(body.lastIndexOf("\r") + 1);
      return takeBack(kept) + (end !== "" ? "\r" : "") + (index < all.length - 1 ? "\n" : "");
    })
    .join("");
}

function takeBack(line: string): string {
  if (!line.includes("\b")) return line;
  const kept: string[] = [];
  for (const character of line) {
    if (character === "\b") kept.pop();
    else kept.push(character);
  }
  return kept.join("");
}

function bundleOf(content: JsonObject): { data: MimeBundle; metadata: Metadata } {
  return { data: (content.data ?? {}) as MimeBundle, metadata: (content.metadata ?? {}) as Metadata };
}

function countOf(content: JsonObject): number | null {
  return typeof content.execution_count === "number" ? content.execution_count : null;
}

function displayId(content: JsonObject): string | undefined {
  const id = (content.transient as JsonObject | null | undefined)?.display_id;
  return typeof id === "string" ? id : undefined;
}
