// The evaluator's way out: every byte that a cell produces goes through descriptor 3 in the order in which it was produced.
// Writes block, so a fast cell is held back by a slow reader instead of filling memory, and what was printed before a
// crash is already out.

import { writeSync } from "node:fs";
import { encodeFrame, encodeMessage, Kind, type MessageBody } from "../ipc/frames.ts";
import type { Attribution } from "./attribution.ts";

const { Atomics, Buffer, Int32Array, process, SharedArrayBuffer } = globalThis;
const DESCRIPTOR = 3;
const pause = new Int32Array(new SharedArrayBuffer(4));

export class Output {
  readonly #attribution: Attribution;

  constructor(attribution: Attribution) {
    this.#attribution = attribution;
  }

  /** An iopub message of the running cell. */
  publish(message: MessageBody): void {
    writeFully(encodeMessage(Kind.publish, this.#attribution.serial, message));
  }

  send(kind: number, payload: string, serial = this.#attribution.serial): void {
    writeFully(encodeFrame(kind, serial, payload));
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
      writeFully(encodeFrame(kind, this.#attribution.serial, bytes));
      const done = typeof encoding === "function" ? encoding : callback;
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }
}

function writeFully(bytes: Buffer): void {
  let from = 0;
  while (from < bytes.length) {
    try {
      from += writeSync(DESCRIPTOR, bytes, from);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") Atomics.wait(pause, 0, 0, 1);
      else if (code === "EPIPE") process.kill(process.pid, "SIGKILL");
      else throw error;
    }
  }
}
