// The evaluator's way out: every byte that a cell produces goes through descriptor 3 in the order in which it was produced.
// Writes block, so a fast cell is held back by a slow reader instead of filling memory.

import { encodeFrame, encodeMessage, Kind, type MessageBody } from "../ipc/frames.ts";
import type { Attribution } from "./attribution.ts";
import { TextBuffer } from "./text-buffer.ts";

const { Buffer, process } = globalThis;

export class Output {
  readonly text = new TextBuffer();
  readonly #attribution: Attribution;

  constructor(attribution: Attribution) {
    this.#attribution = attribution;
  }

  /** An iopub message of the running cell. */
  publish(message: MessageBody): void {
    this.text.writeFrame(encodeMessage(Kind.publish, this.#attribution.serial, message));
  }

  send(kind: number, payload: string, serial = this.#attribution.serial): void {
    this.text.writeFrame(encodeFrame(kind, serial, payload));
  }

  /** From now on `process.stdout` and `process.stderr`, and so `console`, write to the cell. */
  captureStreams(): void {
    this.#capture(process.stdout, Kind.stdout);
    this.#capture(process.stderr, Kind.stderr);
  }

  #capture(stream: NodeJS.WriteStream, kind: number): void {
    type Callback = (error?: Error | null) => void;
    stream.write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Callback, callback?: Callback): boolean => {
      const bytes =
        typeof chunk === "string" && typeof encoding === "string" && encoding !== "utf8"
          ? Buffer.from(chunk, encoding)
          : chunk;
      this.text.write(kind, this.#attribution.serial, bytes);
      const done = typeof encoding === "function" ? encoding : callback;
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }
}
