/**
 * The confident joint as a table of colours: a cell filters the ranking by its pair of classes, the name of a row or column by one
 * class. One tab stop; arrows move within. Of many classes those that are mixed up most are shown; a list has the frequent pairs of all.
 */
import { h } from "../../page/elements.ts";
import { quantityColor } from "../../page/theme.ts";
import type { Noise, Part } from "./context.ts";

export function heatmapPart(noise: Noise): Part {
  const place = h("div", { class: "cw-joint", role: "group", "aria-label": "class pairs" });
  const pairs = h("select", {
    "aria-label": "frequent pair",
    onchange: () => {
      const pair = noise.joint.pairs[Number(pairs.value)];
      noise.filterBy(pair === undefined ? { given: null, suggested: null } : { given: pair[0]!, suggested: pair[1]! });
    },
  });
  const note = h("p", { class: "cw-muted cw-note" });
  const element = h(
    "details",
    { class: "cw-pairs", open: true },
    h("summary", {}, "Class pairs: given, and estimated to be"),
    note,
    place,
    pairs,
  );
  let focus = [0, 0] as [number, number];

  const filter = (given: number | null, suggested: number | null) => {
    const same = noise.filter.given === given && noise.filter.suggested === suggested;
    noise.filterBy(same ? { given: null, suggested: null } : { given, suggested });
  };
  const onkeydown = (event: KeyboardEvent) => {
    const size = noise.joint.classes.length;
    const steps: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const step = steps[event.key];
    if (step !== undefined) {
      focus = [Math.min(size, Math.max(0, focus[0] + step[0])), Math.min(size, Math.max(0, focus[1] + step[1]))];
      if (focus[0] === 0 && focus[1] === 0) focus = [step[0] < 0 ? 1 : 0, step[0] < 0 ? 0 : 1];
      settle(true);
    } else if (event.key === "Enter" || event.key === " ") {
      (event.target as HTMLElement).click();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const settle = (move: boolean) => {
    for (const cell of place.querySelectorAll<HTMLElement>("[data-at]")) {
      const own = cell.dataset.at === focus.join();
      cell.tabIndex = own ? 0 : -1;
      if (own && move) cell.focus();
    }
  };
  const cell = (at: [number, number], properties: object, content: HTMLElement | string) =>
    h(
      "td",
      { "data-at": at.join(), tabindex: -1, role: "gridcell", onfocus: () => (focus = at), ...properties },
      content,
    );

  const draw = () => {
    const { classes, counts, pairs: listed } = noise.joint;
    element.hidden = classes.length === 0;
    const held = place.contains(document.activeElement);
    const most = Math.max(1, ...listed.map((pair) => pair[2]!));
    const { given, suggested } = noise.filter;
    const name = (label: number) => noise.className(label);
    const head = (at: [number, number], label: number, row: boolean) => {
      const chosen = row ? given === label && suggested === null : suggested === label && given === null;
      const text = `${row ? "given" : "estimated"} ${name(label)}`;
      return cell(
        at,
        {
          class: row ? "cw-given-name" : "cw-true-name",
          "aria-label": `${text}: show all`,
          title: text,
          "aria-selected": String(chosen),
          onclick: () => filter(row ? label : null, row ? null : label),
        },
        h("span", {}, name(label)),
      );
    };
    const top = h(
      "tr",
      { role: "row" },
      h("td", { role: "gridcell" }),
      ...classes.map((label, column) => head([0, column + 1], label, false)),
    );
    const rows = classes.map((label, row) =>
      h(
        "tr",
        { role: "row" },
        head([row + 1, 0], label, true),
        ...classes.map((truth, column) => {
          const count = counts[row]![column]!;
          const same = label === truth;
          const share = Math.log1p(count) / Math.log1p(most);
          const short = count > 999 ? `${Math.round(count / 1000)}k` : String(count);
          const exact = count > 999 ? `${short}, ${count}` : short;
          const text = `given ${name(label)}, estimated ${name(truth)}: ${exact}`;
          const own = cell(
            [row + 1, column + 1],
            {
              class: same ? "cw-same" : count === 0 ? "cw-none" : share > 0.6 ? "cw-pale" : "cw-deep",
              "aria-label": text,
              title: text,
              "aria-selected": String(given === label && suggested === truth),
              onclick: () => filter(label, truth),
            },
            count === 0 ? "" : short,
          );
          if (!same && count > 0) own.style.background = quantityColor(share);
          return own;
        }),
      ),
    );
    const label = `confident joint of ${classes.length} classes; Enter filters`;
    place.replaceChildren(h("table", { role: "grid", "aria-label": label, onkeydown }, top, ...rows));
    settle(held);
    note.textContent =
      classes.length < noise.classNames.length
        ? `the ${classes.length} of ${noise.classNames.length} classes that are mixed up most; the list has the frequent pairs of all`
        : "rows: the given label; columns: what it is estimated to be";
    const chosen = listed.findIndex((pair) => pair[0] === given && pair[1] === suggested);
    pairs.replaceChildren(
      h("option", { value: "" }, "all pairs"),
      ...listed.map((pair, at) => h("option", { value: at }, `${name(pair[0]!)} → ${name(pair[1]!)}: ${pair[2]}`)),
    );
    pairs.value = chosen < 0 ? "" : String(chosen);
  };
  return { element, fields: ["joint", "filter"], update: draw };
}
