/** What colours say, what a drag does, and what a choice does to the one before. */

import { className } from "../../core/class-name.ts";
import { h } from "../../page/elements.ts";
import { hasKernel, type Model } from "../../page/view-type.ts";
import type { Known } from "../colors.ts";
import { type Operation, operations } from "../regions.ts";
import type { Coloring } from "../state.ts";
import { type Tool, tools } from "./gestures.ts";

export interface ToolbarActions {
  readonly color: (color: Coloring) => void;
  readonly tag: (tag: number) => void;
  readonly invert: () => void;
  readonly clear: () => void;
  readonly reset: () => void;
  readonly thumbnails: (shown: boolean) => void;
}

const toolNames: Readonly<Record<Tool, string>> = { pan: "Pan (p)", lasso: "Lasso (l)", box: "Box (b)" };
const operationNames: Readonly<Record<Operation, string>> = {
  replace: "replaces (r)",
  add: "adds (a)",
  subtract: "takes away (s)",
  intersect: "keeps what is in both (x)",
};

export class Toolbar {
  readonly element: HTMLElement;
  tool: Tool = "pan";
  readonly #model: Model;
  readonly #tools: readonly HTMLButtonElement[];
  readonly #operation: HTMLSelectElement;
  readonly #color: HTMLSelectElement;
  readonly #tag: HTMLSelectElement;
  readonly #thumbnails: HTMLElement;

  constructor(model: Model, actions: ToolbarActions) {
    this.#model = model;
    this.#color = h("select", {
      "aria-label": "colour by",
      onchange: () => actions.color(this.#color.value as Coloring),
    });
    this.#tag = h("select", { "aria-label": "label shown", onchange: () => actions.tag(Number(this.#tag.value)) });
    this.#tools = tools.map((tool) =>
      h("button", { type: "button", onclick: () => this.setTool(tool) }, toolNames[tool]),
    );
    this.#operation = h(
      "select",
      { "aria-label": "what a choice does" },
      ...operations.map((operation) => h("option", { value: operation }, operationNames[operation])),
    );
    const box = h("input", { type: "checkbox", checked: true, onchange: () => actions.thumbnails(box.checked) });
    this.#thumbnails = h("label", { class: "cw-check" }, box, "images when zoomed in");
    const button = (text: string, onclick: () => void) => h("button", { type: "button", onclick }, text);
    this.element = h(
      "div",
      { class: "cw-toolbar", role: "toolbar", "aria-label": "explorer" },
      this.#color,
      this.#tag,
      h("span", { class: "cw-tools", role: "group", "aria-label": "what a drag does" }, ...this.#tools),
      this.#operation,
      button("Invert", actions.invert),
      button("Clear", actions.clear),
      button("See everything", actions.reset),
      this.#thumbnails,
    );
    this.setTool("pan");
  }

  get operation(): Operation {
    return this.#operation.value as Operation;
  }

  setOperation(operation: Operation): void {
    this.#operation.value = operation;
  }

  setTool(tool: Tool): void {
    this.tool = tool;
    for (const [at, button] of this.#tools.entries()) button.setAttribute("aria-pressed", String(tools[at] === tool));
  }

  /** What there is to colour by. */
  update(known: Known): void {
    const colors: readonly (readonly [Coloring, string, boolean])[] = [
      ["none", "one colour", true],
      ["label", "colour: label", known.labels.length > 0],
      ["tag", "colour: one label of several", known.tags.length > 0],
      ["prediction", "colour: prediction", known.predictions.length > 0],
      ["score", "colour: score", known.scores.length > 0],
      ["loss", "colour: loss", known.losses.length > 0],
    ];
    const options = colors.filter(([, , there]) => there).map(([value, text]) => h("option", { value }, text));
    if (this.#color.options.length !== options.length) this.#color.replaceChildren(...options);
    this.#color.value = this.#model.get("color");
    this.#tag.hidden = this.#model.get("color") !== "tag";
    const width = known.points.length > 0 ? Math.floor((2 * known.tags.length) / known.points.length) : 0;
    if (this.#tag.options.length !== width) {
      const names = Array.from({ length: width }, (_, tag) => className(tag, known.classNames));
      this.#tag.replaceChildren(...names.map((name, tag) => h("option", { value: tag }, name)));
    }
    this.#tag.value = String(this.#model.get("tag"));
    this.#thumbnails.hidden = (this.#model.get("tileSize") as readonly number[])[0] === 0 && !hasKernel(this.#model);
  }
}
