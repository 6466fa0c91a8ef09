/** One transform, its value under a slider, on several images. */
import { h } from "../../page/elements.ts";
import { hasKernel, type Model } from "../../page/view-type.ts";
import type { PolicyStep } from "../state.ts";
import { tileFigure } from "../tiles.ts";
import { type Change, contextOf, type Part, steps } from "./part.ts";

interface TransformInfo {
  readonly name: string;
  readonly unit: string;
  readonly identity: number;
  readonly range: readonly [number, number];
  readonly discrete: boolean;
}

export function sliderPart(model: Model, set: Change): Part {
  const infos = model.get("transforms") as TransformInfo[];
  const live = hasKernel(model);
  const select = h(
    "select",
    { "aria-label": "transform", onchange: () => choose(select.value) },
    ...infos.map(({ name }) => h("option", { value: name }, name)),
  );
  const input = h("input", {
    type: "range",
    "aria-label": "value",
    oninput: () => set({ value: Number(input.value) }),
  });
  const output = h("output");
  const add = h(
    "button",
    { type: "button", onclick: () => set({ steps: [...steps(model), stepOf(model)] }) },
    "Add to the policy",
  );
  const body = h("div", { class: "cw-tiles" });
  const element = h(
    "section",
    { "aria-label": "one transform" },
    h("h4", {}, "One transform"),
    h("div", { class: "cw-toolbar" }, select, input, output, ...(live ? [add] : [])),
    body,
  );
  const choose = (name: string) => {
    const values = (model.get("values") as number[][])[infos.findIndex((info) => info.name === name)] ?? [];
    set({ transform: name, value: values.at(-1) ?? 0 });
  };
  const update = async () => {
    const name = model.get("transform") as string;
    const value = model.get("value") as number;
    const row = infos.findIndex((info) => info.name === name);
    const { range, discrete, unit } = infos[row] ?? infos[0]!;
    const values = (model.get("values") as number[][])[row] ?? [];
    select.value = name;
    Object.assign(
      input,
      live
        ? { min: range[0], max: range[1], step: discrete ? 1 : (range[1] - range[0]) / 200 }
        : { min: Math.min(...values), max: Math.max(...values), step: "any" },
    );
    if (document.activeElement !== input || Number(input.value) !== value) input.value = String(value);
    output.textContent = `${Number(value.toPrecision(3))} (${unit})`;
    input.setAttribute("aria-valuetext", output.textContent);
    const context = await contextOf(model, live ? "examples" : "strips", 64);
    // Without a kernel the nearest picture of the strip is what there is.
    const first = (model.get("values") as number[][]).slice(0, row).reduce((sum, own) => sum + own.length, 0);
    const nearest = values.reduce(
      (best, own, at) => (Math.abs(own - value) < Math.abs(values[best]! - value) ? at : best),
      0,
    );
    const shown = live
      ? context.tiles.map((tile, at) => ({ tile, at }))
      : [{ tile: context.tiles[first + nearest]!, at: first + nearest }];
    body.replaceChildren(
      ...shown.filter(({ tile }) => tile !== undefined).map(({ tile, at }) => tileFigure(tile, at, context)),
    );
  };
  return { element, fields: ["transform", "value", live ? "examples" : "strips"], update };
}

/** From the identity to the value under the slider; both ways where the transform goes both ways. */
function stepOf(model: Model): PolicyStep {
  const { name, identity, range } = (model.get("transforms") as TransformInfo[]).find(
    (info) => info.name === model.get("transform"),
  )!;
  const value = model.get("value") as number;
  const distance = Math.abs(value - identity);
  const bothWays = identity - distance >= range[0] && identity + distance <= range[1];
  const low = bothWays ? identity - distance : Math.min(identity, value);
  const high = bothWays ? identity + distance : Math.max(identity, value);
  return { transform: name, probability: 0.5, range: [low, high] };
}
