// A worker: takes points from the queue, as many at a time as it was told to, and runs each in a kernel of its own. It
// renews its claim on a point while it runs; of a worker that has died the claim runs out, and another one takes the point
// (BullMQ's stalled jobs). Asked to end it finishes what it has in hand; asked again it gives that back.

import { hostname } from "node:os";
import type { Job } from "bullmq";
import { CellwrightError } from "../../../src/errors.ts";
import type { RunEvent } from "../events.ts";
import { connect, PREFIX, QUEUE_NAME } from "./connection.ts";
import { type Outcome, type PointJob, type PointProgress, readJob } from "./job.ts";
import { runPoint } from "./run-point.ts";

/** How often a point may lose its worker before it is taken for the reason. */
const MAXIMUM_STALLS = 3;
const PROGRESS_MILLISECONDS = 500;
const DAY = 86_400;

export type WorkerEvent =
  | { readonly type: "ready"; readonly worker: string; readonly address: string }
  | { readonly type: "begin"; readonly point: string; readonly attempt: number }
  | { readonly type: "end"; readonly point: string; readonly outcome: Outcome; readonly isLast: boolean }
  /** `lost`: another worker has the point by now; `stopped`: it has gone back to the queue. */
  | { readonly type: "given-up"; readonly point: string; readonly why: "lost" | "stopped" }
  | { readonly type: "draining"; readonly running: number }
  | { readonly type: "problem"; readonly message: string };

export interface WorkerOptions {
  /** For people, and for `cellwright queue status`. Default: the machine's name and the process id. */
  readonly name?: string | undefined;
  /** Points that run at the same time, from 1. Default 1. */
  readonly concurrency?: number | undefined;
  /** Where this machine has the folder in which grids are begun. Default: the path that each point says. */
  readonly folder?: string | undefined;
  /** Seconds without a sign of life after which a worker's points go to others, from 1; the same for all workers. Default 30. */
  readonly stallTimeout?: number | undefined;
  /** Seconds without a point after which the worker ends. Default: it waits for ever. */
  readonly idle?: number | undefined;
  /** Take no new point, finish those in hand, end. */
  readonly signal?: AbortSignal | undefined;
  /** Give the points in hand back as well. */
  readonly stopSignal?: AbortSignal | undefined;
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
}

/**
 * Works on a queue until it is told to end. Rejects with CW_QUEUE_ADDRESS, CW_QUEUE_CONNECTION, CW_QUEUE_PASSWORD (also
 * where Redis is gone for a minute), CW_QUEUE_WORKER.
 *
 * @example
 * const ending = new AbortController();
 * await runWorker("redis://localhost", { concurrency: 2, idle: 60, signal: ending.signal });
 */
