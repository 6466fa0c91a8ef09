/** Beside the plot: the point that is looked at, its neighbours, the images of the selection, and pairs in one place. */
import { h } from "../../page/elements.ts";
import type { Pair } from "../state.ts";
import type { Thumbnails } from "./thumbnails.ts";

export interface PanelContext {
  readonly thumbnails: Thumbnails;
  /** A few words for a point: its label. */
  readonly name: (index: number) => string;
  /** Everything known of a point, in short lines. */
  readonly facts: (index: number) => readonly string[];
  readonly focus: (index: number) => void;
  readonly choosePair: (pair: Pair) => void;
}

/** Images that are shown at first, and with each "more". */
const PAGE = 200;

/** A button with the image of a point and its label: a click looks at the point. */
function tile(index: number, context: PanelContext, side = 44): HTMLElement {
  const canvas = picture(index, context.thumbnails, side);
  return h(
    "button",
    {
      type: "button",
      class: "cw-point",
      title: context.facts(index).join(" · "),
      onclick: () => context.focus(index),
    },
    ...(canvas === undefined ? [] : [canvas]),
    h("span", {}, `${index}`),
    h("span", { class: "cw-muted" }, context.name(index)),
  );
}

/** Drawn again when images arrive: see `redraw`. */
export function picture(index: number, thumbnails: Thumbnails, side: number): HTMLCanvasElement | undefined {
  if (!thumbnails.available) return undefined;
  const [height, width] = thumbnails.size;
  const scale = (2 * side) / Math.max(height, width);
  const canvas = h("canvas", {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    "aria-hidden": "true",
    "data-point": index,
  });
  canvas.style.width = `${canvas.width / 2}px`;
  canvas.style.height = `${canvas.height / 2}px`;
  drawPicture(canvas, thumbnails);
  return canvas;
}

function drawPicture(canvas: HTMLCanvasElement, thumbnails: Thumbnails): void {
  const context = canvas.getContext("2d")!;
  context.clearRect(0, 0, canvas.width, canvas.height);
  thumbnails.draw(context, Number(canvas.dataset.point), 0, 0, canvas.width, canvas.height);
}

/** All images below an element, once more. */
export function redraw(place: HTMLElement, thumbnails: Thumbnails): void {
  for (const canvas of place.querySelectorAll<HTMLCanvasElement>("canvas[data-point]")) drawPicture(canvas, thumbnails);
}

/** The images of some points, the first ones at once and more on demand. */
export class Grid {
  readonly element: HTMLElement;
  readonly #heading = h("h4");
  readonly #body = h("div", { class: "cw-grid" });
  readonly #context: PanelContext;
  #indices: readonly number[] = [];
  #shown = PAGE;

  constructor(label: string, context: PanelContext) {
    this.#context = context;
    this.element = h("section", { "aria-label": label }, this.#heading, this.#body);
  }

  update(heading: string, indices: readonly number[], otherwise: string): void {
    this.#heading.textContent = heading;
    this.#indices = indices;
    this.#shown = PAGE;
    this.#render(otherwise);
  }

  #render(otherwise: string): void {
    const tiles = this.#indices.slice(0, this.#shown).map((index) => tile(index, this.#context));
    const left = this.#indices.length - this.#shown;
    const more = h(
      "button",
      {
        type: "button",
        onclick: () => {
          this.#shown += PAGE;
          this.#render(otherwise);
        },
      },
      `${left} more`,
    );
    if (tiles.length === 0) this.#body.replaceChildren(h("p", { class: "cw-muted" }, otherwise));
    else this.#body.replaceChildren(...tiles, ...(left > 0 ? [more] : []));
  }
}

/** The point that is looked at. */
export function pointCard(index: number, { thumbnails, facts }: PanelContext): HTMLElement[] {
  const image = picture(index, thumbnails, 84);
  const lines = facts(index).map((fact) => h("li", {}, fact));
  return [h("div", { class: "cw-card" }, ...(image === undefined ? [] : [image]), h("ul", {}, ...lines))];
}

/** Pairs of different labels in one place, closest first. */
export function pairList(pairs: readonly Pair[], context: PanelContext): HTMLElement {
  const items = pairs.map((pair) => {
    const images = [pair.first, pair.second].map((index) => picture(index, context.thumbnails, 32));
    const text = `${pair.first} ${context.name(pair.first)} | ${pair.second} ${context.name(pair.second)}`;
    const children = [...images.filter((image) => image !== undefined), h("span", {}, text)];
    return h(
      "li",
      {},
      h("button", { type: "button", class: "cw-collision", onclick: () => context.choosePair(pair) }, ...children),
    );
  });
  const count = pairs.length === 1 ? "1 pair" : `${pairs.length} pairs`;
  return h(
    "details",
    { class: "cw-collisions" },
    h("summary", {}, `Different labels in one place: ${count}`),
    h("ol", {}, ...items),
  );
}
