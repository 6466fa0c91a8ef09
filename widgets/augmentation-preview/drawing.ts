/**
 * The pictures of the preview: an image under every transform, several under one, one under many draws of a policy, and one draw step by step; each with what a model says of it. Annotations move with their
 * images.
 */
import { type Operation, type Policy, type TransformName, transforms } from "../../src/augment/index.ts";
import { tf } from "../../src/backend/tf.ts";
import type { Dataset } from "../../src/data/index.ts";
import { Random } from "../../src/random/index.ts";
import { className } from "../core/class-name.ts";
import { movedMarks, movedMasks } from "./annotations.ts";
import type { AugmentationPreviewOptions } from "./options.ts";
import { type Opinion, opinionsOf, sheetOf, tensorOf } from "./pictures.ts";
import type { Row } from "./rows.ts";
import type { Sheet, Tile } from "./state.ts";

type Move = Pick<Operation, "transform" | "value"> & Partial<Operation>;

/** One picture to be made: of which image, what is done to it, and what stands below. */
interface Wanted {
  readonly index: number;
  readonly moves: readonly Move[];
  readonly caption: string;
}

export class Drawing {
  readonly #data: Dataset;
  readonly #options: AugmentationPreviewOptions;

  constructor(data: Dataset, options: AugmentationPreviewOptions) {
    this.#data = data;
    this.#options = options;
  }

  /** An image as it is, and under each transform at each value. */
  async strips(index: number, rows: readonly Row[]): Promise<{ original: Sheet; strips: Sheet }> {
    const original = await this.#sheet([{ index, moves: [], caption: "" }], (images) => images.clone());
    const wanted = rows.flatMap(({ name, values }) =>
      values.map(
        (value): Wanted => ({ index, moves: [{ transform: name, value }], caption: `${name} ${short(value, 3)}` }),
      ),
    );
    let first = 0;
    const change = (images: tf.Tensor4D) =>
      tf.tidy(() => {
        const changed = rows.map(({ name, values }) => {
          const own = tf.slice4d(images, [first, 0, 0, 0], [values.length, -1, -1, -1]);
          first += values.length;
          return transforms[name].apply(own, values);
        });
        return tf.concat(changed, 0);
      });
    const strips = await this.#sheet(wanted, change, original.tiles[0]?.opinion ?? undefined);
    const marks = rows.flatMap((row) => row.marks);
    const tiles = strips.tiles.map((made, at) => {
      const { transform, value } = wanted[at]!.moves[0]!;
      return { ...made, transform, value, ...marks[at] };
    });
    return { original, strips: { ...strips, tiles } };
  }

