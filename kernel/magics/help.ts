// `%help`: the magics, and what a cell finds without an import.

import { escapeHtml } from "../display/escape.ts";
import { Rendered } from "../display/templates.ts";
import type { Magic } from "./magic.ts";
import { MAGICS } from "./table.ts";

const { Math } = globalThis;

const GLOBALS: readonly (readonly [usage: string, summary: string])[] = [
  ["cw, tf", "the library, and TensorFlow.js as it uses it"],
  ["display(value)", "shows a value; the handle's update(value) replaces it"],
  ["html`…`, md`…`, svg`…`, image(bytes)", "things to show"],
  ["prompt(question), confirm(question)", "ask the person at the notebook"],
  ["cell.signal", "aborted when the cell is interrupted"],
  ["comms", "channels to code on the page"],
];

export const magic: Magic = (_argument, { displays }) => {
  const rows = [
    ...MAGICS.map(({ usage, summary }) => [usage, summary] as const),
    ["!COMMAND", "runs a command of the operating system in the notebook's folder"] as const,
    ...GLOBALS,
  ];
  const width = Math.max(...rows.map(([usage]) => usage.length));
  const text = rows.map(([usage, summary]) => `${usage.padEnd(width)}  ${summary}`).join("\n");
  const body = rows.map(
    ([usage, summary]) =>
      `<tr><td style="text-align: left"><code>${escapeHtml(usage)}</code></td><td style="text-align: left">${escapeHtml(summary)}</td></tr>`,
  );
  displays.display(new Rendered({ "text/html": `<table>${body.join("")}</table>`, "text/plain": text }));
};
