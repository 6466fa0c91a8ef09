/**
 * Augmentation, looked at before it is trusted: every transform at every strength on one's own images, a slider for one of them, and a
 * policy put together by hand under many draws. Each picture says what the model makes of it, and whether its label has survived.
 */
import { type Policy, type TransformName, transforms } from "../../src/augment/index.ts";
import { ensureBackend } from "../../src/backend/index.ts";
import { tf } from "../../src/backend/tf.ts";
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import type { RegularizationParams } from "../../src/learn/index.ts";
import { probedMagnitudes } from "../../src/learn/regularization/magnitudes.ts";
import { Random } from "../../src/random/index.ts";
import type { MimeBundle } from "../core/widget.ts";
import { LinkedWidget } from "../selection/linked-widget.ts";
import type { Selection } from "../selection/model.ts";
import { codeOf, policyOf } from "./code.ts";
import { type Annotations, fractions, type Opinion, opinionsOf, reduction, sheetOf, tensorOf } from "./pictures.ts";
import { type PolicyStep, schema, type Tile } from "./state.ts";
import { tableEntry } from "./table.ts";

export interface AugmentationPreviewOptions {
  /** A classifier with softmax: its prediction and loss stand under each picture. It stays the caller's. */
  readonly model?: tf.LayersModel;
  /** The images to leaf through, by their place in the data. Default: the first 24. */
  readonly indices?: ArrayLike<number>;
  /** Which transforms are shown. Default: all that fit the images' channels. */
  readonly transforms?: readonly TransformName[];
  /** What the metalearner learned: its magnitude tables and levels are shown beside the pictures. */
  readonly params?: RegularizationParams;
  /** What is drawn on an image, by its place in the data. */
  readonly annotations?: (index: number) => Annotations;
  /** Draws of the policy that are shown, from 1 to 64. Default: 12. */
  readonly seeds?: number;
  /** A selection that other widgets share: what is chosen there is leafed through here. */
  readonly selection?: Selection;
}

const examples = 8;

/**
 * Shows what augmentation does to a data set's own images.
 *
 * @example
 * const preview = new AugmentationPreview(data.train, { model });
 * display(preview);
 * // … put a policy together on the page, and in the next cell:
 * for await (const event of train(model, data.train, { epochs: 3, augment: preview.policy })) console.log(event.type);
 */
export class AugmentationPreview extends LinkedWidget<typeof schema> {
  readonly #data: Dataset;
  readonly #options: AugmentationPreviewOptions;
  #work: Promise<void> = Promise.resolve();
  /** Jobs that wait, by kind: of several slider moves only the last is drawn. */
  readonly #waiting = new Map<string, () => Promise<void>>();

