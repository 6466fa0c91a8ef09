/** The page's half of a selection that is shown by itself: how many samples are chosen, which, and a way to choose none. */
import { h } from "../page/elements.ts";
import { watchesKernel } from "../page/kernel-watch.ts";
import type { View } from "../page/view-type.ts";

/** As many as are named; of the rest there is the count. */
const NAMED = 50;

const view: View = {
  render({ model, el, signal }) {
    const text = h("span", { role: "status" });
    const clear = h("button", { type: "button", "aria-label": "choose no sample", onclick: () => choose([]) }, "Clear");
    el.classList.add("cw");
    el.append(h("div", { class: "cw-toolbar" }, text, clear));
    const choose = (indices: readonly number[]) => {
      model.set("indices", indices);
      model.set("source", "selection");
      model.save_changes();
    };
    const draw = () => {
      const indices = model.get("indices") as readonly number[];
      text.textContent = describe(indices);
      clear.disabled = indices.length === 0;
    };
    model.on("change:indices", draw);
    signal.addEventListener("abort", () => model.off("change:indices", draw));
    draw();
  },
};

function describe(indices: readonly number[]): string {
  const count = `${indices.length.toLocaleString("en")} ${indices.length === 1 ? "sample" : "samples"} chosen`;
  if (indices.length === 0) return count;
  const rest = indices.length - NAMED;
  return `${count}: ${indices.slice(0, NAMED).join(", ")}${rest > 0 ? ` and ${rest.toLocaleString("en")} more` : ""}`;
}

export default watchesKernel(view);
