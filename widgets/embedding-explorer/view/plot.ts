/**
 * The plot: points on one canvas, drawn by our own rasteriser; on another above it thumbnails, rings and what is being drawn by hand.
 * Thumbnails appear when few enough points are in view, in the size for which there is room.
 */
import { h } from "../../page/elements.ts";
import { type Camera, pan, type Size, seeAll, toScreen, zoom } from "../camera.ts";
import type { Palette } from "../colors.ts";
import { type Canvas, emptyCanvas, MAXIMUM_RADIUS, PADDING, pixel, radiusFor, rasterize } from "../raster.ts";
import type { Thumbnails } from "./thumbnails.ts";

/** At most so many points in view have thumbnails. */
const THUMBNAILS = 400;

export interface PlotColors {
  readonly background: readonly number[];
  readonly faded: readonly number[];
  readonly text: string;
  readonly accent: string;
}

export class Plot {
  readonly element: HTMLElement;
  /** Takes the pointer and the keyboard. */
  readonly overlay: HTMLCanvasElement = h("canvas");
  readonly #base: HTMLCanvasElement = h("canvas");
  readonly #thumbnails: Thumbnails;
  readonly #onView: (camera: Camera | null) => void;
  readonly #resize: ResizeObserver;
  #canvas: Canvas = emptyCanvas(1, 1);
  #image: ImageData | undefined;
  #frame = 0;
  #camera: Camera | undefined;
  #fitted = true;

  points = new Float32Array(0);
  palette: Palette | undefined;
  /** Places of what is chosen; and as marks, one a point. */
  chosen: readonly number[] = [];
  #mask: Uint8Array | undefined;
  focus = -1;
  neighbors: readonly number[] = [];
  showThumbnails = true;
  colors: PlotColors = { background: [255, 255, 255], faded: [216, 222, 228], text: "black", accent: "blue" };
  /** What a person is drawing, in pixels: x, y, x, y, …; and the place of the keyboard's cross. */
  outline: readonly number[] = [];
  cursor: readonly [number, number] | undefined;
  /** How many points the last drawing had, and how many of them with a thumbnail. */
  shown = { points: 0, thumbnails: 0 };

  /** @param onView called when a person has moved the view; with null when everything is in view again */
  constructor(thumbnails: Thumbnails, onView: (camera: Camera | null) => void) {
    this.#thumbnails = thumbnails;
    this.#onView = onView;
    this.element = h("div", { class: "cw-plot" }, this.#base, this.overlay);
    this.#resize = new ResizeObserver(() => this.draw());
    this.#resize.observe(this.element);
  }

  get size(): Size {
    return { width: Math.max(1, this.element.clientWidth), height: Math.max(1, this.element.clientHeight) };
  }

  get camera(): Camera {
    if (this.#fitted || this.#camera === undefined) this.#camera = seeAll(this.points, this.size);
    return this.#camera;
  }

  /** As it was left, or everything in view. */
  restore(camera: Camera | null): void {
    this.#fitted = camera === null;
    this.#camera = camera ?? undefined;
    this.draw();
  }

  reset(): void {
    this.restore(null);
    this.#onView(null);
  }

  zoom(factor: number, x?: number, y?: number): void {
    this.#look(zoom(this.camera, this.size, factor, x, y));
  }

  pan(right: number, down: number): void {
    this.#look(pan(this.camera, right, down));
  }

  /** Brings a point into view, where it is not. */
  reveal(index: number): void {
    const [x, y] = this.placeOf(index);
    const { width, height } = this.size;
    if (!(x >= 0)) {
      if (Number.isNaN(x)) return;
    } else if (x <= width && y >= 0 && y <= height) return;
    this.#look({ ...this.camera, x: this.points[2 * index]!, y: this.points[2 * index + 1]! });
  }

  placeOf(index: number): readonly [number, number] {
    return toScreen(this.camera, this.size, this.points[2 * index]!, this.points[2 * index + 1]!);
  }

  choose(chosen: readonly number[]): void {
    this.chosen = chosen;
    this.#mask = chosen.length === 0 ? undefined : new Uint8Array(this.points.length >> 1);
    for (const index of chosen) if (this.#mask && index < this.#mask.length) this.#mask[index] = 1;
    this.draw();
  }

  /** Draws at the next frame of the screen. */
  draw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawPoints();
      this.drawOverlay();
    });
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#resize.disconnect();
  }

