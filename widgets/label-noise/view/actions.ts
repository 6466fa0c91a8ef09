/** What can be done with the row under the cursor or with the chosen ones, by keys and by buttons that say their key. */
import { h } from "../../page/elements.ts";
import { decide, lastStep, statusOf, verdict } from "../decisions.ts";
import type { Noise, Part } from "./context.ts";

export interface Actions extends Part {
  suggested(): void;
  relabel(label: number): void;
  decideOn(decision: number): void;
  undo(): void;
  redo(): void;
  /** To the list of classes. */
  askClass(): void;
}

export interface ListHandle {
  readonly grid: HTMLElement;
  reveal(): void;
}

/** Each key and what it does: shown on the page, and read by `keys`. */
export const keyHelp: readonly (readonly [string, string])[] = [
  ["↑ ↓ PageUp PageDown Home End", "move; with Shift choose all rows on the way"],
  ["Space", "choose the row, or no longer; Ctrl+A: all; Escape: none"],
  ["Enter or S", "give the suggested label"],
  ["L", "pick another class; Enter gives it"],
  ["0 to 9", "give the class of this number, where there are at most ten"],
  ["K", "keep the label: it was looked at"],
  ["D", "drop the image"],
  ["C", "clear the decision"],
  ["U or Ctrl+Z", "undo"],
  ["R or Ctrl+Y", "redo"],
];

/** @param handle the list, once there is one */
export function actionsPart(noise: Noise, handle: () => ListHandle): Actions {
  const button = (text: string, run: () => void, key?: string) =>
    h("button", { type: "button", onclick: run, "aria-keyshortcuts": key }, key ? `${text} (${key})` : text);
  const select = h(
    "select",
    { "aria-label": "class" },
    ...noise.classNames.map((_, label) => h("option", { value: label }, noise.className(label))),
  );
  const about = h("span", { class: "cw-muted" });
  const counts = h("p", { class: "cw-counts", role: "status" });

  /** Decides, and goes on to the next row where it was about one. */
  const step = (entries: readonly (readonly [number, number])[]) => {
    if (entries.length === 0) return;
    const { cursor } = noise;
    const shown = noise.rows.length;
    noise.set(decide(noise.log, entries));
    if (entries.length === 1 && noise.chosen.size < 2) {
      // A row that no longer passes the filter has left: the next one is in its place.
      const index = noise.moveTo(noise.rows.length < shown ? cursor : cursor + 1);
      if (index !== undefined) noise.choose([index]);
    }
    handle().reveal();
  };
  const history = (done: number, about: number) => {
    const { log } = noise.log;
    if (done < 0 || done > lastStep(noise.log)) return;
    noise.set({ done });
    const index = log.find(([own]) => own === about)?.[1];
    const at = noise.rows.findIndex((row) => noise.list!.index[row] === index);
    if (at >= 0) noise.choose([noise.moveTo(at)!]);
    handle().reveal();
  };

  const actions = {
    suggested() {
      const { list } = noise;
      const proposals = new Map<number, number>();
      for (const row of noise.rows) {
        if (!proposals.has(list!.index[row]!)) proposals.set(list!.index[row]!, list!.suggested[row]!);
      }
      if (noise.cursor >= 0) {
        const row = noise.rows[noise.cursor]!;
        proposals.set(list!.index[row]!, list!.suggested[row]!);
      }
      step(
        noise.targets.flatMap((index) => (proposals.get(index)! >= 0 ? [[index, proposals.get(index)!] as const] : [])),
      );
    },
    relabel: (label: number) => step(noise.targets.map((index) => [index, label] as const)),
    decideOn: (decision: number) => step(noise.targets.map((index) => [index, decision] as const)),
    undo: () => history(noise.log.done - 1, noise.log.done),
    redo: () => history(noise.log.done + 1, noise.log.done + 1),
    askClass: () => select.focus(),
  };
  select.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") actions.relabel(Number(select.value));
    handle().grid.focus({ preventScroll: true });
  });
  const undo = button("Undo", actions.undo, "U");
  const redo = button("Redo", actions.redo, "R");
  const decisions = [
    button("Suggested", actions.suggested, "S"),
    h(
      "span",
      { class: "cw-pair" },
      button("Relabel to", () => actions.relabel(Number(select.value))),
      select,
    ),
    button("Keep", () => actions.decideOn(verdict.keep), "K"),
    button("Drop", () => actions.decideOn(verdict.drop), "D"),
    button("Clear", () => actions.decideOn(verdict.undecided), "C"),
  ];
  const element = h(
    "div",
    { role: "group", "aria-label": "decisions" },
    h("div", { class: "cw-toolbar" }, ...decisions, undo, redo, about),
    counts,
  );
  return {
    ...actions,
    element,
    fields: ["lists", "tab", "filter", "sort", "log", "done", "current", "chosen"],
    update() {
      const { targets, log } = noise;
      about.textContent =
        targets.length > 1
          ? `about ${targets.length} chosen images`
          : targets.length === 1
            ? `about ${noise.ids[targets[0]!]}`
            : "";
      for (const one of decisions.flatMap((own) =>
        own.matches("button") ? [own] : [...own.querySelectorAll("button")],
      )) {
        (one as HTMLButtonElement).disabled = targets.length === 0;
      }
      undo.disabled = log.done === 0;
      redo.disabled = log.done >= lastStep(log);
      const tally = { undecided: 0, relabel: 0, keep: 0, drop: 0 };
      for (const decision of noise.decisions.values()) tally[statusOf(decision)]++;
      const rows = `${noise.rows.length} of ${noise.list?.index.length ?? 0} rows`;
      const corrections = noise.decisions.size === 1 ? "correction" : "corrections";
      counts.textContent = `${rows} · ${noise.decisions.size} ${corrections}: ${tally.relabel} relabelled, ${tally.keep} kept, ${tally.drop} dropped`;
    },
  };
}
