/**
 * A waterfall: from a first value to a last one in steps, each standing where the one before it ended.
 */
import { format } from "d3-format";
import { scaleLinear } from "d3-scale";
import { CellwrightError } from "../errors.ts";
import { Figure } from "./figure.ts";
import { card, colors, element, fitText, label, textWidth, tooltip } from "./svg.ts";

/** One step. */
export interface WaterfallStep {
  readonly label: string;
  /** What it adds; below 0 it takes away. */
  readonly change: number;
}

/** Options of `waterfall`. */
export interface WaterfallOptions {
  /** What the values are. Default: "accuracy". */
  readonly title?: string;
  /** The name of the first value. Default: "start". */
  readonly startLabel?: string;
  /** The name of the last value. Default: "end". */
  readonly endLabel?: string;
  /** Whether values are shares, to be written in percent. Default: true. */
  readonly percent?: boolean;
}

interface Bar {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly kind: "total" | "up" | "down";
  readonly text: string;
}

const fills = { total: colors.axis, up: colors.blue, down: colors.orange } as const;

/**
 * A waterfall chart.
 *
 * @throws CW_OPTION for a value that is not finite
 * @example
 * waterfall(0.935, [{ label: "geometry", change: 0.021 }, { label: "all groups", change: -0.002 }]);
 */
export function waterfall(start: number, steps: readonly WaterfallStep[], options: WaterfallOptions = {}): Figure {
  const { title = "accuracy", startLabel = "start", endLabel = "end", percent = true } = options;
  const wrong = [start, ...steps.map(({ change }) => change)].find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    throw new CellwrightError("CW_OPTION", `a waterfall is made of finite numbers; got ${wrong}`);
  }
  const write = percent ? format(".1%") : format(".4~g");
  const writeChange = (change: number) => `${change < 0 ? "−" : "+"}${write(Math.abs(change))}`;
  const bars: Bar[] = [{ label: startLabel, from: 0, to: start, kind: "total", text: write(start) }];
  let at = start;
  for (const { label: name, change } of steps) {
    bars.push({ label: name, from: at, to: at + change, kind: change < 0 ? "down" : "up", text: writeChange(change) });
    at += change;
  }
  bars.push({ label: endLabel, from: 0, to: at, kind: "total", text: write(at) });
  const plain = (text: string) => text.replaceAll("<", "‹").replaceAll(">", "›");
  return new Figure({
    data: [
      {
        type: "waterfall",
        x: bars.map((_, place) => place),
        y: bars.map(({ kind, to }, place) => (kind === "total" ? to : steps[place - 1]!.change)),
        measure: bars.map(({ kind }, place) => (place === 0 ? "absolute" : kind === "total" ? "total" : "relative")),
        text: bars.map(({ text }) => text),
        textposition: "outside",
        increasing: { marker: { color: fills.up } },
        decreasing: { marker: { color: fills.down } },
        totals: { marker: { color: fills.total } },
      },
    ],
    layout: {
      title: { text: plain(title) },
      showlegend: false,
      xaxis: { tickvals: bars.map((_, place) => place), ticktext: bars.map(({ label }) => plain(label)) },
      yaxis: { range: domain(bars), ...(percent && { tickformat: ".1%" }) },
    },
    svg: () => draw(bars, title, write),
    text: () => [title, ...bars.map(({ label: name, text }) => `  ${text.padStart(8)}  ${name}`)].join("\n"),
  });
}

/** Room around what changes: totals may stand on a line above 0, since it is the steps that one looks at. */
function domain(bars: readonly Bar[]): [number, number] {
  const values = bars.flatMap(({ from, to, kind }) => (kind === "total" ? [to] : [from, to]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.35, 0.005 * Math.abs(high), 1e-9);
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

function draw(bars: readonly Bar[], title: string, write: (value: number) => string): string {
  const [height, top, bottom] = [260, 44, 40];
  const step = Math.min(150, Math.max(96, ...bars.map(({ label: name }) => textWidth(name) + 10)));
  const y = scaleLinear()
    .domain(domain(bars))
    .range([height - bottom, top]);
  const ticks = y.ticks(5);
  const left = Math.max(...ticks.map((tick) => textWidth(write(tick)))) + 20;
  const width = left + bars.length * step + 16;
  const grid = ticks.map(
    (tick) =>
      element("line", { x1: left, x2: width - 16, y1: y(tick), y2: y(tick), stroke: colors.grid }) +
      label(write(tick), left - 7, y(tick) + 3.8, { "text-anchor": "end" }),
  );
  const drawn = bars.map(({ label: name, from, to, kind, text }, place) => {
    const x = left + place * step + 12;
    const ends = [y(kind === "total" ? y.domain()[0]! : from), y(to)];
    const link =
      place < bars.length - 1
        ? element("line", {
            x1: x + step - 24,
            x2: x + step,
            y1: y(to),
            y2: y(to),
            stroke: colors.axis,
            "stroke-dasharray": "3 3",
          })
        : "";
    return (
      element(
        "rect",
        {
          x,
          y: Math.min(...ends),
          width: step - 24,
          height: Math.max(1, Math.abs(ends[0]! - ends[1]!)),
          fill: fills[kind],
        },
        tooltip(`${name}: ${text}`),
      ) +
      link +
      label(text, x + (step - 24) / 2, Math.min(...ends) - 5, { "text-anchor": "middle", fill: colors.ink }) +
      label(fitText(name, step - 4), x + (step - 24) / 2, height - bottom + 18, { "text-anchor": "middle" })
    );
  });
  const heading = label(title, 18, 26, { "font-size": 13, "font-weight": 600, fill: colors.ink });
  const description = `${title}: ${bars.map((bar) => `${bar.label} ${bar.text}`).join(", ")}`;
  return card(width, height, description, heading + grid.join("") + drawn.join(""));
}
