// A connection to Redis that gives up. ioredis tries again for ever, without a word; here the first connection is tried
// once and its failure said in one error, and a connection that is lost later is tried again for a minute, in which a
// Redis can be started anew, and then given up.

import type { Redis } from "ioredis";
import { CellwrightError } from "../../../src/errors.ts";
import { parseQueueAddress, type QueueAddress } from "./address.ts";

export const QUEUE_NAME = "points";
/** Of all keys in Redis: BullMQ puts `PREFIX:QUEUE:` before each of its own. */
export const PREFIX = "cellwright";

const FIRST_MILLISECONDS = 5_000;
const LONGEST_WAIT = 5_000;

export interface Connection {
  readonly address: QueueAddress;
  readonly redis: Redis;
  /** Resolves when the connection was lost and given up; never where it was closed on purpose. */
  readonly lost: Promise<CellwrightError>;
  close(): void;
}

/**
 * Connects. `patience`: seconds for which a lost connection is tried again. Rejects with CW_QUEUE_ADDRESS,
 * CW_QUEUE_CONNECTION (nothing there, or no Redis), CW_QUEUE_PASSWORD.
 */
export async function connect(text: string, { patience = 60 }: { patience?: number } = {}): Promise<Connection> {
  const address = parseQueueAddress(text);
  const { Redis } = await import("ioredis");
  let isConnected = false;
  let lostAt = 0;
  let last: Error | undefined;
  const redis = new Redis({
    ...address.connection,
    lazyConnect: true,
    maxRetriesPerRequest: null, // BullMQ's wish: a command waits for the connection
    connectTimeout: FIRST_MILLISECONDS,
    retryStrategy: (times) => {
      if (!isConnected) return null;
      if (times === 1) lostAt = Date.now();
      return Date.now() - lostAt > patience * 1_000 ? null : Math.min(times * 200, LONGEST_WAIT);
    },
  });
  redis.on("error", (error) => {
    last = error;
  });
  const lost = new Promise<CellwrightError>((resolve) => {
    redis.on("end", () => isConnected && resolve(explain(last ?? new Error("the connection ended"), address)));
  });
  const close = () => {
    isConnected = false;
    redis.disconnect();
  };
  try {
    await within(FIRST_MILLISECONDS, redis.connect());
    await within(FIRST_MILLISECONDS, redis.ping());
  } catch (error) {
    close();
    // "Connection is closed" hides the reason, which came as an event before
    throw explain(last ?? (error as Error), address);
  }
  isConnected = true;
  return { address, redis, lost, close };
}

async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1_000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function explain(error: Error, { shown, connection }: QueueAddress): CellwrightError {
  const secret = connection.password;
  const problem = secret === undefined ? error.message : error.message.replaceAll(secret, "***");
  if (/NOAUTH|WRONGPASS|NOPERM|AUTH|invalid password/i.test(problem)) {
    const where = "in the address or in CELLWRIGHT_QUEUE_PASSWORD";
    return new CellwrightError("CW_QUEUE_PASSWORD", `expected a password for ${shown} ${where}: ${problem}`);
  }
  const what = "is a Redis running there, and may this machine reach it?";
  return new CellwrightError("CW_QUEUE_CONNECTION", `expected a Redis at ${shown}: ${problem || error.name}; ${what}`);
}
