/**
 * The page's half of the label-noise widget: a ranking to be worked through by keyboard, the pairs of classes that filter it, and what
 * can be done with the corrections.
 */
import { h } from "../page/elements.ts";
import { watchesKernel } from "../page/kernel-watch.ts";
import { sharedSelection } from "../page/selection.ts";
import { tableTwin } from "../page/table-twin.ts";
import { hasKernel, type View } from "../page/view-type.ts";
import { statusOf } from "./decisions.ts";
import { limitOf } from "./limits.ts";
import { type Actions, actionsPart, keyHelp } from "./view/actions.ts";
import { Noise, type Part } from "./view/context.ts";
import { filtersPart, tabsPart } from "./view/filters.ts";
import { heatmapPart } from "./view/heatmap.ts";
import { keyHandler } from "./view/keys.ts";
import { type ListPart, listPart } from "./view/list.ts";
import { tasksPart } from "./view/tasks.ts";
import { Thumbnails } from "./view/thumbnails.ts";

const view: View = {
  async render({ model, el, experimental, signal }) {
    el.classList.add("cw", "cw-labels");
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
    const limit = h("p", { class: "cw-muted", role: "note" });
    const twin = tableTwin(() => tableOf(noise));
    const help = h(
      "details",
      { class: "cw-keys" },
      h("summary", {}, "Keys"),
      h("dl", {}, ...keyHelp.flatMap(([keys, what]) => [h("dt", {}, keys), h("dd", {}, what)])),
    );
    const body = h("div", { class: "cw-noise" }, h("div", {}, tabs.element, panel), joint.element);
    el.append(limit, body, tasks.element, help, twin.element);
    const showLimit = () => {
      limit.textContent = limitOf(noise.labels.length, noise.classNames.length, noise.lists.length);
      limit.hidden = limit.textContent === "";
      // Without a ranking there is nothing to filter or to decide on; a training may bring one.
      for (const part of [body, help, twin.element]) part.hidden = noise.lists.length === 0;
      tasks.element.hidden = noise.labels.length === 0;
    };
    const parts: readonly Part[] = [tabs, filters, joint, actions, list, tasks];
    const changed = (field: string) => {
      noise.forget(field);
      if (field === "lists") showLimit();
      for (const part of parts) if (part.fields.includes(field)) part.update();
      if (field !== "chosen" && list.fields.includes(field)) twin.update();
    };
    const fields = new Set(parts.flatMap((part) => part.fields).filter((field) => field !== "chosen"));
    for (const field of fields) model.on(`change:${field}`, () => changed(field));
    let choosing = false;
    const follow = () => {
      noise.chosen = new Set(shared.indices());
      // What was chosen in another widget is brought into view.
      const isChosen = (row: number | undefined) => row !== undefined && noise.chosen.has(noise.list!.index[row]!);
      const at = choosing || isChosen(noise.rows[noise.cursor]) ? -1 : noise.rows.findIndex(isChosen);
      if (at >= 0) noise.moveTo(at);
      changed("chosen");
      if (at >= 0) list.reveal();
    };
    noise.choose = (indices) => {
      choosing = true;
      shared.choose(indices);
      choosing = false;
      noise.chosen = new Set(indices);
      changed("chosen");
    };
    const shared = sharedSelection(model, "label-noise", signal, follow);
    for (const part of parts) part.update();
    showLimit();
    await thumbnails.readAtlas();
    return () => {
      list.close();
      thumbnails.close();
    };
  },
};
export default watchesKernel(view);

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
        Number.isFinite(list!.score[row]!) ? list!.score[row]!.toFixed(3) : "",
        status === "relabel" ? name(decision!) : status,
      ];
    }),
  };
}
