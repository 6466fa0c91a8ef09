// Runs one prepared cell in V8's REPL mode, which the debugger's console uses: top-level await, declarations that may be
// repeated, one scope for all cells. Reached through `node:inspector` from the same thread.

import type { Runtime } from "node:inspector";
import { Session } from "node:inspector";
import { HELPER } from "../source/helper-name.ts";

const { Promise, BigInt, Number } = globalThis;

export type Completion = { readonly threw: false } | Thrown;
export interface Thrown {
  readonly threw: true;
  readonly value: unknown;
  /** Where V8 found a syntax error, from 1. */
  readonly position?: { readonly line: number; readonly column: number };
}

const GROUP = "cell";

export class ReplEvaluator {
  readonly #session = new Session();
  readonly #helper: { caught: unknown };

  constructor(helper: { caught: unknown }) {
    this.#session.connect();
    this.#helper = helper;
  }

  close(): void {
    this.#session.disconnect();
  }

  /** Settles when the cell's last await has; never, if the cell is terminated. */
  evaluate(code: string, url: string): Promise<Completion> {
    return new Promise((resolve) => {
      const parameters = {
        expression: `${code}\n//# sourceURL=${url}`,
        replMode: true,
        awaitPromise: true,
        objectGroup: GROUP,
      };
      this.#session.post("Runtime.evaluate", parameters, (error, returned) => {
        if (error) return; // terminated: whoever interrupted the cell settles it
        const details = (returned as Runtime.EvaluateReturnType).exceptionDetails;
        resolve(details === undefined ? { threw: false } : this.#thrown(details));
        this.#session.post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
      });
    });
  }

  /** The names in V8's script scope, which is that of all cells. */
  lexicalNames(): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      this.#session.post("Runtime.globalLexicalScopeNames", (error, returned) => {
        if (error) reject(error);
        else resolve((returned as Runtime.GlobalLexicalScopeNamesReturnType).names);
      });
    });
  }

  #thrown({ exception, lineNumber, columnNumber, scriptId, stackTrace }: Runtime.ExceptionDetails): Thrown {
    const value = exception === undefined ? undefined : this.#valueOf(exception);
    const foundByCompiler =
      exception?.className === "SyntaxError" && scriptId !== undefined && stackTrace === undefined;
    if (!foundByCompiler) return { threw: true, value };
    return { threw: true, value, position: { line: lineNumber + 1, column: columnNumber + 1 } };
  }

  #valueOf(remote: Runtime.RemoteObject): unknown {
    if (remote.objectId === undefined) {
      if (remote.unserializableValue === undefined) return remote.value;
      return remote.type === "bigint"
        ? BigInt(remote.unserializableValue.slice(0, -1))
        : Number(remote.unserializableValue);
    }
    this.#session.post("Runtime.callFunctionOn", {
      objectId: remote.objectId,
      functionDeclaration: `function () { ${HELPER}.caught = this; }`,
      objectGroup: GROUP,
    });
    const value = this.#helper.caught;
    this.#helper.caught = undefined;
    return value;
  }
}
