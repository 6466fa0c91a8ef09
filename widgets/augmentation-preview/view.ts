/**
 * The page's half of the augmentation preview: strips of all transforms, one transform under a slider, and the policy that is put
 * together from them.
 */
import { h } from "../page/elements.ts";
import { watchesKernel } from "../page/kernel-watch.ts";
import { tableTwin } from "../page/table-twin.ts";
import { hasKernel, type Model, type View } from "../page/view-type.ts";
import { tileFigure } from "./tiles.ts";
import { numbersOf } from "./view/numbers.ts";
import { type Change, contextOf, type Part } from "./view/part.ts";
import { policyPart } from "./view/policy.ts";
import { sliderPart } from "./view/slider.ts";
import { stripsPart } from "./view/strips.ts";

const view: View = {
  render({ model, el }) {
    el.classList.add("cw", "cw-preview");
    const set = (changes: Readonly<Record<string, unknown>>) => {
      for (const [key, value] of Object.entries(changes)) model.set(key, value);
      model.save_changes();
    };
    const parts = [header(model, set), stripsPart(model, set), sliderPart(model, set), policyPart(model, set)];
    const twin = tableTwin(() => numbersOf(model));
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
    for (const field of ["strips", "clusters", "levels"]) model.on(`change:${field}`, twin.update);
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
