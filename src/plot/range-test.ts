/**
 * A learning rate range test as a chart: the smoothed loss over the rate, and where the proposal stands.
 *
 * The rate's axis is logarithmic, since the rate grew by the same factor from step to step. One curve for each optimizer; a ring marks the proposal.
 */
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { CellwrightError } from "../errors.ts";
import { Figure } from "./figure.ts";
import { card, colors, element, label, textWidth, tooltip } from "./svg.ts";

/** One test. */
export interface RangeTestCurve {
  readonly optimizer: string;
  /** Smoothed losses; null where there is none. */
  readonly points: readonly { readonly learningRate: number; readonly loss: number | null }[];
  /** The proposal. */
  readonly learningRate: number;
}

/** Options of `rangeTest`. */
export interface RangeTestOptions {
  /** Units of CSS pixels, from 240 on. Default: 560. */
  readonly width?: number;
  /** From 160 on. Default: 300. */
  readonly height?: number;
}

const strokes = [colors.blue, colors.orange, colors.ink];
const margin = { left: 52, right: 16, top: 46, bottom: 44 };

/**
 * The loss over the learning rate, for each optimizer that was tested.
 *
 * @throws CW_OPTION for a size out of range or a test without points
 * @example
 * rangeTest([{ optimizer: "adam", points, learningRate: 0.01 }])
 */
export function rangeTest(curves: readonly RangeTestCurve[], options: RangeTestOptions = {}): Figure {
  const { width = 560, height = 300 } = options;
  if (!(width >= 240 && width <= 4096 && height >= 160 && height <= 4096)) {
    throw new CellwrightError(
      "CW_OPTION",
      `a chart is 240 to 4096 wide and 160 to 4096 high; got ${width} x ${height}`,
    );
  }
  const shown = curves.map((curve) => ({ ...curve, points: curve.points.filter(isPoint) }));
  if (shown.length === 0 || shown.some(({ points }) => points.length === 0)) {
    throw new CellwrightError("CW_OPTION", "expected one range test or more, each with a loss at some rate; got none");
  }
  return new Figure({
    data: shown.flatMap(traces),
    layout: {
      paper_bgcolor: colors.card,
      plot_bgcolor: colors.card,
      height: 320,
      xaxis: { type: "log", title: { text: "learning rate" }, gridcolor: colors.grid },
      yaxis: { title: { text: "loss" }, rangemode: "tozero", gridcolor: colors.grid },
      legend: { orientation: "h", x: 0, y: 1.16 },
    },
    svg: () => draw(shown, width, height),
    text: () => shown.map(describe).join("\n"),
  });
}

interface Point {
  readonly learningRate: number;
  readonly loss: number;
}

interface Shown {
  readonly optimizer: string;
  readonly points: readonly Point[];
  readonly learningRate: number;
}

function isPoint(point: RangeTestCurve["points"][number]): point is Point {
  return point.loss !== null && Number.isFinite(point.loss) && point.learningRate > 0;
}

/** The loss where the proposal stands: that of the nearest rate of the test. */
function lossAt({ points, learningRate }: Shown): number {
  const distance = (point: Point) => Math.abs(Math.log(point.learningRate / learningRate));
  return points.reduce((nearest, point) => (distance(point) < distance(nearest) ? point : nearest)).loss;
}

function traces(curve: Shown, index: number): object[] {
  const color = strokes[index % strokes.length];
  const { optimizer, points, learningRate } = curve;
  return [
    {
      type: "scatter",
      mode: "lines",
      name: optimizer,
      x: points.map((point) => point.learningRate),
      y: points.map((point) => point.loss),
      line: { color, width: 2 },
    },
    {
      type: "scatter",
      mode: "markers",
      name: `${optimizer}: ${format(learningRate)}`,
      x: [learningRate],
      y: [lossAt(curve)],
      marker: { color, size: 10, symbol: "circle-open", line: { width: 2 } },
    },
  ];
}

function draw(curves: readonly Shown[], width: number, height: number): string {
  const all = curves.flatMap(({ points }) => points);
  const rates = all.map(({ learningRate }) => learningRate);
  const start = Math.max(...curves.map(({ points }) => points[0]!.loss));
  const x = scaleLog()
    .domain([Math.min(...rates), Math.max(...rates) * (1 + 1e-9)])
    .range([margin.left, width - margin.right]);
  // What explodes at the end would flatten the rest.
  const y = scaleLinear()
    .domain([0, 1.25 * start])
    .nice(5)
    .range([height - margin.bottom, margin.top]);
  const floor = height - margin.bottom;
  const decades = x.ticks().filter((tick) => Number.isInteger(Math.round(1e6 * Math.log10(tick)) / 1e6));
  const axes = [
    ...y.ticks(5).map(
      (tick) =>
        element("line", {
          x1: margin.left,
          x2: width - margin.right,
          y1: y(tick),
          y2: y(tick),
          stroke: colors.grid,
        }) + label(String(tick), margin.left - 7, y(tick) + 3.8, { "text-anchor": "end" }),
    ),
    ...decades.map((tick) => label(format(tick), x(tick), floor + 16, { "text-anchor": "middle" })),
    element("line", { x1: margin.left, x2: width - margin.right, y1: floor, y2: floor, stroke: colors.axis }),
    label("learning rate", (margin.left + width - margin.right) / 2, floor + 34, { "text-anchor": "middle" }),
  ];
  const [, highest] = y.domain() as [number, number];
  let at = margin.left;
  const drawn = curves.map((curve, index) => {
    const stroke = strokes[index % strokes.length]!;
    const path = line<Point>(
      (point) => x(point.learningRate),
      (point) => y(Math.min(point.loss, highest)),
    ).digits(1);
    const name = `${curve.optimizer}: ${format(curve.learningRate)}`;
    const key =
      element("circle", { cx: at + 6, cy: 30, r: 4, fill: colors.card, stroke, "stroke-width": 2 }) +
      label(name, at + 16, 34, { fill: colors.ink });
    at += 36 + textWidth(name);
    const inside = Math.min(Math.max(curve.learningRate, Math.min(...rates)), Math.max(...rates));
    return (
      element(
        "path",
        { d: path(curve.points) ?? "", fill: "none", stroke, "stroke-width": 2 },
        tooltip(`${curve.optimizer}: smoothed loss`),
      ) +
      element(
        "circle",
        { cx: x(inside), cy: y(Math.min(lossAt(curve), highest)), r: 5, fill: colors.card, stroke, "stroke-width": 2 },
        tooltip(name),
      ) +
      key
    );
  });
  const title = label("Learning rate range test", margin.left, 18, {
    "font-size": 13,
    "font-weight": 600,
    fill: colors.ink,
  });
  return card(width, height, curves.map(describe).join("; "), title + axes.join("") + drawn.join(""));
}

function describe({ optimizer, points, learningRate }: Shown): string {
  const lowest = points.reduce((least, point) => (point.loss < least.loss ? point : least));
  return `range test of ${optimizer}: loss ${points[0]!.loss.toFixed(3)} at ${format(points[0]!.learningRate)}, lowest ${lowest.loss.toFixed(3)} at ${format(lowest.learningRate)}; proposal ${format(learningRate)}`;
}

function format(value: number): string {
  return String(Number(value.toPrecision(2)));
}
