/**
 * One pair of axes with curves: the panel that learning curves are made of.
 *
 * The plotting area is an `<svg>` inside the drawing, which cuts off what leaves the axes without an id (two charts in
 * one page would share it).
 */
import { extent, max, quantile } from "d3-array";
import { format } from "d3-format";
import { scaleLinear } from "d3-scale";
import { area, line } from "d3-shape";
import type { CurvePoint, Curves } from "./learning-series.ts";
import { colors, element, label, round, textWidth, tooltip } from "./svg.ts";

/** What a panel shows and where. */
export interface PanelOptions {
  readonly title: string;
  readonly curves: Curves;
  /** The rectangle of the whole panel, axis labels included. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly unit: "epoch" | "step";
  readonly end: number | undefined;
  readonly fromSteps: boolean;
  /** A share from 0 to 1, written in percent. */
  readonly percent: boolean;
}

const names = ["training", "validation"] as const;
const strokes = { training: colors.blue, validation: colors.orange } as const;

/** A value as the legend writes it. */
export function valueText(value: number, percent: boolean): string {
  if (!Number.isFinite(value)) return String(value);
  if (percent) return format(".1%")(value);
  return format(Math.abs(value) >= 1000 ? ".3s" : Math.abs(value) < 0.001 && value !== 0 ? ".1e" : ".3f")(value);
}

/** The panel's markup. */
export function panel(options: PanelOptions): string {
  const { curves, percent } = options;
  const top = 48;
  const bottom = 38;
  const innerHeight = options.height - top - bottom;
  const yScale = scaleLinear().domain(valueDomain(curves, percent)).range([innerHeight, 0]);
  if (!percent) yScale.nice(5);
  const yTicks = yScale.ticks(5);
  const yText = percent
    ? format(yTicks.length > 1 && yTicks[1]! - yTicks[0]! < 0.01 ? ".1%" : ".0%")
    : yScale.tickFormat(5);
  const left = Math.max(...yTicks.map((tick) => textWidth(yText(tick)))) + 12;
  const innerWidth = options.width - left - 6;
  const xScale = scaleLinear().domain(timeDomain(options)).range([0, innerWidth]);
  const xTicks = xScale.ticks(Math.max(2, Math.min(8, innerWidth / 45))).filter(Number.isInteger);

  const originX = options.x + left;
  const originY = options.y + top;
  const grid = [
    ...yTicks.map((tick) => {
      const y = originY + yScale(tick);
      return (
        element("line", { x1: originX, x2: originX + innerWidth, y1: y, y2: y, stroke: colors.grid }) +
        label(yText(tick), originX - 7, y + 3.8, { "text-anchor": "end" })
      );
    }),
    ...xTicks.map((tick) => {
      const x = originX + xScale(tick);
      const y = originY + innerHeight;
      return (
        element("line", { x1: x, x2: x, y1: y, y2: y + 4, stroke: colors.axis }) +
        label(String(tick), x, y + 16, { "text-anchor": "middle" })
      );
    }),
    element("line", {
      x1: originX,
      x2: originX + innerWidth,
      y1: originY + innerHeight,
      y2: originY + innerHeight,
      stroke: colors.axis,
    }),
    label(options.unit, originX + innerWidth / 2, originY + innerHeight + 32, { "text-anchor": "middle" }),
  ].join("");
  const place: Placement = { x: (point) => xScale(point.x), y: yScale };
  const lines = element(
    "svg",
    { x: originX, y: originY - 1, width: innerWidth, height: innerHeight + 2, overflow: "hidden" },
    element("g", { transform: "translate(0 1)" }, names.map((name) => curve(name, options, place)).join("")),
  );
  const [lowest, highest] = yScale.domain() as [number, number];
  const marks = element(
    "g",
    { transform: `translate(${round(originX)} ${round(originY)})` },
    names.map((name) => markers(name, options, place, lowest, highest)).join(""),
  );
  return header(options, originX - left + 12) + grid + lines + marks;
}

interface Placement {
  readonly x: (point: CurvePoint) => number;
  readonly y: (value: number) => number;
}

type CurveName = (typeof names)[number];

const finite = (point: CurvePoint) => Number.isFinite(point.y);

