/**
 * Signals and exit codes of the commands that run notebooks.
 */
import { CellwrightError } from "../../src/errors.ts";
import { exitCodes } from "./report.ts";

export function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (!(error instanceof CellwrightError)) return exitCodes.failed;
  if (error.code === "CW_INTERRUPTED") return signal.reason === "SIGTERM" ? 143 : 130;
  if (error.code === "CW_QUEUE_CONNECTION" || error.code === "CW_QUEUE_PASSWORD") return exitCodes.failed;
  return error.code === "CW_KERNEL_START" || error.code === "CW_KERNEL_DIED" ? 138 : exitCodes.usage;
}

/** The first signal stops the run and saves; one more, a second later or after, ends it at once. */
export function onSignals(): { signal: AbortSignal; stopListening: () => void } {
  const controller = new AbortController();
  let first: number | undefined;
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const stop = (name: NodeJS.Signals) => {
    // Under npm a Ctrl-C comes twice, from the terminal and passed on: what follows at once is the same key press.
    if (first !== undefined && performance.now() - first > 1_000) process.exit(name === "SIGTERM" ? 143 : 130);
    first ??= performance.now();
    controller.abort(name);
  };
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    stopListening: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}

/** The first signal asks to finish what is in hand, the next to give it back, one more ends the process at once. */
export function onDrainSignals(): { drain: AbortSignal; stop: AbortSignal; stopListening: () => void } {
  const drain = new AbortController();
  const stop = new AbortController();
  let last = Number.NEGATIVE_INFINITY;
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const hear = (name: NodeJS.Signals) => {
    const now = performance.now();
    if (now - last < 1_000) return; // the same key press, see above
    last = now;
    if (stop.signal.aborted) process.exit(name === "SIGTERM" ? 143 : 130);
    (drain.signal.aborted ? stop : drain).abort(name);
  };
  for (const name of names) process.on(name, hear);
  return {
    drain: drain.signal,
    stop: stop.signal,
    stopListening: () => {
      for (const name of names) process.off(name, hear);
    },
  };
}
