/** The open node: its score, why it is where it is, what it changed, and the samples that decided. */
import { bytes } from "../../page/binary.ts";
import { h } from "../../page/elements.ts";
import { hasKernel } from "../../page/view-type.ts";
import type { StudyNodeState, StudyState } from "../state.ts";
import { changesBetween, flatten, valueText } from "../study.ts";
import { number, type StudyPage, scoreText, signed, stateMarks, stateWords } from "./page.ts";

type Sample = StudyNodeState["samples"][number];

export interface Panel {
  readonly element: HTMLElement;
  draw(): void;
  /** Loads the pictures of samples anew. */
  loadPictures(): void;
  close(): void;
}

export function nodePanel(page: StudyPage): Panel {
  const body = h("div");
  const element = h("aside", { class: "cw-node-panel", "aria-label": "the open node" }, body);
  let address = "";
  let shown = "";

  const loadPictures = () => {
    URL.revokeObjectURL(address);
    const png = bytes(page.model.get("_pictures"));
    address = png.length === 0 ? "" : URL.createObjectURL(new Blob([png], { type: "image/png" }));
    shown = "";
    draw();
  };

  const draw = () => {
    const node = page.open ?? page.winner ?? page.nodes[0];
    const key = JSON.stringify([node, [...page.chosen], page.model.get("requests"), actionsOf(page)]);
    if (key === shown) return; // what a person has typed, and where the focus is, stays
    shown = key;
    if (node === undefined) {
      body.replaceChildren(h("p", { class: "cw-muted" }, "no node yet"), chosenSamples(page, address));
      return;
    }
    body.replaceChildren(
      h("h4", {}, `${stateMarks[node.state]} ${node.name}`),
      h("p", { class: "cw-reason" }, `${stateWords[node.state]}${node.reason === "" ? "" : `: ${node.reason}`}`),
      factsOf(page, node),
      configurationOf(page, node),
      ...samplesOf(page, node, address),
      ...(hasKernel(page.model) ? actions(page, node) : []),
      chosenSamples(page, address),
    );
  };

  return { element, draw, loadPictures, close: () => URL.revokeObjectURL(address) };
}

const actionsOf = ({ model }: StudyPage) => [model.get("canPrune"), model.get("canEnqueue")];

function parentOf(page: StudyPage, node: StudyNodeState): StudyNodeState | undefined {
  return page.nodes.find(({ id }) => id === node.parent);
}

function factsOf(page: StudyPage, node: StudyNodeState): HTMLElement {
  const parent = parentOf(page, node);
  const { change } = node;
  const measured = change && `${signed(change.score)}${change.spread === null ? "" : ` ± ${number(change.spread, 2)}`}`;
  const difference =
    measured ?? (parent?.score != null && node.score !== null ? signed(node.score - parent.score) : undefined);
  const unit = page.model.get("costUnit") as string;
  const rows: [string, string][] = [[page.scoreName, scoreText(node)]];
  if (parent) rows.push([`against ${parent.name}`, difference ?? "not measured"]);
  if (node.cost !== null) rows.push(["cost", `${number(node.cost)} ${unit}`.trim()]);
  rows.push(...node.facts);
  return h("dl", {}, ...rows.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
}

function configurationOf(page: StudyPage, node: StudyNodeState): HTMLElement {
  const parent = parentOf(page, node);
  const flat = flatten(node.configuration);
  const changes = parent ? changesBetween(parent, node) : [];
  const table = (caption: string, columns: readonly string[], rows: readonly (readonly string[])[]) =>
    h(
      "table",
      { class: "cw-table" },
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((text) => h("td", {}, text))))),
    );
  const whole = h(
    "details",
    { open: parent === undefined && flat.size > 0 && flat.size <= 8 },
    h("summary", {}, `all ${flat.size} parameters`),
    table(
      "Parameters",
      ["parameter", "value"],
      [...flat].map(([name, value]) => [name, valueText(value)]),
    ),
  );
  if (flat.size === 0) return h("p", { class: "cw-muted" }, "no parameters were told");
  if (parent === undefined) return whole;
  if (changes.length === 0) return h("div", {}, h("p", { class: "cw-muted" }, `the same as ${parent.name}`), whole);
  const rows = changes.map(({ name, before, after }) => [name, valueText(before), valueText(after)]);
  return h("div", {}, table(`Changed against ${parent.name}`, ["parameter", "before", "now"], rows), whole);
}

function samplesOf(page: StudyPage, { samples }: StudyNodeState, address: string): HTMLElement[] {
  const groups: [string, Sample[]][] = [
    ["helped most", samples.filter(({ change }) => change < 0)],
    ["hurt most", samples.filter(({ change }) => change >= 0)],
  ];
  return groups
    .filter(([, own]) => own.length > 0)
    .map(([title, own]) => {
      const indices = own.flatMap(({ index }) => (index === null ? [] : [index]));
      const all = h(
        "button",
        { type: "button", onclick: () => page.choose(indices), "aria-label": `choose all that were ${title}` },
        "Choose all",
      );
      return h(
        "section",
        { "aria-label": title },
        h("div", { class: "cw-toolbar" }, h("h5", {}, title), ...(indices.length > 0 ? [all] : [])),
        h("div", { class: "cw-samples" }, ...own.map((sample) => sampleOf(page, sample, address))),
      );
    });
}

