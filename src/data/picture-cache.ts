/**
 * Pictures that are decoded when they are needed, and a memory of bounded size for those that were.
 *
 * A thread of its own decodes: who is busy with a training step, or blocked in one, does not hold it up. It writes into shared memory, a picture to a slot, and sets the slot's state; whoever wants a picture waits for that state,
 * in the event loop where the picture was announced early enough, else by blocking. So decoding runs beside the work on the batch before, and whatever the timing is, a picture's bytes are those of its file.
 *
 * Where the memory is full, the picture decoded last that nobody waits for makes room. A training reads every picture once an epoch, in a new order: who evicted the least recently used would evict most of them before they are read again, while so
 * the share of pictures that fits in stays, and need not be decoded a second time.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { CellwrightError } from "../errors.ts";
import { type DecodeJob, type DecodeProblem, type DecoderSettings, slotState } from "./decode-worker.ts";
import type { DecodeOptions } from "./image-file.ts";
import type { Announcement, PixelSource } from "./store.ts";

// Among the sources, where only tests are, the built file runs: Node 20 reads no TypeScript.
const file = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/src/data/decode-worker.js" : "./decode-worker.js",
  import.meta.url,
);

/** Milliseconds without a picture after which the thread counts as lost. */
const PATIENCE = 60_000;

/** A picture to decode: its file, and its name in messages. */
export interface PictureFile {
  readonly path: string;
  readonly id: string;
}

/** What the pictures are like, and how much of them is kept. */
export interface PictureCacheOptions {
  readonly height: number;
  readonly width: number;
  readonly decode: DecodeOptions;
  /** Bytes. At least one picture is kept. */
  readonly cacheBytes: number;
}

/** The pictures of `files`, by their number there. */
export class PictureCache implements PixelSource {
  readonly #files: readonly PictureFile[];
  readonly #size: number;
  readonly #pixels: Uint8Array;
  readonly #states: Int32Array;
  /** Where pictures are, or will be. */
  readonly #slots = new Map<number, number>();
  /** The same pictures in the order in which they were asked for. */
  readonly #order: number[] = [];
  readonly #free: number[];
  /** How many announcements wait for a picture. */
  readonly #pins = new Map<number, number>();
  readonly #decoder: Decoder;
  #decoded = 0;

