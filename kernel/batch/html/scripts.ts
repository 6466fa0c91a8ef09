// The few scripts of a report, and the policy that lets exactly them run. The policy (Content-Security-Policy, level 3)
// forbids every network request and names each script by the hash of its text, those inside frames included, because a
// frame of `srcdoc` inherits the page's policy. A script that is not listed, or that was changed, does not run.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Text that can stand in a script element. */
export function escapeScript(text: string): string {
  return text.replace(/<(?=\/script|!--|script)/gi, "\\u003c");
}

/** JSON that can stand in a script element, and still is the same JSON. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

/** The library that draws plotly figures, about 4.8 MB. */
export function plotlyLibrary(): string {
  return readFileSync(createRequire(import.meta.url).resolve("plotly.js-dist-min/plotly.min.js"), "utf8");
}

/** The part of it that the widgets' charts need, 1.5 MB. */
export function widgetCharts(): string {
  const path = "plotly.js-cartesian-dist-min/plotly-cartesian.min.js";
  return readFileSync(createRequire(import.meta.url).resolve(path), "utf8");
}

/** Draws every plotly figure of the page, in the colours of the page where the figure leaves them open. */
export const DRAW_FIGURES = `"use strict";
const dark = matchMedia("(prefers-color-scheme: dark)");
function coloured(layout) {
  const template = (layout.template && layout.template.layout) || {};
  if (!dark.matches || layout.paper_bgcolor || template.paper_bgcolor) return layout;
  const axis = { gridcolor: "#444", zerolinecolor: "#666", linecolor: "#888" };
  const shown = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: "#ddd" }, xaxis: axis, yaxis: axis };
  return { ...layout, template: { ...layout.template, layout: { ...template, ...shown } } };
}
function draw() {
  for (const place of document.querySelectorAll(".plotly-figure")) {
    const { data, layout = {}, frames = [], config = {} } = JSON.parse(place.querySelector("script").textContent);
    const sized = layout.height === undefined ? { height: 420 } : {};
    Plotly.newPlot(place.querySelector("div"), {
      data, frames,
      layout: coloured({ ...sized, ...layout, autosize: layout.width === undefined }),
      config: { ...config, responsive: true, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false },
    });
  }
}
draw();
dark.addEventListener("change", draw);
`;

/** Gives a frame the height that it reports. */
export const FIT_FRAMES = `"use strict";
addEventListener("message", ({ source, data }) => {
  const height = data && data.cellwrightHeight;
  if (typeof height !== "number") return;
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === source) frame.style.height = Math.min(Math.max(height, 20), 20000) + "px";
  }
});
`;

/** The other half, inside the frame. */
export const REPORT_HEIGHT = `"use strict";{
const tell = () => parent.postMessage({ cellwrightHeight: document.documentElement.offsetHeight + 2 }, "*");
new ResizeObserver(tell).observe(document.documentElement);
addEventListener("load", tell);
}`;

/** The texts of a fragment's own scripts. */
export function inlineScripts(html: string): string[] {
  return [...html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script\s*>/gi)].map((match) => match[1]!);
}

/** The policy of a page whose scripts are these and no others. `evaluate`: some of plotly's WebGL traces compile code. */
export function contentSecurityPolicy(scripts: Iterable<string>, evaluate: boolean): string {
  const hashes = new Set<string>();
  for (const script of scripts) hashes.add(`'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  if (evaluate) hashes.add("'unsafe-eval'");
  return [
    "default-src 'none'",
    `script-src ${hashes.size === 0 ? "'none'" : [...hashes].join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "media-src data:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
}
