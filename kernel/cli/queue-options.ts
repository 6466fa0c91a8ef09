/**
 * What `run`, `worker` and `queue` have in common: the address of the queue, and numbers.
 */
import { InvalidArgumentError } from "commander";
import { CellwrightError } from "../../src/errors.ts";
import { exitCodes, reportError, usageError } from "./report.ts";

/** The option, or the variable that keeps an address with a password out of the list of processes. */
export function queueAddress(option: string | undefined): string {
  const address = option ?? process.env.CELLWRIGHT_QUEUE;
  if (address !== undefined && address !== "") return address;
  throw usageError("expected the address of a queue: --queue redis://host:6379, or the variable CELLWRIGHT_QUEUE");
}

export function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number from 1 on");
}

/** Prints the error; 2 for what the command line said wrongly. */
export function reportQueueError(error: unknown): number {
  const code = reportError(error);
  const isUsage = error instanceof CellwrightError && /^CW_QUEUE_(ADDRESS|OPTION|WORKER)$/.test(error.code);
  return isUsage ? exitCodes.usage : code;
}
