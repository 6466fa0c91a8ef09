// The side that sends: a grid's points into the queue, their results out of it. Redis says in a stream of events what
// happens to a job, and a look at the job itself decides: an event that was missed while the connection was down costs ten
// seconds and no result. A job that another sender has taken back is sent again, since this one still wants it.

import { basename, dirname, resolve } from "node:path";
import type { Queue, QueueEvents, QueueEventsListener } from "bullmq";
import { CellwrightError } from "../../../src/errors.ts";
import type { RunResult } from "../events.ts";
import type { RunOptions } from "../options.ts";
import { folderOf, isRemote } from "../storage/path.ts";
import { type Connection, connect, PREFIX, QUEUE_NAME } from "./connection.ts";
import { createJob, type Outcome, type PointJob, type PointProgress } from "./job.ts";
import { arrived, type NotebookCopy, putNotebook, toTravel } from "./place.ts";
import { leftResult, outcomeOf, readResult } from "./result.ts";

const LOOK_MILLISECONDS = 10_000;
const GOODBYE_MILLISECONDS = 5_000;
const DAY = 86_400;

export const CLEARED = "cleared";

export type QueueEvent =
  | { readonly type: "no-worker" }
  | { readonly type: "running"; readonly point: string }
  | { readonly type: "progress"; readonly point: string; readonly progress: PointProgress }
  /** It failed, and is run again. */
  | { readonly type: "retry"; readonly point: string; readonly reason: string }
  /** Its worker is gone; another one takes it. */
  | { readonly type: "stalled"; readonly point: string };

export interface QueueOptions {
  /** How often a point that fails is run, from 1. One whose worker dies is run again in any case. Default 2. */
  readonly attempts?: number | undefined;
  /** Seconds before a point that failed is run again, doubled each time, from 0. Default 5. */
  readonly backoff?: number | undefined;
  /** From 1, which goes first, to 1000. Default 100. */
  readonly priority?: number | undefined;
  /** Names of secret parameters; each worker has the values in its environment. */
  readonly secrets?: readonly string[] | undefined;
  /** What paths are relative to, for workers that have it elsewhere. Default: the current folder. */
  readonly folder?: string | undefined;
  readonly onEvent?: ((event: QueueEvent) => void) | undefined;
}

interface Pending {
  readonly point: string;
  readonly job: PointJob;
  readonly resolve: (outcome: Outcome | "left" | "runs on") => void;
  readonly reject: (error: CellwrightError) => void;
  looking: boolean;
}

/**
 * Opens a queue for a grid: `runPoint` goes where `runGrid` takes one, `jobs` then says how many points are in the queue
 * at the same time. Rejects with CW_QUEUE_ADDRESS, CW_QUEUE_CONNECTION, CW_QUEUE_PASSWORD, CW_QUEUE_OPTION.
 *
 * @example
 * const queue = await openQueue("redis://localhost");
 * await runGrid("train.ipynb", { lr: [0.1, 0.01] }, undefined, { runPoint: queue.runPoint, jobs: 100 });
 * await queue.close();
 */
export async function openQueue(address: string, options: QueueOptions = {}): Promise<PointQueue> {
  checkOptions(options);
  const connection = await connect(address);
  const { Queue, QueueEvents } = await import("bullmq");
  const shared = { connection: connection.redis, prefix: PREFIX };
  const queue = new Queue<PointJob, Outcome>(QUEUE_NAME, shared);
  // from here on, so that nothing is missed between the first look and the first event
  const [last] = await connection.redis.xrevrange(`${PREFIX}:${QUEUE_NAME}:events`, "+", "-", "COUNT", 1);
  const events = new QueueEvents(QUEUE_NAME, { ...shared, lastEventId: last?.[0] ?? "0-0" });
  return new PointQueue(connection, queue, events, options);
}

export class PointQueue {
  /** Resolves when Redis was lost for good; points that are in the queue stay there. */
  readonly lost: Promise<CellwrightError>;
  readonly #connection: Connection;
  readonly #queue: Queue<PointJob, Outcome>;
  readonly #events: QueueEvents;
  readonly #options: QueueOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #copies = new Map<string, Promise<NotebookCopy>>();
  readonly #timer: NodeJS.Timeout;
  #last: Promise<unknown> = Promise.resolve();
  #end: CellwrightError | undefined;
  #hasLooked = false;

