/**
 * A data set: labelled images with names, and views of them.
 *
 * A `Dataset` is a list of row numbers into one shared store of pixels, and a list of functions to apply to each image
 * when it is read. `shuffle`, `take`, `select`, `split` make another list of rows; `map` adds a function; none of them
 * copies or computes a pixel. Images become float32 when a batch asks for them. The design is that of lazy input
 * pipelines (tf.data, torch's map-style datasets), with random access kept.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { shownAs } from "../plot/display.ts";
import type { Random } from "../random/index.ts";
import type { Batch, Batches, BatchOptions } from "./batch.ts";
import { describe } from "./describe.ts";
import { fold, type PartName, partOfFold } from "./fold.ts";
import { applySteps, type MapContext, type MapFunction, type MapOptions, type MapStep } from "./map.ts";
import {
  type Announcement,
  copyImages,
  type FileProblem,
  type ImageShape,
  type ImageStore,
  valuesPerImage,
} from "./store.ts";

/** Batches whose pictures are decoded before they are asked for: one may take longer than the step before it. */
const AHEAD = 2;

/** A data set in numbers. */
export interface DatasetSummary {
  readonly name: string;
  readonly size: number;
  readonly imageShape: ImageShape;
  readonly classNames: readonly string[];
  /** The number of images of each class; an image of several counts for each. */
  readonly counts: readonly number[];
  /** The number of images without a label. */
  readonly unlabelled: number;
  /** The number of files that could not be read. */
  readonly problems: number;
}

/**
 * Labelled images with names. Made by a loader (`mnist`, `digits`, `imageFolder`, `fromArrays`…), never by hand.
 *
 * @example
 * const { train, test } = (await mnist()).split();
 * for (const batch of train.shuffle(new Random(7)).take(10_000).batch(64)) {
 *   try { console.log(batch.images.shape); } finally { batch.dispose(); }
 * }
 */
export class Dataset {
  readonly #store: ImageStore;
  readonly #rows: Uint32Array;
  readonly #steps: readonly MapStep[];
  #labels: Int32Array | undefined;
  #targets: Uint8Array | undefined;
  #ids: readonly string[] | undefined;

  /** Internal: loaders call it with a store they have validated. */
  constructor(store: ImageStore, rows?: Uint32Array, steps: readonly MapStep[] = []) {
    this.#store = store;
    this.#rows = rows ?? Uint32Array.from(store.labels.keys());
    this.#steps = steps;
  }

  /** What the data is called: "mnist", or the folder's name. */
  get name(): string {
    return this.#store.name;
  }

  /** The number of images in this view. */
  get size(): number {
    return this.#rows.length;
  }

  /** What Node's `console.log` writes: the data in one line. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Dataset { ${describe(this)} }`;
  }

  /** Height, width and channels of every image, after all maps. */
  get imageShape(): ImageShape {
    return this.#steps.at(-1)?.imageShape ?? this.#store.imageShape;
  }

  /** The names of the classes; a label is an index into them. */
  get classNames(): readonly string[] {
    return this.#store.classNames;
  }

  /** Whether a function changes the images when they are read. */
  get isMapped(): boolean {
    return this.#steps.length > 0;
  }

  /** Whether pictures are decoded when they are read: `imageFolder` with decode "ahead". */
  get isDecodedAhead(): boolean {
    return "announce" in this.#store.pixels;
  }

  /** The files that could not be read when the data was loaded; empty where nothing went wrong. */
  get problems(): readonly FileProblem[] {
    return this.#store.problems;
  }

