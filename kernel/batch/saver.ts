// Saving while a run goes on: at the start and the end of each cell and every 30 s in between, so that a run that is
// killed leaves what it had. papermill's rule keeps large notebooks from being written all the time: where a save takes
// more than a quarter of the wait, the wait doubles.

import { STANDARD, writeNotebook } from "./file.ts";
import type { Notebook } from "./notebook.ts";

const CHEAP_MILLISECONDS = 50;

export interface SaverOptions {
  /** Default true. */
  readonly onCellExecute?: boolean | undefined;
  /** Seconds; 0 for no saves while a cell runs. Default 30. */
  readonly every?: number | undefined;
}

export class Saver {
  readonly #path: string | null;
  readonly #notebook: Notebook;
  readonly #every: number;
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds that the last save took. */
  #last = 0;

  constructor(path: string | null, notebook: Notebook, { onCellExecute = true, every = 30 }: SaverOptions = {}) {
    // Standard output is written once, at the end.
    this.#path = path === STANDARD || !onCellExecute ? null : path;
    this.#notebook = notebook;
    this.#every = every * 1_000;
  }

  /** Saves in between; only the last save of a run may fail it. */
  save(): void {
    if (this.#path === null) return;
    const start = performance.now();
    try {
      writeNotebook(this.#path, this.#notebook);
    } catch {
      // a full disk may have room again when it counts
    }
    this.#last = performance.now() - start;
  }

  /** Saves where that costs next to nothing: to record that a cell has begun. */
  saveIfCheap(): void {
    if (this.#last < CHEAP_MILLISECONDS) this.save();
  }

  startTimer(): void {
    if (this.#every === 0 || this.#path === null) return;
    const next = (wait: number) => {
      this.#timer = setTimeout(
        () => {
          this.save();
          next(nextWait(wait, this.#last));
        },
        Math.min(wait, 2 ** 31 - 1),
      );
    };
    next(this.#every);
  }

  stopTimer(): void {
    clearTimeout(this.#timer);
  }
}

/** papermill's rule, in milliseconds. */
export function nextWait(wait: number, lastSave: number): number {
  return lastSave > wait / 4 ? wait * 2 : wait;
}
