// Arrays of plain objects read better as a table. Long ones show their head: a notebook is no place for a million rows.

import { inspect } from "node:util";
import { escapeHtml } from "./escape.ts";

const { Array, Infinity, Object, Set } = globalThis;
const MAXIMUM_ROWS = 60;
const MAXIMUM_COLUMNS = 30;

type Row = Readonly<Record<string, unknown>>;

export function isRecordTable(value: object): value is readonly Row[] {
  return (
    Array.isArray(value) && value.length > 0 && value.slice(0, 1000).every(isRow) && Object.keys(value[0]).length > 0
  );
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

export function tableBundle(rows: readonly Row[]): { "text/html": string } {
  const shown = rows.slice(0, MAXIMUM_ROWS);
  const all = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = all.slice(0, MAXIMUM_COLUMNS);
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join("");
  const body = shown.map((row, index) => {
    const cells = columns.map((name) => `<td>${escapeHtml(cellText(row[name]))}</td>`).join("");
    return `<tr><th>${index}</th>${cells}</tr>`;
  });
  const notes = [
    rows.length > shown.length ? `${rows.length - shown.length} more rows` : "",
    all.length > columns.length ? `${all.length - columns.length} more columns` : "",
  ].filter((note) => note !== "");
  const more = notes.length > 0 ? `<p>… ${notes.join(", ")}</p>` : "";
  return {
    "text/html": `<table><thead><tr><th></th>${head}</tr></thead><tbody>${body.join("")}</tbody></table>${more}`,
  };
}

function cellText(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 6 });
}
