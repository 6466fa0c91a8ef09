// Printed text on its way to the supervisor. A few lines go out at once, one write each, so that a crash right after them
// takes nothing along. A flood is gathered, 64 kB a write, in memory that the watcher thread shares: if the main thread
// falls silent, computing in a loop say, the watcher sends what is left within two milliseconds. So output is both live
// and cheap.
//
// Layout of the shared memory: four int32 of control, then one frame under construction.

import { writeSync } from "node:fs";
import { FRAME_HEADER, writeFrameHeader } from "../ipc/frames.ts";

const { Atomics, Buffer, Int32Array, Math, performance, process, SharedArrayBuffer } = globalThis;

const DESCRIPTOR = 3;
const CONTROL = 16; // bytes
const CAPACITY = 64 * 1024;
const LIVE_WRITES = 32; // in one window, before gathering begins
const WINDOW = 1; // milliseconds

// Places in the control words.
const LOCK = 0;
const LENGTH = 1;
const PENDING = 2;
const PAUSE = 3; // never changes: something to wait on

// Who holds the lock. The main thread may be terminated while it does; no other work of its own can be under way, so it
// takes its own lock again.
const FREE = 0;
const MAIN = 1;
const WATCHER = 2;

const unlocked = (control: Int32Array, me: number): boolean => {
  const holder = Atomics.compareExchange(control, LOCK, FREE, me);
  return holder === FREE || holder === me;
};

function lock(control: Int32Array, me: number): void {
  while (!unlocked(control, me)) Atomics.wait(control, PAUSE, 0, 0.2);
}

/** Writes all of it, waiting while the reader is behind. */
export function writeFully(bytes: Uint8Array): void {
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
const pause = new Int32Array(new SharedArrayBuffer(4));

/** The main thread's side. */
export class TextBuffer {
  readonly shared = new SharedArrayBuffer(CONTROL + CAPACITY);
  readonly #control = new Int32Array(this.shared, 0, CONTROL / 4);
  readonly #frame = Buffer.from(this.shared, CONTROL);
  #kind = 0;
  #serial = 0;
  #windowStart = 0;
  #writes = 0;

  /** Text of one stream and cell. */
  write(kind: number, serial: number, chunk: string | Uint8Array): void {
    lock(this.#control, MAIN);
    const now = performance.now();
    if (now - this.#windowStart > WINDOW) {
      this.#windowStart = now;
      this.#writes = 0;
      this.#send();
    }
    this.#writes += 1;
    if (kind !== this.#kind || serial !== this.#serial) this.#send();
    this.#append(kind, serial, chunk);
    if (this.#writes <= LIVE_WRITES) this.#send();
    Atomics.store(this.#control, LOCK, FREE);
  }

  /** Frames that must come after all text so far. */
  writeFrame(frame: Uint8Array): void {
    lock(this.#control, MAIN);
    this.#send();
    writeFully(frame);
    Atomics.store(this.#control, LOCK, FREE);
  }

  #append(kind: number, serial: number, chunk: string | Uint8Array): void {
    const most = typeof chunk === "string" ? 3 * chunk.length : chunk.byteLength; // bytes of UTF-8
    let length = Atomics.load(this.#control, LENGTH);
    if (length + most > CAPACITY) {
      this.#send();
      length = 0;
    }
    if (FRAME_HEADER + most > CAPACITY) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
      const header = Buffer.alloc(FRAME_HEADER);
      writeFrameHeader(header, kind, serial, bytes.byteLength);
      writeFully(header);
      writeFully(bytes);
      return;
    }
    const at = Math.max(length, FRAME_HEADER);
    if (typeof chunk === "string") length = at + this.#frame.write(chunk, at, "utf8");
    else {
      this.#frame.set(chunk, at);
      length = at + chunk.byteLength;
    }
    this.#kind = kind;
    this.#serial = serial;
    writeFrameHeader(this.#frame, kind, serial, length - FRAME_HEADER);
    Atomics.store(this.#control, LENGTH, length);
    if (this.#writes > LIVE_WRITES && Atomics.exchange(this.#control, PENDING, 1) === 0) {
      Atomics.notify(this.#control, PENDING);
    }
  }

  #send(): void {
    sendFrame(this.#control, this.#frame);
  }
}

/** To be called with the lock held. The length goes first: a termination in between may lose the text, but not send it twice. */
function sendFrame(control: Int32Array, frame: Buffer): void {
  const length = Atomics.exchange(control, LENGTH, 0);
  if (length > 0) writeFully(frame.subarray(0, length));
}

/** The watcher's side: sends what the main thread has left for longer than `delay` milliseconds, for ever. */
export async function sendWhatIsLeft(shared: SharedArrayBuffer, delay: number): Promise<never> {
  const control = new Int32Array(shared, 0, CONTROL / 4);
  const frame = Buffer.from(shared, CONTROL);
  for (;;) {
    await Atomics.waitAsync(control, PENDING, 0).value;
    await new Promise((resolve) => setTimeout(resolve, delay));
    Atomics.store(control, PENDING, 0);
    lock(control, WATCHER);
    sendFrame(control, frame);
    Atomics.store(control, LOCK, FREE);
  }
}
