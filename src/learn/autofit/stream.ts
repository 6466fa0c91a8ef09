/**
 * A run as an async iterable of its events, for whoever would rather read than be called.
 */
import type { Dataset } from "../../data/index.ts";
import type { ModelSource } from "../model-source.ts";
import type { LearningData } from "../split.ts";
import { autofit } from "./autofit.ts";
import type { AutofitEvent } from "./events.ts";
import type { AutofitOptions, AutofitResult } from "./options.ts";

/**
 * `autofit`, read as it goes: what `onEvent` would be told, in the same order, with the event "end" as the last.
 *
 * The run begins with the first read, and does not wait for a slow reader. Leaving the loop stops it after the update in hand, as `signal` does; a model that a function built is then disposed. A run that is read to its end returns its result.
 *
 * @throws what `autofit` throws, behind the events that came before
 * @example
 * const model = smallCnn({ inputShape: [8, 8, 1], classes: 10, seed: 7 });
 * for await (const event of autofitEvents(model, await digits(), { epochs: 10, seed: 7 })) {
 *   if (event.type === "decision") console.log(`${event.stage}: ${event.field}, ${event.reason}`);
 * }
 */
export async function* autofitEvents(
  model: ModelSource,
  data: Dataset | LearningData,
  options: Omit<AutofitOptions, "onEvent"> = {},
): AsyncGenerator<AutofitEvent, AutofitResult, undefined> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const events: AutofitEvent[] = [];
  let wake = () => {};
  let isRunning = true;
  const onEvent = (event: AutofitEvent) => {
    events.push(event);
    wake();
  };
  const run = autofit(model, data, { ...options, signal, onEvent }).finally(() => {
    isRunning = false;
    wake();
  });
  // An error that comes while an event is being looked at is thrown when that is done.
  run.catch(() => {});
  let isRead = false;
  try {
    for (;;) {
      while (events.length > 0) yield events.shift()!;
      if (!isRunning) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    isRead = true;
    return await run;
  } finally {
    if (!isRead) {
      stop.abort();
      const left = await run.catch(() => undefined);
      if (left && left.model !== model) left.model.dispose();
    }
  }
}