function sampleOf(page: StudyPage, { id, index, change }: Sample, address: string): HTMLElement {
  const text = `${signed(change)}`;
  if (index === null) return h("span", { class: "cw-sample" }, id, " ", h("small", {}, text));
  return sampleButton(page, index, `${id}, loss ${text}`, text, address);
}

/** A click chooses the sample in every linked widget; with Control, Meta or Shift it is added or taken out. */
function sampleButton(page: StudyPage, index: number, label: string, caption: string, address: string): HTMLElement {
  const chosen = page.chosen.has(index);
  const onclick = (event: MouseEvent) => {
    const others = [...page.chosen].filter((other) => other !== index);
    const adding = event.ctrlKey || event.metaKey || event.shiftKey;
    if (chosen) page.choose(others);
    else page.choose(adding ? [...others, index] : [index]);
  };
  const shown = picture(page, index, address);
  // What is written has to be in the name, for who speaks to the page.
  const name = shown ? label : `#${index} ${caption}, ${label}`;
  return h(
    "button",
    { type: "button", class: "cw-sample", "aria-pressed": String(chosen), "aria-label": name, title: label, onclick },
    shown ?? h("span", {}, `#${index} `),
    h("small", {}, caption),
  );
}

function picture(page: StudyPage, index: number, address: string): HTMLElement | undefined {
  const { indices, size, columns } = page.model.get("pictures") as StudyState["pictures"];
  const at = indices.indexOf(index);
  if (at === -1 || address === "") return undefined;
  const [height, width] = size;
  const scale = 40 / Math.max(height, width);
  const place = h("span", { class: "cw-sample-picture", "aria-hidden": "true" });
  place.style.width = `${width * scale}px`;
  place.style.height = `${height * scale}px`;
  place.style.backgroundImage = `url("${address}")`;
  place.style.backgroundSize = `${columns * width * scale}px auto`;
  place.style.backgroundPosition = `${-(at % columns) * width * scale}px ${-Math.floor(at / columns) * height * scale}px`;
  return place;
}

/** What is chosen here or in a linked widget. */
function chosenSamples(page: StudyPage, address: string): HTMLElement {
  const count = page.chosen.size;
  if (count === 0) return h("section", { hidden: true });
  const shown = [...page.chosen].slice(0, 24);
  return h(
    "section",
    { class: "cw-chosen", "aria-label": "chosen samples" },
    h(
      "div",
      { class: "cw-toolbar" },
      h("h5", {}, `${count} ${count === 1 ? "sample" : "samples"} chosen`),
      h("button", { type: "button", onclick: () => page.choose([]) }, "Clear"),
    ),
    h(
      "div",
      { class: "cw-samples" },
      ...shown.map((index) => sampleButton(page, index, `sample ${index}`, `#${index}`, address)),
      ...(count > shown.length ? [h("span", { class: "cw-muted" }, `and ${count - shown.length} more`)] : []),
    ),
  );
}

/** Prune and enqueue, where the study listens. */
function actions(page: StudyPage, node: StudyNodeState): HTMLElement[] {
  const { model } = page;
  const parts: HTMLElement[] = [];
  if (model.get("canPrune") && (node.state === "waiting" || node.state === "running" || node.state === "kept")) {
    const onclick = () => model.send({ type: "prune", node: node.id });
    parts.push(h("button", { type: "button", onclick, "aria-label": `prune ${node.name}` }, "Prune"));
  }
  if (model.get("canEnqueue")) parts.push(enqueueForm(page, node));
  const said = (model.get("requests") as StudyState["requests"]).filter((request) => request.node === node.id);
  const log = said.map(({ type, answer }) => h("p", { class: "cw-muted", role: "status" }, `${type}: ${answer}`));
  return [h("div", { class: "cw-actions" }, ...parts, ...log)];
}

function enqueueForm(page: StudyPage, node: StudyNodeState): HTMLElement {
  const text = h("textarea", { rows: 6, spellcheck: "false", "aria-label": "configuration to try, as JSON" });
  text.value = JSON.stringify(node.configuration, null, 2);
  const problem = h("p", { class: "cw-warning", role: "alert" });
  const onclick = () => {
    try {
      const configuration = JSON.parse(text.value) as unknown;
      if (configuration === null || typeof configuration !== "object" || Array.isArray(configuration))
        throw new Error("expected an object of parameters");
      problem.textContent = "";
      page.model.send({ type: "enqueue", node: node.id, configuration });
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  return h(
    "details",
    {},
    h("summary", {}, "Change and enqueue"),
    text,
    problem,
    h("button", { type: "button", onclick }, "Enqueue"),
  );
}