  constructor(data: Dataset, options: AugmentationPreviewOptions = {}) {
    const indices = options.indices ?? Array.from({ length: Math.min(24, data.size) }, (_, index) => index);
    const list = Array.from(indices).filter((index) => index >= 0 && index < data.size);
    if (list.length === 0)
      throw new CellwrightError("CW_WIDGET_DATA", "expected at least one image to preview, got none");
    const [height, width, channels] = data.imageShape;
    const names = options.transforms ?? probedMagnitudes(channels).map(([name]) => name);
    const divisor = reduction(height, width);
    super(
      { name: "augmentation-preview", schema },
      {
        title: data.name,
        classNames: [...data.classNames],
        indices: list,
        tileSize: [Math.floor(height / divisor), Math.floor(width / divisor)],
        transforms: names.map((name) => {
          const { unit, identity, range, discrete } = transforms[name];
          return { name, unit, identity, range: [range[0], range[1]], discrete };
        }),
        values: names.map((name) => valuesOf(name, channels)),
        transform: names[0]!,
        value: valuesOf(names[0]!, channels).at(-1)!,
        ...(options.seeds !== undefined && { seeds: options.seeds }),
      },
      options.selection,
    );
    this.#data = data;
    this.#options = options;
    this.observe("position", () => this.#draw("strips", "draws"));
    this.observe("indices", () => this.#draw("strips", "examples", "draws"));
    this.observe("transform", () => this.#draw("examples"));
    this.observe("value", () => this.#draw("examples"));
    this.observe("steps", (steps) => {
      this.set({ code: codeOf(steps) });
      this.#draw("draws");
    });
    this.observe("seeds", () => this.#draw("draws"));
    this.#draw("strips", "examples", "draws");
  }

  /** The policy that was put together on the page or with `set({ steps })`; without steps it changes nothing. */
  get policy(): Policy {
    return policyOf(this.get("steps"));
  }

  /** The same as data. */
  get steps(): readonly PolicyStep[] {
    return this.get("steps");
  }

  /** Resolves when everything that was asked for is drawn. */
  async ready(): Promise<void> {
    while (this.#waiting.size > 0 || (await this.#idle()) === false) await this.#work;
  }

  protected override async fallback(): Promise<MimeBundle> {
    await this.ready();
    const { tiles, png } = this.get("examples");
    const what = `${this.get("transform")} ${Number(this.get("value").toPrecision(3))}`;
    const text = `augmentation preview of ${this.get("title")}: ${this.get("transforms").length} transforms; ${what} on ${tiles.length} images`;
    return { "image/png": Buffer.from(png).toString("base64"), "text/plain": text };
  }

  async #idle(): Promise<boolean> {
    const work = this.#work;
    await work;
    return work === this.#work && this.#waiting.size === 0;
  }

  protected override showSelection(chosen: readonly number[]): void {
    const list = chosen.filter((index) => index < this.#data.size);
    if (list.length > 0) this.set({ indices: list.slice(0, 1000), position: 0 });
  }

  #draw(...kinds: readonly ("strips" | "examples" | "draws")[]): void {
    const jobs = { strips: () => this.#strips(), examples: () => this.#examples(), draws: () => this.#draws() };
    for (const kind of kinds) this.#waiting.set(kind, jobs[kind]);
    this.#work = this.#work.then(async () => {
      for (const kind of kinds) {
        const job = this.#waiting.get(kind);
        this.#waiting.delete(kind);
        if (job === undefined) continue; // an earlier turn has drawn the latest state
        try {
          await ensureBackend();
          await job();
          if (this.get("problem") !== "") this.set({ problem: "" });
        } catch (error) {
          this.set({ problem: error instanceof Error ? error.message : String(error) });
        }
      }
    });
  }

  get #index(): number {
    const indices = this.get("indices");
    return indices[Math.min(this.get("position"), indices.length - 1)]!;
  }

  async #strips(): Promise<void> {
    const index = this.#index;
    const rows = this.get("transforms").map(({ name }, at) => ({
      name: name as TransformName,
      values: this.get("values")[at]!,
    }));
    const label = this.#data.labels[index] ?? -1;
    const original = await this.#picture(
      [index],
      [""],
      (images) => images.clone(),
      (masks) => masks.clone(),
    );
    const plain = original.tiles[0]?.opinion ?? undefined;
    const flat = rows.flatMap(({ name, values }) => values.map((value) => ({ name, value })));
    const apply = (tensor: tf.Tensor4D, kind: "apply" | "mask") =>
      tf.tidy(() =>
        tf.concat(
          rows.map(({ name, values }) => transforms[name][kind](tile(tensor, values.length), values)),
          0,
        ),
      );
    const strips = await this.#picture(
      [index],
      flat.map(({ name, value }) => `${name} ${Number(value.toPrecision(3))}`),
      (images) => apply(images, "apply"),
      (masks) => apply(masks, "mask"),
      plain,
    );
    const [height, width] = this.#data.imageShape;
    const boxes = this.#options.annotations?.(index).boxes;
    const tiles = strips.tiles.map((made, at) => {
      const { name, value } = flat[at]!;
      const moved = boxes && transforms[name].boxes([boxes], [value], { height, width })[0];
      const table = tableEntry(this.#options.params, name, value);
      return { ...made, transform: name, value, boxes: fractions(moved, height, width), table };
    });
    this.set({ label, original, strips: { ...strips, tiles } });
  }

  async #examples(): Promise<void> {
    const name = this.get("transform") as TransformName;
    const { range, identity } = transforms[name] ?? {};
    if (range === undefined) throw new CellwrightError("CW_WIDGET_STATE", `there is no transform ${name}`);
    const value = Math.min(range[1], Math.max(range[0], this.get("value")));
    const indices = this.get("indices").slice(0, examples);
    const values = indices.map(() => value);
    const before = value === identity ? undefined : await this.#opinions(indices);
    const sheet = await this.#picture(
      indices,
      indices.map((at) => this.#data.classNames[this.#data.labels[at] ?? -1] ?? "no label"),
      (images) => transforms[name].apply(images, values),
      (masks) => transforms[name].mask(masks, values),
      before,
    );
    const [height, width] = this.#data.imageShape;
    const tiles = sheet.tiles.map((made, at) => {
      const boxes = this.#options.annotations?.(indices[at]!).boxes;
      const moved = boxes && transforms[name].boxes([boxes], [value], { height, width })[0];
      return { ...made, transform: name, value, boxes: fractions(moved, height, width) };
    });
    this.set({ examples: { ...sheet, tiles } });
  }

