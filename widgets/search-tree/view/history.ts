/** Scores in the order of the study, or over what they cost, with the best so far. */
import { h, s } from "../../page/elements.ts";
import { bestSoFar } from "../study.ts";
import { bottomAxis, leftAxis, nothing, pointChart, pointOf, scaleOf } from "./chart.ts";
import { describe, type StudyPage, type Tab } from "./page.ts";

const height = 300;
const frame = { top: 24, bottom: 44, left: 56, right: 14 };

export function historyTab(page: StudyPage): Tab {
  const { svg, update } = pointChart("scores in the order of the study");
  const empty = nothing("no scores yet");
  const over = h(
    "select",
    { "aria-label": "over", onchange: () => page.redraw() },
    h("option", { value: "trials" }, "over trials"),
    h("option", { value: "cost" }, "over cost"),
  );
  const element = h("div", {}, h("div", { class: "cw-toolbar" }, over), empty, svg);
  let points: { id: string; x: number; y: number }[] = [];
  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const near = points
      .map((point) => ({ id: point.id, distance: Math.hypot(point.x - x, point.y - y) }))
      .sort((a, b) => a.distance - b.distance)[0];
    if (near && near.distance < 24) page.show(near.id);
  });

  const draw = (width: number) => {
    const { nodes, shown, open, winner } = page;
    const unit = page.model.get("costUnit") as string;
    const priced = nodes.some(({ cost }) => cost !== null && cost > 0);
    over.hidden = !priced;
    empty.hidden = shown.length > 0;
    svg.toggleAttribute("hidden", shown.length === 0);
    svg.style.display = shown.length === 0 ? "none" : "";
    if (shown.length === 0) return;
    const byCost = priced && over.value === "cost";
    let sum = 0;
    const places = new Map(
      nodes.map((node, at) => {
        sum += node.cost ?? 0;
        return [node.id, byCost ? sum : at + 1];
      }),
    );
    const best = bestSoFar(nodes, page.direction);
    const right = width - frame.right;
    const bottom = height - frame.bottom;
    const scores = shown.map(({ score }) => score!);
    const y = scaleOf(scores, [bottom, frame.top + 8], page.log);
    const x = scaleOf([byCost ? 0 : 1, ...places.values()], [frame.left, right], false, width < 500 ? 4 : 8);
    points = shown.map(({ id, score }) => ({ id, x: x(places.get(id)!), y: y(score!) }));
    const whiskers = shown.length > 150 ? [] : shown.filter(({ spread }) => spread !== null);
    const low = Math.min(...scores);
    const steps = nodes
      .map(({ id }, at) => ({ at: places.get(id)!, best: best[at] }))
      .filter((step) => step.best != null && (!y.log || step.best! >= low));
    const clamp = (value: number) => Math.min(bottom, Math.max(frame.top, value));
    const line = steps.map((step, at) => {
      const [px, py] = [x(step.at).toFixed(1), clamp(y(step.best!)).toFixed(1)];
      return at === 0 ? `M${px},${py}` : `H${px}V${py}`;
    });
    svg.setAttribute("width", String(width));
    svg.setAttribute("height", String(height));
    svg.replaceChildren(
      ...leftAxis(y, frame.left, right, page.scoreName),
      ...bottomAxis(x, bottom, byCost ? `cost, ${unit || "of the study"}` : "trial", right),
      ...whiskers.map(({ id, score, spread }) => {
        const at = x(places.get(id)!);
        const [from, to] = [score! - spread!, score! + spread!];
        const lowEnd = y.log && from <= 0 ? bottom : clamp(y(from));
        return s("line", { class: "cw-whisker", x1: at, x2: at, y1: lowEnd, y2: clamp(y(to)) });
      }),
      s("path", { class: "cw-best", d: line.join("") }),
      ...shown.map((node, at) =>
        pointOf(node, points[at]!.x, points[at]!.y, node.id === winner?.id, node.id === open?.id),
      ),
    );
    const at = shown.findIndex(({ id }) => id === open?.id);
    update({
      count: shown.length,
      at,
      text: at === -1 ? "no trial is open" : `trial ${nodes.indexOf(shown[at]!) + 1}: ${describe(shown[at]!)}`,
      move: (to) => page.show(shown[to]!.id),
    });
  };
  return { name: "History", element, filtered: true, draw };
}
