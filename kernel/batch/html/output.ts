// One output as HTML: of the media types it offers, the richest that can be shown without a kernel and without a
// network. Long text is shown by its two ends; the notebook itself has all of it.

import { escapeHtml } from "../../display/escape.ts";
import type { DisplayOutput, Output, ResultOutput } from "../notebook.ts";
import { ansiToHtml } from "./ansi.ts";
import type { MarkdownContext } from "./markdown.ts";
import { renderMarkdown } from "./markdown.ts";
import { needsFrame, sanitizeOutput } from "./sanitize.ts";
import { embedJson, inlineScripts, REPORT_HEIGHT } from "./scripts.ts";
import { WIDGET_VIEW } from "./widgets.ts";

export const PLOTLY = "application/vnd.plotly.v1+json";

/** What the outputs of a page need from it. */
export interface PageNeeds {
  /** Texts of the scripts inside frames. */
  readonly frameScripts: Set<string>;
  /** Whether there is a plotly figure, and whether one of its traces compiles code (WebGL). */
  figures: boolean;
  compiledTraces: boolean;
  /** The ids of the widgets that are shown. */
  readonly widgets: Set<string>;
}

export interface OutputContext extends MarkdownContext {
  readonly needs: PageNeeds;
  /** The ids of the models that can be drawn. */
  readonly models: ReadonlySet<string>;
  /** How the cell is called in titles and alternative texts: `cell [3]`. */
  readonly cellName: string;
}

type Renderer = (value: unknown, output: DisplayOutput | ResultOutput, context: OutputContext) => string;

const TEXT_LIMIT = 200_000;

const RENDERERS: ReadonlyArray<readonly [string, Renderer]> = [
  [PLOTLY, figure],
  ["text/html", (value, _, context) => htmlOutput(String(value), context)],
  ["image/svg+xml", (value, output, context) => image("image/svg+xml", svgBase64(String(value)), output, context)],
  ...["image/png", "image/jpeg", "image/gif", "image/webp"].map((type): readonly [string, Renderer] => [
    type,
    (value, output, context) => image(type, String(value).replace(/\s/g, ""), output, context),
  ]),
  ["text/markdown", (value, _, context) => `<div class="text">${renderMarkdown(String(value), context)}</div>`],
  ["text/plain", (value) => `<pre>${ansiToHtml(shortened(String(value)))}</pre>`],
  ["text/latex", (value) => `<pre>${escapeHtml(shortened(String(value)))}</pre>`],
  ["application/json", (value) => `<pre>${escapeHtml(shortened(JSON.stringify(value, null, 2)))}</pre>`],
];

export function renderOutput(output: Output, context: OutputContext): string {
  if (output.output_type === "stream") {
    const kind = output.name === "stderr" ? "stream stderr" : "stream";
    return `<pre class="${kind}">${ansiToHtml(shortened(output.text))}</pre>`;
  }
  if (output.output_type === "error") {
    const text = output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
    return `<pre class="error" role="alert">${ansiToHtml(shortened(text))}</pre>`;
  }
  const shown = renderBundle(output, context);
  const model = (output.data[WIDGET_VIEW] as { model_id?: unknown } | undefined)?.model_id;
  if (typeof model === "string" && context.models.has(model)) {
    context.needs.widgets.add(model);
    // What a bundle shows without scripts stays until the view is drawn.
    return `<div class="cellwright-widget" data-model="${escapeHtml(model)}">${shown ?? ""}</div>`;
  }
  if (shown !== undefined) return shown;
  const types = Object.keys(output.data).join(", ");
  return types === ""
    ? ""
    : `<p class="note">An output of type ${escapeHtml(types)}, which needs a notebook to be shown.</p>`;
}

function renderBundle(output: DisplayOutput | ResultOutput, context: OutputContext): string | undefined {
  for (const [type, render] of RENDERERS) {
    const value = output.data[type];
    if (value !== undefined && value !== null) return render(value, output, context);
  }
  return undefined;
}

function figure(value: unknown, output: DisplayOutput | ResultOutput, context: OutputContext): string {
  const { data } = value as { data?: unknown };
  if (!Array.isArray(data)) return `<pre>${escapeHtml(shortened(JSON.stringify(value)))}</pre>`;
  context.needs.figures = true;
  const types = data.map((trace: { type?: unknown } | null) => String(trace?.type ?? "scatter"));
  if (types.some((type) => /gl$|^splom$|^parcoords$/.test(type))) context.needs.compiledTraces = true;
  const label = escapeHtml(alternative(output, `interactive figure of ${context.cellName}`));
  const json = embedJson(value);
  return `<div class="plotly-figure" role="figure" aria-label="${label}"><script type="application/json">${json}</script><div></div></div>`;
}

function htmlOutput(html: string, context: OutputContext): string {
  if (!needsFrame(html)) return `<div class="html">${sanitizeOutput(html)}</div>`;
  for (const script of [REPORT_HEIGHT, ...inlineScripts(html)]) context.needs.frameScripts.add(script);
  const style = ":root{color-scheme:light dark}body{margin:0;font:14px/1.5 system-ui,sans-serif;overflow-x:auto}";
  const page = `<!doctype html><meta charset="utf-8"><style>${style}</style><body>${html}<script>${REPORT_HEIGHT}</script>`;
  // allow-scripts without allow-same-origin: an origin of its own, which can read nothing of this page
  return `<iframe sandbox="allow-scripts" title="HTML output of ${escapeHtml(context.cellName)}" srcdoc="${escapeHtml(page)}"></iframe>`;
}

function image(type: string, base64: string, output: DisplayOutput | ResultOutput, context: OutputContext): string {
  const sizes = output.metadata[type] as { width?: unknown; height?: unknown } | undefined;
  const size = (["width", "height"] as const)
    .filter((side) => typeof sizes?.[side] === "number")
    .map((side) => ` ${side}="${sizes![side]}"`)
    .join("");
  const alt = escapeHtml(alternative(output, `picture from ${context.cellName}`));
  return `<img src="data:${type};base64,${base64.replace(/[^A-Za-z0-9+/=]/g, "")}" alt="${alt}"${size}>`;
}

/** The text twin of a picture, unless it only names an object. */
function alternative(output: DisplayOutput | ResultOutput, otherwise: string): string {
  const text = output.data["text/plain"];
  return typeof text === "string" && text.trim() !== "" && !/^[<[{]/.test(text) ? text.slice(0, 300) : otherwise;
}

function shortened(text: string): string {
  if (text.length <= TEXT_LIMIT) return text;
  const left = text.length - TEXT_LIMIT;
  const half = TEXT_LIMIT / 2;
  return `${text.slice(0, half)}\n… ${left} characters are left out here; the notebook has them …\n${text.slice(-half)}`;
}

/** A picture of its own needs the namespace that a drawing inside a page can do without. */
function svgBase64(svg: string): string {
  const named = /<svg[^>]*\sxmlns\s*=/i.test(svg)
    ? svg
    : svg.replace(/<svg\b/i, '<svg xmlns="http://www.w3.org/2000/svg"');
  return Buffer.from(named, "utf8").toString("base64");
}
