// What a notebook says to whoever runs it: `report("accuracy", 0.97)` hands over a result, `stopNotebook("no data today")`
// ends the run in good order. A result is stored as scrapbook's JSON scrap, so that Python's scrapbook reads it as well, and
// a notebook that glues its results with scrapbook is read by our runner. The end of a notebook is Python's `SystemExit`
// with code 0, which papermill and our runner know as an end that is no failure.

import { DISPLAY } from "../display/mime.ts";

const { Error, JSON, Number, String, Symbol } = globalThis;

export const SCRAP = "application/scrapbook.scrap.json+json";
export const STOP = Symbol.for("cellwright.stop");

/** Shows the result under the cell and stores it under its name, for tables over many runs. */
export type Report = (name: string, value: unknown) => void;

export function createReport(show: (value: unknown) => unknown): Report {
  return (name, value) => {
    const data = JSON.parse(JSON.stringify(value, finite) ?? "null") as unknown;
    const bundle = { [SCRAP]: { name, data, encoder: "json", version: 1 }, "text/plain": `${name}: ${textOf(data)}` };
    show({ [DISPLAY]: () => bundle });
  };
}

/** NaN and the infinities are no JSON. */
function finite(_key: string, value: unknown): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value);
  return value;
}

function textOf(data: unknown): string {
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** Ends the notebook here, as completed; the cells below do not run. */
export function stopNotebook(reason = ""): never {
  const stop = new Error("0");
  stop.name = "SystemExit";
  const why = reason === "" ? "" : `: ${reason}`;
  throw Object.assign(stop, { [STOP]: `The notebook was stopped here${why}. The cells below it do not run.` });
}
