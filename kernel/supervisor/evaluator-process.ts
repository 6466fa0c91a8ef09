// The evaluator as the supervisor sees it: a child process that may be started, given a cell, interrupted, and replaced.
// Descriptors: 1 and 2 carry what native code and inherited children write, 3 everything the cell says, 4 the cells, 5 the
// watcher's orders and, the other way, what V8's inspector answers it. Reading pauses while the client is behind, which
// holds the child back through its blocking writes.

import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import {
  type ExecuteCommand,
  encodeFrame,
  encodeMessage,
  type Frame,
  FrameReader,
  type InputAnswer,
  Kind,
  type MessageBody,
} from "../ipc/frames.ts";

const MAIN = fileURLToPath(new URL("../evaluator/main.js", import.meta.url));

// Without the first flag Node aborts when a loop inside a timer callback is terminated ("async hook stack has become
// corrupted"); the warning that the second silences speaks of the module loader that the kernel uses on purpose.
// The third lets Node 20 import WebAssembly, as newer Node does by itself.
const FLAGS = ["--no-force-async-hooks-checks", "--disable-warning=ExperimentalWarning", "--experimental-wasm-modules"];

const DESCRIPTORS = ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"] as const;

export interface EvaluatorListener {
  onFrame(frame: Frame): void;
  /** Bytes written to descriptor 1 or 2 past the evaluator. */
  onRawOutput(name: "stdout" | "stderr", bytes: Buffer): void;
  /** An answer of V8's inspector to the order with this id, or an event, if that is 0. */
  onInspected(id: number, payload: Buffer): void;
  /** The process is gone and everything it wrote has been delivered. */
  onExit(code: number | null, signal: NodeJS.Signals | null): void;
}

export class EvaluatorProcess {
  readonly #child: ChildProcess;
  readonly #reader = new FrameReader();
  readonly #commands: Writable;
  readonly #orders: Duplex;

  constructor() {
    this.#child = spawn(process.execPath, [...FLAGS, MAIN], { stdio: [...DESCRIPTORS] });
    const descriptors: readonly unknown[] = this.#child.stdio;
    this.#commands = descriptors[4] as Writable;
    this.#orders = descriptors[5] as Duplex;
    for (const stream of [this.#commands, this.#orders]) stream.on("error", () => {}); // the child is going: see onExit
  }

  /** Until somebody listens, what the child says waits in its pipes. */
  listen(listener: EvaluatorListener): void {
    const [frames, stdout, stderr] = this.#outputs();
    frames.on("data", (piece: Buffer) => this.#reader.push(piece, (frame) => listener.onFrame(frame)));
    stdout.on("data", (bytes: Buffer) => listener.onRawOutput("stdout", bytes));
    stderr.on("data", (bytes: Buffer) => listener.onRawOutput("stderr", bytes));
    const answers = new FrameReader();
    this.#orders.on("data", (piece: Buffer) =>
      answers.push(piece, ({ serial, payload }) => listener.onInspected(serial, payload)),
    );
    this.#child.on("error", () => listener.onExit(null, null));
    this.#child.on("close", (code, signal) => listener.onExit(code, signal));
  }

  execute(serial: number, command: ExecuteCommand): void {
    this.#commands.write(encodeFrame(Kind.execute, serial, JSON.stringify(command)));
  }

  sendComm(serial: number, message: MessageBody): void {
    this.#commands.write(encodeMessage(Kind.comm, serial, message));
  }

  answer(serial: number, answer: InputAnswer): void {
    this.#orders.write(encodeFrame(Kind.answer, serial, JSON.stringify(answer)));
  }

  /** For V8's inspector: JSON of its method and parameters. */
  inspect(id: number, order: string): void {
    this.#orders.write(encodeFrame(Kind.inspect, id, order));
  }

  interrupt(serial: number): void {
    this.#orders.write(encodeFrame(Kind.interrupt, serial, ""));
  }

  pause(): void {
    for (const stream of this.#outputs()) stream.pause();
  }

  resume(): void {
    for (const stream of this.#outputs()) stream.resume();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #outputs(): [frames: Readable, stdout: Readable, stderr: Readable] {
    return [this.#child.stdio[3] as Readable, this.#child.stdout!, this.#child.stderr!];
  }
}
