// The queue as a person sees it: what waits, what runs where and how far, what failed, who works. And the broom.

import type { Job, Queue } from "bullmq";
import { type Connection, connect, PREFIX, QUEUE_NAME } from "./connection.ts";
import type { Outcome, PointJob, PointProgress } from "./job.ts";
import { CLEARED } from "./submit.ts";

const MOST = 1_000;

export interface QueueStatus {
  /** Without the password. */
  readonly address: string;
  readonly waiting: number;
  /** Points that failed and wait to be run again. */
  readonly delayed: number;
  /** Of the last day. */
  readonly completed: number;
  readonly running: ReadonlyArray<Partial<PointProgress> & { readonly point: string; readonly seconds: number }>;
  /** Of the last seven days. */
  readonly failed: ReadonlyArray<{ readonly point: string; readonly reason: string; readonly attempts: number }>;
  readonly workers: ReadonlyArray<{ readonly name: string; readonly machine: string }>;
}

/** Rejects as `openQueue` does. */
export async function queueStatus(address: string): Promise<QueueStatus> {
  return await withQueue(address, async (queue, connection) => {
    const [counts, active, failed, workers] = await Promise.all([
      queue.getJobCounts("waiting", "prioritized", "delayed", "completed"),
      queue.getJobs(["active"], 0, MOST),
      queue.getJobs(["failed"], 0, MOST),
      queue.getWorkers(),
    ]);
    return {
      address: connection.address.shown,
      waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0),
      delayed: counts.delayed ?? 0,
      completed: counts.completed ?? 0,
      running: active.map(runningPoint),
      failed: failed.map(({ name, failedReason, attemptsMade }) => ({
        point: name,
        reason: failedReason ?? "",
        attempts: attemptsMade,
      })),
      workers: workers.map(({ rawname = "", addr = "" }) => ({
        name: rawname.split(":w:")[1] ?? rawname,
        machine: addr.replace(/:\d+$/, ""),
      })),
    };
  });
}

/** Takes out what waits, and what is kept of completed and failed points; those that run end by themselves. Returns how many waited. */
export async function clearQueue(address: string): Promise<number> {
  return await withQueue(address, async (queue, { redis }) => {
    const { QueueEventsProducer } = await import("bullmq");
    const producer = new QueueEventsProducer(QUEUE_NAME, { connection: redis, prefix: PREFIX });
    const count = await queue.getJobCountByTypes("waiting", "prioritized", "delayed");
    await producer.publishEvent({ eventName: CLEARED }); // before: who looks meanwhile sends nothing again
    await queue.drain(true);
    await Promise.all([queue.clean(0, 0, "failed"), queue.clean(0, 0, "completed")]);
    await producer.publishEvent({ eventName: CLEARED }); // after: now the points are gone
    await producer.close();
    return count;
  });
}

function runningPoint({ name, progress, processedBy, processedOn = Date.now() }: Job<PointJob, Outcome>) {
  const { worker = processedBy ?? "?", attempt, cell, cells } = progress as Partial<PointProgress>;
  return { point: name, worker, attempt, cell, cells, seconds: Math.max(0, Date.now() - processedOn) / 1_000 };
}

async function withQueue<Value>(
  address: string,
  use: (queue: Queue<PointJob, Outcome>, connection: Connection) => Promise<Value>,
): Promise<Value> {
  const connection = await connect(address);
  const { Queue } = await import("bullmq");
  const queue = new Queue<PointJob, Outcome>(QUEUE_NAME, { connection: connection.redis, prefix: PREFIX });
  queue.on("error", () => {});
  try {
    return await use(queue, connection);
  } finally {
    await queue.close();
    connection.close();
  }
}
