// A model of TensorFlow.js as a table of its layers. One that is not built yet has no shapes: it shows its layers only.

import { summary } from "../../src/models/summary.ts";
import { className, find, hasMethod, own } from "./look.ts";
import { count, safeHtml, visible } from "./visible.ts";

const { Array, Math, String } = globalThis;

const MOST_LAYERS = 200;

type Model = Parameters<typeof summary>[0];

export function isModel(value: object): value is Model {
  return hasMethod(value, "countParams") && hasMethod(value, "predict") && find(value, "layers") !== undefined;
}

export function modelBundle(model: Model): { "text/html": string; "text/plain": string } {
  const kind = className(model) ?? "Model";
  const built = rowsOf(model);
  const title = `${kind} ${String(own(model, "name") ?? "")}: ${built.total}`;
  const shown = built.rows.slice(0, MOST_LAYERS);
  const rest = built.rows.length > shown.length ? `… ${count(built.rows.length - shown.length)} more layers` : "";
  const head = ["layer", "type", "output", "parameters"];
  const widths = head.map((name, column) => Math.max(name.length, ...shown.map((row) => row[column]!.length)));
  const lines = [head, ...shown].map((row) =>
    row
      .map((cell, column) => (column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  "),
  );
  const body = shown.map((row) => `<tr>${row.map((cell) => `<td>${safeHtml(cell)}</td>`).join("")}</tr>`);
  return {
    "text/html": `<b>${safeHtml(title)}</b><table><thead><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>${rest === "" ? "" : `<p>${rest}</p>`}`,
    "text/plain": visible([title, ...lines, ...(rest === "" ? [] : [rest])].join("\n")),
  };
}

function rowsOf(model: Model): { readonly rows: readonly string[][]; readonly total: string } {
  try {
    const { layers, parameters, trainableParameters } = summary(model);
    const rows = layers.map(({ layer, type, outputShape, parameters: own }) => [
      layer,
      type,
      outputShape.map((side) => side ?? "batch").join(" × "),
      count(own),
    ]);
    return { rows, total: `${count(parameters)} parameters, ${count(trainableParameters)} of them trainable` };
  } catch {
    const layers = Array.from(model.layers ?? [], (layer) => [layer.name, layer.getClassName(), "", ""]);
    return { rows: layers, total: "not built yet" };
  }
}
