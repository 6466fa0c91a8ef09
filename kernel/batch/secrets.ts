// Secrets are parameters whose values are written nowhere. The kernel gets them in its environment, so that the cell that
// sets them names a variable and not the value; and whatever the kernel sends back is searched for the values, as they are
// and as programs commonly write them (JSON, URLs, base64), before anything else sees it. A notebook that takes care to
// hide a secret (prints it letter by letter) can do so: this guards against accidents.

import { CellwrightError } from "../../src/errors.ts";
import type { Message } from "../protocol/message.ts";
import type { CodeCell } from "./notebook.ts";

const MINIMUM_LENGTH = 4;

export class Secrets {
  /** Name of the parameter to the variable that holds its value. */
  readonly variables: ReadonlyMap<string, string>;
  /** For the kernel. */
  readonly env: Readonly<Record<string, string>>;
  readonly #forms: ReadonlyArray<readonly [text: string, instead: string]>;

  /** Throws CW_SECRET for a value that is too short to look for. */
  constructor(values: Readonly<Record<string, string>> = {}) {
    const entries = Object.entries(values);
    for (const [name, value] of entries) {
      if (typeof value === "string" && value.length >= MINIMUM_LENGTH) continue;
      throw new CellwrightError(
        "CW_SECRET",
        `expected the secret ${name} to have ${MINIMUM_LENGTH} characters or more, so that it can be told from other text`,
      );
    }
    this.variables = new Map(entries.map(([name]) => [name, `CELLWRIGHT_SECRET_${name}`]));
    this.env = Object.fromEntries(entries.map(([name, value]) => [`CELLWRIGHT_SECRET_${name}`, value]));
    this.#forms = entries
      .flatMap(([name, value]) => [...formsOf(value)].map((form) => [form, `[secret ${name}]`] as const))
      .sort(([a], [b]) => b.length - a.length); // one secret may be part of another
  }

  get isEmpty(): boolean {
    return this.#forms.length === 0;
  }

  /** The text without the values. */
  redact(text: string): string {
    let clean = text;
    for (const [form, instead] of this.#forms) clean = clean.replaceAll(form, instead);
    return clean;
  }

  /** Any JSON value, keys too, without the values. */
  redactAll<Value>(value: Value): Value {
    if (this.isEmpty) return value;
    if (typeof value === "string") return this.redact(value) as Value;
    if (Array.isArray(value)) return value.map((each) => this.redactAll(each)) as Value;
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([key, each]) => [this.redact(key), this.redactAll(each)]);
    return Object.fromEntries(entries) as Value;
  }

  redactMessage(message: Message): Message {
    return this.isEmpty ? message : { ...message, content: this.redactAll(message.content) };
  }

  /** Streams come in pieces: a value that was cut in two is whole again in the cell. */
  redactStreams(cell: CodeCell): void {
    if (this.isEmpty) return;
    for (const output of cell.outputs) if (output.output_type === "stream") output.text = this.redact(output.text);
  }

  /** For files that are written piece by piece: keeps back what may be the beginning of a value. */
  redactPieces(): { push(text: string): string; end(): string } {
    let kept = "";
    const longest = Math.max(0, ...this.#forms.map(([form]) => form.length - 1));
    return {
      push: (text) => {
        const all = this.redact(kept + text);
        const from = Math.max(0, all.length - longest);
        let at = all.length;
        for (let start = from; start < all.length && at === all.length; start += 1) {
          const tail = all.slice(start);
          if (this.#forms.some(([form]) => form.startsWith(tail))) at = start;
        }
        kept = all.slice(at);
        return all.slice(0, at);
      },
      end: () => kept,
    };
  }
}

function formsOf(value: string): Set<string> {
  const base64 = Buffer.from(value).toString("base64").replace(/=+$/, "");
  return new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), base64]);
}
