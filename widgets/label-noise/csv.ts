/**
 * Corrections as comma-separated values (RFC 4180). Spreadsheets run cells that begin like a formula: such a text gets an apostrophe in
 * front (OWASP, "CSV Injection"), unless a program is to read the file, that wants names as they are.
 */
import type { Correction } from "./decisions.ts";

export interface CSVOptions {
  /** Names that begin like a formula get an apostrophe in front. Default: true. */
  readonly forSpreadsheets?: boolean;
}

const columns = ["index", "id", "action", "given", "given_name", "label", "label_name"] as const;

/** One line a correction, with a header; places and classes as numbers, their names beside them. Empty: no label. */
export function correctionsCSV(
  corrections: readonly Correction[],
  classNames: readonly string[],
  { forSpreadsheets = true }: CSVOptions = {},
): string {
  const text = (value: string) => {
    const safe = forSpreadsheets && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const label = (value: number) => (value < 0 ? ["", ""] : [String(value), text(classNames[value] ?? "")]);
  const lines = corrections.map(({ index, id, action, given, label: own }) =>
    [String(index), text(id), action, ...label(given), ...label(own)].join(","),
  );
  return `${[columns.join(","), ...lines].join("\r\n")}\r\n`;
}
