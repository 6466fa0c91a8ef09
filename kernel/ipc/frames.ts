// What supervisor and evaluator say to each other over plain descriptors: length-framed, binary-safe, and written with a
// blocking call on the evaluator's side, so that back-pressure works even in a synchronous loop.
//
//   u32 payload length | u8 kind | u32 serial of the cell or message that it belongs to | payload

const { Buffer, JSON } = globalThis;
/** Bytes in front of every payload. */
export const FRAME_HEADER = 9;
const HEADER = FRAME_HEADER;

export const Kind = {
  // Evaluator to supervisor.
  /** Text of the cell, UTF-8. */
  stdout: 1,
  stderr: 2,
  /** An iopub message ({@link encodeMessage}), passed through as it is. */
  publish: 3,
  /** JSON: how the cell ended ({@link Outcome}). */
  done: 4,
  /** JSON: an error outside any cell's promise, such as in a timer. */
  uncaught: 5,
  /** JSON `{ code }`: the process ends because user code asked for it. */
  exit: 6,
  /** A comm message from the page has been handled. */
  handled: 7,
  /** JSON: an {@link InputRequest}; the evaluator waits for the answer. */
  input: 8,

  // Supervisor to the evaluator's main thread.
  /** JSON of an {@link ExecuteCommand}. */
  execute: 16,
  /** A comm message from the page ({@link encodeMessage}). */
  comm: 17,

  // Supervisor to the evaluator's watcher thread.
  /** Stop the cell of this serial; all, if it is 0. */
  interrupt: 24,
  /** JSON of an {@link InputAnswer}. */
  answer: 25,
  /** JSON of an order to V8's inspector (`kernel/evaluator/inspector-relay.ts`); the serial is that of the order. */
  inspect: 26,

  // The watcher to the supervisor, on the same descriptor 5.
  /** JSON: what V8's inspector answered; an event, if the serial is 0. */
  inspected: 32,
} as const;

export interface ExecuteCommand {
  readonly code: string;
  /** Shown in stacks as the script's name. */
  readonly url: string;
  readonly executionCount: number;
  readonly silent: boolean;
  /** Evaluated after the cell; name to prepared code. */
  readonly expressions: Readonly<Record<string, string>>;
}

export interface InputRequest {
  readonly prompt: string;
  readonly password: boolean;
}

export type InputAnswer = { readonly value: string } | { readonly refused: string };

/** An error as text: the supervisor takes its positions back to the cell. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** The stack is a sentence for people, and no stack. */
  readonly plain?: boolean;
  /** For a syntax error that only V8 found. */
  readonly line?: number;
  readonly column?: number;
}

export type ExpressionResult =
  | { readonly status: "ok"; readonly data: object; readonly metadata: object }
  | { readonly status: "error"; readonly error: ErrorReport };

/** What the evaluator's process holds when a cell has ended. */
export interface Usage {
  /** Bytes of memory. */
  readonly memory: number;
  /** TensorFlow.js's tensors, and its back end; absent where it was not loaded. */
  readonly tensors?: number;
  readonly backend?: string;
}

export type Outcome =
  | {
      readonly status: "ok";
      readonly expressions: Readonly<Record<string, ExpressionResult>>;
      readonly payload: readonly object[];
    }
  | { readonly status: "error"; readonly error: ErrorReport }
  | { readonly status: "interrupted" };

export interface Frame {
  readonly kind: number;
  readonly serial: number;
  readonly payload: Buffer;
}

export function encodeFrame(kind: number, serial: number, payload: string | Uint8Array): Buffer {
  const length = typeof payload === "string" ? Buffer.byteLength(payload) : payload.byteLength;
  const frame = allocateFrame(kind, serial, length);
  if (typeof payload === "string") frame.write(payload, HEADER);
  else frame.set(payload, HEADER);
  return frame;
}

function allocateFrame(kind: number, serial: number, length: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + length);
  writeFrameHeader(frame, kind, serial, length);
  return frame;
}

/** The first bytes of a frame whose payload has `length` bytes. */
export function writeFrameHeader(frame: Buffer, kind: number, serial: number, length: number): void {
  frame.writeUInt32LE(length, 0);
  frame[4] = kind;
  frame.writeUInt32LE(serial, 5);
}

/** A Jupyter message without what the receiver can make itself. */
export interface MessageBody {
  readonly type: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** JSON: written once, by whoever made it, and never parsed on its way. */
  readonly content: string | Uint8Array;
  readonly buffers?: readonly Uint8Array[] | undefined;
}

/** A frame that holds a message: u32 length of the head, head as JSON, content as JSON, buffers. */
export function encodeMessage(
  kind: number,
  serial: number,
  { type, metadata, content, buffers = [] }: MessageBody,
): Buffer {
  const contentLength = typeof content === "string" ? Buffer.byteLength(content) : content.byteLength;
  const lengths = [contentLength, ...buffers.map((buffer) => buffer.byteLength)];
  const head = JSON.stringify({ type, metadata, lengths });
  const headLength = Buffer.byteLength(head);
  const frame = allocateFrame(kind, serial, 4 + headLength + lengths.reduce((sum, length) => sum + length, 0));
  frame.writeUInt32LE(headLength, HEADER);
  frame.write(head, HEADER + 4);
  let at = HEADER + 4 + headLength;
  if (typeof content === "string") frame.write(content, at);
  else frame.set(content, at);
  at += contentLength;
  for (const buffer of buffers) {
    frame.set(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength), at);
    at += buffer.byteLength;
  }
  return frame;
}

export interface ReceivedMessage {
  readonly type: string;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly content: Buffer;
  readonly buffers: readonly Buffer[];
}

export function decodeMessage(payload: Buffer): ReceivedMessage {
  let at = 4 + payload.readUInt32LE(0);
  const { type, metadata, lengths } = JSON.parse(payload.toString("utf8", 4, at)) as {
    type: string;
    metadata?: Record<string, unknown>;
    lengths: number[];
  };
  const [content, ...buffers] = lengths.map((length) => {
    at += length;
    return payload.subarray(at - length, at);
  });
  return { type, metadata, content: content!, buffers };
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
