/** The head of a cluster: its level among all that there are, what it draws from, and a way to look at another level and to take it. */
import { h } from "../../page/elements.ts";
import { hasKernel, type Model } from "../../page/view-type.ts";
import type { ClusterState, LevelsState } from "../state.ts";
import type { Change } from "./part.ts";
import { chosenLevel, lookedLevel } from "./standing.ts";

export interface ClusterHead {
  readonly element: HTMLElement;
  update(): void;
}

/** Radio buttons of one head share a name that no other head of the page has. */
let heads = 0;

export function clusterHead(model: Model, cluster: ClusterState, set: Change): ClusterHead {
  const { name, transforms } = cluster;
  const title = h("h5", {}, name);
  const caps = model.get("levelCaps") as number[];
  if (transforms.every(({ entries }) => entries === 0)) {
    const element = h(
      "div",
      { class: "cw-head" },
      title,
      h("p", { class: "cw-muted" }, "no magnitude table: nothing to draw from"),
    );
    return { element, update: () => {} };
  }
  const group = `cw-levels-${heads++}`;
  const look = (level: number) => set({ looked: { ...(model.get("looked") as LevelsState), [name]: level } });
  const levels = caps.map((cap, level) => {
    const input = h("input", {
      type: "radio",
      name: group,
      value: level,
      onchange: () => look(level),
    });
    const mark = h("span");
    const what =
      level === 0
        ? "nothing is drawn"
        : `the accuracy may fall by ${percent(cap)} of what the model knows beyond guessing`;
    const label = h(
      "label",
      { title: `level ${level}: ${what}` },
      input,
      h("span", {}, level === 0 ? "0, off" : String(level)),
      mark,
    );
    return { input, mark, label };
  });
  const take = h("button", { type: "button", onclick: () => settle(true) });
  const back = h("button", { type: "button", onclick: () => settle(false) });
  /** Ends looking: takes the level that is looked at, or goes back. */
  const settle = (taken: boolean) => {
    const { [name]: looked, ...others } = model.get("looked") as LevelsState;
    const own = model.get("levels") as LevelsState;
    set({ ...(taken && looked !== undefined && { levels: { ...own, [name]: looked } }), looked: others });
    levels[chosenLevel(model, name)]!.input.focus();
  };
  const choice = h(
    "fieldset",
    { class: "cw-levels" },
    h("legend", { class: "cw-hidden" }, `level of ${name} to look at`),
    h("span", { class: "cw-muted", "aria-hidden": "true" }, "level"),
    ...levels.map(({ label }) => label),
  );
  const chosen = h("span", { class: "cw-muted" });
  const draws = h("p", { class: "cw-muted", role: "status" });
  const element = h(
    "div",
    { class: "cw-head" },
    h("div", { class: "cw-toolbar" }, title, choice, chosen, take, back),
    draws,
  );
  const update = () => {
    const [own, looked] = [chosenLevel(model, name), lookedLevel(model, name)];
    for (const [level, { input, mark }] of levels.entries()) {
      input.checked = level === looked;
      mark.textContent = level === own ? " ✓" : "";
      if (level === own) mark.append(h("span", { class: "cw-hidden" }, " chosen"));
    }
    chosen.textContent = `chosen: ${own} of ${caps.length - 1}${own === cluster.learned ? "" : `; the search had ${cluster.learned}`}`;
    take.textContent = `Take level ${looked}`;
    back.textContent = `Back to ${own}`;
    take.hidden = looked === own || !hasKernel(model);
    back.hidden = looked === own;
    draws.textContent = drawText(model, cluster, looked);
  };
  return { element, update };
}

function drawText(model: Model, { name, transforms }: ClusterState, level: number): string {
  const shown = new Set((model.get("transforms") as { name: string }[]).map(({ name }) => name));
  const unseen = transforms.filter(({ name }) => !shown.has(name)).map(({ name }) => name);
  const rest = unseen.length > 0 ? ` Not shown here: ${unseen.join(", ")}.` : "";
  if (level === 0) return `Off: nothing is drawn.${rest}`;
  const counts = transforms.map(({ counts }) => counts[level] ?? 0);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  const [some, all] = [sum(counts), sum(transforms.map(({ entries }) => entries))];
  if (some === 0) return `Level ${level} admits none of ${all} magnitudes: nothing is drawn.${rest}`;
  const open = counts.filter((count) => count > 0).length;
  const from = open === 1 ? "the one transform that it admits" : `one of ${open} transforms`;
  const isDrawn = level === chosenLevel(model, name) && (model.get("learned") as { draws: boolean } | null)?.draws;
  const drawn = isDrawn ? "draws" : "would draw";
  return `Level ${level} ${drawn} ${from}, then one of its admitted magnitudes, each equally likely (${some} of ${all} magnitudes).${rest}`;
}

const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