  constructor(connection: Connection, queue: Queue<PointJob, Outcome>, events: QueueEvents, options: QueueOptions) {
    this.#connection = connection;
    this.#queue = queue;
    this.#events = events;
    this.#options = options;
    this.lost = connection.lost;
    void connection.lost.then((error) => this.#giveUp(error));
    this.#timer = setInterval(() => this.#lookAtAll(), LOOK_MILLISECONDS);
    queue.on("error", () => {}); // said once, when the connection is given up
    events.on("error", () => {});
    this.#listen();
  }

  /** A `PointRunner`. Rejects where the point could not begin, with the worker's error. */
  readonly runPoint = async (input: string, output: string, options: RunOptions): Promise<RunResult> => {
    const { folder = process.cwd(), secrets = [] } = this.#options;
    const copy = await this.#inOrder(() => this.#copy(input, output));
    const travel = (path: string) => toTravel(path, folder);
    // a notebook from a bucket runs where the worker is
    const cwd = options.cwd ?? (isRemote(input) ? undefined : dirname(resolve(input)));
    const place = {
      notebook: { ...copy, path: travel(copy.path) },
      input: travel(input),
      ...(cwd !== undefined && { cwd: travel(cwd) }),
      output: travel(output),
      folder: resolve(folder),
    };
    const { id, job } = createJob(place, options, secrets);
    const begun = Date.now();
    const outcome = await this.#outcome(id, job, options.signal);
    if (typeof outcome === "string") return leftResult(outcome, output, options.signal, (Date.now() - begun) / 1_000);
    for (const message of outcome.warnings) options.onEvent?.({ type: "warning", message });
    return await readResult(outcome, arrived(job.output, folder));
  };

  /** Lets go of the queue; points in it stay. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await soon(Promise.allSettled([this.#events.close(), this.#queue.close()]));
    this.#connection.close();
  }

  #outcome(id: string, job: PointJob, signal: AbortSignal | undefined): Promise<Outcome | "left" | "runs on"> {
    const point = basename(job.output, ".ipynb");
    let leave = () => {};
    const ended = new Promise<Outcome | "left" | "runs on">((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      if (signal?.aborted) return resolve("left");
      this.#pending.set(id, { point, job, resolve, reject, looking: false });
      leave = () =>
        void soon(this.#inOrder(() => this.#takeBack(id))).then((isOut) =>
          resolve(isOut === true ? "left" : "runs on"),
        );
      signal?.addEventListener("abort", leave, { once: true });
      this.#inOrder(() => this.#send(id)).catch((error: Error) => reject(this.#end ?? queueError(error)));
    });
    return ended.finally(() => {
      signal?.removeEventListener("abort", leave);
      this.#pending.delete(id);
    });
  }

  /** One after the other, so that points reach the queue in the order of the grid. */
  #inOrder<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** The notebook as it is when its first point is sent counts for the whole grid. */
  #copy(input: string, output: string): Promise<NotebookCopy> {
    const key = `${input}\n${folderOf(output)}`;
    const copy = this.#copies.get(key) ?? putNotebook(input, output);
    this.#copies.set(key, copy);
    return copy;
  }

