// A thrown value as text: name, message, and the stack as `util.inspect` prints it, with causes, aggregated errors and own
// properties. Nothing a user's getter or `toString` does may break the report.

import { inspect, types } from "node:util";
import type { ErrorReport } from "../ipc/frames.ts";
import { STOP } from "./run-control.ts";

const { Error, String } = globalThis;

export function reportError(thrown: unknown): ErrorReport {
  try {
    if (thrown instanceof Error || types.isNativeError(thrown)) {
      const stop = (thrown as unknown as Readonly<Record<symbol, string | undefined>>)[STOP];
      if (stop !== undefined) return { name: nameOf(thrown), message: thrown.message, stack: stop, plain: true };
      return { name: nameOf(thrown), message: String(thrown.message), stack: inspect(thrown, { depth: 4 }) };
    }
    const text = inspect(thrown, { depth: 4 });
    return { name: "Uncaught", message: text, stack: `Uncaught ${text}` };
  } catch (error) {
    return { name: "Error", message: `an error that cannot be shown: ${String(error)}`, stack: "" };
  }
}

/** With the stable code that Node's errors and the library's carry. */
function nameOf(error: Error): string {
  return error.name || error.constructor?.name || "Error";
}
