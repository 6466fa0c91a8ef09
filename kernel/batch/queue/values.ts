// Parameters as JSON and back. JSON has no NaN, no infinities and no whole numbers beyond 2^53: these travel as an object
// with one key, and an object that looks like one of these travels within one.

import type { Parameters, ParameterValue } from "../parameters/value.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const NUMBER = "$number";
const BIGINT = "$bigint";
const PLAIN = "$plain";

export function encodeParameters(parameters: Parameters): Record<string, Json> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, encode(value)]));
}

export function decodeParameters(encoded: Readonly<Record<string, unknown>>): Parameters {
  return Object.fromEntries(Object.entries(encoded).map(([name, value]) => [name, decode(value as Json)]));
}

function encode(value: ParameterValue): Json {
  if (typeof value === "bigint") return { [BIGINT]: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { [NUMBER]: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(encode);
  const entries = Object.entries(value as Parameters).map(([name, each]) => [name, encode(each)] as const);
  const isAmbiguous = entries.length === 1 && [NUMBER, BIGINT, PLAIN].includes(entries[0]![0]);
  const object: Record<string, Json> = Object.fromEntries(entries);
  return isAmbiguous ? { [PLAIN]: object } : object;
}

function decode(json: Json): ParameterValue {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(decode);
  const object = json as { readonly [name: string]: Json };
  const keys = Object.keys(object);
  if (keys.length === 1) {
    const [key] = keys;
    if (key === NUMBER) return Number(object[NUMBER]);
    if (key === BIGINT) return BigInt(object[BIGINT] as string);
    if (key === PLAIN) return decodeParameters(object[PLAIN] as Record<string, Json>);
  }
  return decodeParameters(object);
}
