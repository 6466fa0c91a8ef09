// Saving while a run goes on: when a cell begins, which records the one before it, and every 30 s in between, so that a run
// that is killed leaves what it had. Saves happen while the kernel computes. papermill's rule keeps large notebooks from
// being written all the time: where a save takes more than a quarter of the wait, the wait doubles.

import type { Notebook } from "./notebook.ts";
import { serializeNotebook } from "./serialize.ts";
import { LatestWriter } from "./storage/latest-writer.ts";
import { STANDARD } from "./storage/path.ts";

export interface SaverOptions {
  /** Default true. */
  readonly onCellExecute?: boolean | undefined;
  /** Seconds; 0 for no saves while a cell runs. Default 30. */
  readonly every?: number | undefined;
}

export class Saver {
  readonly #writer: LatestWriter | null;
  readonly #inBetween: boolean;
  readonly #every: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string | null, notebook: Notebook, { onCellExecute = true, every = 30 }: SaverOptions = {}) {
    this.#writer = path === null ? null : new LatestWriter(path, () => serializeNotebook(notebook));
    // Standard output is written once, at the end.
    this.#inBetween = onCellExecute && path !== null && path !== STANDARD;
    this.#every = every * 1_000;
  }

  /** The first save: what can be saved nowhere need not be computed, so it may fail the run. */
  async begin(): Promise<void> {
    if (!this.#inBetween) return;
    await this.#writer!.finish();
    if (this.#every > 0) this.#wait(this.#every);
  }

  /** Begins a save in between, which may fail: a full disk may have room again when it counts. */
  save(): void {
    if (this.#inBetween) this.#writer!.write();
  }

  /** The last save, which may fail the run. */
  async end(): Promise<void> {
    this.stop();
    await this.#writer?.finish();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(milliseconds: number): void {
    const next = () => {
      this.save();
      this.#wait(nextWait(milliseconds, this.#writer!.milliseconds));
    };
    this.#timer = setTimeout(next, Math.min(milliseconds, 2 ** 31 - 1));
  }
}

/** papermill's rule, in milliseconds. */
export function nextWait(wait: number, lastSave: number): number {
  return lastSave > wait / 4 ? wait * 2 : wait;
}
