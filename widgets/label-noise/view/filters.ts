/** Tabs, and what narrows the ranking: a text, a status, the selection of all widgets. */
import { h } from "../../page/elements.ts";
import type { Filter, ListName } from "../state.ts";
import type { Noise, Part } from "./context.ts";

const titles: Readonly<Record<ListName, string>> = {
  issues: "Label issues",
  outliers: "Outliers",
  duplicates: "Near duplicates",
  leaks: "Split leaks",
};

/** @param panel what the tabs show */
export function tabsPart(noise: Noise, panel: HTMLElement): Part {
  const base = `cw-tab-${Math.random().toString(36).slice(2)}`;
  const element = h("div", { class: "cw-tabs", role: "tablist", "aria-label": "rankings" });
  panel.id = `${base}-panel`;
  panel.setAttribute("role", "tabpanel");
  const open = (name: ListName, focus = false) => {
    noise.set({ tab: name, filter: { ...noise.filter, given: null, suggested: null } });
    if (focus) document.getElementById(`${base}-${name}`)?.focus();
  };
  const update = () => {
    const names = noise.lists.map(({ name }) => name);
    const tab = noise.list?.name;
    const held = element.contains(document.activeElement);
    const step = (by: number) => open(names[(names.indexOf(tab!) + by + names.length) % names.length]!, true);
    element.replaceChildren(
      ...noise.lists.map(({ name, index }) =>
        h(
          "button",
          {
            type: "button",
            role: "tab",
            id: `${base}-${name}`,
            "aria-selected": String(name === tab),
            "aria-controls": panel.id,
            tabindex: name === tab ? 0 : -1,
            onclick: () => open(name),
            onkeydown: (event: KeyboardEvent) => {
              if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
              event.preventDefault();
              event.stopPropagation();
              step(event.key === "ArrowLeft" ? -1 : 1);
            },
          },
          // Outliers are a ranking of all images: their number would say that so many are outliers.
          name === "outliers" ? titles[name] : `${titles[name]} (${index.length})`,
        ),
      ),
    );
    if (tab === undefined) panel.removeAttribute("aria-labelledby");
    else panel.setAttribute("aria-labelledby", `${base}-${tab}`);
    if (held) element.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  };
  return { element, fields: ["lists", "tab"], update };
}

const statuses: readonly (readonly [Filter["status"], string])[] = [
  ["", "any decision"],
  ["undecided", "undecided"],
  ["relabel", "relabelled"],
  ["keep", "kept"],
  ["drop", "dropped"],
];

export function filtersPart(noise: Noise): Part {
  const text = h("input", {
    type: "search",
    placeholder: "name or class",
    "aria-label": "filter by name or class",
    oninput: () => noise.filterBy({ text: text.value }),
  });
  const status = h(
    "select",
    {
      "aria-label": "filter by decision",
      onchange: () => noise.filterBy({ status: status.value as Filter["status"] }),
    },
    ...statuses.map(([value, title]) => h("option", { value }, title)),
  );
  const only = h("input", {
    type: "checkbox",
    onchange: () => noise.filterBy({ only: only.checked ? [...noise.chosen] : null }),
  });
  const onlyText = h("span");
  const clear = h(
    "button",
    {
      type: "button",
      onclick: () => noise.filterBy({ given: null, suggested: null, text: "", status: "", only: null }),
    },
    "Show all",
  );
  const pair = h("span", { class: "cw-muted" });
  const element = h(
    "div",
    { class: "cw-toolbar", role: "group", "aria-label": "filter" },
    text,
    status,
    h("label", {}, only, " ", onlyText),
    pair,
    clear,
  );
  const update = () => {
    const { filter } = noise;
    if (document.activeElement !== text) text.value = filter.text;
    status.value = filter.status;
    only.checked = filter.only !== null;
    only.disabled = filter.only === null && noise.chosen.size === 0;
    onlyText.textContent = `only the selection (${filter.only?.length ?? noise.chosen.size})`;
    const ends = [filter.given, filter.suggested].map((label) => (label === null ? "any" : noise.className(label)));
    const paired = filter.given !== null || filter.suggested !== null;
    pair.textContent = paired ? `${ends[0]} → ${ends[1]}` : "";
    clear.hidden = !paired && filter.text === "" && filter.status === "" && filter.only === null;
  };
  return { element, fields: ["filter", "chosen"], update };
}
