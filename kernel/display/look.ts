// Looking at a value that anybody may have made, without running anything of it: properties are read through their
// descriptors, so that no getter runs, and proxies, which can only be asked by running their traps, are left alone.

import { types } from "node:util";

const { Object } = globalThis;

/** The value of a plain own property; undefined where there is none or a getter. */
export function own(value: object, name: PropertyKey): unknown {
  return types.isProxy(value) ? undefined : Object.getOwnPropertyDescriptor(value, name)?.value;
}

/** The descriptor of a property, own or inherited. */
export function find(value: object, name: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return undefined;
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property !== undefined) return property;
  }
  return undefined;
}

/** Whether there is such a method, own or inherited. */
export function hasMethod(value: object, name: PropertyKey): boolean {
  return typeof find(value, name)?.value === "function";
}

/** Whether the value's class, as opposed to the value, has such a getter: how libraries show their own properties. */
export function hasClassGetter(value: object, name: PropertyKey): boolean {
  return own(value, name) === undefined && typeof find(value, name)?.get === "function";
}

/** The name that the value's class was given; undefined where a getter or a proxy is in the way. */
export function className(value: object): string | undefined {
  const made = find(value, "constructor")?.value;
  if (typeof made !== "function") return undefined;
  const name = own(made, "name");
  return typeof name === "string" && name !== "" ? name : undefined;
}
