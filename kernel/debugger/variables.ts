// What is inside scopes and values, on demand: every reference that a client holds stands for an object in the evaluator.
// Properties are read as descriptors, so a getter is shown and never run. Long arrays come in ranges of at most a hundred
// entries, since clients ask for everything at once.

import type { Runtime } from "node:inspector";
import type { InspectorLink } from "./inspector-link.ts";
import { DebugError, type Variable } from "./protocol.ts";
import { describe } from "./values.ts";

const RANGE = 100;
const PATIENCE = 5_000; // milliseconds
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const HIDDEN = new Set(["[[Prototype]]", "[[FunctionLocation]]", "[[Scopes]]"]);

/** One of V8's scopes of a stopped frame. */
export interface ScopePart {
  readonly objectId: string;
  readonly callFrameId: string;
  readonly scopeNumber: number;
}

type Node =
  /** Inner scopes first: they hide the names of outer ones. */
  | {
      readonly kind: "scopes";
      readonly parts: readonly ScopePart[];
      readonly receiver: Runtime.RemoteObject | undefined;
    }
  | { readonly kind: "globals" }
  | { readonly kind: "object"; readonly objectId: string; readonly path: string; readonly length: number | undefined }
  | {
      readonly kind: "range";
      readonly objectId: string;
      readonly path: string;
      readonly from: number;
      readonly to: number;
    };

export interface Page {
  readonly filter?: unknown;
  readonly start?: unknown;
  readonly count?: unknown;
}

export class Variables {
  readonly #link: InspectorLink;
  readonly #names: () => readonly string[];
  readonly #nodes = new Map<number, Node>();
  #count = 0;
  #generation = 1;
  #lastEnd = 0;
  /** JupyterLab shows a type, where there is one, instead of the value: numbers and texts then go without. */
  typed = false;

  constructor(link: InspectorLink, names: () => readonly string[]) {
    this.#link = link;
    this.#names = names;
  }

  /** V8 keeps the objects of a group alive until it is released. */
  get group(): string {
    return `debugger-${this.#generation}`;
  }

