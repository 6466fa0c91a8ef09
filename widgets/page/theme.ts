/** Colours of the page's theme (JupyterLab's variables, else light or dark as the system says), and plotly in these colours. */

/** The style sheet that every widget begins with: its own names for the theme's colours. */
export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly accent: string;
}

export { classColor, classColors, quantityColor } from "./scales.ts";

/** The colours that hold at an element now. A custom property keeps its formula: only a real property gives the colour it comes to. */
export function themeOf(element: HTMLElement): Theme {
  const probe = element.appendChild(document.createElement("span"));
  const value = (name: string) => {
    probe.style.color = `var(--cw-${name})`;
    return getComputedStyle(probe).color;
  };
  const theme = {
    text: value("text"),
    muted: value("muted"),
    grid: value("grid"),
    background: value("background"),
    accent: value("accent"),
  };
  probe.remove();
  return theme;
}

/** Calls back when the theme changes, until the signal aborts. */
export function onThemeChange(callback: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, { attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", callback, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
}

/** A layout for plotly in the theme's colours; what the chart itself says wins. */
export function plotlyLayout(theme: Theme, layout: object): object {
  const axis = { gridcolor: theme.grid, zerolinecolor: theme.grid, linecolor: theme.muted, automargin: true };
  return {
    autosize: true,
    margin: { l: 44, r: 10, t: 30, b: 36 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: theme.text, size: 12 },
    ...layout,
    xaxis: { ...axis, ...(layout as { xaxis?: object }).xaxis },
    yaxis: { ...axis, ...(layout as { yaxis?: object }).yaxis },
  };
}
