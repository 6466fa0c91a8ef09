/** One picture of the preview on the page: canvas, boxes, caption, and what the model says. */

import { className } from "../core/class-name.ts";
import { h } from "../page/elements.ts";
import { classColor } from "../page/theme.ts";
import type { Tile } from "./state.ts";

export interface TileContext {
  readonly picture: ImageBitmap | undefined;
  readonly tileSize: readonly [height: number, width: number];
  readonly classNames: readonly string[];
  /** Pixels a side on the screen. */
  readonly side: number;
}

/** The `at`-th picture of a sheet as a figure. */
export function tileFigure(tile: Tile, at: number, context: TileContext): HTMLElement {
  const opinion = opinionText(tile, context.classNames);
  const warning = tile.opinion?.destroyed === true;
  const canvas = draw(tile, at, context);
  canvas.setAttribute("role", "img");
  const figure = h(
    "figure",
    { class: `cw-tile${warning ? " cw-destroyed" : ""}` },
    canvas,
    h(
      "figcaption",
      {},
      h("span", {}, tile.caption),
      ...opinion.map((line) => h("span", { class: warning ? "cw-warning" : "cw-muted" }, line)),
      ...(warning ? [h("span", { class: "cw-warning" }, "label lost?")] : []),
    ),
  );
  describe(figure, tile, context.classNames);
  return figure;
}

/** Says of a picture, to the eye and to the ear, what it shows, what the model makes of it, and `facts` beside. */
export function describe(
  figure: HTMLElement,
  tile: Tile,
  classNames: readonly string[],
  facts: readonly string[] = [],
) {
  const lost = tile.opinion?.destroyed ? ["the label is probably destroyed"] : [];
  const described = [tile.caption, ...opinionText(tile, classNames), ...lost, ...facts];
  figure.title = described.join("\n");
  figure.firstElementChild?.setAttribute("aria-label", described.join("; "));
}

export function opinionText({ opinion }: Tile, classNames: readonly string[]): string[] {
  if (opinion === null) return [];
  const name = className(opinion.prediction, classNames);
  return [
    `${name} ${Math.round(100 * opinion.probability)}\u00a0%`,
    ...(opinion.loss === null ? [] : [`loss ${opinion.loss.toFixed(2)}`]),
  ];
}

function draw(tile: Tile, at: number, { picture, tileSize: [height, width], side }: TileContext): HTMLCanvasElement {
  const scale = side / Math.max(height, width);
  const canvas = h("canvas", { width: Math.round(width * scale * 2), height: Math.round(height * scale * 2) });
  canvas.style.width = `${Math.round(width * scale)}px`;
  canvas.style.height = `${Math.round(height * scale)}px`;
  const context = canvas.getContext("2d")!;
  context.imageSmoothingEnabled = scale < 1;
  if (picture !== undefined && (at + 1) * height <= picture.height) {
    context.drawImage(picture, 0, at * height, width, height, 0, 0, canvas.width, canvas.height);
  } else {
    context.font = "24px sans-serif";
    context.fillText("?", canvas.width / 2 - 6, canvas.height / 2 + 8);
  }
  context.lineWidth = 3;
  for (const [index, [x0, y0, x1, y1]] of tile.boxes.entries()) {
    context.strokeStyle = classColor(index + 1);
    context.strokeRect(
      x0! * canvas.width,
      y0! * canvas.height,
      (x1! - x0!) * canvas.width,
      (y1! - y0!) * canvas.height,
    );
  }
  const [tall, wide] = [canvas.height, canvas.width];
  for (const [index, [x, y]] of tile.points.entries()) {
    context.fillStyle = classColor(index + 1);
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x! * wide, y! * tall, 5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
  return canvas;
}
