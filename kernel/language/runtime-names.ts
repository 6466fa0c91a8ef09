// Members of values that the compiler knows nothing about (`any`), as they are at run time: asked of V8's inspector, which
// lists properties without reading them. A path through a getter or a proxy leads nowhere, because only running it could
// tell; so does one that begins with anything but a name that a cell declared.

import type { Runtime } from "node:inspector";

export interface RuntimeName {
  readonly name: string;
  readonly kind: "method" | "property";
  /** Of the value itself, and not of its class or of `Object`. */
  readonly own: boolean;
}

/** Sends an order to V8's inspector of the thread that runs the cells. */
export type Post = <Result>(method: string, parameters: object) => Promise<Result>;

const GROUP = "cellwright-names";
const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const HIDDEN = /^__.*__$/;
const PRIMITIVES: Readonly<Record<string, object>> = {
  string: String.prototype,
  number: Number.prototype,
  boolean: Boolean.prototype,
  bigint: BigInt.prototype,
  symbol: Symbol.prototype,
};

/** Without those that cannot be written after a dot. */
export async function runtimeNames(path: readonly string[], post: Post): Promise<RuntimeName[]> {
  try {
    const value = await follow(path, post);
    if (value === undefined) return [];
    const primitive = PRIMITIVES[value.type];
    if (primitive !== undefined) return namesOfPrimitive(primitive);
    const properties = await propertiesOf(value, post);
    const shown = properties.filter(
      ({ name, symbol }) => symbol === undefined && NAME.test(name) && !HIDDEN.test(name),
    );
    return shown.map(({ name, value, isOwn = false }) => {
      return { name, kind: value?.type === "function" ? "method" : "property", own: isOwn };
    });
  } finally {
    await post("Runtime.releaseObjectGroup", { objectGroup: GROUP }).catch(() => {});
  }
}

async function follow([first, ...rest]: readonly string[], post: Post): Promise<Runtime.RemoteObject | undefined> {
  let value = await variable(first!, post);
  for (const name of rest) {
    if (value === undefined) return undefined;
    const property = (await propertiesOf(value, post)).find((candidate) => candidate.name === name);
    value = property?.value; // undefined for a getter
  }
  return value;
}

async function variable(name: string, post: Post): Promise<Runtime.RemoteObject | undefined> {
  const { names } = await post<Runtime.GlobalLexicalScopeNamesReturnType>("Runtime.globalLexicalScopeNames", {});
  if (!names.includes(name)) {
    // `var` and functions are properties of the global object, where a getter may hide behind a name.
    const global = await evaluate("globalThis", post);
    if (global === undefined) return undefined;
    return (await propertiesOf(global, post, true)).find((property) => property.name === name)?.value;
  }
  return evaluate(name, post);
}

/** Only for a name that runs nothing when it is read. */
async function evaluate(expression: string, post: Post): Promise<Runtime.RemoteObject | undefined> {
  const order = { expression, silent: true, throwOnSideEffect: true, objectGroup: GROUP };
  const { result, exceptionDetails } = await post<Runtime.EvaluateReturnType>("Runtime.evaluate", order);
  return exceptionDetails === undefined ? result : undefined;
}

async function propertiesOf(
  value: Runtime.RemoteObject,
  post: Post,
  ownProperties = false,
): Promise<Runtime.PropertyDescriptor[]> {
  if (value.objectId === undefined || value.subtype === "proxy") return [];
  const order = { objectId: value.objectId, ownProperties, nonIndexedPropertiesOnly: true };
  return (await post<Runtime.GetPropertiesReturnType>("Runtime.getProperties", order)).result;
}

function namesOfPrimitive(prototype: object): RuntimeName[] {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  return properties
    .filter(([name]) => NAME.test(name) && !HIDDEN.test(name) && name !== "constructor")
    .map(([name, { value }]) => ({ name, kind: typeof value === "function" ? "method" : "property", own: true }));
}
