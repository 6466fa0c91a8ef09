// Specifications of charts, which JupyterLab draws: plotly's `{ data, layout }`, Vega's and Vega-Lite's, known by their
// `$schema` or, for Vega-Lite, by a mark and an encoding.

import { types } from "node:util";
import type { MimeBundle } from "./bundle.ts";
import { own } from "./look.ts";
import { visible } from "./visible.ts";

const { Array, Number, Set } = globalThis;

const VEGA_SCHEMA = /vega\.github\.io\/schema\/(vega|vega-lite)\/v(\d+)/;
/** What JupyterLab has renderers for. */
const NEWEST = { vega: 5, "vega-lite": 5 } as const;
const COMPOSITIONS = ["layer", "hconcat", "vconcat", "concat", "repeat", "spec"];

export function chartBundle(value: object): MimeBundle | undefined {
  if (types.isProxy(value) || Array.isArray(value)) return undefined;
  return vegaBundle(value) ?? plotlyBundle(value);
}

function vegaBundle(value: object): MimeBundle | undefined {
  const schema = own(value, "$schema");
  const [, kind, version] = (typeof schema === "string" ? VEGA_SCHEMA.exec(schema) : null) ?? [];
  if (kind === undefined && !isVegaLite(value)) return undefined;
  const name = kind === "vega" ? "vega" : "vega-lite";
  const newest = NEWEST[name];
  const versions = new Set([newest, version === undefined ? newest : Number(version)]);
  const bundle: Record<string, unknown> = {};
  for (const number of versions) bundle[`application/vnd.${name.replace("-", "")}.v${number}+json`] = value;
  const mark = own(value, "mark");
  const type = typeof mark === "string" ? mark : isRecord(mark) ? own(mark, "type") : undefined;
  const composed = COMPOSITIONS.find((part) => own(value, part) !== undefined);
  const what = typeof type === "string" ? `: ${type}` : composed === undefined ? "" : `: ${composed}`;
  return { ...bundle, "text/plain": visible(`${name === "vega" ? "Vega" : "Vega-Lite"} chart${what}`) };
}

function isVegaLite(value: object): boolean {
  const mark = own(value, "mark");
  return (typeof mark === "string" || isRecord(mark)) && isRecord(own(value, "encoding"));
}

function plotlyBundle(value: object): MimeBundle | undefined {
  const [data, layout, config] = [own(value, "data"), own(value, "layout"), own(value, "config")];
  if (!Array.isArray(data) || !isRecord(layout)) return undefined;
  const traces = Array.from({ length: data.length }, (_, index) => own(data, index));
  if (!traces.every(isRecord)) return undefined;
  const kinds = traces.map((trace) => {
    const type = own(trace, "type");
    return typeof type === "string" ? type : "scatter";
  });
  return {
    "application/vnd.plotly.v1+json": { data, layout, ...(config === undefined ? {} : { config }) },
    "text/plain": visible(`plotly figure: ${kinds.join(", ")}`),
  };
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !types.isProxy(value) && !Array.isArray(value);
}
