// Which cell (or message from the page) does this code belong to? What it prints or shows goes under that cell, also from
// a timer after the cell is over, also while another cell runs.
//
// Node 24 follows a cell through every await and callback (AsyncLocalStorage on V8's own context). In older versions that
// rests on async hooks, which a terminated loop corrupts; there the timers carry the cell instead, and it holds until the
// microtasks that the timer started are done.

import { AsyncLocalStorage } from "node:async_hooks";

const { Number, process, queueMicrotask } = globalThis;

export interface Attribution {
  /** Serial of the cell or message that the running code belongs to. */
  readonly serial: number;
  /** Runs a function, and all that it starts, for that serial. */
  run<Result>(serial: number, work: () => Result): Result;
  /** The same for something that comes in between: what was going on before goes on under its own serial. */
  visit(serial: number, work: () => void): void;
}

export function createAttribution(): Attribution {
  return Number(process.versions.node.split(".")[0]) >= 24 ? new ContextAttribution() : new TimerAttribution();
}

class ContextAttribution implements Attribution {
  readonly #storage = new AsyncLocalStorage<number>();
  #latest = 0;

  get serial(): number {
    return this.#storage.getStore() ?? this.#latest;
  }

  run<Result>(serial: number, work: () => Result): Result {
    this.#latest = serial;
    return this.#storage.run(serial, work);
  }

  visit(serial: number, work: () => void): void {
    this.#storage.run(serial, work);
  }
}

type Callback = (...values: unknown[]) => unknown;
const TIMERS = ["setTimeout", "setInterval", "setImmediate"] as const;

class TimerAttribution implements Attribution {
  serial = 0;
  /** During a visit, what goes on after it. */
  #home: number | undefined;

  constructor() {
    for (const name of TIMERS) {
      const original = globalThis[name] as unknown as Callback;
      const carrying = (callback: unknown, ...rest: unknown[]) =>
        original(typeof callback === "function" ? this.#carry(callback as Callback) : callback, ...rest);
      Object.defineProperties(carrying, Object.getOwnPropertyDescriptors(original)); // its name, and util.promisify's hook
      (globalThis as Record<string, unknown>)[name] = carrying;
    }
  }

  run<Result>(serial: number, work: () => Result): Result {
    this.serial = serial;
    return work();
  }

  // Only the part that runs at once: what an await or a timer brings later cannot be told from what goes on meanwhile, and a
  // cell's output must not be taken for that of a message that woke it.
  visit(serial: number, work: () => void): void {
    this.#home = this.serial;
    this.serial = serial;
    try {
      work();
    } finally {
      this.serial = this.#home;
      this.#home = undefined;
    }
  }

  #carry(callback: Callback): Callback {
    const serial = this.#home ?? this.serial;
    const attribution = this;
    return function (this: unknown, ...values: unknown[]) {
      const before = attribution.serial;
      attribution.serial = serial;
      // After the microtasks: the tick that a microtask asks for comes when all of them are done.
      queueMicrotask(() =>
        process.nextTick(() => {
          if (attribution.serial === serial) attribution.serial = before;
        }),
      );
      return callback.apply(this, values);
    };
  }
}
