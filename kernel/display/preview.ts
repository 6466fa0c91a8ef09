// A glance at a value: its type and one line, made without running anything of the user's: no getter, no `toString`, no
// trap of a proxy, no iterator. Where that is not possible, it says less.

import { inspect, types } from "node:util";
import { className, own } from "./look.ts";
import { count, visible } from "./visible.ts";

const { Array, ArrayBuffer, Date, JSON, Map, Object, Set, String } = globalThis;

const WIDTH = 80;
const ITEMS = 8;
const TYPED_ARRAY_NAME = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(globalThis.Uint8Array.prototype),
  globalThis.Symbol.toStringTag,
)!.get!;
const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;
const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!;

/** "number", "Float32Array", the name of a class. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return isClass(value) ? "class" : "function";
  if (typeof value !== "object") return typeof value;
  if (types.isProxy(value)) return "Proxy";
  if (types.isTypedArray(value)) return String(TYPED_ARRAY_NAME.call(value));
  return className(value) ?? "object";
}

/** One line of at most 80 characters. */
export function preview(value: unknown): string {
  return visible(shorten(glance(value, 1)));
}

/** Cuts a text to one line of a width, visibly. */
export function shorten(text: string, width = WIDTH): string {
  const line = text.replace(/\s*\n\s*/g, " ");
  if (line.length <= width) return line;
  const end = line.charCodeAt(width - 2) >>> 10 === 0x36 ? width - 2 : width - 1; // not between two surrogates
  return `${line.slice(0, end)}…`;
}

function glance(value: unknown, depth: number): string {
  if (typeof value === "string") return inspect(value.length > WIDTH ? `${value.slice(0, WIDTH)}…` : value);
  if (typeof value === "function") return `${typeName(value)} ${ownText(value, "name") ?? ""}`.trim();
  if (typeof value !== "object" || value === null) return inspect(value);
  if (types.isProxy(value)) return "Proxy";
  if (Array.isArray(value)) return list(value, value.length, depth, `(${value.length}) `);
  if (types.isTypedArray(value)) return list(value as unknown as object[], value.length, depth, `(${value.length}) `);
  if (types.isAnyArrayBuffer(value) && !types.isSharedArrayBuffer(value)) return `${byteLength.call(value)} bytes`;
  if (types.isMap(value)) return counted(mapSize.call(value), "entry", "entries");
  if (types.isSet(value)) return counted(setSize.call(value), "value", "values");
  if (types.isDate(value))
    return inspect(Date.prototype.valueOf.call(value)) === "NaN" ? "Invalid Date" : isoDate(value);
  if (types.isRegExp(value)) return inspect(value, { customInspect: false });
  if (types.isNativeError(value)) return ownText(value, "message") ?? "";
  if (types.isPromise(value)) return inspect(value, { depth: -1, customInspect: false });
  const shape = own(value, "shape");
  const dtype = ownText(value, "dtype");
  if (Array.isArray(shape) && dtype !== undefined) return `${dtype} [${shape.join(", ")}]`;
  return properties(value, depth);
}

function counted(number: number, one: string, many: string): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

function list(values: ArrayLike<unknown>, length: number, depth: number, head: string): string {
  if (depth < 0) return `${head}[…]`;
  const shown: string[] = [];
  for (let index = 0; index < length && index < ITEMS; index += 1) {
    const property = Object.getOwnPropertyDescriptor(values, index);
    shown.push(property === undefined ? "" : "value" in property ? glance(property.value, depth - 1) : "…");
  }
  return `${head}[${shown.join(", ")}${length > ITEMS ? ", …" : ""}]`;
}

function properties(value: object, depth: number): string {
  const names = Object.keys(value);
  if (depth < 0) return names.length === 0 ? "{}" : "{…}";
  const shown = names.slice(0, ITEMS).map((name) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (property === undefined || !("value" in property)) return `${key}: (getter)`;
    return `${key}: ${glance(property.value, depth - 1)}`;
  });
  return shown.length === 0 ? "{}" : `{ ${shown.join(", ")}${names.length > ITEMS ? ", …" : ""} }`;
}

function isoDate(date: Date): string {
  return Date.prototype.toISOString.call(date);
}

function ownText(holder: object, name: string): string | undefined {
  const value = own(holder, name);
  return typeof value === "string" ? value : undefined;
}

/** A class's `prototype` cannot be written to; a function's can. */
function isClass(value: object): boolean {
  if (types.isProxy(value)) return false;
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}
