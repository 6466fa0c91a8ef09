// Expressions of the person who debugs: on a stopped frame, where they see its locals, or among the cells. An expression
// may be TypeScript; what it calls may do anything, as in a cell.

import type { Debugger, Runtime } from "node:inspector";
import type { JsonObject } from "../protocol/message.ts";
import { HELPER } from "../source/helper-name.ts";
import { stripTypes } from "../source/strip.ts";
import { CellSyntaxError } from "../source/syntax-error.ts";
import type { Debuggee } from "./debuggee.ts";
import type { InspectorLink } from "./inspector-link.ts";
import type { Pauses } from "./pauses.ts";
import { DebugError } from "./protocol.ts";
import type { Variables } from "./variables.ts";

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

type Evaluated = Runtime.EvaluateReturnType | Debugger.EvaluateOnCallFrameReturnType;

export class Evaluator {
  readonly #link: InspectorLink;
  readonly #pauses: Pauses;
  readonly #variables: Variables;
  readonly #debuggee: Debuggee;

  constructor(link: InspectorLink, pauses: Pauses, variables: Variables, debuggee: Debuggee) {
    this.#link = link;
    this.#pauses = pauses;
    this.#variables = variables;
    this.#debuggee = debuggee;
  }

  async evaluate({ expression, frameId }: JsonObject): Promise<object> {
    const code = withoutTypes(String(expression ?? ""));
    const { value, ...rest } = this.#variables.variable("", await this.#run(code, frameId), code);
    return { ...rest, result: value };
  }

  async setVariable({ variablesReference, name, value, frameId }: JsonObject): Promise<object> {
    const frame = frameId ?? this.#pauses.stop?.frames[0]?.id;
    const remote = await this.#run(withoutTypes(String(value)), frame);
    return this.#variables.assign(Number(variablesReference), String(name), remote);
  }

  /** As the cell's result would be shown; what shows itself asynchronously has only its text while all is stopped. */
  async richInspect({ variableName, frameId }: JsonObject): Promise<object> {
    const name = identifier(variableName);
    const call = `${HELPER}.mime(${name})`;
    const text = `(bundle) => typeof bundle.then === "function" ? { "text/plain": "(shown when the cell goes on)" } : bundle`;
    const isStopped = this.#pauses.stop !== undefined;
    const expression = isStopped ? `(${text})(${call})` : `await ${call}`;
    const { value } = await this.#run(expression, frameId, { returnByValue: true });
    return { data: value as object, metadata: {} };
  }

  async copyToGlobals({ srcVariableName, dstVariableName, srcFrameId }: JsonObject): Promise<object> {
    const [from, to] = [identifier(srcVariableName), identifier(dstVariableName)];
    await this.#run(`${HELPER}.caught = ${from}`, srcFrameId);
    // Assigns to what the cells have declared, or makes a property of the global object.
    const remote = await this.#run(`${to} = ${HELPER}.caught`, undefined);
    await this.#run(`${HELPER}.caught = undefined`, undefined);
    this.#debuggee.declare(to);
    const { value, type, variablesReference } = this.#variables.variable(to, remote, to);
    return { value, type, variablesReference };
  }

  async #run(expression: string, frameId: unknown, options: object = {}): Promise<Runtime.RemoteObject> {
    const { stop } = this.#pauses;
    const common = { expression, objectGroup: this.#variables.group, generatePreview: true, silent: true, ...options };
    let evaluated: Evaluated;
    if (stop !== undefined && frameId !== undefined && frameId !== null) {
      const { callFrameId } = this.#pauses.frame(frameId).call;
      evaluated = await this.#link.post("Debugger.evaluateOnCallFrame", { ...common, callFrameId });
    } else {
      // While a cell is stopped no promise settles, not even that of V8's REPL mode.
      const runs = stop === undefined;
      const parameters = { ...common, replMode: runs, awaitPromise: runs, disableBreaks: true };
      evaluated = await this.#link.post("Runtime.evaluate", parameters);
    }
    const { exceptionDetails, result } = evaluated;
    if (exceptionDetails === undefined) return result;
    const { exception, text } = exceptionDetails;
    throw new DebugError(exception?.description?.split("\n", 1)[0] ?? String(exception?.value ?? text));
  }
}

/** What is no TypeScript is left to V8, which says what is wrong with it. */
function withoutTypes(expression: string): string {
  const trimmed = expression.trim().replace(/;$/, "");
  const isObject = trimmed.startsWith("{") && trimmed.endsWith("}");
  for (const code of isObject ? [`(${trimmed})`, trimmed] : [trimmed]) {
    try {
      return stripTypes(code).code;
    } catch (error) {
      if (!(error instanceof CellSyntaxError)) throw error;
    }
  }
  return trimmed;
}

function identifier(name: unknown): string {
  if (typeof name === "string" && IDENTIFIER.test(name)) return name;
  throw new DebugError(`expected the name of a variable, got ${JSON.stringify(name)}`);
}
