// A notebook that has run, as one HTML file: it loads nothing, so it opens from a mail, in ten years, on a train. Code is
// coloured when the file is made; the only scripts are those that draw plotly figures and size frames, and only where
// there are such outputs. What may run and load is fixed by a policy in the page itself, see scripts.ts.

import { escapeHtml } from "../../display/escape.ts";
import type { Cell, CodeCell, Metadata, Notebook } from "../notebook.ts";
import { tagsOf } from "../notebook.ts";
import { duration } from "../progress.ts";
import type { NotebookRecord } from "../record.ts";
import { ERROR_TAG } from "../record.ts";
import { highlight } from "./highlight.ts";
import type { Heading } from "./markdown.ts";
import { renderMarkdown } from "./markdown.ts";
import type { OutputContext, PageNeeds } from "./output.ts";
import { renderOutput } from "./output.ts";
import {
  contentSecurityPolicy,
  DRAW_FIGURES,
  escapeScript,
  FIT_FRAMES,
  plotlyLibrary,
  widgetCharts,
} from "./scripts.ts";
import { STYLE } from "./style.ts";
import { widgetModels, widgetName, widgetParts } from "./widgets.ts";

export interface ReportOptions {
  /** The page's title. Default: the notebook's first heading. */
  readonly title?: string | undefined;
  /** The notebook's folder: pictures in it that Markdown shows are embedded. Default: none are. */
  readonly folder?: string | undefined;
}

/**
 * A self-contained HTML page of a notebook and its outputs.
 *
 * @example
 * writeFileSync("report.html", renderReport(readNotebook("train-run.ipynb")));
 */
export function renderReport(notebook: Notebook, options: ReportOptions = {}): string {
  const headings: Heading[] = [];
  const needs: PageNeeds = { frameScripts: new Set(), figures: false, compiledTraces: false, widgets: new Set() };
  const models = widgetModels(notebook);
  const language = String((notebook.metadata.language_info as Metadata | undefined)?.name ?? "");
  const context = { headings, folder: options.folder, needs, models: new Set(models.keys()) };
  const sections = notebook.cells.map((cell) => renderCell(cell, language, context));
  const title = headings.find(({ level }) => level === 1)?.text ?? options.title ?? "Notebook";
  // Who sizes the frames must listen before the first of them speaks: in the head. Figures need their places: at the end.
  const first = needs.frameScripts.size > 0 ? [FIT_FRAMES] : [];
  const last = needs.figures ? [escapeScript(plotlyLibrary()), DRAW_FIGURES] : [];
  const widgets = needs.widgets.size > 0 ? widgetParts(models) : undefined;
  if (widgets && !needs.figures) last.push(escapeScript(widgetCharts()));
  if (widgets) last.push(escapeScript(widgets.script));
  // The explorer's points are drawn by a library that compiles its drawing commands.
  const compiled =
    needs.compiledTraces || [...models.values()].some((model) => widgetName(model) === "embedding-explorer");
  const policy = contentSecurityPolicy([...first, ...last, ...needs.frameScripts], compiled);
  const contents = renderContents(headings);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${widgets?.style ?? ""}</style>
${elements(first)}</head>
<body${contents === "" ? "" : ' class="sections"'}>
${contents}<main>
${renderRun(notebook)}${sections.join("\n")}
</main>
${widgets?.state ?? ""}${elements(last)}</body>
</html>
`;
}

function elements(scripts: readonly string[]): string {
  return scripts.map((script) => `<script>${script}</script>\n`).join("");
}

type PageContext = Omit<OutputContext, "cellName">;

function renderCell(cell: Cell, language: string, context: PageContext): string {
  if (cell.cell_type !== "code") {
    if (cell.cell_type === "raw") return "";
    return `<section class="text">${renderMarkdown(cell.source, context, cell.attachments)}</section>`;
  }
  const cellName = cell.execution_count === null ? "a cell" : `cell [${cell.execution_count}]`;
  const outputs = hidden(cell, "outputs_hidden") ? [] : cell.outputs;
  const shown = outputs.map((output) => renderOutput(output, { ...context, cellName })).join("\n");
  return `<section class="code">${renderSource(cell, language)}<div class="outputs">${shown}</div></section>`;
}

function renderSource(cell: CodeCell, language: string): string {
  if (cell.source.trim() === "") return "";
  const code = `<pre><code>${highlight(cell.source, language)}</code></pre>`;
  if (hidden(cell, "source_hidden")) return `<details><summary class="prompt">Code</summary>${code}</details>`;
  const { status, duration: taken } = (cell.metadata.papermill ?? {}) as { status?: string; duration?: number };
  const time = typeof taken === "number" && cell.execution_count !== null ? ` · ${duration(taken * 1_000)}` : "";
  const pending = status === "pending" ? " · did not run" : "";
  return `<div class="source"><p class="prompt">[${cell.execution_count ?? " "}]${time}${pending}</p>${code}</div>`;
}

function hidden(cell: CodeCell, what: "source_hidden" | "outputs_hidden"): boolean {
  return (cell.metadata.jupyter as Metadata | undefined)?.[what] === true;
}

function renderRun(notebook: Notebook): string {
  const record = notebook.metadata.papermill as Partial<NotebookRecord> | undefined;
  if (typeof record?.start_time !== "string") return "";
  const kernel = (notebook.metadata.kernelspec as Metadata | undefined)?.display_name;
  const failed = record.exception === true || notebook.cells.some((cell) => tagsOf(cell).includes(ERROR_TAG));
  const facts = [
    `<b>${failed ? "Stopped" : "Completed"}</b>`,
    typeof record.duration === "number" ? `in ${duration(record.duration * 1_000)}` : "",
    escapeHtml(`${record.start_time.slice(0, 16).replace("T", " ")} UTC`),
    typeof kernel === "string" ? escapeHtml(kernel) : "",
  ].filter((fact) => fact !== "");
  return `<header class="run${failed ? " failed" : ""}">${facts.join(" · ")}</header>\n`;
}

function renderContents(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level <= 3);
  if (shown.length < 2) return "";
  const items = shown.map(
    ({ level, text, id }) =>
      `<li class="level-${level}"><a href="#${encodeURIComponent(id)}">${escapeHtml(text)}</a></li>`,
  );
  return `<nav aria-label="Contents"><ol>${items.join("")}</ol></nav>\n`;
}
