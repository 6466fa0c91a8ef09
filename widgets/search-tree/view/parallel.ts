/**
 * Parallel coordinates (Inselberg 1985, "The plane with parallel coordinates"): an axis for each parameter that varies and one for the score, a line for each trial. A stretch of an
 * axis that is dragged over, or typed below, keeps the trials that pass through it; the others fade.
 */
import { h, s } from "../../page/elements.ts";
import { quantityColor } from "../../page/theme.ts";
import type { StudyNodeState } from "../state.ts";
import { importances, type Parameter, parameters, ranked, valueText } from "../study.ts";
import { nothing, type Scale, scaleOf } from "./chart.ts";
import { describe, number, type StudyPage, shorten, type Tab } from "./page.ts";

const height = 320;
const [top, bottom] = [44, height - 40];
const missing = height - 14;
const mostAxes = 10;

interface Axis {
  readonly name: string;
  readonly kind: Parameter["kind"];
  readonly domain: Parameter["domain"];
  /** Pixels from the top, of each node in order. */
  readonly places: readonly number[];
  readonly values: Parameter["values"];
  readonly scale: Scale | undefined;
}

export function parallelTab(page: StudyPage): Tab {
  const svg = s("svg", {
    role: "img",
    "aria-label": "parallel coordinates of the trials; the fields below filter them",
  });
  const scroll = h(
    "div",
    { class: "cw-scroll", tabindex: 0, role: "region", "aria-label": "parallel coordinates" },
    svg,
  );
  const empty = nothing("no parameters that vary, or no scores yet");
  const fields = h("div", { class: "cw-ranges" });
  const status = h("span", { role: "status" });
  /** For each axis the stretch that is kept, in pixels. */
  const kept = new Map<string, readonly [number, number]>();
  const clear = h(
    "button",
    {
      type: "button",
      onclick: () => {
        kept.clear();
        made = "";
        page.redraw();
      },
    },
    "Clear the filters",
  );
  const best = h("button", { type: "button" }, "Open the best of them");
  const element = h(
    "div",
    {},
    empty,
    h("div", { class: "cw-toolbar" }, status, best, clear),
    scroll,
    h("details", {}, h("summary", {}, "Filter by typing"), fields),
  );
  let made = "";

  const draw = (width: number) => {
    const { shown } = page;
    const axes = axesOf(shown, page);
    const none = axes.length < 2 || shown.length === 0;
    empty.hidden = !none;
    for (const part of [scroll, status, best, clear, fields.parentElement!]) part.hidden = none;
    if (none) return;
    for (const name of kept.keys()) if (!axes.some((axis) => axis.name === name)) kept.delete(name);
    const wide = Math.max(width - 2, axes.length * 84);
    const at = (axis: number) => 44 + (axis * (wide - 88)) / (axes.length - 1);
    const passes = (node: number) =>
      axes.every(({ name, places }) => {
        const range = kept.get(name);
        return range === undefined || (places[node]! >= range[0] && places[node]! <= range[1]);
      });
    const through = shown.map((_, node) => passes(node));
    const order = ranked(shown, page.direction);
    const rank = new Map(order.map(({ id }, place) => [id, place / Math.max(1, order.length - 1)]));
    const dark = hasLightText(svg);
    const lines = shown.map((node, index) => {
      const points = axes.map(({ places }, axis) => `${at(axis).toFixed(1)},${places[index]!.toFixed(1)}`);
      const share = rank.get(node.id)!;
      const open = node.id === page.open?.id;
      const line = s(
        "path",
        {
          d: `M${points.join("L")}`,
          class: `cw-line${through[index] ? "" : " cw-out"}${open ? " cw-open" : ""}`,
          onclick: () => page.show(node.id),
        },
        s("title", {}, describe(node)),
      );
      // The best are the farthest from the background.
      line.style.stroke = quantityColor(dark ? 1 - 0.75 * share : 0.8 * share);
      line.style.opacity = String(through[index] ? 0.35 + 0.65 * (1 - share) : 0.08);
      return { line, front: (through[index] ? 2 : 0) + (open ? 4 : 0) + 1 - share };
    });
    lines.sort((a, b) => a.front - b.front);
    svg.setAttribute("width", String(wide));
    svg.setAttribute("height", String(height));
    svg.replaceChildren(
      ...lines.map(({ line }) => line),
      ...axes.flatMap((axis, index) => drawAxis(axis, at(index), kept, (wide - 88) / (axes.length - 1), page)),
    );
    const passing = shown.filter((_, node) => through[node]);
    status.textContent = `${passing.length} of ${shown.length} trials; ${dark ? "bright" : "dark"} is better`;
    clear.hidden = kept.size === 0;
    const first = ranked(passing, page.direction)[0];
    best.hidden = first === undefined;
    best.onclick = () => first && page.show(first.id);
    const key = axes.map(({ name, domain }) => `${name}:${domain.length}`).join("|");
    if (key !== made) fields.replaceChildren(...axes.map((axis) => field(axis, kept, page)));
    made = key;
  };
  return { name: "Parallel coordinates", element, filtered: true, draw };
}