export async function runWorker(address: string, options: WorkerOptions = {}): Promise<void> {
  const { name = `${hostname()}-${process.pid}`, concurrency = 1, stallTimeout = 30, idle } = options;
  const { signal, stopSignal, onEvent = () => {} } = options;
  checkWorker({ name, concurrency, stallTimeout, idle });
  const connection = await connect(address);
  const { Worker, WaitingError } = await import("bullmq");
  const running = new Map<string, AbortController>();
  const lock = stallTimeout * 1_000;

  const work = async (job: Job<PointJob, Outcome>, token?: string): Promise<Outcome> => {
    const controller = new AbortController();
    const [id, point] = [job.id!, job.name];
    running.set(id, controller);
    clearTimeout(timer);
    problem = "";
    if (stopSignal?.aborted) controller.abort("stopped");
    const attempt = job.attemptsMade + 1;
    onEvent({ type: "begin", point, attempt });
    const progress = progressOf(job, { worker: name, attempt });
    try {
      const isOurs = async () => (await job.extendLock(token!, lock)) === 1;
      const run = async () => {
        const { folder } = options;
        return await runPoint(readJob(job.data), {
          worker: name,
          folder,
          signal: controller.signal,
          onEvent: progress.hear,
          isOurs,
        });
      };
      const outcome = await run().catch((error) => (controller.signal.aborted ? undefined : refused(error, name)));
      if (outcome === undefined) {
        const why = controller.signal.reason === "stopped" ? "stopped" : "lost";
        if (why === "stopped") await job.moveToWait(token).catch(() => {}); // else it stalls, and goes back so
        onEvent({ type: "given-up", point, why });
        throw new WaitingError();
      }
      const isCompleted = outcome.status === "completed";
      onEvent({ type: "end", point, outcome, isLast: isCompleted || attempt >= (job.opts.attempts ?? 1) });
      if (isCompleted) return outcome;
      await progress.end(outcome);
      throw new Error(`${outcome.failure!.ename}: ${outcome.failure!.evalue}`);
    } finally {
      progress.stop();
      running.delete(id);
      wait();
    }
  };

  const worker = new Worker<PointJob, Outcome>(QUEUE_NAME, work, {
    connection: connection.redis,
    prefix: PREFIX,
    name,
    concurrency,
    lockDuration: lock,
    stalledInterval: lock,
    maxStalledCount: MAXIMUM_STALLS,
    drainDelay: 2,
    autorun: false,
  });
  let timer: NodeJS.Timeout | undefined;
  let problem = "";
  let ending: Promise<void> | undefined;
  const drain = () => {
    if (ending === undefined) onEvent({ type: "draining", running: running.size });
    ending ??= worker.close();
  };
  const stop = () => {
    for (const controller of running.values()) controller.abort("stopped");
    drain();
  };
  const wait = () => {
    clearTimeout(timer);
    if (idle !== undefined && running.size === 0) timer = setTimeout(drain, idle * 1_000);
  };
  worker.on("lockRenewalFailed", (ids) => {
    for (const id of ids) running.get(id)?.abort("lost");
  });
  worker.on("error", ({ message }) => {
    // a lost lock is told as a point that was given up, and a lost connection once, however often it is tried again
    if (message === problem || message.startsWith("could not renew lock")) return;
    problem = message;
    onEvent({ type: "problem", message });
  });
  const closed = new Promise<void>((resolve) => worker.once("closed", resolve));
  signal?.addEventListener("abort", drain, { once: true });
  stopSignal?.addEventListener("abort", stop, { once: true });
  try {
    await worker.waitUntilReady();
    onEvent({ type: "ready", worker: name, address: connection.address.shown });
    wait();
    if (stopSignal?.aborted) stop();
    else if (signal?.aborted) drain();
    else void worker.run().catch(() => {}); // its errors come as events
    const error = await Promise.race([closed, connection.lost]);
    if (error === undefined) return;
    for (const controller of running.values()) controller.abort("lost");
    void worker.close(true).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", drain);
    stopSignal?.removeEventListener("abort", stop);
    connection.close();
  }
}

/** Tells Redis how far a run is, twice a second at most. */
function progressOf(job: Job<PointJob, Outcome>, { worker, attempt }: Pick<PointProgress, "worker" | "attempt">) {
  let state: PointProgress = { worker, attempt, cell: 0, cells: 0 };
  let timer: NodeJS.Timeout | undefined;
  const tell = () => job.updateProgress({ ...state }).catch(() => {}); // the job may be another's by now
  return {
    hear: (event: RunEvent) => {
      if (event.type === "run-start") state = { ...state, cells: event.cells };
      else if (event.type === "cell-end") state = { ...state, cell: event.index + 1 };
      else return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void tell();
      }, PROGRESS_MILLISECONDS);
    },
    end: (outcome: Outcome) => {
      state = { ...state, outcome };
      return tell();
    },
    stop: () => clearTimeout(timer),
  };
}

function refused(error: unknown, worker: string): Outcome {
  const ename = error instanceof CellwrightError ? error.code : error instanceof Error ? error.name : "Error";
  const failure = { ename, evalue: error instanceof Error ? error.message : String(error) };
  return { status: "refused", cached: false, duration: 0, stopped: null, failure, warnings: [], hash: null, worker };
}

function checkWorker({
  name,
  concurrency,
  stallTimeout,
  idle = 0,
}: Record<"concurrency" | "stallTimeout", number> & Pick<WorkerOptions, "name" | "idle">) {
  const wrong = (what: string, value: unknown) =>
    new CellwrightError("CW_QUEUE_WORKER", `expected ${what}, got ${value}`);
  // Redis takes no blanks in the name of a connection
  if (!/^[\w.@-]{1,200}$/.test(name!)) throw wrong("a worker's name of letters, digits, _ . @ -", JSON.stringify(name));
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw wrong("concurrency to be a whole number from 1 on", concurrency);
  if (!(stallTimeout >= 1 && stallTimeout <= DAY)) throw wrong(`stallTimeout to be 1 to ${DAY} seconds`, stallTimeout);
  if (!(idle >= 0 && idle <= DAY)) throw wrong(`idle to be 0 to ${DAY} seconds`, idle);
}
