/**
 * A few worker threads over one shared WebAssembly memory, for the length of one call: whoever starts them closes them, also when the
 * call fails or is aborted. The main thread only waits for messages, so a kernel or a server goes on answering.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CellwrightError } from "../../errors.ts";
import { MODULE } from "../simd/module.ts";
import { CONTROL_WORDS, WORKER } from "./worker.ts";

/** The part of WebAssembly's interface that is used here: the compiler's library for Node does not declare it. */
interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (settings: { initial: number; maximum: number; shared: true }) => SharedMemory;
};

/** A piece of the shared memory. */
export interface Block<T> {
  /** Its address, a multiple of 16. */
  readonly pointer: number;
  readonly array: T;
}

/** A float32 field of a record; plain numbers are int32. */
export interface Float {
  readonly float: number;
}

export const float = (value: number): Float => ({ float: value });

/** A kernel, called for each of its chunks with `state`, the address of its record. */
export interface Phase {
  readonly kernel: string;
  readonly chunks: number;
  readonly state: number;
}

/** Copies of a part of the memory while a job runs. */
export interface Watch {
  /** After every so many steps. */
  readonly every: number;
  /** Where the values are after step s: at pointers[(s + 1) % pointers.length]. */
  readonly pointers: readonly number[];
  readonly length: number;
  readonly onValues: (values: Float32Array<ArrayBuffer>, step: number) => void;
}

/** How often the phases are done, and who looks on. */
export interface RunOptions {
  /** The number of the first step. Default: 0. */
  readonly first?: number;
  /** Default: 1. */
  readonly steps?: number;
  readonly watch?: Watch;
}

const PAGE = 65_536;
const MAXIMUM_PAGES = 65_536;
/** Kernels may read a vector beyond the end of a block. */
const SLACK = 64;

let compiled: object | undefined;

/** Worker threads, the memory they share and its allocation, which only grows: it goes with the threads. */
export class Threads {
  readonly count: number;
  readonly #memory: SharedMemory;
  readonly #workers: readonly Worker[];
  readonly #signal: AbortSignal | undefined;
  /** Settles the job that is running. */
  #settle: ((error?: unknown) => void) | undefined;
  #failure: { readonly error: unknown } | undefined;
  #watch: Watch | undefined;
  #free = 1024;

  readonly #onAbort = (): void => this.#fail(this.#signal!.reason);

