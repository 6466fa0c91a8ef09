/** What the colours mean, in words: a button for each class, which chooses its points; a scale for a quantity. */
import { h } from "../../page/elements.ts";
import { type ClassEntry, type Palette, scaleColor } from "../colors.ts";
import { emptyCanvas, PADDING, rasterize } from "../raster.ts";
import type { Coloring } from "../state.ts";

const shown = 24;

export interface LegendOptions {
  readonly color: Coloring;
  readonly palette: Palette;
  readonly choose: (entry: ClassEntry) => void;
  readonly background: number;
}

export class Legend {
  readonly element = h("div", { class: "cw-legend", role: "group", "aria-label": "legend" });
  #all = false;
  #filter = "";
  #last: LegendOptions | undefined;

  update(options: LegendOptions = this.#last!): void {
    this.#last = options;
    const { palette, color } = options;
    if (palette.range !== undefined) this.element.replaceChildren(...scale(palette.range, color));
    else this.#classes(options);
  }

  #classes(options: LegendOptions): void {
    const { classes } = options.palette;
    const matching = classes.filter(({ name }) => name.toLowerCase().includes(this.#filter.toLowerCase()));
    const list = this.#all || matching.length <= shown ? matching : matching.slice(0, shown);
    const buttons = list.map((entry) => button(entry, options));
    const left = matching.length - list.length;
    const more = h("button", { type: "button", onclick: () => this.#showAll() }, `${left} more`);
    const box = h("div", { class: "cw-classes" }, ...buttons, ...(left > 0 ? [more] : []));
    if (classes.length <= shown) {
      this.element.replaceChildren(box);
      return;
    }
    const old = this.element.querySelector<HTMLInputElement>("input");
    const filter =
      old ??
      h("input", {
        type: "search",
        "aria-label": `find one of ${classes.length} classes`,
        placeholder: `find one of ${classes.length} classes`,
        oninput: (event: Event) => {
          this.#filter = (event.target as HTMLInputElement).value;
          this.update();
        },
      });
    // The field keeps its place, and with it the focus.
    for (const child of [...this.element.children]) if (child !== filter) child.remove();
    if (!filter.isConnected) this.element.append(filter);
    this.element.append(box);
  }

  #showAll(): void {
    this.#all = true;
    this.update();
  }
}

function button(entry: ClassEntry, { palette, choose, background }: LegendOptions): HTMLElement {
  return h(
    "button",
    { type: "button", class: "cw-class", title: "choose these points", onclick: () => choose(entry) },
    swatch(palette, entry.style, background),
    h("span", {}, entry.name),
    h("span", { class: "cw-muted" }, ` ${entry.count.toLocaleString("en")}`),
  );
}

const side = 14;

/** The mark as it stands in the plot. */
function swatch(palette: Palette, style: number, background: number): HTMLCanvasElement {
  const canvas = emptyCanvas(2 * side, 2 * side);
  const { colors, shapes } = palette;
  const points = Float32Array.of(0, 0);
  const styles = Uint8Array.of(style);
  rasterize(canvas, { points, styles, colors, shapes, background, faded: 0, radius: 10 }, { x: 0, y: 0, scale: 1 });
  const element = h("canvas", { width: 2 * side, height: 2 * side, "aria-hidden": "true" });
  const bytes = new Uint8ClampedArray(canvas.pixels.buffer as ArrayBuffer);
  const image = new ImageData(bytes, 2 * side + 2 * PADDING, 2 * side + 2 * PADDING);
  element.getContext("2d")!.putImageData(image, -PADDING, -PADDING);
  return element;
}

function scale([low, high]: readonly [number, number], color: Coloring): HTMLElement[] {
  const bar = h("span", { class: "cw-scale", role: "img", "aria-label": `from ${short(low)} to ${short(high)}` });
  const stops = Array.from({ length: 9 }, (_, step) => `rgb(${scaleColor(step / 8).join(", ")})`);
  bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
  const end = color === "loss" ? `${short(high)} and more (1 in 100)` : short(high);
  return [h("span", {}, `${color} ${short(low)}`), bar, h("span", {}, `${end}; grey: unknown`)];
}

export const short = (value: number) => String(Number(value.toPrecision(3)));
