// `runs/{model}-{pm.run_uuid}.ipynb`: paths with parameters in them. Source: papermill formats a path with Python's
// str.format, so this is its grammar (Python's "Format String Syntax") as far as paths use it: `{{` and `}}`, names with
// `.member` and `[index]`, `!r`, and after a colon a width, a precision or a date's strftime form.

import { randomUUID } from "node:crypto";
import { CellwrightError } from "../../../src/errors.ts";
import type { Parameters } from "./value.ts";

/** What every path may use, as `pm`, and the same for all paths of a run. */
export interface Builtins {
  readonly run_uuid: string;
  readonly current_datetime_local: PathDate;
  readonly current_datetime_utc: PathDate;
}

/** A moment with the clock that it is read on. */
export class PathDate {
  readonly date: Date;
  readonly zone: "local" | "utc";

  constructor(date: Date, zone: "local" | "utc") {
    this.date = date;
    this.zone = zone;
  }
}

export function createBuiltins(now = new Date()): Builtins {
  return {
    run_uuid: randomUUID(),
    current_datetime_local: new PathDate(now, "local"),
    current_datetime_utc: new PathDate(now, "utc"),
  };
}

const FIELD = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** Throws CW_PATH_TEMPLATE for a name that is no parameter and for a form that is not one of Python's. */
export function fillPath(path: string, parameters: Parameters, pm: Builtins): string {
  const known: Readonly<Record<string, unknown>> = { pm, ...parameters };
  return path.replace(FIELD, (whole, field: string | undefined) => {
    if (whole === "{{" || whole === "}}") return whole[0]!;
    if (field === undefined) throw problem(path, `a single ${whole}; write ${whole}${whole} for the character`);
    const [, name, members, conversion, form = ""] =
      /^([^.[\]!:]*)((?:\.[^.[\]!:]+|\[[^\]]+\])*)(!r|!s)?(?::(.*))?$/.exec(field) ?? [];
    if (name === undefined) throw problem(path, `${whole} is no field`);
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(", ");
      throw problem(path, `there is no parameter ${JSON.stringify(name)}; known: ${names}`);
    }
    let value: unknown = known[name];
    for (const [, member, index] of members!.matchAll(/\.([^.[\]]+)|\[([^\]]+)\]/g)) {
      const key = (member ?? index)!;
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
        throw problem(path, `${whole}: there is no ${JSON.stringify(key)}`);
      }
      value = (value as Record<string, unknown>)[key];
    }
    if (conversion === "!r") return format(pythonText(value, true), form, whole, path);
    return format(value, form, whole, path);
  });
}

function problem(path: string, what: string): CellwrightError {
  return new CellwrightError("CW_PATH_TEMPLATE", `expected a path, perhaps with {parameters}, got ${path}: ${what}`);
}

function format(value: unknown, form: string, whole: string, path: string): string {
  if (value instanceof PathDate) return form === "" ? isoDate(value) : strftime(value, form);
  if (form === "") return pythonText(value);
  const [, fill = " ", align, sign = "", zero = "", width = "", precision, type = ""] =
    /^(?:(.)?([<>^=]))?([+ -])?(0)?(\d+)?(?:\.(\d+))?([a-zA-Z%])?$/.exec(form) ?? [];
  if (!/^(?:.?[<>^=])?[+ -]?0?\d*(?:\.\d+)?[a-zA-Z%]?$/.test(form)) throw problem(path, `${whole}: unknown form`);
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const digits = precision === undefined ? undefined : Number(precision);
  const text = isNumber
    ? formatNumber(value, type, digits, () => problem(path, `${whole}: unknown form`))
    : pythonText(value).slice(0, digits);
  const signed = isNumber && sign !== "" && sign !== "-" && !text.startsWith("-") ? sign + text : text;
  const space = Number(width) - signed.length;
  if (space <= 0) return signed;
  if (zero === "0" || align === "=") {
    const [, head = "", rest = ""] = /^([+ -]?)(.*)$/.exec(signed)!;
    return head + (zero === "0" ? "0" : fill).repeat(space) + rest;
  }
  const left = align === "^" ? Math.floor(space / 2) : align === ">" || (align === undefined && isNumber) ? space : 0;
  return fill.repeat(left) + signed + fill.repeat(space - left);
}

function formatNumber(value: number | bigint, type: string, digits: number | undefined, unknown: () => Error): string {
  const number = Number(value);
  const exponent = (text: string) => text.replace(/e([+-])(\d)$/, "e$10$2"); // Python writes two digits
  switch (type) {
    case "":
      return digits === undefined ? pythonText(value) : exponent(String(Number(number.toPrecision(digits || 1))));
    case "d":
    case "n":
      return String(value);
    case "f":
    case "F":
      return number.toFixed(digits ?? 6);
    case "e":
    case "E": {
      const text = exponent(number.toExponential(digits ?? 6));
      return type === "E" ? text.toUpperCase() : text;
    }
    case "g":
      return exponent(String(Number(number.toPrecision(digits || 6))));
    case "%":
      return `${(number * 100).toFixed(digits ?? 6)}%`;
    case "x":
    case "b":
    case "o":
      return value.toString({ x: 16, b: 2, o: 8 }[type]);
    default:
      throw unknown();
  }
}

/** A value as Python's `str` writes it. */
function pythonText(value: unknown, quoted = false): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    return String(value).replace(/e([+-])(\d)$/, "e$10$2");
  }
  if (typeof value === "string") return quoted ? `'${value.replace(/[\\']/g, "\\$&")}'` : value;
  if (value instanceof PathDate) return isoDate(value);
  if (Array.isArray(value)) return `[${value.map((each) => pythonText(each, true)).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).map(([key, each]) => `${pythonText(key, true)}: ${pythonText(each, true)}`);
  return `{${entries.join(", ")}}`;
}

/** `2026-03-04 05:06:07.123000`, and for UTC `+00:00` behind it. */
function isoDate(moment: PathDate): string {
  return strftime(moment, moment.zone === "utc" ? "%Y-%m-%d %H:%M:%S.%f+00:00" : "%Y-%m-%d %H:%M:%S.%f");
}

function strftime({ date, zone }: PathDate, form: string): string {
  // a local moment as if it were UTC, so that one set of methods reads both
  const at = zone === "utc" ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  const two = (number: number) => String(number).padStart(2, "0");
  const named = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" }).format(at);
  const hour = at.getUTCHours();
  const day = Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  const values: Readonly<Record<string, () => string>> = {
    Y: () => String(at.getUTCFullYear()),
    y: () => two(at.getUTCFullYear() % 100),
    m: () => two(at.getUTCMonth() + 1),
    d: () => two(at.getUTCDate()),
    H: () => two(hour),
    I: () => two(hour % 12 || 12),
    p: () => (hour < 12 ? "AM" : "PM"),
    M: () => two(at.getUTCMinutes()),
    S: () => two(at.getUTCSeconds()),
    f: () => `${String(at.getUTCMilliseconds()).padStart(3, "0")}000`,
    j: () => String(day).padStart(3, "0"),
    b: () => named({ month: "short" }),
    B: () => named({ month: "long" }),
    a: () => named({ weekday: "short" }),
    A: () => named({ weekday: "long" }),
    s: () => String(Math.floor(date.getTime() / 1_000)),
    z: () => (zone === "utc" ? "+0000" : ""),
    "%": () => "%",
  };
  return form.replace(/%([a-zA-Z%])/g, (whole, letter: string) => values[letter]?.() ?? whole);
}
