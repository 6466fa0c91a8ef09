/**
 * An embedding, explored: points with their images, coloured by what is known of them; what is drawn around on the page is a value in
 * the next cell, and every widget that shares the selection shows it. An embedding in the making can be watched.
 */
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import type { EmbeddingFrame } from "../../src/manifold/index.ts";
import type { MimeBundle } from "../core/widget.ts";
import { LinkedWidget } from "../selection/linked-widget.ts";
import type { Selection } from "../selection/model.ts";
import { closePairs, neighborsOfAll } from "./facts.ts";
import { type FeatureRows, ofEach, type PlanePoints, readLabels, readPoints, readRows } from "./input.ts";
import { nearest } from "./neighbors.ts";
import { scatterPng } from "./picture.ts";
import { schema } from "./state.ts";
import { firstSheets, thumbnailSize, thumbnails } from "./thumbnails.ts";

export interface EmbeddingExplorerOptions {
  /** The images of the points, in their order: thumbnails, labels, names of the classes. */
  readonly data?: Dataset;
  /** The class of each point, -1 for none; or rows of 0 and 1 where a point may have several labels. Default: the data's. */
  readonly labels?: ArrayLike<number> | readonly ArrayLike<number>[];
  /** Default: the data's. */
  readonly classNames?: readonly string[];
  /** The class that a model predicts for each point. */
  readonly predictions?: ArrayLike<number>;
  /** A number of each point, such as its label quality; NaN for none. */
  readonly scores?: ArrayLike<number>;
  /** The loss of each point, in nats; NaN for none. */
  readonly losses?: ArrayLike<number>;
  /** What the points were made of, a row each: nearest neighbours are looked for there. Default: the points. */
  readonly features?: PlanePoints;
  /** A selection that other widgets share. */
  readonly selection?: Selection;
  /** Default: the data's name. */
  readonly title?: string;
}

/** What is chosen. */
export interface ChosenPoints {
  /** In ascending order, each once. */
  readonly indices: Int32Array<ArrayBuffer>;
  /** The chosen images; undefined where the explorer has none. */
  readonly data: Dataset | undefined;
}

/** To so many points the neighbours of all are found beforehand, and a page without a kernel has them. */
const FOUND_BEFOREHAND = 5000;
/** Milliseconds between two frames, and bytes a second that a notebook server lets through. */
const INTERVAL = 100;
const RATE = 800_000;

/**
 * Shows points of the plane and the images they stand for.
 *
 * @throws CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH where something else than a value a point was given
 * @example
 * const explorer = new EmbeddingExplorer(await tsne(data), { data });
 * display(explorer);
 * // … draw around some points, and in the next cell:
 * const { indices } = await explorer.selection();
 */
export class EmbeddingExplorer extends LinkedWidget<typeof schema> {
  readonly #data: Dataset | undefined;
  readonly #features: FeatureRows | undefined;
  #prepared: Promise<void> | undefined;

