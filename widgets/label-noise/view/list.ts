/**
 * The ranking as a list of which only what is to be seen is in the document: rows have one height, the scroll bar belongs to an empty
 * box as high as all of them. One focus for the whole list; the row under the cursor is told by `aria-activedescendant`.
 */
import { h } from "../../page/elements.ts";
import { statusOf } from "../decisions.ts";
import type { List, Sort } from "../state.ts";
import type { Noise, Part } from "./context.ts";
import type { Thumbnails } from "./thumbnails.ts";

const rowHeight = 56;
const around = 4; // rows beyond the edge that are there already

const heads: readonly (readonly [Sort["by"], string])[] = [
  ["rank", "rank"],
  ["id", "image"],
  ["given", "given"],
  ["suggested", "suggested"],
  ["confidence", "probab."],
  ["score", "score"],
  ["status", "decision"],
];

export interface ListPart extends Part {
  /** Brings the row under the cursor into view. */
  reveal(): void;
  /** The number of rows that fit. */
  page(): number;
  readonly grid: HTMLElement;
  /** Ends what watches the list. */
  close(): void;
}

export function listPart(noise: Noise, thumbnails: Thumbnails, onkey: (event: KeyboardEvent) => void): ListPart {
  const prefix = `cw-row-${Math.random().toString(36).slice(2)}`;
  const spacer = h("div", { class: "cw-spacer", role: "presentation" });
  const grid = h(
    "div",
    {
      class: "cw-list",
      role: "grid",
      tabindex: 0,
      "aria-label": "ranking",
      "aria-multiselectable": "true",
      onkeydown: onkey,
      onscroll: () => soon(),
    },
    spacer,
  );
  const sorting = h("div", { class: "cw-head cw-row", role: "group", "aria-label": "sort by" });
  const element = h("div", {}, sorting, grid);
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
  thumbnails.oncome = soon;

  const draw = () => {
    const { rows, cursor, list } = noise;
    const total = rows.length * rowHeight;
    spacer.style.height = `${Math.max(total, rowHeight)}px`;
    element.classList.toggle("cw-paired", (list?.other.length ?? 0) > 0);
    grid.setAttribute("aria-rowcount", String(rows.length));
    const first = Math.max(0, Math.floor(grid.scrollTop / rowHeight) - around);
    const last = Math.min(rows.length, Math.ceil((grid.scrollTop + grid.clientHeight) / rowHeight) + around);
    thumbnails.begin();
    const shown: HTMLElement[] = [];
    for (let at = first; at < last; at++) shown.push(row(list!, at));
    if (rows.length === 0) shown.push(nothing());
    spacer.replaceChildren(...shown);
    if (cursor >= first && cursor < last) grid.setAttribute("aria-activedescendant", `${prefix}-${cursor}`);
    else grid.removeAttribute("aria-activedescendant");
    void thumbnails.ask();
  };

  const nothing = () =>
    h(
      "div",
      { role: "row", class: "cw-empty" },
      h(
        "div",
        { role: "gridcell", class: "cw-muted" },
        noise.list?.index.length ? "no row passes the filter" : "nothing found",
      ),
    );

  const row = (list: List, at: number) => {
    const own = noise.rows[at]!;
    const index = list.index[own]!;
    const decision = noise.decisions.get(index);
    const status = statusOf(decision);
    const other = list.other[own];
    const name = noise.ids[index]!;
    const cell = (kind: string, ...children: (Node | string)[]) =>
      h("div", { role: "gridcell", class: `cw-${kind}` }, ...children);
    const probability = list.confidence[own]!;
    const pictures = [thumbnails.draw(index, name)];
    if (other !== undefined) pictures.push(thumbnails.draw(other, `its double ${noise.ids[other]}`));
    const score = list.score[own]!;
    const element = h(
      "div",
      {
        id: `${prefix}-${at}`,
        role: "row",
        class: `cw-row cw-is-${status}${at === noise.cursor ? " cw-current" : ""}`,
        "aria-rowindex": at + 1,
        "aria-selected": String(noise.chosen.has(index)),
        onclick: (event: MouseEvent) => click(at, event),
      },
      cell("picture", ...pictures),
      cell("id", h("span", { title: name }, name), h("small", { class: "cw-muted" }, ` ${ordinal(own)}`)),
      cell("given", h("span", { title: noise.className(list.given[own]!) }, noise.className(list.given[own]!))),
      cell("suggested", list.suggested[own]! < 0 ? "–" : noise.className(list.suggested[own]!)),
      cell("confidence", Number.isNaN(probability) ? "" : `${Math.round(100 * probability)} %`),
      cell("score", Number.isFinite(score) ? score.toFixed(3) : "–"),
      cell("decision", h("b", {}, status === "relabel" ? `→ ${noise.className(decision!)}` : words[status])),
    );
    element.style.top = `${at * rowHeight}px`;
    return element;
  };

  const click = (at: number, event: MouseEvent) => {
    const before = noise.cursor;
    const index = noise.moveTo(at)!;
    if (event.shiftKey) noise.choose(between(noise, before, at));
    else if (event.ctrlKey || event.metaKey) toggle(noise, index);
    else noise.choose([index]);
    grid.focus({ preventScroll: true });
  };

  const updateHead = () => {
    const { by, descending } = noise.sort;
    const active = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.sort : undefined;
    sorting.replaceChildren(
      ...heads.map(([name, usual]) => {
        const title = name === "score" && (noise.list?.other.length ?? 0) > 0 ? "distance" : usual;
        return h(
          "button",
          {
            type: "button",
            class: `cw-${name === "rank" ? "picture" : name === "status" ? "decision" : name}`,
            "data-sort": name,
            "aria-pressed": String(by === name),
            "aria-label": `${title}${by === name ? (descending ? ", descending" : ", ascending") : ""}`,
            onclick: () => noise.set({ sort: { by: name, descending: by === name && !descending } }),
          },
          `${title}${by === name ? (descending ? " ▼" : " ▲") : ""}`,
        );
      }),
    );
    if (active !== undefined) sorting.querySelector<HTMLElement>(`[data-sort="${active}"]`)?.focus();
  };

  const page = () => Math.max(1, Math.floor(grid.clientHeight / rowHeight) - 1);
  const reveal = () => {
    const top = noise.cursor * rowHeight;
    if (top < 0) return;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + rowHeight > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + rowHeight - grid.clientHeight;
    soon();
  };
  const observer = new ResizeObserver(soon);
  observer.observe(grid);
  return {
    element,
    grid,
    page,
    reveal,
    close: () => observer.disconnect(),
    fields: ["lists", "tab", "filter", "sort", "log", "done", "current", "chosen"],
    update() {
      updateHead();
      soon();
    },
  };
}

const words = { undecided: "", keep: "kept", drop: "dropped" } as const;
const ordinal = (row: number) => `#${row + 1}`;

/** The images of all rows from one to another. */
export function between(noise: Noise, from: number, to: number): number[] {
  const { rows, list } = noise;
  const [low, high] = [Math.max(0, Math.min(from, to)), Math.max(from, to)];
  return [...new Set([...rows.subarray(low, high + 1)].map((row) => list!.index[row]!))];
}

/** Chooses an image more, or no longer. */
export function toggle(noise: Noise, index: number): void {
  const chosen = new Set(noise.chosen);
  if (!chosen.delete(index)) chosen.add(index);
  noise.choose([...chosen]);
}
