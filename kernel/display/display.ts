// `display(value)` shows a value under the running cell and gives a handle that can replace it in place. Replacing is held
// to ten times a second, the last value always shown: a training loop may call `update` at every step and pays only for
// the pictures that people see.

import { randomUUID } from "node:crypto";
import type { MimeBundle } from "./bundle.ts";
import { follow, isLive } from "./live.ts";
import { toMimeBundle } from "./mime.ts";

const { clearTimeout, JSON, performance, Promise, Set, setTimeout } = globalThis;
const UPDATE_INTERVAL = 100; // milliseconds

/** Sends one iopub message for the running cell. */
export type Publish = (type: string, content: string) => void;

export interface DisplayOptions {
  /** Shows under a chosen id, so that a later cell may update it. */
  readonly id?: string;
}

export class DisplayHandle {
  readonly id: string;
  readonly #displays: Displays;
  #next: { value: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last = performance.now();

  constructor(id: string, displays: Displays) {
    this.id = id;
    this.#displays = displays;
  }

  /** Replaces what is shown. Give a function to have the value made only when it is really drawn. */
  update(value: unknown): void {
    this.#next = { value };
    this.#displays.waiting.add(this);
    const wait = this.#last + UPDATE_INTERVAL - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  /** Draws a held-back update now; every cell ends with this. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#displays.waiting.delete(this);
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    this.#last = performance.now();
    const value = typeof next.value === "function" ? (next.value as () => unknown)() : next.value;
    this.#displays.show(value, { type: "update_display_data", id: this.id });
  }
}

interface Target {
  readonly type: "display_data" | "update_display_data" | "execute_result";
  readonly id?: string;
  readonly executionCount?: number;
}

/** All displays of the evaluator: keeps them in order when some take time to draw themselves. */
export class Displays {
  readonly #publish: Publish;
  readonly #stop: () => AbortSignal;
  /** Handles with an update that is held back. */
  readonly waiting = new Set<DisplayHandle>();
  #drawing: Promise<void> | undefined;
  #failures: unknown[] = [];
  readonly #followed = new Set<Promise<void>>();

  /** @param stop the signal of the running cell */
  constructor(publish: Publish, stop: () => AbortSignal) {
    this.#publish = publish;
    this.#stop = stop;
  }

  /** Shows a value; `handle.update(next)` replaces it. */
  readonly display = (value: unknown, options: DisplayOptions = {}): DisplayHandle => {
    const handle = new DisplayHandle(options.id ?? randomUUID(), this);
    if (isLive(value)) this.#follow(value, handle);
    else this.show(value, { type: "display_data", id: handle.id });
    return handle;
  };

  /** The value of a cell. */
  showResult(value: unknown, executionCount: number): void {
    if (isLive(value)) this.display(value);
    else this.show(value, { type: "execute_result", executionCount });
  }

  /** Takes away what the cell has shown so far; with `wait`, when the next output comes, so that nothing flickers. */
  readonly clear = ({ wait = false } = {}): void => {
    this.#publish("clear_output", JSON.stringify({ wait }));
  };

  show(value: unknown, target: Target): void {
    const bundle = toMimeBundle(value);
    const ready = typeof (bundle as Promise<MimeBundle>).then !== "function";
    if (ready && this.#drawing === undefined) {
      this.#send(bundle as MimeBundle, target);
      return;
    }
    const before = this.#drawing;
    const drawing = Promise.all([bundle, before])
      .then(([made]) => this.#send(made, target))
      .catch((error) => void this.#failures.push(error))
      .then(() => {
        if (this.#drawing === drawing) this.#drawing = undefined;
      });
    this.#drawing = drawing;
  }

  /** Everything shown so far is sent, held-back updates included; rejects with the error of a value that failed to draw. */
  async settle(): Promise<void> {
    while (this.#followed.size > 0) await Promise.all(this.#followed);
    for (const handle of this.waiting) handle.flush();
    await this.#drawing;
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  /** Shows the latest value of an async iterable, until it ends or the cell is interrupted. */
  #follow(values: AsyncIterable<unknown>, handle: DisplayHandle): void {
    let isFirst = true;
    const show = (value: unknown) => {
      if (isFirst) this.show(value, { type: "display_data", id: handle.id });
      else handle.update(value);
      isFirst = false;
    };
    const followed = follow(values, show, this.#stop())
      .catch((error) => void this.#failures.push(error))
      .finally(() => this.#followed.delete(followed));
    this.#followed.add(followed);
  }

  #send(data: MimeBundle, { type, id, executionCount }: Target): void {
    const base = { data, metadata: {} };
    if (executionCount !== undefined) {
      this.#publish(type, JSON.stringify({ ...base, execution_count: executionCount }));
    } else {
      this.#publish(type, JSON.stringify({ ...base, transient: id === undefined ? {} : { display_id: id } }));
    }
  }
}
