// An async iterable shows itself live: what it gave last, until it ends. A generator that measures, a training run, an
// event stream; not a stream of bytes, which somebody else will want to read, and which says nothing to the eye.

import { types } from "node:util";
import { hasMethod } from "./look.ts";
import { DISPLAY } from "./mime.ts";

const { Promise, Symbol } = globalThis;

export function isLive(value: unknown): value is AsyncIterable<unknown> {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  if (!hasMethod(value, Symbol.asyncIterator) || hasMethod(value, DISPLAY)) return false;
  return !hasMethod(value, "pipe") && !hasMethod(value, "pipeTo") && !hasMethod(value, "pipeThrough");
}

/** Hands on every value; ends with the iterable, or when the signal is aborted, and then tells the iterable. */
export async function follow(
  values: AsyncIterable<unknown>,
  show: (value: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const iterator = values[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  for (;;) {
    const next = signal.aborted ? undefined : await Promise.race([iterator.next(), aborted]);
    if (next === undefined) {
      void iterator.return?.()?.catch(() => {}); // it may hang in what it waits for
      return;
    }
    if (next.done === true) return;
    show(next.value);
  }
}
