// Any value as text: `util.inspect` with limits. It shows getters without running them; what may run is a value's own
// `util.inspect.custom`, Node's convention, and if that fails the value is shown without it. A value with very many parts is
// shown less deep, and then fewer of its properties: what is left out is counted.

import { inspect, types } from "node:util";
import { count, cut, visible } from "./visible.ts";

const { Array, Map, Math, Object, Set } = globalThis;

const DEPTH = 4;
const BUDGET = 20_000; // parts
const PROPERTIES = 1_000;
const OPTIONS = { maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 } as const;

export function toText(value: unknown): string {
  const { shown, note } = withFewerProperties(value);
  const depth = affordableDepth(shown);
  return cut(visible(tryInspect(shown, depth) + note));
}

function tryInspect(value: unknown, depth: number): string {
  for (const customInspect of [true, false]) {
    try {
      return inspect(value, { ...OPTIONS, depth, customInspect });
    } catch {} // something of the user's threw
  }
  return `(a${typeof value === "object" ? "n object" : ` ${typeof value}`} that cannot be shown)`;
}

/** The deepest level down to which the value has no more parts than the budget. */
function affordableDepth(value: unknown): number {
  for (let depth = DEPTH; depth > 0; depth -= 1) {
    if (countParts(value, depth, { left: BUDGET }, new Set()).left >= 0) return depth;
  }
  return 0;
}

function countParts(value: unknown, depth: number, budget: { left: number }, seen: Set<object>): { left: number } {
  budget.left -= 1;
  if (budget.left < 0 || depth < 0 || typeof value !== "object" || value === null) return budget;
  if (types.isProxy(value) || seen.has(value)) return budget;
  seen.add(value);
  if (types.isMap(value) || types.isSet(value)) {
    let index = 0;
    const parts = types.isMap(value) ? Map.prototype.values.call(value) : Set.prototype.values.call(value);
    for (const part of parts) {
      countParts(part, depth - 1, budget, seen);
      index += 1;
      if (index >= OPTIONS.maxArrayLength || budget.left < 0) break;
    }
  } else if (!types.isTypedArray(value)) {
    const isList = Array.isArray(value);
    for (const name of isList ? listIndices(value) : Object.keys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, name);
      if (property !== undefined && "value" in property) countParts(property.value, depth - 1, budget, seen);
      if (budget.left < 0) break;
    }
  }
  seen.delete(value);
  return budget;
}

function listIndices(list: readonly unknown[]): number[] {
  return Array.from({ length: Math.min(list.length, OPTIONS.maxArrayLength) }, (_, index) => index);
}

/** `inspect` limits lists, maps and sets, but not the properties of an object. */
function withFewerProperties(value: unknown): { readonly shown: unknown; readonly note: string } {
  const whole = { shown: value, note: "" };
  if (typeof value !== "object" || value === null || types.isProxy(value) || Array.isArray(value)) return whole;
  if (types.isTypedArray(value) || types.isMap(value) || types.isSet(value) || types.isNativeError(value)) return whole;
  const names = Object.keys(value);
  if (names.length <= PROPERTIES) return whole;
  const shown = Object.create(Object.getPrototypeOf(value));
  for (const name of names.slice(0, PROPERTIES)) {
    Object.defineProperty(shown, name, Object.getOwnPropertyDescriptor(value, name)!);
  }
  return { shown, note: `\n… ${count(names.length - PROPERTIES)} more properties` };
}