  /**
   * The classes of each image of this view where an image may be of several, or of none: size x classes values, row by row, 1 for each class that the image is of. Undefined
   * for data of one class an image. Shared: copy it before changing it.
   */
  get targets(): Uint8Array | undefined {
    if (this.#store.targets) this.#targets ??= this.#targetsOf(this.#rows, this.#store.targets);
    return this.#targets;
  }

  /** The class of each image of this view, -1 where there is none, or where there may be several (`targets`). Shared: copy it before changing it. */
  get labels(): Int32Array {
    this.#labels ??= Int32Array.from(this.#rows, (row) => this.#store.labels[row]!);
    return this.#labels;
  }

  /** The name of each image of this view. One string an image is made: for a single name, `id(i)` is cheaper. */
  get ids(): readonly string[] {
    this.#ids ??= Array.from(this.#rows, (row) => this.#store.id(row));
    return this.#ids;
  }

  /** The name of the image at `index`. */
  id(index: number): string {
    return this.#store.id(this.#row(index));
  }

  /**
   * The image at `index`, after all maps: float32, height · width · channels values, row by row, channels last,
   * in [0, 1] unless a map left that range.
   *
   * @throws CW_INDEX_RANGE
   */
  image(index: number): Float32Array {
    this.#row(index);
    return this.images([index]);
  }

  /**
   * Several images at once, one after the other in one array: the whole view without an argument, else those at
   * `indices`.
   *
   * @throws CW_INDEX_RANGE
   * @example
   * const pixels = data.test.images([0, 1, 2]); // 3 · 28 · 28 · 1 values for MNIST
   */
  images(indices?: ArrayLike<number>): Float32Array {
    const positions = indices ?? Uint32Array.from(this.#rows.keys());
    const rows = indices ? Uint32Array.from({ length: indices.length }, (_, k) => this.#row(indices[k]!)) : this.#rows;
    const images = new Float32Array(rows.length * valuesPerImage(this.#store.imageShape));
    copyImages(this.#store, rows, images);
    return this.#steps.length === 0 ? images : applySteps(this.#store, this.#steps, images, rows, positions);
  }

  /**
   * The same images, each changed by `change` when it is read.
   *
   * @param change is given a copy of the image (float32, channels last) and may return that copy.
   * @throws CW_MAP_SHAPE when an image is read, if `change` returns another number of values than `imageShape` has
   * @example
   * const inverted = data.map((image) => image.map((value) => 1 - value));
   */
  map(change: MapFunction, options: MapOptions = {}): Dataset {
    const imageShape = options.imageShape ?? this.imageShape;
    if (imageShape.length !== 3 || !imageShape.every((side) => Number.isInteger(side) && side > 0)) {
      throw new CellwrightError(
        "CW_MAP_SHAPE",
        `imageShape must be [height, width, channels], whole numbers from 1 on; got [${imageShape.join(", ")}]`,
      );
    }
    return new Dataset(this.#store, this.#rows, [
      ...this.#steps,
      { apply: change, imageShape, random: options.random?.split(this.#steps.length) },
    ]);
  }

  /** The same images in an order drawn from `random`. */
  shuffle(random: Random): Dataset {
    const order = random.permutation(this.size);
    return this.#view(Uint32Array.from(order, (position) => this.#rows[position]!));
  }

  /** The first `count` images, or all where there are fewer. */
  take(count: number): Dataset {
    return this.#view(this.#rows.subarray(0, wholeNumber("take", count)));
  }

  /** All but the first `count` images. */
  skip(count: number): Dataset {
    return this.#view(this.#rows.subarray(wholeNumber("skip", count)));
  }

  /**
   * The images at `indices`, in that order. An index may come twice.
   *
   * @throws CW_INDEX_RANGE
   */
  select(indices: ArrayLike<number>): Dataset {
    return this.#view(Uint32Array.from({ length: indices.length }, (_, k) => this.#row(indices[k]!)));
  }

  /**
   * The images that `keep` says yes to. It is told name and label, not the pixels.
   *
   * @example
   * const labelled = data.filter(({ label }) => label >= 0);
   */
  filter(keep: (context: MapContext) => boolean): Dataset {
    return this.#view(
      this.#rows.filter((row, index) => keep({ index, id: this.#store.id(row), label: this.#store.labels[row]! })),
    );
  }

  /**
   * The same images with other labels: a new data set, this one stays as it is. The images are shared, not copied.
   *
   * @param labels the class of each image of this view, [size]; -1 for none
   * @throws CW_LENGTH_MISMATCH; CW_LABEL_RANGE for a label that is no class, or two labels for an image that is there twice
   * @example
   * const corrected = data.relabel(data.labels.map((label, index) => (index === 3 ? 7 : label)));
   */
  relabel(labels: ArrayLike<number>): Dataset {
    if (labels.length !== this.size) {
      throw new CellwrightError(
        "CW_LENGTH_MISMATCH",
        `expected one label for each of ${this.size} images; got ${labels.length}`,
      );
    }
    const changed = this.#store.labels.slice();
    const seen = new Uint8Array(changed.length);
    this.#rows.forEach((row, index) => {
      const label = labels[index]!;
      const known = Number.isInteger(label) && label >= -1 && label < this.classNames.length;
      if (!known || (seen[row] && changed[row] !== label)) {
        throw new CellwrightError(
          "CW_LABEL_RANGE",
          known
            ? `image ${this.id(index)} is there more than once: give it one label; got ${changed[row]} and ${label}`
            : `labels must be whole numbers from 0 to ${this.classNames.length - 1}, or -1 for none; image ${index} has ${label}`,
        );
      }
      changed[row] = label;
      seen[row] = 1;
    });
    return new Dataset({ ...this.#store, labels: changed }, this.#rows, this.#steps);
  }

  /**
   * Four parts that never share an image, each in the order of this view: by md5(id) mod 10, folds 0-6 train, 7
   * validates, 8 calibrates, 9 tests. The rule looks at the name alone, so an image is in the same part in every run,
   * on every machine, and whatever else is in the data.
   *
   * It is the same for every data set: parts that the authors published (MNIST's 60,000 and 10,000) are pooled first.
   * Who wants those parts asks the loader for them: `mnist({ part: "test" })`.
   *
   * @example
   * const { train, validation, calibration, test } = (await mnist()).split();
   */
  split(): Record<PartName, Dataset> {
    const rows: Record<PartName, number[]> = { train: [], validation: [], calibration: [], test: [] };
    for (const row of this.#rows) rows[partOfFold[fold(this.#store.id(row))]!].push(row);
    return {
      train: this.#view(Uint32Array.from(rows.train)),
      validation: this.#view(Uint32Array.from(rows.validation)),
      calibration: this.#view(Uint32Array.from(rows.calibration)),
      test: this.#view(Uint32Array.from(rows.test)),
    };
  }

  /**
   * The images in batches of `batchSize`, in order, as tensors. Each batch belongs to the loop that asked for it and
   * must be disposed.
   *
   * @throws CW_BATCH_SIZE unless `batchSize` is a whole number from 1 on
   * @example
   * for (const batch of data.batch(64)) {
   *   try { model.predict(batch.images); } finally { batch.dispose(); }
   * }
   */
  batch(batchSize: number, options: BatchOptions = {}): Batches {
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new CellwrightError("CW_BATCH_SIZE", `batch size must be a whole number from 1 on; got ${batchSize}`);
    }
    const { dropRemainder = false } = options;
    const length = dropRemainder ? Math.floor(this.size / batchSize) : Math.ceil(this.size / batchSize);
    const assemble = (start: number) => this.#assemble(start, Math.min(start + batchSize, this.size));
    const { pixels } = this.#store;
    const announce = (start: number) =>
      "announce" in pixels ? pixels.announce(this.#rows.subarray(start, start + batchSize)) : undefined;
    const batches: Batches = {
      length,
      *[Symbol.iterator]() {
        for (let number = 0; number < length; number++) yield assemble(number * batchSize);
      },
      [Symbol.asyncIterator]: () =>
        inAdvance(
          length,
          (number) => announce(number * batchSize),
          (number) => assemble(number * batchSize),
        ),
    };
    const line = `${length} ${length === 1 ? "batch" : "batches"} of ${Math.min(batchSize, this.size)} of ${describe(this)}`;
    return shownAs(batches, () => ({ "text/plain": line })); // nobody would dispose the tensors of batches that are only shown
  }

  /** The data set in numbers, as a plain object. */
  summary(): DatasetSummary {
    const counts = new Array<number>(this.classNames.length).fill(0);
    let unlabelled = 0;
    const { targets } = this;
    if (targets) for (const [at, own] of targets.entries()) counts[at % counts.length]! += own;
    else for (const label of this.labels) label < 0 ? unlabelled++ : counts[label]!++;
    const { name, size, imageShape, classNames } = this;
    return { name, size, imageShape, classNames, counts, unlabelled, problems: this.problems.length };
  }

  #targetsOf(rows: Uint32Array, targets: Uint8Array): Uint8Array {
    const classes = this.classNames.length;
    const result = new Uint8Array(rows.length * classes);
    for (const [k, row] of rows.entries()) {
      result.set(targets.subarray(row * classes, (row + 1) * classes), k * classes);
    }
    return result;
  }

  #view(rows: Uint32Array): Dataset {
    return new Dataset(this.#store, rows, this.#steps);
  }

  #row(index: number): number {
    const row = this.#rows[index];
    if (row === undefined) {
      throw new CellwrightError(
        "CW_INDEX_RANGE",
        `index must be a whole number from 0 to ${this.size - 1} in a data set of ${this.size} images; got ${index}`,
      );
    }
    return row;
  }

  #assemble(start: number, end: number): Batch {
    const indices = Uint32Array.from({ length: end - start }, (_, k) => start + k);
    const rows = this.#rows.subarray(start, end);
    const values = this.images(indices);
    const [height, width, channels] = this.imageShape;
    const images: tf.Tensor4D = tf.tensor4d(values, [rows.length, height, width, channels], "float32");
    const labels: tf.Tensor1D = tf.tensor1d(
      Int32Array.from(rows, (row) => this.#store.labels[row]!),
      "int32",
    );
    const store = this.#store;
    const own = store.targets && this.#targetsOf(rows, store.targets);
    const targets = own && tf.tensor2d(own, [rows.length, this.classNames.length], "float32");
    const dispose = () => tf.dispose(targets ? [images, labels, targets] : [images, labels]);
    return {
      size: rows.length,
      images,
      labels,
      ...(targets && { targets }),
      indices,
      get ids() {
        return Array.from(rows, (row) => store.id(row));
      },
      dispose,
      [Symbol.dispose]: dispose,
    };
  }
}

/** Batches whose pictures are made ready beside what the caller does with the ones before. */
async function* inAdvance(
  length: number,
  announce: (number: number) => Announcement | undefined,
  assemble: (number: number) => Batch,
): AsyncGenerator<Batch, void, undefined> {
  const announced: (Announcement | undefined)[] = [];
  try {
    for (let number = 0; number < length; number++) {
      while (announced.length < Math.min(number + 1 + AHEAD, length)) announced.push(announce(announced.length));
      await announced[number]?.ready;
      const batch = assemble(number);
      announced[number]?.release();
      yield batch;
    }
  } finally {
    for (const announcement of announced) announcement?.release();
  }
}

function wholeNumber(method: string, count: number): number {
  if (!Number.isInteger(count) || count < 0) {
    throw new CellwrightError("CW_COUNT", `${method} expects a whole number from 0 on; got ${count}`);
  }
  return count;
}
