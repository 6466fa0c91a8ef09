// The address of a queue: redis://[user:password@]host[:port][/database], rediss:// for TLS. A password is best left out of
// the command line, where every user of the machine can read it: CELLWRIGHT_QUEUE_PASSWORD holds it. Whatever is printed
// or thrown shows the address without it.

import type { RedisOptions } from "ioredis";
import { CellwrightError } from "../../../src/errors.ts";

export interface QueueAddress {
  /** For people: the password is `***`. */
  readonly shown: string;
  readonly connection: Pick<RedisOptions, "host" | "port" | "username" | "password" | "db" | "tls">;
}

/** Throws CW_QUEUE_ADDRESS for what is no address of a Redis. */
export function parseQueueAddress(text: string, environment: NodeJS.ProcessEnv = process.env): QueueAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong(text, "that is no URL");
  }
  if (url.protocol !== "redis:" && url.protocol !== "rediss:") throw wrong(text, `${url.protocol}// is no Redis`);
  if (url.hostname === "") throw wrong(text, "there is no host in it");
  if (url.search !== "" || url.hash !== "") throw wrong(text, "it goes on behind the number of the database");
  const database = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1];
  if (database === undefined) throw wrong(text, `${url.pathname} is no number of a database`);
  const password = decoded(url.password) || environment.CELLWRIGHT_QUEUE_PASSWORD || undefined;
  return {
    shown: withoutPassword(url),
    connection: {
      host: url.hostname.replace(/^\[|\]$/g, ""), // IPv6
      port: Number(url.port || 6379),
      db: Number(database || 0),
      ...(url.username !== "" && { username: decoded(url.username) }),
      ...(password !== undefined && { password }),
      ...(url.protocol === "rediss:" && { tls: {} }),
    },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a password with a bare %
  }
}

function withoutPassword(url: URL): string {
  const copy = new URL(url);
  if (copy.password !== "") copy.password = "***";
  return copy.href;
}

function wrong(text: string, problem: string): CellwrightError {
  const shown = text.replace(/:[^:@/]*@/, ":***@");
  return new CellwrightError(
    "CW_QUEUE_ADDRESS",
    `expected a queue's address (redis://host:6379), got ${shown}: ${problem}`,
  );
}
