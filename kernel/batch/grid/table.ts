// A grid as a table for people: a row a point, its parameters, its results, how it ended.

import { toJson } from "../parameters/value.ts";
import { duration, printable } from "../progress.ts";
import type { GridPoint } from "./run-grid.ts";

/** Lines of text, columns aligned, numbers to the right. */
export function gridTable(points: readonly GridPoint[]): string {
  const parameters = names(points.map((point) => point.parameters));
  const results = names(points.map((point) => point.results));
  const head = [...parameters, ...results, "time", "status"];
  const rows = points.map((point) => [
    ...parameters.map((name) => textOf(toJson(point.parameters[name] ?? null))),
    ...results.map((name) => textOf(point.results[name])),
    point.status === "pending" ? "" : point.cached ? "cached" : duration(point.duration * 1_000),
    point.error === null ? point.status : `${point.status}: ${printable(point.error).split("\n")[0]!.slice(0, 80)}`,
  ]);
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const isNumeric = head.map((_, column) =>
    rows.every((row) => /^(?:-?[\d.]+(?:e[+-]?\d+)?|)(?: s)?$/.test(row[column]!)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (isNumeric[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line), ""].join("\n");
}

/** `lr=0.1 rule=adam → accuracy=0.97`, for a line of progress. */
export function describePoint({ parameters, results, error, cached }: GridPoint): string {
  const list = (record: object) =>
    Object.entries(record)
      .map(([name, value]) => `${name}=${textOf(toJson(value))}`)
      .join(" ");
  const ending = error === null ? list(results) : printable(error).split("\n")[0]!;
  return `${list(parameters)}${ending === "" ? "" : ` ${error === null ? "→" : "✗"} ${ending}`}${cached ? " (cached)" : ""}`;
}

function names(records: readonly object[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function textOf(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return printable(typeof value === "string" ? value : JSON.stringify(value))
    .replace(/\s+/g, " ")
    .slice(0, 60);
}