/** The parameters that matter most, and the score last. */
function axesOf(nodes: readonly StudyNodeState[], page: StudyPage): Axis[] {
  const order = new Map(importances(nodes).map(({ name }, place) => [name, place]));
  const found = parameters(nodes);
  const chosen = new Set(
    [...found]
      .sort((a, b) => order.get(a.name)! - order.get(b.name)!)
      .slice(0, mostAxes)
      .map(({ name }) => name),
  );
  const score: Parameter = {
    name: page.scoreName,
    kind: "number",
    values: nodes.map((node) => node.score!),
    domain: [...new Set(nodes.map((node) => node.score!))].sort((a, b) => a - b),
  };
  return [...found.filter(({ name }) => chosen.has(name)), ...(nodes.length > 0 ? [score] : [])].map((parameter) => {
    const { kind, values, domain } = parameter;
    if (kind === "category") {
      const step = (bottom - top) / Math.max(1, domain.length - 1);
      const place = new Map(
        domain.map((value, at) => [value, domain.length === 1 ? (top + bottom) / 2 : top + at * step]),
      );
      return {
        ...parameter,
        scale: undefined,
        places: values.map((value) => (value === undefined ? missing : place.get(value)!)),
      };
    }
    const numbers = domain as number[];
    const log = parameter === score ? page.log : spansDecades(numbers);
    const scale = scaleOf(numbers, [bottom, top], log, 4);
    return {
      ...parameter,
      scale,
      places: values.map((value) => (value === undefined ? missing : scale(value as number))),
    };
  });
}

const spansDecades = (values: readonly number[]) => values[0]! > 0 && values.at(-1)! / values[0]! >= 50;

function hasLightText(element: Element): boolean {
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(element).color.match(/[\d.]+/g) ?? []).map(Number);
  return red + green + blue > 380;
}

function drawAxis(
  axis: Axis,
  x: number,
  kept: Map<string, readonly [number, number]>,
  space: number,
  page: StudyPage,
): SVGElement[] {
  const marks: [number, string][] = axis.scale
    ? (axis.domain.length <= 6 ? (axis.domain as readonly number[]) : axis.scale.ticks).map((tick) => [
        axis.scale!(tick),
        number(tick, 3),
      ])
    : ticksOf(axis).map((value) => [axis.places[axis.values.indexOf(value)]!, String(value)]);
  if (axis.values.includes(undefined)) marks.push([missing, "none"]);
  const range = kept.get(axis.name);
  const brush = s("rect", {
    class: "cw-brush",
    x: x - 9,
    width: 18,
    y: range?.[0] ?? 0,
    height: range ? range[1] - range[0] : 0,
  });
  const area = s("rect", { class: "cw-brush-area", x: x - 14, width: 28, y: top - 8, height: missing - top + 14 });
  area.addEventListener("pointerdown", (down) => {
    area.setPointerCapture(down.pointerId);
    const offset = area.ownerSVGElement!.getBoundingClientRect().top;
    const from = down.clientY - offset;
    let to = from;
    const stretch = (): readonly [number, number] => [Math.min(from, to), Math.max(from, to)];
    area.onpointermove = (move) => {
      to = move.clientY - offset;
      const [low, high] = stretch();
      brush.setAttribute("y", String(low));
      brush.setAttribute("height", String(high - low));
    };
    area.onpointerup = () => {
      area.onpointermove = null;
      area.onpointerup = null;
      if (Math.abs(to - from) < 4) kept.delete(axis.name);
      else kept.set(axis.name, stretch());
      page.redraw();
    };
  });
  return [
    s("line", { class: "cw-axis-line", x1: x, x2: x, y1: top, y2: bottom }),
    ...marks.map(([y, text]) =>
      s("text", { class: "cw-tick cw-halo", x: x + 6, y: y + 4 }, shorten(text, Math.max(30, space - 16))),
    ),
    s(
      "text",
      { class: "cw-axis cw-halo", x, y: 18, "text-anchor": "middle" },
      shorten(axis.name, Math.max(70, space - 8)),
    ),
    brush,
    area,
  ];
}

/** Of many categories some are named. */
function ticksOf({ domain }: Axis): readonly (string | number)[] {
  const every = Math.ceil(domain.length / 12);
  return domain.filter((_, at) => at % every === 0);
}

/** The same filter for keys: two numbers, or one of the categories. */
function field(axis: Axis, kept: Map<string, readonly [number, number]>, page: StudyPage): HTMLElement {
  const { scale } = axis;
  if (scale === undefined) {
    const choice = h(
      "select",
      {
        "aria-label": axis.name,
        onchange: () => {
          const at = axis.places[axis.values.indexOf(choice.value)];
          if (at === undefined) kept.delete(axis.name);
          else kept.set(axis.name, [at - 2, at + 2]);
          page.redraw();
        },
      },
      h("option", { value: "" }, "any"),
      ...axis.domain.slice(0, 200).map((value) => h("option", { value }, valueText(value))),
    );
    return h("label", {}, h("span", {}, axis.name), choice);
  }
  const inputs = ["from", "to"].map((end) =>
    h("input", { type: "number", step: "any", "aria-label": `${axis.name} ${end}`, onchange: () => change() }),
  );
  const change = () => {
    const [low, high] = inputs.map(({ value }) => (value === "" ? undefined : Number(value)));
    if (low === undefined && high === undefined) kept.delete(axis.name);
    else {
      const [first, last] = [axis.domain[0] as number, axis.domain.at(-1) as number];
      const within = (value: number) => scale(Math.min(last, Math.max(first, value)));
      const ends = [within(low ?? first), within(high ?? last)];
      kept.set(axis.name, [Math.min(...ends) - 0.5, Math.max(...ends) + 0.5]);
    }
    page.redraw();
  };
  return h("label", {}, h("span", {}, axis.name), inputs[0], " – ", inputs[1]);
}
