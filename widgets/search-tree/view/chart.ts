/** What charts of scores have in common: a frame with a score axis, marks by state, and a way through the points by keys. */
import { scaleLinear, scaleLog } from "d3-scale";
import { h, s } from "../../page/elements.ts";
import type { StudyNodeState } from "../state.ts";
import { number, shorten } from "./page.ts";

export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
  readonly log: boolean;
}

/** A scale over values; a log scale where all are above 0. */
export function scaleOf(values: readonly number[], range: readonly [number, number], log: boolean, ticks = 5): Scale {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (!(high > low)) [low, high] = [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
  const logarithmic = log && low > 0;
  const make = logarithmic ? scaleLog() : scaleLinear();
  const scale = make.domain([low, high]).range([...range]);
  if (!logarithmic) scale.nice(ticks);
  const marks = scale.ticks(ticks);
  const thinned =
    logarithmic && marks.length > 2 * ticks ? marks.filter((mark) => /^1(e|0*$)/.test(String(mark))) : marks;
  const shown = logarithmic && thinned.length < 2 ? [low, high] : thinned;
  return Object.assign((value: number) => scale(value), { ticks: shown, log: logarithmic });
}

/** The axis at the left, with lines across. */
export function leftAxis(scale: Scale, left: number, right: number, title: string): SVGElement[] {
  return [
    ...scale.ticks.flatMap((tick) => [
      s("line", { class: "cw-gridline", x1: left, x2: right, y1: scale(tick), y2: scale(tick) }),
      s("text", { class: "cw-tick", x: left - 6, y: scale(tick) + 4, "text-anchor": "end" }, number(tick, 3)),
    ]),
    s("text", { class: "cw-axis", x: 4, y: 12 }, shorten(scale.log ? `${title} (log)` : title, right - 10)),
  ];
}

export function bottomAxis(scale: Scale, y: number, title: string, right: number): SVGElement[] {
  return [
    ...scale.ticks.map((tick) =>
      s("text", { class: "cw-tick", x: scale(tick), y: y + 16, "text-anchor": "middle" }, number(tick, 3)),
    ),
    s("text", { class: "cw-axis", x: right, y: y + 32, "text-anchor": "end" }, title),
  ];
}

/** A point in the shape of its state: shapes tell what colours alone should not. */
export function pointOf(node: StudyNodeState, x: number, y: number, winner: boolean, open: boolean): SVGElement {
  const kind = winner ? "winner" : node.state;
  const ring = open ? [s("circle", { class: "cw-ring", cx: x, cy: y, r: 9 })] : [];
  const mark = winner
    ? s("path", { d: star(x, y, 8) })
    : node.state === "failed"
      ? s("path", { d: `M${x - 4},${y - 4}l8,8m0,-8l-8,8` })
      : s("circle", { cx: x, cy: y, r: 4 });
  return s("g", { class: `cw-trial cw-${kind}` }, ...ring, mark);
}

function star(x: number, y: number, radius: number): string {
  const corners = Array.from({ length: 10 }, (_, at) => {
    const angle = (Math.PI * at) / 5 - Math.PI / 2;
    const r = at % 2 === 0 ? radius : radius * 0.45;
    return `${(x + r * Math.cos(angle)).toFixed(2)},${(y + r * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${corners.join("L")}Z`;
}

export interface Cursor {
  /** How many places there are, and which one it is on, from 0; -1 for none. */
  readonly count: number;
  readonly at: number;
  readonly text: string;
  move(to: number): void;
}

/** A drawing with points as a slider from one to the next: for keys and screen readers what pointing is for the mouse. */
export function pointChart(label: string): { readonly svg: SVGSVGElement; update(cursor: Cursor): void } {
  let cursor: Cursor | undefined;
  const svg = s("svg", {
    role: "slider",
    tabindex: 0,
    "aria-label": label,
    "aria-valuemin": 0,
    "aria-valuemax": 0,
    "aria-valuenow": 0,
    onkeydown: (event: KeyboardEvent) => {
      if (cursor === undefined || cursor.count === 0) return;
      const { at, count } = cursor;
      const steps: Readonly<Record<string, number>> = {
        ArrowRight: at + 1,
        ArrowUp: at + 1,
        ArrowLeft: at - 1,
        ArrowDown: at - 1,
        PageUp: at + 10,
        PageDown: at - 10,
        Home: 0,
        End: count - 1,
      };
      const to = steps[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      cursor.move(Math.min(count - 1, Math.max(0, to)));
    },
  });
  const update = (next: Cursor) => {
    cursor = next;
    svg.setAttribute("aria-valuemin", next.count === 0 ? "0" : "1");
    svg.setAttribute("aria-valuemax", String(next.count));
    svg.setAttribute("aria-valuenow", String(Math.max(next.at + 1, next.count === 0 ? 0 : 1)));
    svg.setAttribute("aria-valuetext", next.text);
  };
  return { svg, update };
}

/** Says that there is nothing to draw yet. */
export function nothing(text: string): HTMLElement {
  return h("p", { class: "cw-muted" }, text);
}
