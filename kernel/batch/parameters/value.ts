// What a parameter may hold: JSON's values, and what YAML and Python know beyond them (NaN, the infinities, whole numbers
// that a double cannot hold). A value on the command line is read as papermill reads it: Python's `True`, `False`, `None`,
// then `int(text)`, then `float(text)`, else the text itself. So `true` is a text, and `1_000` a thousand.

import { CellwrightError } from "../../../src/errors.ts";

export type ParameterValue =
  | null
  | boolean
  | number
  /** Beyond 2^53; a smaller one is a number. */
  | bigint
  | string
  | readonly ParameterValue[]
  | { readonly [key: string]: ParameterValue };

export type Parameters = Readonly<Record<string, ParameterValue>>;

const INTEGER = /^[+-]?\d+(?:_\d+)*$/;
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i;

/** The value that a word on the command line stands for. */
export function parseWord(word: string): ParameterValue {
  if (word === "True") return true;
  if (word === "False") return false;
  if (word === "None") return null;
  const text = word.trim();
  if (INTEGER.test(text)) return wholeNumber(BigInt(text.replaceAll("_", "").replace(/^\+/, "")));
  if (FLOAT.test(text)) return Number(text.replaceAll("_", ""));
  const [, sign, name] = SPECIAL.exec(text) ?? [];
  if (name === undefined) return word;
  if (name.toLowerCase() === "nan") return Number.NaN;
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A number where that is exact, else a bigint. */
export function wholeNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * Checks values that come from a program; throws CW_PARAMETER_NAME for a name that no variable can have and
 * CW_PARAMETER_VALUE for a value that no notebook can be given (a function, a date, a cycle).
 */
export function checkParameters(parameters: Readonly<Record<string, unknown>>): Parameters {
  for (const [name, value] of Object.entries(parameters)) {
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
      throw new CellwrightError(
        "CW_PARAMETER_NAME",
        `expected the name of a parameter to be one of a variable (letters, digits, _), got ${JSON.stringify(name)}`,
      );
    }
    checkValue(value, name, new Set());
  }
  return parameters as Parameters;
}

function checkValue(value: unknown, place: string, above: ReadonlySet<object>): void {
  if (value === null || ["boolean", "number", "bigint", "string"].includes(typeof value)) return;
  const isPlain =
    typeof value === "object" &&
    (Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null));
  if (!isPlain || above.has(value)) {
    const kind = isPlain ? "a value that contains itself" : describeKind(value);
    throw new CellwrightError(
      "CW_PARAMETER_VALUE",
      `expected ${place} to be null, a boolean, a number, a text, a list or an object of these, got ${kind}`,
    );
  }
  const inside = new Set(above).add(value);
  for (const [key, each] of Object.entries(value)) checkValue(each, `${place}.${key}`, inside);
}

function describeKind(value: unknown): string {
  return typeof value === "object" ? `an object of class ${value?.constructor?.name ?? "?"}` : typeof value;
}

/**
 * The value as JSON can hold it, for metadata and hashes: NaN, the infinities and bigints become texts, since a notebook
 * with a bare NaN, as papermill writes it, is one that no JSON parser reads.
 */
export function toJson(value: ParameterValue): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toJson(each)]));
}
