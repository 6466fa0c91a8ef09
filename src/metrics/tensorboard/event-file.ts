/**
 * Event files: what TensorBoard reads. A file is a row of framed protocol buffers, each an event with a time, a step and
 * values under tags; the folder that holds it is the run.
 *
 * An event goes to the operating system in one write when it is made, so nothing is lost when the process dies, and a
 * viewer sees it at once. Where a write fails half-way (a full disk), the file is cut back to its last whole event: what
 * is there can be read, and so can what follows when there is room again. This is the one kind of file that is not
 * written under another name first: TensorBoard follows it while it grows.
 */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { CellwrightError } from "../../errors.ts";
import { histogramOf } from "./histogram.ts";
import { encodeImage, type ImagePixels } from "./image.ts";
import {
  histogramValue,
  imageValue,
  type SummaryValue,
  scalarValue,
  sessionEndValue,
  sessionStartValue,
  startEvent,
  summaryEvent,
  textValue,
  versionEvent,
} from "./messages.ts";
import { frame } from "./record.ts";

/** Options of `EventFileWriter`. */
export interface EventFileWriterOptions {
  /** The clock, in seconds since 1970: for files that are the same in every run. Default: the system's. */
  readonly now?: () => number;
}

/** Settings of a run: texts, numbers, yes or no. */
export type HyperParameters = Readonly<Record<string, string | number | boolean>>;

/** Files that this process has opened: part of their names. */
let opened = 0;

/**
 * Writes an event file. Its name is `events.out.tfevents.` with time, host and process, as TensorBoard expects; every
 * writer makes a file of its own, so several may share a folder.
 *
 * A tag is a name such as "loss"; one with a slash ("weights/dense") is grouped by what stands before it. A step is a
 * whole number from 0 on.
 *
 * @throws CW_EVENT_FILE where the file cannot be made or written (a full disk), and after `close`; CW_OPTION for an empty
 * tag or a step that is none
 * @example
 * const writer = new EventFileWriter("runs/first");
 * for (let step = 1; step <= 100; step++) writer.scalar("loss", 1 / step, step);
 * writer.close(); // tensorboard --logdir runs
 */
export class EventFileWriter {
  /** The file. */
  readonly path: string;
  readonly #now: () => number;
  readonly #file: number;
  #size = 0;
  #open = true;

  constructor(folder: string, options: EventFileWriterOptions = {}) {
    this.#now = options.now ?? (() => Date.now() / 1000);
    const time = this.#now();
    const seconds = String(Math.floor(time)).padStart(10, "0");
    this.path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${opened++}`);
    try {
      mkdirSync(folder, { recursive: true });
      this.#file = openSync(this.path, "wx");
    } catch (error) {
      throw failed(this.path, error);
    }
    try {
      this.#write(versionEvent(time));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** One number. NaN and infinities are written as they are; TensorBoard marks them. Stored as float32. */
  scalar(tag: string, value: number, step: number): void {
    this.scalars({ [tag]: value }, step);
  }

  /** Several numbers of one step, as one event. */
  scalars(values: Readonly<Record<string, number>>, step: number): void {
    this.#summary(
      Object.entries(values).map(([tag, value]) => scalarValue(checkTag(tag), value)),
      step,
    );
  }

  /**
   * A picture: a PNG file's bytes, such as `figure.toPNG()` gives, or pixels.
   *
   * @throws CW_IMAGE for anything else
   */
  image(tag: string, image: Uint8Array | ImagePixels, step: number): void {
    this.#summary([imageValue(checkTag(tag), encodeImage(image))], step);
  }

  /**
   * How values are spread: weights, gradients, activations. `bins` buckets of equal width, from 1 to 10,000; default 30.
   *
   * @throws CW_EMPTY, CW_NOT_FINITE, CW_BINS
   */
  histogram(tag: string, values: ArrayLike<number>, step: number, options: { readonly bins?: number } = {}): void {
    const { bins = 30 } = options;
    if (!Number.isInteger(bins) || bins < 1 || bins > 10_000) {
      throw new CellwrightError("CW_BINS", `bins is a whole number from 1 to 10000; got ${bins}`);
    }
    this.#summary([histogramValue(checkTag(tag), histogramOf(values, bins))], step);
  }

  /** A text, which TensorBoard shows as Markdown. */
  text(tag: string, content: string, step: number): void {
    this.#summary([textValue(checkTag(tag), content)], step);
  }

  /**
   * The settings of this run, for TensorBoard's table of runs. Runs of equal `trial` are one row there.
   *
   * @param options `trial`: a name for these settings. Default: the settings as text
   */
  hparams(values: HyperParameters, options: { readonly trial?: string } = {}): void {
    const names = Object.keys(values).sort();
    const trial = options.trial ?? names.map((name) => `${name}=${values[name]}`).join(",");
    this.#summary([sessionStartValue(values, trial, this.#now())], 0);
  }

  /** Says that the run whose `hparams` were given has ended, and whether well. */
  endRun(success: boolean): void {
    this.#summary([sessionEndValue(success, this.#now())], 0);
  }

  /** Says that the run goes on from a checkpoint: TensorBoard forgets what older files say from `step` on. */
  restart(step: number): void {
    this.#write(startEvent(this.#now(), checkStep(step)));
  }

  /** Waits until the disk has what was written: for the fear of a power failure, not of a crash. */
  flush(): void {
    if (!this.#open) return;
    try {
      fsyncSync(this.#file);
    } catch (error) {
      throw failed(this.path, error);
    }
  }

  /** Ends the file. Closing twice is closing once. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #summary(values: readonly SummaryValue[], step: number): void {
    this.#write(summaryEvent(this.#now(), checkStep(step), values));
  }

  #write(event: Uint8Array): void {
    if (!this.#open) {
      throw new CellwrightError("CW_EVENT_FILE", `${this.path} is closed; make another EventFileWriter`);
    }
    const record = frame(event);
    try {
      for (let done = 0; done < record.length; ) {
        done += writeSync(this.#file, record, done, record.length - done, this.#size + done);
      }
    } catch (error) {
      try {
        ftruncateSync(this.#file, this.#size);
      } catch {
        // The next event is written over the remains, as every write says where.
      }
      throw failed(this.path, error);
    }
    this.#size += record.length;
  }
}

function failed(path: string, cause: unknown): CellwrightError {
  return new CellwrightError("CW_EVENT_FILE", `cannot write ${path}: ${(cause as Error).message}`, { cause });
}

function checkTag(tag: string): string {
  if (typeof tag === "string" && tag !== "") return tag;
  throw new CellwrightError("CW_OPTION", `a tag is a text that is not empty; got ${JSON.stringify(tag)}`);
}

function checkStep(step: number): number {
  if (Number.isSafeInteger(step) && step >= 0) return step;
  throw new CellwrightError("CW_OPTION", `a step is a whole number from 0 on; got ${step}`);
}
