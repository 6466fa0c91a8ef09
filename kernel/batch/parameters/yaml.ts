// Parameters as YAML, and so as JSON. PyYAML, which papermill reads with, speaks YAML 1.1: `yes` and `off` are booleans and
// dates stay texts. So do we, with two corrections of papermill's readings: `1e30` is a number (PyYAML wants a point and a
// sign), and whole numbers beyond 2^53 stay exact. `y` and `n` are texts, as in PyYAML, since parameters are called that.

import { createRequire } from "node:module";
import type { ScalarTag, Tags } from "yaml";
import { CellwrightError } from "../../../src/errors.ts";
import type { Parameters, ParameterValue } from "./value.ts";
import { wholeNumber } from "./value.ts";

const require = createRequire(import.meta.url);

/** Reads a mapping of names to values; `name` is what messages call the text. Throws CW_PARAMETER_FILE. */
export function parseParameters(text: string, name: string): Parameters {
  const { parseDocument } = require("yaml") as typeof import("yaml"); // when it is needed: most runs read no YAML
  const document = parseDocument(text, {
    version: "1.1",
    intAsBigInt: true,
    customTags: (tags) => tags.filter((tag) => !isDate(tag)).map(corrected),
  });
  const [error] = document.errors;
  if (error !== undefined) throw new CellwrightError("CW_PARAMETER_FILE", `${name}: ${error.message.split("\n")[0]}`);
  const value = plain(document.toJS());
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new CellwrightError(
      "CW_PARAMETER_FILE",
      `${name}: expected names with values (lr: 0.1), got ${JSON.stringify(text.trim().slice(0, 60))}`,
    );
  }
  return value as Parameters;
}

/** What is right of a `=` on the command line, as YAML reads it: `0.1`, `true`, `[1, 2]`, `text`. */
export function parseScalar(text: string, name: string): ParameterValue {
  return parseParameters(`value: ${text === "" ? '""' : text}`, name).value ?? null;
}

function isDate(tag: Tags[number]): boolean {
  return typeof tag === "object" && tag.tag === "tag:yaml.org,2002:timestamp";
}

/** `y` and `n` are no booleans, and a number has a digit in front of its exponent: `e5` is a text. */
function corrected(tag: Tags[number]): Tags[number] {
  const test = typeof tag === "object" ? (tag as ScalarTag).test : undefined;
  if (typeof tag !== "object" || test === undefined) return tag;
  if (tag.tag === "tag:yaml.org,2002:bool") {
    return { ...tag, test: new RegExp(test.source.replace(/Y\|y\||N\|n\|/, "")) } as ScalarTag;
  }
  if (tag.tag !== "tag:yaml.org,2002:float" || !test.source.includes("[0-9]")) return tag;
  return { ...tag, test: new RegExp(test.source.replace("^", "^(?=[-+]?\\.?[0-9])")) } as ScalarTag;
}

/** Out of YAML's own kinds (bigints for every whole number, maps, sets, bytes) into those of parameters. */
function plain(value: unknown): ParameterValue {
  if (typeof value === "bigint") return wholeNumber(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  const entries =
    value instanceof Map ? [...value] : value instanceof Set ? [...value].map((key) => [key, null]) : null;
  if (entries !== null) return Object.fromEntries(entries.map(([key, each]) => [String(key), plain(each)]));
  if (typeof value !== "object" || value === null) return (value ?? null) as ParameterValue;
  const made: Record<string, ParameterValue> = {};
  for (const [key, each] of Object.entries(value)) {
    Object.defineProperty(made, key, { value: plain(each), enumerable: true, writable: true, configurable: true });
  }
  return made;
}
