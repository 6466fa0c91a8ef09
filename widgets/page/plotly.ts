/**
 * plotly.js on the page: evaluated once, when the first chart is drawn, from the text that the library's model carries (its id is the
 * widget's field `_library`). An exported page brings its own.
 */
import type { Model } from "./view-type.ts";

/** As much of plotly.js as views use. */
export interface Plotly {
  newPlot(element: HTMLElement, data: readonly object[], layout?: object, config?: object): Promise<PlotlyElement>;
  react(element: HTMLElement, data: readonly object[], layout?: object, config?: object): Promise<PlotlyElement>;
  restyle(element: HTMLElement, update: object, traces?: number | readonly number[]): Promise<PlotlyElement>;
  relayout(element: HTMLElement, update: object): Promise<PlotlyElement>;
  purge(element: HTMLElement): void;
  readonly Plots: { resize(element: HTMLElement): void };
}

export interface PlotlyElement extends HTMLElement {
  on(event: string, listener: (event: never) => void): void;
}

const known = Symbol.for("cellwright.plotly");
type Page = typeof globalThis & { Plotly?: Plotly; [known]?: Plotly };

/** The configuration of every chart: no logo, no upload, nothing sent anywhere. */
export const plotlyConfig = {
  displaylogo: false,
  responsive: true,
  showSendToCloud: false,
  showEditInChartStudio: false,
};

/** Text for plotly, which reads some tags and entities in names, labels and titles: here they are characters. */
export function plotlyText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** plotly.js; a page that never had the library's model may wait for ever, or fail. */
export async function loadPlotly(model: Model): Promise<Plotly> {
  const page = globalThis as Page;
  if ("standalone" in model && page.Plotly !== undefined) return page.Plotly;
  if (page[known] !== undefined) return page[known];
  const library = await model.widget_manager.get_model(String(model.get("_library")));
  page[known] ??= evaluated(String(library.get("source")));
  return page[known];
}

/** The text is UMD: with `module` and `exports` it leaves the page's globals alone. */
function evaluated(source: string): Plotly {
  const module = { exports: {} as Plotly };
  new Function("module", "exports", "define", source)(module, module.exports, undefined);
  return module.exports;
}
