/** The page's half of the search tree: tabs over one study, and beside them the open node. */
import { h } from "../page/elements.ts";
import { watchesKernel } from "../page/kernel-watch.ts";
import { sharedSelection } from "../page/selection.ts";
import { tableTwin } from "../page/table-twin.ts";
import { onThemeChange } from "../page/theme.ts";
import { hasKernel, type View } from "../page/view-type.ts";
import type { StudyState } from "./state.ts";
import { valueText } from "./study.ts";
import { historyTab } from "./view/history.ts";
import { importanceTab } from "./view/importance.ts";
import { number, StudyPage, scoreText, stateWords, type Tab } from "./view/page.ts";
import { nodePanel } from "./view/panel.ts";
import { parallelTab } from "./view/parallel.ts";
import { tabList } from "./view/tabs.ts";
import { treeTab } from "./view/tree.ts";
import { waterfallTab } from "./view/waterfall.ts";

const statusWords: Readonly<Record<StudyState["status"], string>> = {
  waiting: "not begun",
  running: "running",
  stopping: "stopping after the step in hand",
  stopped: "stopped by hand",
  completed: "completed",
  failed: "failed",
};

const view: View = {
  render({ model, el, signal }) {
    const page = new StudyPage(model);
    const panel = nodePanel(page);
    const top = header(page);
    const tabs = [treeTab(page), historyTab(page), waterfallTab(page), parallelTab(page), importanceTab(page)];
    const bar = filters(page);
    const list = tabList(tabs, () => page.redraw());
    const twin = tableTwin(() => tableOf(page));
    el.classList.add("cw", "cw-search");
    el.append(
      top.element,
      h("div", { class: "cw-study" }, h("div", { class: "cw-main" }, list.bar, bar, ...list.panels), panel.element),
      twin.element,
    );
    const drawTab = () => {
      const front: Tab = list.front();
      bar.hidden = !front.filtered;
      const width = Math.floor(front.element.clientWidth);
      if (width > 0) front.draw(width);
    };
    page.redraw = drawTab;
    let frame = 0;
    const draw = () => {
      frame = 0;
      top.draw();
      drawTab();
      panel.draw();
      twin.update();
    };
    const soon = () => {
      frame ||= requestAnimationFrame(draw);
    };
    const selection = sharedSelection(model, "search-tree", signal, () => {
      page.chosen = new Set(selection.indices());
      soon();
    });
    page.choose = selection.choose;
    const fields = ["title", "nodes", "node", "status", "message", "progress", "requests", "canPrune", "canEnqueue"];
    for (const field of fields) model.on(`change:${field}`, soon);
    model.on("change:_pictures", panel.loadPictures);
    onThemeChange(soon, signal);
    const resized = new ResizeObserver(soon);
    resized.observe(el);
    panel.loadPictures();
    draw();
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      panel.close();
      for (const field of fields) model.off(`change:${field}`, soon);
      model.off("change:_pictures", panel.loadPictures);
    };
  },
};
export default watchesKernel(view);

/** What is searched, how far it is, and a way to stop it. */
function header({ model }: StudyPage) {
  const title = h("strong");
  const status = h("span", { role: "status" });
  const bar = h("progress", { max: 1, "aria-label": "cost of the search so far, of its budget" });
  const facts = h("span", { class: "cw-muted" });
  const stop = h(
    "button",
    { type: "button", "aria-label": "stop the search", onclick: () => model.send({ type: "stop" }) },
    "Stop",
  );
  const takes = h("span", { class: "cw-muted" });
  const element = h("div", { class: "cw-toolbar" }, title, status, bar, facts, stop, takes);
  const draw = () => {
    const state = model.get("status") as StudyState["status"];
    const message = model.get("message") as string;
    const nodes = model.get("nodes") as StudyState["nodes"];
    const progress = model.get("progress") as StudyState["progress"];
    const unit = model.get("costUnit") as string;
    setText(title, String(model.get("title")));
    const told = state === "waiting" && nodes.length > 0 ? "" : statusWords[state];
    setText(status, `${told}${message === "" ? "" : `: ${message}`}`);
    status.classList.toggle("cw-warning", state === "failed");
    const live = hasKernel(model) && (state === "running" || state === "stopping");
    bar.hidden = progress?.budget == null;
    bar.value = progress?.budget ? Math.min(1, progress.cost / progress.budget) : 0;
    const cost =
      progress === null
        ? []
        : [`${number(progress.cost, 3)}${progress.budget === null ? "" : ` of ${number(progress.budget, 3)}`} ${unit}`];
    setText(facts, [`${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`, ...cost].join(" · "));
    stop.hidden = !live;
    stop.disabled = state === "stopping";
    const deaf = !(model.get("canPrune") || model.get("canEnqueue"));
    setText(takes, live && deaf ? "can be stopped; takes no prune or enqueue" : "");
  };
  return { element, draw };
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function filters(page: StudyPage): HTMLElement {
  const share = h(
    "select",
    {
      "aria-label": "which trials",
      onchange: () => {
        page.top = Number(share.value);
        page.redraw();
      },
    },
    ...[100, 50, 25, 10, 5, 1].map((percent) =>
      h("option", { value: percent }, percent === 100 ? "all trials" : `best ${percent} %`),
    ),
  );
  const log = h("input", {
    type: "checkbox",
    onchange: () => {
      page.log = log.checked;
      page.redraw();
    },
  });
  return h("div", { class: "cw-toolbar cw-filters" }, share, h("label", {}, log, " log axis"));
}

function tableOf(page: StudyPage) {
  const names = new Map(page.nodes.map(({ id, name }) => [id, name]));
  return {
    caption: `${page.model.get("title")}: every node`,
    columns: ["node", "from", "state", page.scoreName, "cost", "reason", "configuration"],
    rows: page.nodes.map((node) => [
      node.name,
      names.get(node.parent ?? "") ?? "",
      stateWords[node.state],
      scoreText(node),
      node.cost === null ? "" : number(node.cost),
      node.reason,
      Object.entries(node.configuration)
        .map(([name, value]) => `${name} ${valueText(value)}`)
        .join(", "),
    ]),
  };
}