function curve(name: CurveName, { curves, title }: PanelOptions, { x, y }: Placement): string {
  const points = curves[name];
  const stroke = strokes[name];
  if (points.length < 2) return "";
  const path = line<CurvePoint>(x, (point) => y(point.y))
    .defined(finite)
    .digits(1);
  const band = area<CurvePoint>(
    x,
    (point) => y(point.low),
    (point) => y(point.high),
  )
    .defined(finite)
    .digits(1);
  const isBand = points.some((point) => point.high > point.low);
  const explained = tooltip(`${name} ${title.toLowerCase()}${isBand ? ": mean and range of neighbouring steps" : ""}`);
  const ends = { "stroke-linejoin": "round", "stroke-linecap": "round" } as const;
  return (
    (isBand ? element("path", { d: band(points) ?? "", fill: stroke, "fill-opacity": 0.16 }, explained) : "") +
    element("path", { d: path(points) ?? "", fill: "none", stroke, "stroke-width": 2, ...ends }, explained)
  );
}

/**
 * A ring on every epoch, and on a point that is alone; rings lie outside the clipped area, so that one on the axis
 * stays whole.
 */
function markers(name: CurveName, options: PanelOptions, { x, y }: Placement, lowest: number, highest: number): string {
  const points = options.curves[name];
  if (name === "training" && options.fromSteps && points.length > 1) return "";
  return points
    .filter((point) => finite(point) && point.y >= lowest && point.y <= highest)
    .map((point) =>
      element(
        "circle",
        { cx: x(point), cy: y(point.y), r: 3.2, fill: colors.card, stroke: strokes[name], "stroke-width": 2 },
        tooltip(
          `${options.unit} ${round(point.x)}: ${name} ${options.title.toLowerCase()} ${valueText(point.y, options.percent)}`,
        ),
      ),
    )
    .join("");
}

/** The title, and under it each curve's name with its last value. */
function header(options: PanelOptions, x: number): string {
  let markup = label(options.title, x, options.y + 14, { "font-size": 13, "font-weight": 600, fill: colors.ink });
  let at = x;
  const baseline = options.y + 32;
  for (const name of names) {
    const last = options.curves[name].at(-1);
    if (!last) continue;
    const text = `${name} ${valueText(last.y, options.percent)}`;
    markup += element("line", {
      x1: at,
      x2: at + 14,
      y1: baseline - 4,
      y2: baseline - 4,
      stroke: strokes[name],
      "stroke-width": 2.5,
      "stroke-linecap": "round",
    });
    if (name === "validation") {
      markup += element("circle", {
        cx: at + 7,
        cy: baseline - 4,
        r: 3,
        fill: colors.card,
        stroke: strokes[name],
        "stroke-width": 2,
      });
    }
    markup += label(text, at + 20, baseline, { fill: colors.ink });
    at += 20 + textWidth(text) + 16;
  }
  return markup;
}

function timeDomain({ curves, end, fromSteps }: PanelOptions): [number, number] {
  const [first, last] = extent([...curves.training, ...curves.validation], (point) => point.x);
  const start = fromSteps ? 0 : (first ?? 0);
  const stop = Math.max(end ?? 0, last ?? 1);
  return start < stop ? [start, stop] : [start - 1, start + 1];
}

/**
 * The values shown. A loss starts at 0 and its axis ends where nearly all of the training mean lies, so that one
 * exploding step does not flatten the rest; an accuracy ends at 1 and starts below all but the worst tenth, so that the
 * last percent can be seen.
 */
function valueDomain(curves: Curves, percent: boolean): [number, number] {
  const training = curves.training.map((point) => point.y).filter(Number.isFinite);
  const validation = curves.validation.map((point) => point.y).filter(Number.isFinite);
  const values = [...training, ...validation];
  if (percent) {
    const low = Math.min(quantile(training, training.length > 20 ? 0.1 : 0) ?? 1, ...validation, 1);
    const step = low > 0.95 ? 0.01 : 0.1;
    // In hundredths, since a start of 0.30000000000000004 would lose its tick.
    return [Math.max(0, Math.round(Math.floor(low / step - 0.5) * step * 100) / 100), 1];
  }
  const least = Math.min(0, ...values);
  const typical = Math.max(quantile(training, 0.99) ?? 0, max(validation) ?? 0) * 1.05;
  return [least, typical > least ? typical : least + 1];
}
