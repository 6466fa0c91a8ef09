/** How much each parameter matters by itself, as bars, and how it was told. */
import { h } from "../../page/elements.ts";
import { importances } from "../study.ts";
import { nothing } from "./chart.ts";
import type { StudyPage, Tab } from "./page.ts";

/** Fewer trials say nothing of a parameter. */
const least = 8;

export function importanceTab(page: StudyPage): Tab {
  const list = h("ol", { class: "cw-importances", "aria-label": "parameters, the most important first" });
  const note = nothing("");
  const element = h("div", {}, list, note);
  const draw = () => {
    const scored = page.shown;
    const found = scored.length < least ? [] : importances(scored);
    list.hidden = found.length === 0;
    note.textContent =
      scored.length < least
        ? `${scored.length} trials with a score: at least ${least} are needed to say what matters`
        : found.length === 0
          ? "no parameter varies"
          : `The share of the variance of the scores' ranks that a parameter explains by itself, less what chance explains (Kruskal and Wallis's H), over ${scored.length} trials. Interactions are not seen, and what a search tried together is not told apart.`;
    list.replaceChildren(
      ...found.slice(0, 30).map(({ name, share, groups }) => {
        const bar = h("span", { class: "cw-bar" });
        bar.style.width = `${100 * share}%`;
        return h(
          "li",
          { title: `${name}: ${groups} groups of values` },
          h("span", { class: "cw-name" }, name),
          h("span", { class: "cw-track", "aria-hidden": "true" }, bar),
          h("span", { class: "cw-share" }, `${(100 * share).toFixed(0)} %`),
        );
      }),
    );
  };
  return { name: "Importances", element, filtered: true, draw };
}
