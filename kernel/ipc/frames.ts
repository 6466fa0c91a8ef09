// What supervisor and evaluator say to each other over plain descriptors: length-framed, binary-safe, and written with a
// blocking call on the evaluator's side, so that back-pressure works even in a synchronous loop.
//
//   u32 payload length | u8 kind | u32 cell serial | payload

const { Buffer } = globalThis;
const HEADER = 9;

/** Evaluator to supervisor. */
export const Kind = {
  /** Text of the cell, UTF-8. */
  stdout: 1,
  stderr: 2,
  /** An iopub message: u8 length of its type, type, JSON of its content, passed through as it is. */
  publish: 3,
  /** JSON: how the cell ended ({@link Outcome}). */
  done: 4,
  /** JSON: an error outside any cell's promise, such as in a timer. */
  uncaught: 5,
  /** JSON `{ code }`: the process ends because user code asked for it. */
  exit: 6,
  /** Supervisor to evaluator: JSON of an {@link ExecuteCommand}. */
  execute: 16,
  /** Supervisor to the evaluator's watcher: stop the cell of this serial. */
  interrupt: 17,
} as const;

export interface ExecuteCommand {
  readonly code: string;
  /** Shown in stacks as the script's name. */
  readonly url: string;
  readonly executionCount: number;
  readonly silent: boolean;
}

/** An error as text: the supervisor takes its positions back to the cell. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** For a syntax error that only V8 found. */
  readonly line?: number;
  readonly column?: number;
}

export type Outcome =
  | { readonly status: "ok" }
  | { readonly status: "error"; readonly error: ErrorReport }
  | { readonly status: "interrupted" };

export interface Frame {
  readonly kind: number;
  readonly serial: number;
  readonly payload: Buffer;
}

export function encodeFrame(kind: number, serial: number, payload: string | Uint8Array): Buffer {
  const length = typeof payload === "string" ? Buffer.byteLength(payload) : payload.byteLength;
  const frame = Buffer.allocUnsafe(HEADER + length);
  frame.writeUInt32LE(length, 0);
  frame[4] = kind;
  frame.writeUInt32LE(serial, 5);
  if (typeof payload === "string") frame.write(payload, HEADER);
  else frame.set(payload, HEADER);
  return frame;
}

export function encodePublish(serial: number, type: string, content: string): Buffer {
  const size = Buffer.byteLength(content);
  const frame = Buffer.allocUnsafe(HEADER + 1 + type.length + size);
  frame.writeUInt32LE(1 + type.length + size, 0);
  frame[4] = Kind.publish;
  frame.writeUInt32LE(serial, 5);
  frame[HEADER] = type.length;
  frame.write(type, HEADER + 1, "latin1");
  frame.write(content, HEADER + 1 + type.length);
  return frame;
}

export function decodePublish(payload: Buffer): { type: string; content: Buffer } {
  const end = 1 + payload[0]!;
  return { type: payload.toString("latin1", 1, end), content: payload.subarray(end) };
}

/** Puts frames together from the pieces in which a stream delivers them. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #size = 0;
  #needed = HEADER;

  /** Calls `onFrame` for every frame that this piece completes. */
  push(piece: Buffer, onFrame: (frame: Frame) => void): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#needed) return;
    let data = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#size);
    while (data.length >= HEADER) {
      const end = HEADER + data.readUInt32LE(0);
      if (data.length < end) break;
      onFrame({ kind: data[4]!, serial: data.readUInt32LE(5), payload: data.subarray(HEADER, end) });
      data = data.subarray(end);
    }
    this.#needed = data.length >= HEADER ? HEADER + data.readUInt32LE(0) : HEADER;
    this.#pieces = data.length === 0 ? [] : [data];
    this.#size = data.length;
  }
}