  /** For a new answer about what runs: the last one may still be unfolded, the one before is gone from the page. */
  renew(): void {
    this.#release(this.#generation - 1);
    for (const known of this.#nodes.keys()) if (known <= this.#lastEnd) this.#nodes.delete(known);
    this.#lastEnd = this.#count;
    this.#generation += 1;
  }

  clear(): void {
    this.#nodes.clear();
    for (const generation of [this.#generation - 1, this.#generation]) this.#release(generation);
  }

  #release(generation: number): void {
    if (!this.#link.isConnected) return;
    this.#link.post("Runtime.releaseObjectGroup", { objectGroup: `debugger-${generation}` }).catch(() => {});
  }

  /** @param receiver what `this` is there */
  referenceToScopes(parts: readonly ScopePart[], receiver?: Runtime.RemoteObject): number {
    return this.#refer({ kind: "scopes", parts, receiver });
  }

  referenceToGlobals(): number {
    return this.#refer({ kind: "globals" });
  }

  async list(reference: number, page: Page = {}): Promise<Variable[]> {
    const node = this.#node(reference);
    switch (node.kind) {
      case "globals":
        return this.listGlobals();
      case "scopes":
        return this.#listScopes(node.parts, node.receiver);
      case "range":
        return this.#listRange(node.objectId, node.path, node.from, node.to);
      case "object":
        return this.#listObject(node, page);
    }
  }

  /** The names that the cells have declared, whether or not anything is stopped. */
  async listGlobals(group = this.group): Promise<Variable[]> {
    const names = this.#names();
    if (names.length === 0) return [];
    const [lexical, properties] = await Promise.all([
      this.#link.post<Runtime.GlobalLexicalScopeNamesReturnType>("Runtime.globalLexicalScopeNames", {}, PATIENCE),
      this.#globalProperties(group),
    ]);
    const isLexical = new Set(lexical.names);
    const variables = await Promise.all(
      names.map(async (name) => {
        const value = isLexical.has(name) ? await this.#lexical(name, group) : properties.get(name)?.value;
        return value === undefined ? [] : [this.variable(name, value, name)];
      }),
    );
    return variables.flat();
  }

  /** @param path an expression that gives the value, or "" where there is none */
  variable(name: string, remote: Runtime.RemoteObject, path = ""): Variable {
    const { type, value } = describe(remote);
    const { objectId } = remote;
    const simple = { name, value, ...(path === "" ? {} : { evaluateName: path }) };
    if (objectId === undefined) return { ...simple, variablesReference: 0, ...(this.typed ? { type } : {}) };
    const length = lengthOf(remote);
    const variablesReference = this.#refer({ kind: "object", objectId, path, length });
    return { ...simple, type, variablesReference, ...(length === undefined ? {} : { indexedVariables: length }) };
  }

  /** Assigns to a variable of a scope or a property of an object. */
  async assign(reference: number, name: string, value: Runtime.RemoteObject): Promise<Variable> {
    const node = this.#node(reference);
    const argument: Runtime.CallArgument =
      value.objectId !== undefined
        ? { objectId: value.objectId }
        : value.unserializableValue !== undefined
          ? { unserializableValue: value.unserializableValue }
          : { value: value.value };
    if (node.kind === "object" || node.kind === "range") {
      await this.#link.post("Runtime.callFunctionOn", {
        objectId: node.objectId,
        functionDeclaration: "function (name, value) { this[name] = value; }",
        arguments: [{ value: name }, argument],
        silent: true,
      });
    } else if (node.kind === "scopes") {
      const part = await this.#partWith(node.parts, name);
      const { callFrameId, scopeNumber } = part;
      const parameters = { callFrameId, scopeNumber, variableName: name, newValue: argument };
      await this.#link.post("Debugger.setVariableValue", parameters).catch(() => {
        throw new DebugError(
          `V8 cannot change ${name} here: its function runs optimised; stop at a breakpoint in it first`,
        );
      });
    } else {
      throw new DebugError(`${name} belongs to all cells: assign to it in a cell, or evaluate \`${name} = …\``);
    }
    return this.variable(name, value);
  }

  async #partWith(parts: readonly ScopePart[], name: string): Promise<ScopePart> {
    for (const part of parts) {
      const { result } = await this.#properties(part.objectId);
      if (result.some((property) => property.name === name)) return part;
    }
    throw new DebugError(`there is no variable ${name} in this scope`);
  }

  #refer(node: Node): number {
    this.#count += 1;
    this.#nodes.set(this.#count, node);
    return this.#count;
  }

  #node(reference: number): Node {
    const node = this.#nodes.get(reference);
    if (node === undefined) throw new DebugError(`expected a reference to variables that are shown, got ${reference}`);
    return node;
  }

  async #globalProperties(group: string): Promise<Map<string, Runtime.PropertyDescriptor>> {
    const parameters = { expression: "this", objectGroup: group, silent: true, disableBreaks: true };
    const { result } = await this.#link.post<Runtime.EvaluateReturnType>("Runtime.evaluate", parameters, PATIENCE);
    const properties = await this.#properties(result.objectId!);
    return new Map(properties.result.map((property) => [property.name, property]));
  }

  /** Undefined while the cell that declares the name has not got to it. */
  async #lexical(name: string, group: string): Promise<Runtime.RemoteObject | undefined> {
    const { result, exceptionDetails } = await this.#link.post<Runtime.EvaluateReturnType>(
      "Runtime.evaluate",
      {
        expression: name,
        objectGroup: group,
        generatePreview: true,
        silent: true,
        disableBreaks: true,
        throwOnSideEffect: true,
      },
      PATIENCE,
    );
    return exceptionDetails === undefined ? result : undefined;
  }

  async #listScopes(parts: readonly ScopePart[], receiver: Runtime.RemoteObject | undefined): Promise<Variable[]> {
    const scopes = await Promise.all(parts.map(({ objectId }) => this.#properties(objectId)));
    const found = new Map<string, Runtime.PropertyDescriptor>();
    for (const { result } of scopes) {
      for (const property of result) if (!found.has(property.name)) found.set(property.name, property);
    }
    const variables = [...found.values()].flatMap(({ name, value }) =>
      value === undefined ? [] : [this.variable(name, value, name)],
    );
    return receiver === undefined ? variables : [this.variable("this", receiver, "this"), ...variables];
  }

  async #listObject(node: Extract<Node, { kind: "object" }>, page: Page): Promise<Variable[]> {
    const { objectId, path, length = 0 } = node;
    if (page.filter === "indexed") {
      const from = Number(page.start ?? 0);
      const count = Number(page.count ?? 0) || length;
      return this.#listRange(objectId, path, from, Math.min(length, from + count));
    }
    if (page.filter !== "named" && length <= RANGE) return this.#members(objectId, path, false);
    const ranges = page.filter === "named" ? [] : this.#ranges(objectId, path, 0, length);
    return [...ranges, ...(await this.#members(objectId, path, true))];
  }

  async #listRange(objectId: string, path: string, from: number, to: number): Promise<Variable[]> {
    if (to - from > RANGE) return this.#ranges(objectId, path, from, to);
    const { result } = await this.#link.post<Runtime.CallFunctionOnReturnType>("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration: `function (from, to) {
        const { getOwnPropertyDescriptor, defineProperty } = ({}).constructor; // \`Object\` may be a cell's own
        const part = {};
        for (let at = from; at < to; at += 1) {
          const found = getOwnPropertyDescriptor(this, at);
          if (found !== undefined) defineProperty(part, at, found);
        }
        return part;
      }`,
      arguments: [{ value: from }, { value: to }],
      silent: true,
      objectGroup: this.group,
    });
    return this.#members(result.objectId!, path, false);
  }

  /** At most a hundred ranges, of a hundred entries or a power of it. */
  #ranges(objectId: string, path: string, from: number, to: number): Variable[] {
    let size = RANGE;
    while ((to - from) / size > RANGE) size *= RANGE;
    const ranges: Variable[] = [];
    for (let start = from; start < to; start += size) {
      const end = Math.min(to, start + size);
      const variablesReference = this.#refer({ kind: "range", objectId, path, from: start, to: end });
      ranges.push({ name: `[${start} … ${end - 1}]`, value: "", variablesReference });
    }
    return ranges;
  }

  async #members(objectId: string, path: string, onlyNamed: boolean): Promise<Variable[]> {
    const { result, internalProperties = [], privateProperties } = await this.#properties(objectId, onlyNamed);
    const shown: Variable[] = [];
    for (const { name, value, get, symbol } of [...result, ...(privateProperties ?? [])]) {
      if (value !== undefined) {
        shown.push(this.variable(name, value, symbol === undefined ? memberPath(path, name) : ""));
      } else if (get !== undefined && get.type !== "undefined") {
        shown.push({ name, value: "[getter]", variablesReference: 0 });
      }
    }
    for (const { name, value } of internalProperties) {
      if (value !== undefined && !HIDDEN.has(name)) shown.push(this.variable(name, value));
    }
    return shown;
  }

  #properties(objectId: string, onlyNamed = false): Promise<Properties> {
    const parameters = {
      objectId,
      ownProperties: true,
      generatePreview: true,
      ...(onlyNamed ? { nonIndexedPropertiesOnly: true } : {}),
    };
    return this.#link.post("Runtime.getProperties", parameters, PATIENCE);
  }
}

type Properties = Runtime.GetPropertiesReturnType & {
  readonly privateProperties?: readonly {
    readonly name: string;
    readonly value?: Runtime.RemoteObject;
    readonly get?: Runtime.RemoteObject;
    readonly symbol?: undefined;
  }[];
};

function lengthOf({ subtype, description = "" }: Runtime.RemoteObject): number | undefined {
  if (subtype !== "array" && subtype !== "typedarray") return undefined;
  return Number(/\((\d+)\)$/.exec(description)?.[1] ?? 0);
}

function memberPath(path: string, name: string): string {
  if (path === "" || name.startsWith("#")) return "";
  if (/^\d+$/.test(name)) return `${path}[${name}]`;
  return IDENTIFIER.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
