/**
 * The page's half of the augmentation preview: strips of all transforms, one transform under a slider, and the policy that is put
 * together from them.
 */
import { h } from "../page/elements.ts";
import { watchesKernel } from "../page/kernel-watch.ts";
import { tableTwin } from "../page/table-twin.ts";
import { hasKernel, type Model, type View } from "../page/view-type.ts";
import type { PolicyStep, Sheet } from "./state.ts";
import { opinionText, tileFigure } from "./tiles.ts";
import { type Change, contextOf, type Part, steps } from "./view/part.ts";
import { policyPart } from "./view/policy.ts";

interface TransformInfo {
  readonly name: string;
  readonly unit: string;
  readonly identity: number;
  readonly range: readonly [number, number];
  readonly discrete: boolean;
}

const view: View = {
  render({ model, el }) {
    el.classList.add("cw", "cw-preview");
    const set = (changes: Readonly<Record<string, unknown>>) => {
      for (const [key, value] of Object.entries(changes)) model.set(key, value);
      model.save_changes();
    };
    const parts = [header(model, set), strips(model, set), slider(model, set), policyPart(model, set)];
    const twin = tableTwin(() => tableOf(model));
    const problem = h("p", { class: "cw-warning", role: "alert" });
    el.append(...parts.map(({ element }) => element), problem, twin.element);
    const listen = (fields: readonly string[], update: () => unknown) => {
      for (const field of fields) model.on(`change:${field}`, () => void update());
      void update();
    };
    for (const { fields, update } of parts) listen(fields, update);
    listen(["problem"], () => {
      problem.textContent = String(model.get("problem"));
    });
    model.on("change:strips", twin.update);
  },
};
export default watchesKernel(view);

/** Which image it is, and the way to the next one. */
function header(model: Model, set: Change): Part {
  const count = () => (model.get("indices") as number[]).length;
  const move = (by: number) => set({ position: (model.get("position") + by + count()) % count() });
  const place = h("span", { class: "cw-original" });
  const name = h("span", { role: "status" });
  const buttons = [
    h("button", { type: "button", "aria-label": "previous image", onclick: () => move(-1) }, "◀"),
    h("button", { type: "button", "aria-label": "next image", onclick: () => move(1) }, "▶"),
  ];
  const element = h("div", { class: "cw-toolbar" }, place, ...(hasKernel(model) ? buttons : []), name);
  const update = async () => {
    const position = model.get("position") as number;
    const label = model.get("label") as number;
    const title = (model.get("classNames") as string[])[label] ?? (label < 0 ? "no label" : String(label));
    name.textContent = `${model.get("title")}: image ${(model.get("indices") as number[])[position]} (${position + 1} of ${count()}), ${title}`;
    const context = await contextOf(model, "original", 56);
    place.replaceChildren(
      ...context.tiles.map((tile, at) => tileFigure({ ...tile, caption: "as it is" }, at, context)),
    );
  };
  return { element, fields: ["original", "position", "indices", "label"], update };
}

/** A row of pictures for each transform, from one end of its range to the other. */
function strips(model: Model, set: Change): Part {
  const body = h("div", {
    class: "cw-strips",
    role: "group",
    tabindex: 0,
    "aria-label": "each transform at each strength",
  });
  const element = h("section", { "aria-label": "strips" }, h("h4", {}, "Every transform, every strength"), body);
  const update = async () => {
    const context = await contextOf(model, "strips", 44);
    const values = model.get("values") as number[][];
    let at = 0;
    const rows = (model.get("transforms") as TransformInfo[]).map(({ name }, row) => {
      const figures = (values[row] ?? []).map((value) => {
        const tile = context.tiles[at];
        const figure =
          tile === undefined
            ? h("figure")
            : tileFigure({ ...tile, caption: String(Number(value.toPrecision(3))) }, at, context);
        at++;
        return h(
          "button",
          {
            type: "button",
            class: "cw-pick",
            title: "take to the slider",
            onclick: () => set({ transform: name, value }),
          },
          h("span", { class: "cw-hidden" }, name),
          figure,
        );
      });
      return h("div", { class: "cw-strip" }, h("span", { class: "cw-name" }, name), ...figures);
    });
    body.replaceChildren(...rows);
  };
  return { element, fields: ["strips"], update };
}

/** One transform, its value under a slider, on several images. */
function slider(model: Model, set: Change): Part {
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
        : { min: values[0], max: values.at(-1), step: "any" },
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

function tableOf(model: Model) {
  const sheet = model.get("strips") as Sheet;
  const names = model.get("classNames") as string[];
  return {
    caption: "Each transform at each value",
    columns: ["transform", "value", "model", "label destroyed", "KL, nats", "accuracy drop", "admitted"],
    rows: sheet.tiles.map((tile) => [
      tile.transform,
      tile.value ?? "",
      opinionText(tile, names).join(", "),
      tile.opinion?.destroyed ? "probably" : "",
      tile.table?.divergence.toFixed(4) ?? "",
      tile.table?.accuracyDrop.toFixed(3) ?? "",
      tile.table === null ? "" : tile.table.admitted ? "yes" : "no",
    ]),
  };
}
