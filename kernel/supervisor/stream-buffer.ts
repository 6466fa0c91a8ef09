// Text that a cell prints, gathered for a few milliseconds into one message: one message a line overruns the rate limits of
// jupyter_server, which then drops output. Order between the two streams is kept, and a character whose bytes arrive in
// two pieces stays whole.

import { StringDecoder } from "node:string_decoder";

const DELAY = 8; // milliseconds
const LIMIT = 256 * 1024; // characters in one message

export type StreamName = "stdout" | "stderr";

/** Bytes that arrive over one way (a frame, descriptor 1, …) and stream. */
export interface Source {
  readonly name: StreamName;
  readonly decoder: StringDecoder;
}

export function source(name: StreamName): Source {
  return { name, decoder: new StringDecoder("utf8") };
}

export class StreamBuffer<Parent> {
  readonly #publish: (parent: Parent, name: StreamName, text: string) => void;
  #parent: Parent | undefined;
  #name: StreamName = "stdout";
  #text = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (parent: Parent, name: StreamName, text: string) => void) {
    this.#publish = publish;
  }

  write(parent: Parent, { name, decoder }: Source, bytes: Buffer): void {
    this.add(parent, name, decoder.write(bytes));
  }

  add(parent: Parent, name: StreamName, text: string): void {
    if (text === "") return;
    if (this.#name !== name || this.#parent !== parent) this.flush();
    this.#name = name;
    this.#parent = parent;
    this.#text += text;
    if (this.#text.length >= LIMIT) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), DELAY);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#publish(this.#parent!, this.#name, text);
  }
}