  async #send(id: string): Promise<void> {
    const { attempts = 2, backoff = 5, priority = 100 } = this.#options;
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // taken back meanwhile
    const { job, point } = pending;
    const before = await this.#queue.getJob(id);
    const state = await before?.getState();
    // what ended earlier is asked again: a worker knows whether its output is still up to date
    if (state === "completed" || state === "failed") await before!.remove().catch(() => {});
    else if (state !== "active" && before !== undefined && before.priority > priority) {
      await before.changePriority({ priority }).catch(() => {});
    }
    await this.#queue.add(point, job, {
      jobId: id,
      priority,
      attempts,
      backoff: { type: "exponential", delay: backoff * 1_000 },
      removeOnComplete: { age: DAY, count: 1_000 },
      removeOnFail: { age: 7 * DAY, count: 1_000 },
      stackTraceLimit: 0,
    });
    if (this.#hasLooked) return;
    this.#hasLooked = true;
    if ((await this.#queue.getWorkersCount()) === 0) this.#options.onEvent?.({ type: "no-worker" });
  }

  #listen(): void {
    const events = this.#events;
    const tell = (id: string, event: (point: string) => QueueEvent) => {
      const pending = this.#pending.get(id);
      if (pending !== undefined) this.#options.onEvent?.(event(pending.point));
    };
    const look = ({ jobId }: { jobId: string }) => void this.#look(jobId);
    events.on("completed", look).on("failed", look).on("removed", look);
    events.on("active", ({ jobId }) => tell(jobId, (point) => ({ type: "running", point })));
    events.on("stalled", ({ jobId }) => tell(jobId, (point) => ({ type: "stalled", point })));
    events.on("progress", ({ jobId, data }) => {
      const progress = data as unknown as PointProgress;
      if (progress.outcome === undefined) tell(jobId, (point) => ({ type: "progress", point, progress }));
    });
    const tellRetry = async (id: string) => {
      if (!this.#pending.has(id)) return;
      const job = await this.#queue.getJob(id).catch(() => undefined);
      tell(id, (point) => ({ type: "retry", point, reason: job?.failedReason ?? "it failed" }));
    };
    events.on("delayed", ({ jobId }) => void tellRetry(jobId));
    events.on<ClearedListener>(CLEARED, () => {
      this.#end ??= new CellwrightError("CW_QUEUE_CLEARED", "the queue was cleared: the points that waited do not run");
      this.#lookAtAll();
    });
  }

  #lookAtAll(): void {
    for (const id of this.#pending.keys()) void this.#look(id);
  }

  async #look(id: string): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.looking) return;
    pending.looking = true;
    try {
      const job = await this.#queue.getJob(id);
      const state = await job?.getState();
      if (job === undefined || state === "unknown") {
        if (this.#end !== undefined) pending.reject(this.#end);
        else await this.#send(id);
      } else if (state === "completed" || state === "failed") pending.resolve(outcomeOf(job, state));
    } catch {
      // the connection: there is another look in a while
    } finally {
      pending.looking = false;
    }
  }

  /** Whether the point is out of the queue; one that runs is not. */
  async #takeBack(id: string): Promise<boolean> {
    this.#pending.delete(id);
    const job = await this.#queue.getJob(id);
    return (
      (await job?.remove().then(
        () => true,
        () => false,
      )) ?? true
    );
  }

  #giveUp(error: CellwrightError): void {
    this.#end = error;
    for (const { reject } of this.#pending.values()) reject(error);
  }
}

interface ClearedListener extends QueueEventsListener {
  [CLEARED]: (args: object, id: string) => void;
}

function queueError(error: Error): CellwrightError {
  return error instanceof CellwrightError
    ? error
    : new CellwrightError("CW_QUEUE_CONNECTION", `the queue failed: ${error.message}`);
}

/** What a promise gives, or undefined where that takes too long, or fails. */
function soon<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  const late = new Promise<undefined>((resolve) => void setTimeout(resolve, GOODBYE_MILLISECONDS, undefined).unref());
  return Promise.race([promise.catch(() => undefined), late]);
}

function checkOptions({ attempts = 2, backoff = 5, priority = 100 }: QueueOptions): void {
  const wrong = (what: string, value: number) =>
    new CellwrightError("CW_QUEUE_OPTION", `expected ${what}, got ${value}`);
  if (!Number.isSafeInteger(attempts) || attempts < 1) throw wrong("attempts to be a whole number from 1 on", attempts);
  if (!(backoff >= 0 && backoff <= DAY)) throw wrong(`backoff to be 0 to ${DAY} seconds`, backoff);
  if (!Number.isSafeInteger(priority) || priority < 1 || priority > 1_000) {
    throw wrong("priority to be a whole number from 1 (first) to 1000", priority);
  }
}