  /** Images under one transform. */
  async examples(indices: readonly number[], name: TransformName, value: number): Promise<Sheet> {
    const values = indices.map(() => value);
    const before = value === transforms[name].identity ? undefined : await this.#opinions(indices);
    const wanted = indices.map((index): Wanted => {
      const caption = className(this.#data.labels[index] ?? -1, this.#data.classNames);
      return { index, moves: [{ transform: name, value }], caption };
    });
    const sheet = await this.#sheet(wanted, (images) => transforms[name].apply(images, values), before);
    return { ...sheet, tiles: sheet.tiles.map((made) => ({ ...made, transform: name, value })) };
  }

  /** An image under so many draws of a policy; `plain` is what the model says of it unchanged. */
  draws(index: number, policy: Policy, seeds: number, plain: Opinion | undefined): Promise<Sheet> {
    const wanted = Array.from({ length: seeds }, (_, seed): Wanted => {
      const moves = this.#operations(policy, seed);
      const caption = moves.map(({ transform, value }) => `${transform} ${short(value, 2)}`).join(", ");
      return { index, moves, caption: caption || "unchanged" };
    });
    return this.#sheet(wanted, (images) => tf.tidy(() => policy(images, new Random(1))), plain);
  }

  /** One of these draws, step by step: after each the image, and its distance from the one before. */
  async trace(index: number, policy: Policy, seed: number, plain: Opinion | undefined): Promise<Sheet> {
    const moves = this.#operations(policy, seed);
    const wanted: Wanted[] = [{ index, moves: [], caption: "as it is" }];
    for (const [at, { transform, value }] of moves.entries()) {
      const sofar = moves.slice(0, at + 1);
      wanted.push({ index, moves: sofar, caption: `${transform} ${short(value, 2)}` });
      wanted.push({ index, moves: sofar, caption: changed });
    }
    const change = (images: tf.Tensor4D) =>
      tf.tidy(() => {
        let image = tf.slice4d(images, [0, 0, 0, 0], [1, -1, -1, -1]);
        const made = [image];
        for (const { transform, value, place } of moves) {
          const next = transforms[transform].apply(image, [value], { places: [place] });
          made.push(next, tf.abs(tf.sub(next, image)));
          image = next;
        }
        return tf.concat(made, 0);
      });
    const sheet = await this.#sheet(wanted, change, plain);
    const tiles = sheet.tiles.map((tile) =>
      tile.caption === changed ? { ...tile, opinion: null, boxes: [], points: [] } : tile,
    );
    return { ...sheet, tiles };
  }

  #operations(policy: Policy, seed: number): Operation[] {
    const [height, width, channels] = this.#data.imageShape;
    return policy.draw(new Random(1).split(seed), { height, width, channels });
  }

  /** Tiles of changed images; `before` is what the model said of the image, or of each image, unchanged. */
  async #sheet(
    wanted: readonly Wanted[],
    change: (images: tf.Tensor4D) => tf.Tensor4D,
    before?: Opinion | readonly Opinion[],
  ): Promise<Sheet> {
    const [height, width] = this.#data.imageShape;
    const size = { height, width };
    const indices = wanted.map(({ index }) => index);
    const annotations = new Map(indices.map((index) => [index, this.#options.annotations?.(index)]));
    const { images, unreadable } = tensorOf(this.#data, indices);
    let result: tf.Tensor4D | undefined;
    let masks: tf.Tensor4D | undefined;
    try {
      result = change(images);
      masks = movedMasks(
        indices.map((index) => annotations.get(index)),
        wanted.map(({ moves }) => moves),
        size,
      );
      const labels = indices.map((index) => this.#data.labels[index] ?? -1);
      const opinions = this.#options.model && (await opinionsOf(this.#options.model, result, labels));
      const tiles = wanted.map(({ index, moves, caption }, at): Tile => {
        const known = Array.isArray(before) ? (before as readonly Opinion[])[at] : (before as Opinion | undefined);
        const lost = unreadable.has(at);
        const opinion = lost ? undefined : opinions?.[at];
        return {
          caption: lost ? "cannot be read" : caption,
          transform: "",
          value: null,
          opinion: opinion ? { ...opinion, destroyed: isDestroyed(known, opinion) } : null,
          ...movedMarks(annotations.get(index), moves, size),
          table: null,
          drawn: null,
        };
      });
      return { tiles, png: await sheetOf(result, masks) };
    } finally {
      tf.dispose([images, result, masks].filter((tensor) => tensor !== undefined));
    }
  }

  async #opinions(indices: readonly number[]): Promise<readonly Opinion[] | undefined> {
    if (this.#options.model === undefined) return undefined;
    const { images } = tensorOf(this.#data, indices);
    try {
      const labels = indices.map((index) => this.#data.labels[index] ?? -1);
      return await opinionsOf(this.#options.model, images, labels);
    } finally {
      images.dispose();
    }
  }
}

const changed = "what it changed";
const short = (value: number, digits: number) => Number(value.toPrecision(digits));

/** A label that was likelier than not, and is now left with less than a tenth. */
function isDestroyed(before: Opinion | undefined, after: Opinion): boolean {
  if (before?.loss == null || after.loss === null) return false;
  return Math.exp(-before.loss) > 0.5 && Math.exp(-after.loss) < 0.1;
}