  #look(camera: Camera): void {
    this.#fitted = false;
    this.#camera = camera;
    this.#onView(camera);
    this.draw();
  }

  get #radius(): number {
    // Closer points are larger ones, but slowly: otherwise they cover each other again.
    const closer = this.camera.scale / seeAll(this.points, this.size).scale;
    return Math.min(8, radiusFor(this.points.length >> 1) * Math.max(1, closer) ** 0.35);
  }

  #drawPoints(): void {
    const { width, height } = this.size;
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== wide || this.#canvas.height !== high || this.#image === undefined) {
      this.#canvas = emptyCanvas(wide, high);
      const view = new Uint8ClampedArray(this.#canvas.pixels.buffer as ArrayBuffer);
      this.#image = new ImageData(view, wide + 2 * PADDING, high + 2 * PADDING);
      for (const canvas of [this.#base, this.overlay]) Object.assign(canvas, { width: wide, height: high });
    }
    if (this.palette === undefined) return;
    const camera = this.camera;
    const scene = {
      points: this.points,
      styles: this.palette.styles,
      colors: this.palette.colors,
      shapes: this.palette.shapes,
      chosen: this.#mask,
      faded: pixel(this.colors.faded),
      background: pixel(this.colors.background),
      radius: Math.min(this.#radius * ratio, MAXIMUM_RADIUS),
    };
    this.shown.points = rasterize(this.#canvas, scene, { ...camera, scale: camera.scale * ratio });
    this.#base.getContext("2d")!.putImageData(this.#image, -PADDING, -PADDING);
    this.element.dataset.shown = String(this.shown.points);
  }

  /** Thumbnails, rings, the outline: cheap enough for each movement of a pointer. */
  drawOverlay(): void {
    const context = this.overlay.getContext("2d")!;
    const ratio = this.overlay.width / this.size.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.size.width, this.size.height);
    this.shown.thumbnails = 0;
    const few = this.shown.points > 0 && this.shown.points <= THUMBNAILS;
    if (this.showThumbnails && this.#thumbnails.available && few) this.#drawThumbnails(context);
    this.element.dataset.thumbnails = String(this.shown.thumbnails);
    for (const index of this.neighbors) this.#ring(context, index, this.#radius + 3, 1.5);
    if (this.focus >= 0) this.#ring(context, this.focus, this.#radius + 6, 3);
    this.#drawOutline(context);
  }

  #drawThumbnails(context: CanvasRenderingContext2D): void {
    const { width, height } = this.size;
    const [tileHeight, tileWidth] = this.#thumbnails.size;
    const room = Math.sqrt((width * height) / this.shown.points);
    const side = Math.min(56, Math.max(14, room * 0.7));
    const scale = side / Math.max(tileHeight, tileWidth);
    const [wide, high] = [tileWidth * scale, tileHeight * scale];
    for (let index = 0, count = this.points.length >> 1; index < count; index++) {
      const [x, y] = this.placeOf(index);
      if (!(x >= 0 && x <= width && y >= 0 && y <= height)) continue;
      const isFaded = this.#mask !== undefined && this.#mask[index] === 0;
      context.globalAlpha = isFaded ? 0.35 : 1;
      const color = this.palette!.colors[this.palette!.styles[index]!]!;
      context.fillStyle = `rgb(${color & 255}, ${(color >>> 8) & 255}, ${(color >>> 16) & 255})`;
      context.fillRect(x - wide / 2 - 2, y - high / 2 - 2, wide + 4, high + 4);
      this.#thumbnails.draw(context, index, x - wide / 2, y - high / 2, wide, high);
      this.shown.thumbnails++;
    }
    context.globalAlpha = 1;
  }

  #ring(context: CanvasRenderingContext2D, index: number, radius: number, width: number): void {
    const [x, y] = this.placeOf(index);
    if (Number.isNaN(x)) return;
    for (const [color, line] of [
      [`rgb(${this.colors.background.join(", ")})`, width + 2],
      [this.colors.text, width],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = line;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  #drawOutline(context: CanvasRenderingContext2D): void {
    const { outline, cursor } = this;
    context.strokeStyle = this.colors.accent;
    context.lineWidth = 2;
    if (outline.length >= 4) {
      context.beginPath();
      for (let at = 0; at < outline.length; at += 2) context.lineTo(outline[at]!, outline[at + 1]!);
      context.closePath();
      context.stroke();
      context.globalAlpha = 0.12;
      context.fillStyle = this.colors.accent;
      context.fill("evenodd");
      context.globalAlpha = 1;
    }
    if (cursor !== undefined) {
      const [x, y] = cursor;
      context.beginPath();
      context.moveTo(x - 10, y);
      context.lineTo(x + 10, y);
      context.moveTo(x, y - 10);
      context.lineTo(x, y + 10);
      context.stroke();
    }
  }
}
