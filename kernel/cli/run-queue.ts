/**
 * `cellwright run --grid … --queue URL`: the same grid, its points run by workers. What workers tell of a point goes to
 * stderr; a stop takes out of the queue what waits in it and leaves what runs.
 */
import type { CellwrightError } from "../../src/errors.ts";
import { printable } from "../batch/progress.ts";
import { openQueue, type PointQueue, type QueueEvent } from "../batch/queue/submit.ts";
import { usageError } from "./report.ts";
import type { RunCommandOptions } from "./run-options.ts";

const POINTS_IN_QUEUE = 100;

export interface QueuedRun {
  readonly queue: PointQueue;
  readonly jobs: number;
  /** Aborts with the command's signal, and where Redis is lost. */
  readonly signal: AbortSignal;
  /** What Redis was lost by. */
  failure(): CellwrightError | undefined;
}

export async function openQueuedRun(
  address: string,
  options: RunCommandOptions,
  signal: AbortSignal,
): Promise<QueuedRun> {
  for (const name of ["html", "stdoutFile", "stderrFile", "logOutput"] as const) {
    if (options[name]) throw usageError(`expected no ${name} with --queue: the outputs hold all that the cells gave`);
  }
  const { attempts, backoff, priority, secret, jobs = POINTS_IN_QUEUE } = options;
  const queue = await openQueue(address, { attempts, backoff, priority, secrets: secret, onEvent: print });
  const lost = new AbortController();
  let failure: CellwrightError | undefined;
  void queue.lost.then((error) => {
    failure = error;
    lost.abort();
  });
  return { queue, jobs, signal: AbortSignal.any([signal, lost.signal]), failure: () => failure };
}

function print(event: QueueEvent): void {
  if (event.type === "no-worker") {
    process.stderr.write("no worker is there yet; start one: cellwright worker --queue …\n");
  } else if (event.type === "stalled") {
    process.stderr.write(`${printable(event.point)}: its worker is gone; it is run again\n`);
  } else if (event.type === "retry") {
    process.stderr.write(`${printable(event.point)}: ${printable(event.reason).split("\n")[0]}; it is run again\n`);
  }
}
