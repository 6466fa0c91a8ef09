/** From the beginning to the winner, or to the open node: what each step changed. */
import { h, s } from "../../page/elements.ts";
import { deltas, pathTo } from "../study.ts";
import { nothing, scaleOf } from "./chart.ts";
import { number, type StudyPage, scoreText, shorten, signed, type Tab } from "./page.ts";

const row = 34;

export function waterfallTab(page: StudyPage): Tab {
  const svg = s("svg", { role: "img" });
  const empty = nothing("no way yet");
  const target = h(
    "select",
    { "aria-label": "the way to", onchange: () => page.redraw() },
    h("option", { value: "winner" }, "to the winner"),
    h("option", { value: "open" }, "to the open node"),
  );
  const element = h("div", {}, h("div", { class: "cw-toolbar" }, target), empty, svg);

  const draw = (width: number) => {
    const end = target.value === "open" ? (page.open ?? page.winner) : page.winner;
    const path = pathTo(page.nodes, end?.id);
    const steps = deltas(path);
    const start = path[0];
    const lacking = start === undefined || start.score === null || steps.length === 0;
    svg.style.display = lacking ? "none" : "";
    empty.hidden = !lacking;
    empty.textContent =
      start !== undefined && path.length === 1 && start.score !== null
        ? `${start.name} is a beginning: ${scoreText(start)}, and nothing on the way to it`
        : "no scores on this way yet";
    if (lacking) return;
    const names = Math.min(220, Math.max(110, width * 0.32));
    const figures = 92;
    let sum = start.score!;
    const bars = steps.map(({ node, change, spread }) => {
      const from = sum;
      sum += change;
      return {
        name: node.name,
        from,
        to: sum,
        spread,
        text: `${signed(change)}${spread === null ? "" : ` ± ${number(spread, 2)}`}`,
        better: change < 0 === (page.direction === "minimize"),
        id: node.id,
      };
    });
    const values = [start.score!, ...bars.flatMap(({ to, spread }) => [to - (spread ?? 0), to + (spread ?? 0)])];
    const x = scaleOf(values, [names + 8, width - figures], false, 4);
    const height = (bars.length + 2) * row + 26;
    const ends = (at: number, name: string, value: number) => [
      s("text", { x: 4, y: at * row + 21, class: "cw-node-title" }, shorten(name, names)),
      s("line", { class: "cw-total", x1: x(value), x2: x(value), y1: at * row + 5, y2: at * row + 29 }),
      s("text", { x: width - 4, y: at * row + 21, "text-anchor": "end", class: "cw-figures" }, number(value)),
    ];
    svg.setAttribute("width", String(width));
    svg.setAttribute("height", String(height));
    const said = bars.map(({ name, text, better }) => `${name} ${text}, ${better ? "better" : "worse"}`);
    svg.setAttribute(
      "aria-label",
      `${page.scoreName}: from ${number(start.score!)}; ${said.join("; ")}; to ${number(sum)}`,
    );
    svg.replaceChildren(
      ...x.ticks.flatMap((tick) => [
        s("line", { class: "cw-gridline", x1: x(tick), x2: x(tick), y1: 0, y2: height - 22 }),
        s("text", { class: "cw-tick", x: x(tick), y: height - 8, "text-anchor": "middle" }, number(tick, 3)),
      ]),
      ...ends(0, start.name, start.score!),
      ...bars.flatMap(({ name, from, to, spread, text, better, id }, at) => {
        const y = (at + 1) * row;
        return [
          s("line", { class: "cw-step", x1: x(from), x2: x(from), y1: y - row + 29, y2: y + 25 }),
          s("rect", {
            class: better ? "cw-better" : "cw-worse",
            x: Math.min(x(from), x(to)),
            width: Math.max(1, Math.abs(x(to) - x(from))),
            y: y + 8,
            height: 18,
            rx: 2,
            onclick: () => page.show(id),
          }),
          ...(spread === null
            ? []
            : [s("line", { class: "cw-whisker", x1: x(to - spread), x2: x(to + spread), y1: y + 17, y2: y + 17 })]),
          s("text", { x: 4, y: y + 21, class: "cw-node-title" }, shorten(`${better ? "▲" : "▼"} ${name}`, names)),
          s("text", { x: width - 4, y: y + 21, "text-anchor": "end", class: "cw-figures" }, text),
        ];
      }),
      ...ends(bars.length + 1, `= ${end!.name}`, sum),
    );
  };
  return { name: "Waterfall", element, filtered: false, draw };
}