  async #draws(): Promise<void> {
    const { policy } = this;
    const [height, width, channels] = this.#data.imageShape;
    const random = new Random(1);
    const captions = Array.from({ length: this.get("seeds") }, (_, seed) => {
      const operations = policy.draw(random.split(seed), { height, width, channels });
      return (
        operations.map(({ transform, value }) => `${transform} ${Number(value.toPrecision(2))}`).join(", ") ||
        "unchanged"
      );
    });
    const plain = this.get("original").tiles[0]?.opinion ?? undefined;
    const change = (images: tf.Tensor4D) => tf.tidy(() => policy(tile(images, captions.length), random));
    this.set({ draws: await this.#picture([this.#index], captions, change, undefined, plain) });
  }

  /** Tiles of changed images; `before` is what the model said of the image, or of each image, unchanged. */
  async #picture(
    indices: readonly number[],
    captions: readonly string[],
    change: (images: tf.Tensor4D) => tf.Tensor4D,
    changeMasks?: (masks: tf.Tensor4D) => tf.Tensor4D,
    before?: Opinion | readonly Opinion[],
  ): Promise<{ tiles: Tile[]; png: Uint8Array }> {
    const [height, width] = this.#data.imageShape;
    const images = tensorOf(this.#data, indices);
    const annotations = indices.map((index) => this.#options.annotations?.(index));
    const masked = changeMasks !== undefined && annotations.some((own) => own?.mask !== undefined);
    const masks = masked
      ? tf.tensor4d(
          annotations.flatMap((own) => Array.from(own?.mask ?? new Uint8Array(height * width))),
          [indices.length, height, width, 1],
        )
      : undefined;
    let changed: tf.Tensor4D | undefined;
    let marks: tf.Tensor4D | undefined;
    try {
      changed = change(images);
      marks = masks && changeMasks?.(masks);
      const labels = captions.map((_, at) => this.#data.labels[indices[Math.min(at, indices.length - 1)]!] ?? -1);
      const opinions = this.#options.model && (await opinionsOf(this.#options.model, changed, labels));
      const tiles = captions.map((caption, at): Tile => {
        const opinion = opinions?.[at] ?? null;
        const known = Array.isArray(before) ? (before as readonly Opinion[])[at] : (before as Opinion | undefined);
        const boxes = fractions(annotations[Math.min(at, annotations.length - 1)]?.boxes, height, width);
        return {
          caption,
          transform: "",
          value: null,
          opinion: opinion && { ...opinion, destroyed: isDestroyed(known, opinion) },
          boxes,
          table: null,
        };
      });
      return { tiles, png: await sheetOf(changed, marks) };
    } finally {
      tf.dispose([images, masks, changed, marks].filter((tensor) => tensor !== undefined));
    }
  }

  async #opinions(indices: readonly number[]): Promise<readonly Opinion[] | undefined> {
    if (this.#options.model === undefined) return undefined;
    const images = tensorOf(this.#data, indices);
    try {
      return await opinionsOf(
        this.#options.model,
        images,
        indices.map((index) => this.#data.labels[index] ?? -1),
      );
    } finally {
      images.dispose();
    }
  }
}

const tile = (images: tf.Tensor4D, count: number): tf.Tensor4D => tf.tile(images, [count, 1, 1, 1]);

/** A label that was likelier than not, and is now left with less than a tenth. */
function isDestroyed(before: Opinion | undefined, after: Opinion): boolean {
  if (before?.loss == null || after.loss === null) return false;
  return Math.exp(-before.loss) > 0.5 && Math.exp(-after.loss) < 0.1;
}

function valuesOf(name: TransformName, channels: number): number[] {
  const probed = probedMagnitudes(channels).find(([own]) => own === name)?.[1];
  const { identity, range } = transforms[name];
  const values = probed ?? Array.from({ length: 11 }, (_, at) => range[0] + ((range[1] - range[0]) * at) / 10);
  return [...new Set([...values, identity])].sort((a, b) => a - b);
}