  constructor(files: readonly PictureFile[], { height, width, decode, cacheBytes }: PictureCacheOptions) {
    this.#files = files;
    this.#size = height * width * decode.channels;
    const slots = Math.min(files.length, Math.max(1, Math.floor(cacheBytes / this.#size)));
    this.#pixels = new Uint8Array(new SharedArrayBuffer(slots * this.#size));
    this.#states = new Int32Array(new SharedArrayBuffer(4 * slots));
    this.#free = Array.from({ length: slots }, (_, i) => slots - 1 - i);
    this.#decoder = new Decoder({ pixels: this.#pixels, states: this.#states, height, width, decode });
    abandoned.register(this, this.#decoder);
  }

  /** How many pictures the thread was asked for until now: a measure of what the memory saves. */
  get decoded(): number {
    return this.#decoded;
  }

  /** Whether a picture is decoded already. */
  has(row: number): boolean {
    return this.#slots.has(row) && this.#stateOf(row) !== slotState.waiting;
  }

  announce(rows: Uint32Array): Announcement {
    const pinned: number[] = [];
    for (const row of rows) {
      if (!this.#slots.has(row) && !this.#ask(row)) continue;
      pinned.push(row);
      this.#pins.set(row, (this.#pins.get(row) ?? 0) + 1);
    }
    this.#decoder.send();
    let released = false;
    return {
      ready: this.#settled(pinned),
      release: () => {
        if (released) return;
        released = true;
        for (const row of pinned) {
          const left = this.#pins.get(row)! - 1;
          if (left > 0) this.#pins.set(row, left);
          else this.#pins.delete(row);
        }
      },
    };
  }

  read(rows: ArrayLike<number>, take: (bytes: Uint8Array, place: number) => void): void {
    // As many at once as half the memory holds: the thread decodes some while others are taken.
    const most = Math.max(1, this.#states.length >> 1);
    for (let start = 0; start < rows.length; start += most) {
      const part = Array.from({ length: Math.min(most, rows.length - start) }, (_, i) => rows[start + i]!);
      const wanted = new Set(part);
      for (const row of wanted) if (!this.#slots.has(row)) this.#makeRoom(row, wanted);
      this.#decoder.send();
      part.forEach((row, i) => {
        const slot = this.#slots.get(row)!;
        this.#block(slot);
        if (this.#states[slot] === slotState.failed) throw this.#failure(row);
        take(this.#pixels.subarray(slot * this.#size, (slot + 1) * this.#size), start + i);
      });
    }
  }

  /** Has a picture decoded that is not there; whoever must make room for it, unless it is `wanted` too. */
  #makeRoom(row: number, wanted: ReadonlySet<number>): void {
    if (this.#ask(row, wanted)) return;
    const at = this.#order.findLastIndex((other) => !wanted.has(other));
    this.#decoder.send();
    this.#block(this.#slots.get(this.#order[at]!)!);
    this.#evict(at);
    this.#ask(row, wanted);
  }

  /** Has a picture decoded that is not there; false where there is no room for it. */
  #ask(row: number, wanted?: ReadonlySet<number>): boolean {
    if (this.#free.length === 0) {
      const isLoose = (other: number) =>
        !wanted?.has(other) && !this.#pins.has(other) && this.#stateOf(other) !== slotState.waiting;
      const at = this.#order.findLastIndex(isLoose);
      if (at < 0) return false;
      this.#evict(at);
    }
    const slot = this.#free.pop()!;
    this.#slots.set(row, slot);
    this.#order.push(row);
    Atomics.store(this.#states, slot, slotState.waiting);
    this.#decoder.add({ row, slot, path: this.#files[row]!.path });
    this.#decoded++;
    return true;
  }

  #evict(at: number): void {
    const [row] = this.#order.splice(at, 1);
    this.#free.push(this.#slots.get(row!)!);
    this.#slots.delete(row!);
  }

  #stateOf(row: number): number {
    return Atomics.load(this.#states, this.#slots.get(row)!);
  }

  /** Until these pictures are decoded, or cannot be: who reads them is told. The event loop goes on. */
  async #settled(rows: readonly number[]): Promise<void> {
    const states = this.#states;
    const slots = rows.map((row) => this.#slots.get(row)!);
    this.#decoder.hold(true);
    try {
      for (const slot of slots) {
        while (!this.#decoder.lost && Atomics.load(states, slot) === slotState.waiting) {
          await Atomics.waitAsync(states, slot, slotState.waiting, PATIENCE).value;
        }
      }
    } finally {
      this.#decoder.hold(false);
    }
  }

  #block(slot: number): void {
    while (Atomics.load(this.#states, slot) === slotState.waiting) {
      if (!this.#decoder.lost && Atomics.wait(this.#states, slot, slotState.waiting, PATIENCE) !== "timed-out")
        continue;
      throw new CellwrightError(
        "CW_WORKER_LOST",
        `the thread that decodes pictures does not answer${this.#decoder.lost ? ` (${this.#decoder.lost})` : ""}: load the folder again, with decode: "load" if it happens again`,
      );
    }
  }

  #failure(row: number): CellwrightError {
    const { id } = this.#files[row]!;
    const reason = this.#decoder.problem(row) ?? "it cannot be decoded";
    return new CellwrightError(
      "CW_IMAGES_UNREADABLE",
      `${id} cannot be read: ${reason}; repair it, leave it out with filter, or load the folder with decode: "load", which passes over such pictures and lists them`,
    );
  }
}

/** The thread; it keeps no program alive, except while somebody waits. */
class Decoder {
  readonly #settings: DecoderSettings;
  readonly #problems = new Map<number, string>();
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #jobs: DecodeJob[] = [];
  #holds = 0;
  /** Why there is no thread any more. */
  lost: string | undefined;

  constructor(settings: DecoderSettings) {
    this.#settings = settings;
  }

  add(job: DecodeJob): void {
    this.#jobs.push(job);
  }

  /** Gives the jobs added since the last call to the thread, and starts it before the first. */
  send(): void {
    if (this.#jobs.length === 0) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(this.#jobs);
    this.#jobs = [];
  }

  /** What was wrong with a picture. */
  problem(row: number): string | undefined {
    // By hand: a thread that is blocked hears no events.
    for (let got = this.#take(); got; got = this.#take()) this.#problems.set(got.row, got.reason);
    return this.#problems.get(row);
  }

  #take(): DecodeProblem | undefined {
    return this.#port && receiveMessageOnPort(this.#port)?.message;
  }

  hold(on: boolean): void {
    this.#holds += on ? 1 : -1;
    if (this.#holds > 0) this.#worker?.ref();
    else this.#worker?.unref();
  }

  end(): void {
    void this.#worker?.terminate();
  }

  #start(): Worker {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.unref();
    const worker = new Worker(file, {
      name: "cellwright-decode",
      execArgv: [],
      workerData: { ...this.#settings, problems: port2 },
      transferList: [port2],
    });
    worker.unref();
    const lose = (why: string) => {
      this.lost ??= why;
      // Whoever waits looks again.
      this.#settings.states.forEach((_, slot) => void Atomics.notify(this.#settings.states, slot));
    };
    worker.on("error", (error) => lose(error.message));
    worker.on("exit", (code) => lose(`it ended with code ${code}`));
    return worker;
  }
}

/** The thread of pictures that nobody can ask for any more. */
const abandoned = new FinalizationRegistry<Decoder>((decoder) => decoder.end());
