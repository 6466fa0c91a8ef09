// `%who`: the names that cells have declared, with type and a glance at the value. Nothing of the user's runs for it.

import { escapeHtml } from "../display/escape.ts";
import { preview, typeName } from "../display/preview.ts";
import { Rendered } from "../display/templates.ts";
import type { Magic } from "./magic.ts";

const { Math } = globalThis;

export const magic: Magic = async (argument, { displays, names, print }) => {
  const all = await names.list();
  const found = all.filter(({ name }) => name.includes(argument));
  if (found.length === 0) {
    print(argument === "" ? "no cell has declared a name\n" : `no declared name contains ${argument}\n`);
    return;
  }
  const rows = found.map(({ name, value, initialized }) =>
    initialized ? ([name, typeName(value), preview(value)] as const) : ([name, "", "(never given a value)"] as const),
  );
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const text = rows.map(([name, type, value]) => `${name.padEnd(widths[0]!)}  ${type.padEnd(widths[1]!)}  ${value}`);
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`);
  displays.display(
    new Rendered({
      "text/html": `<table><thead><tr><th>name</th><th>type</th><th>value</th></tr></thead><tbody>${body.join("")}</tbody></table>`,
      "text/plain": text.map((line) => line.trimEnd()).join("\n"),
    }),
  );
};
