/**
 * The page's half of the label-noise widget: a ranking to be worked through by keyboard, the pairs of classes that filter it, and what
 * can be done with the corrections.
 */
import { h } from "../page/elements.ts";
import { tableTwin } from "../page/table-twin.ts";
import { hasKernel, type Model, type View } from "../page/view-type.ts";
import { statusOf } from "./decisions.ts";
import { type Actions, actionsPart, keyHelp } from "./view/actions.ts";
import { Noise, type Part } from "./view/context.ts";
import { filtersPart, tabsPart } from "./view/filters.ts";
import { heatmapPart } from "./view/heatmap.ts";
import { keyHandler } from "./view/keys.ts";
import { type ListPart, listPart } from "./view/list.ts";
import { tasksPart } from "./view/tasks.ts";
import { Thumbnails } from "./view/thumbnails.ts";

const view: View = {
  async render({ model, el, experimental }) {
    el.classList.add("cw");
    const noise = new Noise(model);
    const thumbnails = new Thumbnails(model, hasKernel(model) ? experimental.invoke : undefined);
    const onkey = keyHandler(
      noise,
      () => list,
      () => actions,
    );
    const list: ListPart = listPart(noise, thumbnails, onkey);
    const actions: Actions = actionsPart(noise, () => list);
    const filters = filtersPart(noise);
    const joint = heatmapPart(noise);
    const tasks = tasksPart(noise);
    const panel = h("div", { class: "cw-panel" }, filters.element, actions.element, list.element);
    const tabs = tabsPart(noise, panel);
    const twin = tableTwin(() => tableOf(noise));
    const help = h(
      "details",
      { class: "cw-keys" },
      h("summary", {}, "Keys"),
      h("dl", {}, ...keyHelp.flatMap(([keys, what]) => [h("dt", {}, keys), h("dd", {}, what)])),
    );
    const body = h("div", { class: "cw-noise" }, h("div", {}, tabs.element, panel), joint.element);
    el.append(body, tasks.element, help, twin.element);

    const parts: readonly Part[] = [tabs, filters, joint, actions, list, tasks];
    const changed = (field: string) => {
      noise.forget(field);
      for (const part of parts) if (part.fields.includes(field)) part.update();
      if (field !== "chosen" && list.fields.includes(field)) twin.update();
    };
    const fields = new Set(parts.flatMap((part) => part.fields).filter((field) => field !== "chosen"));
    for (const field of fields) model.on(`change:${field}`, () => changed(field));
    const leave = await shareSelection(model, noise, (elsewhere) => {
      const at = elsewhere ? noise.rows.findIndex((row) => noise.chosen.has(noise.list!.index[row]!)) : -1;
      if (at >= 0) noise.moveTo(at);
      changed("chosen");
      if (at >= 0) list.reveal();
    });
    for (const part of parts) part.update();
    await thumbnails.readAtlas();
    return () => {
      leave();
      thumbnails.close();
    };
  },
};
export default view;

interface Shared {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

/** Follows the selection that widgets share; one of the page's own where there is none. `follow` hears whether it came from elsewhere. */
async function shareSelection(model: Model, noise: Noise, follow: (elsewhere: boolean) => void): Promise<() => void> {
  const source = `label-noise ${Math.random().toString(36).slice(2)}`;
  let shared: Shared | undefined;
  try {
    shared = (await model.widget_manager.get_model(String(model.get("_selection")))) as Shared;
  } catch {
    shared = undefined;
  }
  const read = () => {
    noise.chosen = new Set(shared!.get("indices") as number[]);
    follow(shared!.get("source") !== source);
  };
  noise.choose = (indices) => {
    noise.chosen = new Set(indices);
    shared?.set("source", source);
    shared?.set("indices", [...indices]);
    shared?.save_changes();
    if (shared === undefined) follow(false);
  };
  if (shared === undefined) return () => {};
  noise.chosen = new Set(shared.get("indices") as number[]);
  shared.on("change:indices", read);
  return () => shared.off("change:indices", read);
}

function tableOf(noise: Noise) {
  const { list } = noise;
  const name = (label: number) => noise.className(label);
  return {
    caption: "The rows that are shown",
    columns: ["image", "given", "suggested", "probability", "score", "decision"],
    rows: Array.from(noise.rows.subarray(0, 501), (row) => {
      const decision = noise.decisions.get(list!.index[row]!);
      const status = statusOf(decision);
      return [
        noise.ids[list!.index[row]!]!,
        name(list!.given[row]!),
        list!.suggested[row]! < 0 ? "" : name(list!.suggested[row]!),
        Number.isNaN(list!.confidence[row]!) ? "" : list!.confidence[row]!.toFixed(3),
        list!.score[row]!.toFixed(3),
        status === "relabel" ? name(decision!) : status,
      ];
    }),
  };
}
