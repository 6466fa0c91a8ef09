/**
 * How the command line speaks of an error: one line on stderr, `cellwright: message [CODE]`, and an exit code. A stack
 * trace is for us, not for the user: it is shown when `CELLWRIGHT_DEBUG` is set.
 */
import { CommanderError } from "commander";
import { CellwrightError } from "../../src/errors.ts";

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** A mistake in how the command was called; exit code 2. */
export function usageError(message: string): CellwrightError {
  return new CellwrightError("CW_USAGE", message);
}

/**
 * Prints the error on stderr and returns the exit code: 2 for a wrong command line, 1 for everything else.
 *
 * @example
 * try { await run(); } catch (error) { process.exitCode = reportError(error); }
 */
export function reportError(error: unknown): number {
  // commander has printed its own message (or the help, or the version) by the time it throws.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  process.stderr.write(`cellwright: ${describe(error)}\n`);
  if (process.env.CELLWRIGHT_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof CellwrightError && error.code === "CW_USAGE" ? exitCodes.usage : exitCodes.failed;
}

function describe(error: unknown): string {
  if (error instanceof CellwrightError) return `${error.message} [${error.code}]`;
  const message = error instanceof Error ? error.message : String(error);
  return `${message} [CW_UNEXPECTED] (set CELLWRIGHT_DEBUG=1 to see where)`;
}
