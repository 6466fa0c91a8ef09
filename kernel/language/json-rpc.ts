// JSON-RPC 2.0 over two streams, framed as the Language Server Protocol frames it (specification 3.17, "Base Protocol"):
// a header with the length in bytes, an empty line, the message.

import type { Readable, Writable } from "node:stream";

interface Incoming {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const SEPARATOR = "\r\n\r\n";

/** Requests of the other side are answered by `answer`; its notifications are dropped. */
export class JsonRpc {
  readonly #output: Writable;
  readonly #answer: (method: string, params: unknown) => unknown;
  readonly #waiting = new Map<number, Waiting>();
  #pieces: Buffer[] = [];
  #size = 0;
  #needed = 0;
  #count = 0;
  #closed: Error | undefined;

  constructor(input: Readable, output: Writable, answer: (method: string, params: unknown) => unknown) {
    this.#output = output;
    this.#answer = answer;
    input.on("data", (piece: Buffer) => this.#push(piece));
    output.on("error", () => {}); // the other side is going: `close` tells those who wait
  }

  /** Rejects with the error that the other side reports, or with that of `close`. */
  request<Result>(method: string, params: unknown): Promise<Result> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params: unknown): void {
    if (this.#closed === undefined) this.#send({ method, params });
  }

  close(reason: Error): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#output.write(`Content-Length: ${Buffer.byteLength(body)}${SEPARATOR}${body}`);
  }

  #push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#needed) return;
    let data = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces, this.#size);
    this.#needed = 0;
    for (let end = data.indexOf(SEPARATOR); end >= 0; end = data.indexOf(SEPARATOR)) {
      const length = Number(/content-length: *(\d+)/i.exec(data.toString("latin1", 0, end))?.[1] ?? 0);
      const from = end + SEPARATOR.length;
      if (data.length < from + length) {
        this.#needed = from + length;
        break;
      }
      this.#receive(JSON.parse(data.toString("utf8", from, from + length)) as Incoming);
      data = data.subarray(from + length);
    }
    this.#pieces = data.length === 0 ? [] : [data];
    this.#size = data.length;
  }

  #receive({ id, method, params, result, error }: Incoming): void {
    if (method !== undefined) {
      if (id !== undefined) this.#send({ id, result: this.#answer(method, params) ?? null });
      return;
    }
    const waiting = this.#waiting.get(Number(id));
    this.#waiting.delete(Number(id));
    if (error !== undefined) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}