  constructor(points: PlanePoints, options: EmbeddingExplorerOptions = {}) {
    const { data, features, predictions, scores, losses } = options;
    const plane = readPoints(points);
    const count = plane.length >> 1;
    if (data !== undefined && data.size !== count) ofEach({ length: data.size }, count, "an image");
    const { labels, tags } = known(options, count);
    super(
      { name: "embedding-explorer", schema },
      {
        title: options.title ?? data?.name ?? "",
        points: plane,
        labels,
        tags,
        predictions: Int32Array.from(predictions ? ofEach(predictions, count, "predictions") : []),
        scores: Float32Array.from(scores ? ofEach(scores, count, "scores") : []),
        losses: Float32Array.from(losses ? ofEach(losses, count, "losses") : []),
        classNames: [...(options.classNames ?? data?.classNames ?? [])],
        color: tags.length > 0 ? "tag" : labels.length > 0 ? "label" : "none",
        hasFeatures: features !== undefined,
      },
      options.selection,
    );
    this.#data = data;
    if (features !== undefined) {
      this.#features = readRows(features, "features");
      ofEach({ length: this.#features.shape[0] }, count, "a row of features");
    }
    if (predictions && this.get("color") === "none") this.set({ color: "prediction" });
    this.command("thumbnails", (message) => this.#thumbnails(indicesOf(message, count)));
    this.command("neighbors", (message) => ({ response: { indices: this.#neighbors(indicesOf(message, count)[0]!) } }));
  }

  /** How many points there are, those without a place included. */
  get count(): number {
    return this.get("points").length >> 1;
  }

  /** What is chosen now, on the page, here or in a widget that shares the selection. */
  async selection(): Promise<ChosenPoints> {
    // A gesture that was made before the cell was run may still wait in the queue of messages.
    await new Promise((resolve) => setImmediate(resolve));
    const indices = Int32Array.from(new Set(this.#chosen)).sort();
    return { indices, data: this.#data?.select(indices) };
  }

  /** Chooses points. */
  select(indices: Iterable<number>): void {
    this.sharedSelection.set({ indices: [...new Set(indices)], source: "" });
  }

  /**
   * Other places for the same points. Pairs in one place are looked for when `ready` is called again.
   *
   * @throws CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH
   */
  update(points: PlanePoints): void {
    this.#move(points, null);
    this.#prepared = undefined;
  }

  /**
   * Shows an embedding while it is made, at most ten frames a second, and returns what `begin` returns; or follows the frames of an
   * iteration to its end.
   *
   * @example
   * const embedding = await explorer.follow((onFrame) => tsne(data, { onFrame, frameEvery: 5 }));
   */
  follow<Result extends PlanePoints>(
    begin: (onFrame: (frame: EmbeddingFrame) => void) => Promise<Result>,
  ): Promise<Result>;
  follow(frames: AsyncIterable<PlanePoints>): Promise<undefined>;
  async follow(
    source: AsyncIterable<PlanePoints> | ((onFrame: (frame: EmbeddingFrame) => void) => Promise<PlanePoints>),
  ): Promise<PlanePoints | undefined> {
    const interval = Math.max(INTERVAL, (1000 * 8 * this.count) / RATE);
    let shown = Number.NEGATIVE_INFINITY;
    let left: PlanePoints | undefined;
    const show = (frame: PlanePoints) => {
      left = frame;
      if (performance.now() - shown < interval) return;
      shown = performance.now();
      left = undefined;
      this.#move(frame, progressOf(frame));
    };
    let result: PlanePoints | undefined;
    try {
      if (typeof source === "function") result = left = await source(show);
      else for await (const frame of source) show(frame);
    } finally {
      if (left !== undefined) this.#move(left, null);
      else this.set({ progress: null });
      this.#prepared = undefined;
    }
    await this.ready();
    return result;
  }

  /** Resolves when thumbnails, neighbours and close pairs are made: showing the explorer waits for it. */
  ready(): Promise<void> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  protected override async fallback(): Promise<MimeBundle> {
    await this.ready();
    const chosen = this.#chosen;
    const state = {
      points: this.get("points"),
      labels: this.get("labels"),
      predictions: this.get("predictions"),
      scores: this.get("scores"),
      losses: this.get("losses"),
      tags: this.get("tags"),
      classNames: this.get("classNames"),
    };
    const png = scatterPng(state, this.get("color"), this.get("tag"), chosen);
    return { "image/png": Buffer.from(png).toString("base64"), "text/plain": this.#describe(chosen.length) };
  }

  /** A selection that others share may hold samples that are no points here. */
  get #chosen(): readonly number[] {
    return this.sharedSelection.indices.filter((index) => index < this.count);
  }

  #describe(chosen: number): string {
    const title = this.get("title");
    const missing = missingOf(this.get("points"));
    const classes = new Set(this.get("labels").filter((label) => label >= 0)).size;
    return [
      `embedding explorer${title === "" ? "" : ` of ${title}`}: ${this.count} ${this.count === 1 ? "point" : "points"}`,
      ...(missing > 0 ? [`${missing} without a place`] : []),
      ...(classes > 0 ? [`${classes} ${classes === 1 ? "class" : "classes"}`] : []),
      `coloured by ${this.get("color") === "none" ? "nothing" : this.get("color")}`,
      `${chosen} chosen`,
    ].join(", ");
  }

  async #prepare(): Promise<void> {
    if (this.#data !== undefined && this.get("sheets").length === 0) {
      this.set({ tileSize: thumbnailSize(this.#data), sheets: firstSheets(this.#data) });
    }
    if (this.#features && this.count <= FOUND_BEFOREHAND && this.get("neighbors").length === 0) {
      this.set({ neighbors: await neighborsOfAll(this.#features, this.get("neighborCount")) });
    }
    const points = this.get("points");
    const collisions = await closePairs(points, this.get("labels"));
    const isNew = collisions.length > 0 || this.get("collisions").length > 0;
    if (isNew && this.get("points") === points) this.set({ collisions });
  }

  #move(points: PlanePoints, progress: { iteration: number; iterations: number } | null): void {
    const plane = readPoints(points);
    if (plane.length !== 2 * this.count) {
      throw new CellwrightError(
        "CW_LENGTH_MISMATCH",
        `expected a place for each of the ${this.count} points; got ${plane.length >> 1}`,
      );
    }
    // Pairs of the places before would be wrong now.
    this.set({ points: plane, progress, ...(this.get("collisions").length > 0 && { collisions: [] }) });
  }

  #thumbnails(indices: readonly number[]) {
    if (this.#data === undefined) throw new CellwrightError("CW_WIDGET_DATA", "there are no images to show");
    const { png, ...response } = thumbnails(this.#data, indices);
    return { response: { columns: response.columns, indices: [...response.indices] }, buffers: [png] };
  }

  #neighbors(index: number): number[] {
    const rows = this.#features ?? { data: this.get("points"), shape: [this.count, 2] };
    return nearest({ data: rows.data, columns: rows.shape[1]! }, index, this.get("neighborCount"));
  }
}

function known(options: EmbeddingExplorerOptions, count: number) {
  const { data, labels } = options;
  if (labels !== undefined || data === undefined) return readLabels(labels, count);
  if (data.targets !== undefined) return { labels: new Int32Array(0), tags: data.targets };
  return readLabels(data.labels, count);
}

function progressOf(frame: PlanePoints): { iteration: number; iterations: number } | null {
  const { iteration, iterations } = frame as Partial<EmbeddingFrame>;
  return iteration === undefined || iterations === undefined ? null : { iteration, iterations };
}

function missingOf(points: Float32Array): number {
  let missing = 0;
  for (let at = 0; at < points.length; at += 2) missing += Number(Number.isNaN(points[at]!));
  return missing;
}

/** What a page asks for: whole numbers of points. */
function indicesOf(message: unknown, count: number): number[] {
  const { indices } = (message ?? {}) as { indices?: unknown };
  const list = Array.isArray(indices) ? indices : [];
  const own = list.filter((index): index is number => Number.isInteger(index) && index >= 0 && index < count);
  if (own.length === 0) throw new CellwrightError("CW_WIDGET_DATA", "expected the indices of some points, got none");
  return own;
}
