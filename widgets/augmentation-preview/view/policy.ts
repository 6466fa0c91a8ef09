/** The policy that is put together on the page: its steps, many draws of it, one of them step by step, and its code. */
import { h } from "../../page/elements.ts";
import { hasKernel, type Model } from "../../page/view-type.ts";
import type { PolicyStep, Tile } from "../state.ts";
import { type TileContext, tileFigure } from "../tiles.ts";
import { type Change, contextOf, type Part, steps } from "./part.ts";

/** The steps that were chosen, the same image under many draws of them, and the code. */
export function policyPart(model: Model, set: Change): Part {
  const list = h("ol", { class: "cw-steps" });
  const note = h("p", { class: "cw-muted" });
  const body = h("div", { class: "cw-tiles" });
  const trace = h("div", { class: "cw-tiles" });
  const traced = h("h5");
  const stepwise = h("section", { "aria-label": "step by step" }, traced, trace);
  const code = h("pre", { class: "cw-code", tabindex: 0, "aria-label": "the policy as TypeScript" });
  const done = h("span", { role: "status", class: "cw-muted" });
  const copy = h(
    "button",
    { type: "button", onclick: () => void copyText(String(model.get("code")), done) },
    "Copy as TypeScript",
  );
  const element = h(
    "section",
    { "aria-label": "policy" },
    h("h4", {}, "The policy"),
    list,
    note,
    body,
    stepwise,
    h("div", { class: "cw-toolbar" }, copy, done),
    code,
  );
  const change = (at: number, step?: PolicyStep) =>
    set({ steps: steps(model).flatMap((own, index) => (index === at ? (step ? [step] : []) : [own])) });
  const item = (step: PolicyStep, at: number) => {
    const odds = h("input", {
      type: "number",
      min: 0,
      max: 1,
      step: 0.1,
      value: step.probability,
      "aria-label": `probability of ${step.transform}`,
      onchange: () => change(at, { ...step, probability: Math.min(1, Math.max(0, Number(odds.value) || 0)) }),
    });
    const text = ` ${step.transform} ${step.range.map((end) => Number(end.toPrecision(3))).join(" to ")}, probability `;
    if (!hasKernel(model)) return h("li", {}, text, String(step.probability));
    return h(
      "li",
      {},
      text,
      odds,
      " ",
      h("button", { type: "button", "aria-label": `remove ${step.transform}`, onclick: () => change(at) }, "✕"),
    );
  };
  const drawn = (tile: Tile, at: number, context: TileContext) => {
    const figure = tileFigure(tile, at, context);
    if (!hasKernel(model)) return figure;
    const onclick = () => set({ draw: at });
    const label = `draw ${at + 1}, ${tile.caption}: show it step by step`;
    const chosen = at === model.get("draw");
    return h(
      "button",
      {
        type: "button",
        class: "cw-pick",
        "aria-label": label,
        "aria-pressed": String(chosen),
        onclick,
      },
      figure,
    );
  };
  const update = async () => {
    const own = steps(model);
    const context = await contextOf(model, "draws", 56);
    list.replaceChildren(...own.map(item));
    note.textContent = noteOf(model);
    note.hidden = own.length > 0;
    body.replaceChildren(...context.tiles.map((tile, at) => drawn(tile, at, context)));
    const stages = await contextOf(model, "trace", 56);
    traced.textContent = `Draw ${Number(model.get("draw")) + 1}, step by step`;
    trace.replaceChildren(...stages.tiles.map((tile, at) => tileFigure(tile, at, stages)));
    stepwise.hidden = stages.tiles.length < 2;
    code.textContent = String(model.get("code"));
    code.hidden = model.get("code") === "";
    copy.hidden = code.hidden;
  };
  return { element, fields: ["steps", "learned", "draws", "draw", "trace", "code"], update };
}

/** What is drawn while there are no steps. */
function noteOf(model: Model): string {
  const learned = model.get("learned") as { policy: string } | null;
  const invitation = hasKernel(model) ? "no step yet: set the slider above, then add" : "no steps";
  return learned ? `${invitation}; so far, the metalearner's policy: ${learned.policy}` : invitation;
}

/** Where the page may not write to the clipboard, the code below is there to be selected. */
async function copyText(text: string, said: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = "copied";
  } catch {
    said.textContent = "this page may not copy: select the code below";
  }
}
