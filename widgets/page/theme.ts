/**
 * Colours: those of the page's theme (JupyterLab's variables, else light or dark as the system says), and scales that people with any
 * colour vision can tell apart.
 *
 * Sources: Okabe and Ito 2008, "Color Universal Design", for classes; the viridis map of matplotlib 1.5 for quantities.
 */

/** The style sheet that every widget begins with: its own names for the theme's colours. */
export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly accent: string;
}

/** Okabe and Ito's colours, the most different ones first. Beyond eight classes they come again: say the class in words too. */
export const classColors = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#f0e442",
  "#7f7f7f",
] as const;

export function classColor(index: number): string {
  return classColors[((index % classColors.length) + classColors.length) % classColors.length]!;
}

const viridis = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const;

/** The colour of a quantity from 0 to 1; grey for one that is no number. */
export function quantityColor(share: number): string {
  if (!Number.isFinite(share)) return "#999999";
  const place = Math.min(Math.max(share, 0), 1) * (viridis.length - 1);
  const low = Math.min(Math.floor(place), viridis.length - 2);
  const mix = viridis[low]!.map((value, channel) =>
    Math.round(value + (viridis[low + 1]![channel]! - value) * (place - low)),
  );
  return `rgb(${mix.join(", ")})`;
}

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
