// Arrays of plain objects read better as a table, and so do maps and sets. Long ones show their head and say how much is
// left out: a notebook is no place for a million rows.

import { types } from "node:util";
import { own } from "./look.ts";
import { preview } from "./preview.ts";
import { count, cut, safeHtml } from "./visible.ts";

const { Array, Map, Math, Object, Set } = globalThis;
const MAXIMUM_ROWS = 60;
const MAXIMUM_COLUMNS = 30;
const MAXIMUM_CELL = 1_000; // characters
const CHECKED = 1_000;

type Row = Readonly<Record<string, unknown>>;

export function isRecordTable(value: object): value is readonly Row[] {
  if (types.isProxy(value) || !Array.isArray(value) || value.length === 0) return false;
  for (let index = 0; index < value.length && index < CHECKED; index += 1) {
    if (!isRow(own(value, index))) return false;
  }
  return Object.keys(own(value, 0) as object).length > 0;
}

function isRow(value: unknown): value is Row {
  return (
    typeof value === "object" &&
    value !== null &&
    !types.isProxy(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

export function recordTable(rows: readonly Row[]): string {
  const shown = firstOf(rows);
  const all = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = all.slice(0, MAXIMUM_COLUMNS);
  const cells = shown.map((row, index) => [`<th>${index}</th>`, ...columns.map((name) => cell(row, name))]);
  return table(["", ...columns], cells, [
    more(rows.length - shown.length, "rows"),
    more(all.length - columns.length, "columns"),
  ]);
}

function firstOf(rows: readonly Row[]): Row[] {
  const indices = Array.from({ length: Math.min(rows.length, MAXIMUM_ROWS) }, (_, index) => index);
  return indices.map((index) => own(rows, index) as Row).filter((row) => row !== undefined);
}

function cell(row: Row, name: string): string {
  const property = Object.getOwnPropertyDescriptor(row, name);
  if (property === undefined) return "<td></td>";
  return "value" in property ? `<td>${cellText(property.value)}</td>` : "<td>(getter)</td>";
}

export function mapTable(map: ReadonlyMap<unknown, unknown>): string {
  const rows: string[][] = [];
  for (const [key, value] of Map.prototype.entries.call(map)) {
    if (rows.length === MAXIMUM_ROWS) break;
    rows.push([`<th>${cellText(key)}</th>`, `<td>${cellText(value)}</td>`]);
  }
  const size = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!.call(map) as number;
  return table([`key (${count(size)})`, "value"], rows, [more(size - rows.length, "entries")]);
}

export function setTable(set: ReadonlySet<unknown>): string {
  const rows: string[][] = [];
  for (const value of Set.prototype.values.call(set)) {
    if (rows.length === MAXIMUM_ROWS) break;
    rows.push([`<td>${cellText(value)}</td>`]);
  }
  const size = Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!.call(set) as number;
  return table([`value (${count(size)})`], rows, [more(size - rows.length, "values")]);
}

function table(head: readonly string[], rows: readonly string[][], notes: readonly string[]): string {
  const names = head.map((name) => `<th>${safeHtml(cut(name, MAXIMUM_CELL))}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.join("")}</tr>`).join("");
  const left = notes.filter((note) => note !== "").join(", ");
  return `<table><thead><tr>${names}</tr></thead><tbody>${body}</tbody></table>${left === "" ? "" : `<p>… ${left}</p>`}`;
}

function more(number: number, what: string): string {
  return number > 0 ? `${count(number)} more ${what}` : "";
}

function cellText(value: unknown): string {
  if (value === undefined) return "";
  return safeHtml(typeof value === "string" ? cut(value, MAXIMUM_CELL) : preview(value));
}