  /** Throws the signal's reason when it is aborted already. */
  constructor(count: number, signal?: AbortSignal) {
    signal?.throwIfAborted();
    compiled ??= new WebAssembly.Module(Buffer.from(MODULE, "base64"));
    this.count = count;
    this.#signal = signal;
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
    const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
    this.#workers = Array.from({ length: count }, (_, thread) => {
      const workerData = { module: compiled, memory: this.#memory, control, thread, threads: count };
      const worker = new Worker(WORKER, {
        eval: true,
        workerData,
        execArgv: [],
        name: `cellwright manifold ${thread}`,
      });
      worker.on("error", (cause) => {
        const message = `a worker thread ended with an error: ${String(cause)}; there may be too little memory`;
        this.#fail(new CellwrightError("CW_WORKER", message, { cause }));
      });
      return worker;
    });
    this.#workers[0]!.on("message", (message: { done: true } | { step: number; values: Float32Array<ArrayBuffer> }) => {
      if ("done" in message) this.#settle?.();
      else {
        try {
          this.#watch?.onValues(message.values, message.step);
        } catch (error) {
          this.#fail(error);
        }
      }
    });
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Runs `use` with new threads and closes them, come what may. */
  static async with<T>(options: ThreadOptions, use: (threads: Threads) => Promise<T>): Promise<T> {
    const threads = new Threads(threadCount(options.threads), options.signal);
    try {
      return await use(threads);
    } finally {
      await threads.close();
    }
  }

  /**
   * `bytes` of zeros at a multiple of 16.
   *
   * @throws CW_MEMORY beyond 4 GB, or where the machine has no more
   */
  allocate(bytes: number): number {
    const pointer = this.#free;
    const end = pointer + Math.ceil(bytes / 16) * 16 + SLACK;
    const missing = Math.ceil(end / PAGE) - this.#memory.buffer.byteLength / PAGE;
    if (missing > 0) {
      try {
        if (end > MAXIMUM_PAGES * PAGE) throw new RangeError("beyond 4 GB");
        this.#memory.grow(missing);
      } catch (cause) {
        throw new CellwrightError(
          "CW_MEMORY",
          `expected to get ${Math.round(end / 1e6)} MB of shared memory (4,294 MB are the most); reduce the data: fewer rows, or principal components in place of pixels`,
          { cause },
        );
      }
    }
    this.#free = end;
    return pointer;
  }

  float32(length: number, values?: ArrayLike<number>): Block<Float32Array<SharedArrayBuffer>> {
    const pointer = this.allocate(4 * length);
    const array = new Float32Array(this.#memory.buffer, pointer, length);
    if (values) array.set(values);
    return { pointer, array };
  }

  int32(length: number, values?: ArrayLike<number>): Block<Int32Array<SharedArrayBuffer>> {
    const pointer = this.allocate(4 * length);
    const array = new Int32Array(this.#memory.buffer, pointer, length);
    if (values) array.set(values);
    return { pointer, array };
  }

  float64(length: number): Block<Float64Array<SharedArrayBuffer>> {
    const pointer = this.allocate(8 * length);
    return { pointer, array: new Float64Array(this.#memory.buffer, pointer, length) };
  }

  /** A record of 4-byte fields in the order given: the classes in scripts/wasm/manifold. */
  record<Name extends string>(fields: Readonly<Record<Name, number | Float>>): MemoryRecord<Name> {
    const names = Object.keys(fields) as Name[];
    const pointer = this.allocate(4 * names.length);
    const view = new DataView(this.#memory.buffer, pointer, 4 * names.length);
    const set = (name: Name, value: number | Float): void => {
      const at = 4 * names.indexOf(name);
      if (typeof value === "number") view.setInt32(at, value, true);
      else view.setFloat32(at, value.float, true);
    };
    for (const name of names) set(name, fields[name]);
    return { pointer, set };
  }

  /** Does the phases in their order, `steps` times. Rejects with the signal's reason when it is aborted. */
  async run(phases: readonly Phase[], options: RunOptions = {}): Promise<void> {
    const { first = 0, steps = 1, watch } = options;
    if (this.#failure) throw this.#failure.error;
    if (steps === 0) return;
    this.#watch = watch;
    const { onValues: _, ...copied } = watch ?? { onValues: undefined };
    await new Promise<void>((resolve, reject) => {
      this.#settle = () => {
        this.#settle = undefined;
        if (this.#failure) reject(this.#failure.error);
        else resolve();
      };
      for (const worker of this.#workers) worker.postMessage({ phases, first, steps, watch: watch && copied });
    });
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    // The others may be waiting for the one that is gone.
    for (const worker of this.#workers) void worker.terminate();
    this.#settle?.();
  }
}

/** A record in the shared memory. */
export interface MemoryRecord<Name extends string> {
  readonly pointer: number;
  readonly set: (name: Name, value: number | Float) => void;
}

/** Options of everything that runs in worker threads. */
export interface ThreadOptions {
  /** Worker threads; no number of them changes a result. Default: as many as the machine runs at once, at most 16. */
  readonly threads?: number;
  /** Ends the work: the promise rejects with the signal's reason. In a notebook: `cell.signal`. */
  readonly signal?: AbortSignal;
}

/** @throws CW_OPTION */
export function threadCount(threads = Math.min(16, availableParallelism())): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 64) return threads;
  throw new CellwrightError("CW_OPTION", `threads must be a whole number from 1 to 64; got ${threads}`);
}

/** So many rows a chunk that there are about `chunks`; a multiple of 8. */
export function chunkRows(rows: number, chunks = 128): number {
  return Math.max(8, Math.ceil(rows / chunks / 8) * 8);
}
