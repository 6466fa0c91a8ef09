/**
 * A data set from arrays that the caller already has. This is the edge where anything may come in, so everything is
 * checked here, once.
 */
import { CellwrightError } from "../errors.ts";
import { Dataset } from "./dataset.ts";
import { type ImageShape, valuesPerImage } from "./store.ts";

/** What `fromArrays` makes a data set of. */
export interface ArraysSource {
  /**
   * The pixels, row by row, channels last: one array with all images after one another, or one array an image. Bytes
   * are divided by 255; other numbers are kept as they are and should lie in [0, 1]. A single Uint8Array or
   * Float32Array is not copied: leave it alone afterwards.
   */
  readonly images: Uint8Array | Float32Array | readonly ArrayLike<number>[];
  /**
   * The class of each image, a whole number from 0 on; -1 for an image without a label. Where an image may be of several classes, or of none: a row for each image, 0 or 1 for each class.
   */
  readonly labels: ArrayLike<number> | readonly ArrayLike<number>[];
  /** Height, width, channels. */
  readonly imageShape: ImageShape;
  /** The names of the classes. Default: "0", "1"… up to the largest label, or one for each number of a row. */
  readonly classNames?: readonly string[];
  /**
   * A name for each image, no two alike: the split depends on it. Default: the data set's name and the number of the
   * image, "arrays/0".
   */
  readonly ids?: readonly string[];
  /** What to call the data set. Default: "arrays". */
  readonly name?: string;
}

/**
 * A data set of images in memory.
 *
 * @throws CW_IMAGE_SHAPE for a shape that is none or images of another length, CW_IMAGE_NAN for a value that is NaN or
 * infinite, CW_LABEL_RANGE for a label that is no class, CW_LENGTH_MISMATCH where there is not one label and one id for
 * each image, CW_ID_DUPLICATE
 * @example
 * const images = new Uint8Array(2 * 4);
 * const data = fromArrays({ images, labels: [0, 1], imageShape: [2, 2, 1], classNames: ["cat", "dog"] });
 */
export function fromArrays(source: ArraysSource): Dataset {
  const { imageShape, labels: givenLabels, name = "arrays" } = source;
  const ids = source.ids && [...source.ids];
  checkShape(imageShape);
  const pixels = flatten(source.images, valuesPerImage(imageShape));
  const count = pixels.length / valuesPerImage(imageShape);
  if (pixels instanceof Float32Array) checkFinite(pixels, valuesPerImage(imageShape));
  if (givenLabels.length !== count) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected one label for each of ${count} images; got ${givenLabels.length}`,
    );
  }
  const rows = typeof givenLabels[0] === "object" ? (givenLabels as readonly ArrayLike<number>[]) : undefined;
  const single = rows ? new Int32Array(count).fill(-1) : (givenLabels as ArrayLike<number>);
  const classNames = source.classNames ?? (rows ? Array.from(rows[0]!, (_, k) => String(k)) : numbered(single));
  if (rows) checkRows(rows, classNames.length);
  else checkLabels(single, classNames);
  if (ids) checkIds(ids, count);
  return new Dataset({
    name,
    pixels,
    divisor: pixels instanceof Uint8Array ? 255 : 1,
    imageShape: [...imageShape],
    labels: Int32Array.from(single),
    ...(rows && { targets: Uint8Array.from(rows.flatMap((row) => Array.from(row))) }),
    classNames: [...classNames],
    id: ids ? (row) => ids[row]! : (row) => `${name}/${row}`,
    problems: [],
  });
}

function checkShape(shape: ImageShape): void {
  if (shape.length !== 3 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw new CellwrightError(
      "CW_IMAGE_SHAPE",
      `imageShape must be [height, width, channels], whole numbers from 1 on; got [${shape.join(", ")}]`,
    );
  }
}

function flatten(images: ArraysSource["images"], size: number): Uint8Array | Float32Array {
  if (images instanceof Uint8Array || images instanceof Float32Array) {
    if (images.length % size === 0) return images;
    throw new CellwrightError(
      "CW_IMAGE_SHAPE",
      `images of ${size} values each must come in a multiple of ${size} values; got ${images.length}`,
    );
  }
  const wrong = images.findIndex((image) => image.length !== size);
  if (wrong >= 0) {
    throw new CellwrightError(
      "CW_IMAGE_SHAPE",
      `image ${wrong} must have ${size} values; it has ${images[wrong]!.length}`,
    );
  }
  const bytes = images.length > 0 && images.every((image) => image instanceof Uint8Array);
  const pixels = bytes ? new Uint8Array(images.length * size) : new Float32Array(images.length * size);
  for (const [index, image] of images.entries()) pixels.set(image, index * size);
  return pixels;
}

function checkFinite(pixels: Float32Array, size: number): void {
  const at = pixels.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new CellwrightError(
      "CW_IMAGE_NAN",
      `pixels must be finite numbers; image ${Math.floor(at / size)} holds ${pixels[at]} at its value ${at % size}`,
    );
  }
}

function numbered(labels: ArrayLike<number>): string[] {
  let largest = -1;
  for (let index = 0; index < labels.length; index++) largest = Math.max(largest, labels[index]!);
  // A label that is no index, NaN or 1e9, is left for checkLabels to name.
  return Array.from({ length: Number.isInteger(largest) && largest < 65_536 ? largest + 1 : 0 }, (_, k) => String(k));
}

function checkLabels(labels: ArrayLike<number>, classNames: readonly string[]): void {
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    if (!Number.isInteger(label) || label < -1 || label >= classNames.length) {
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        `labels must be whole numbers from 0 to ${classNames.length - 1}, or -1 for none, as there are ${classNames.length} classes; image ${index} has ${label}`,
      );
    }
  }
}

function checkRows(rows: readonly ArrayLike<number>[], classes: number): void {
  for (const [index, row] of rows.entries()) {
    if (row?.length !== classes) {
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        `labels of several classes are rows of ${classes} numbers, one a class; image ${index} has ${row?.length ?? String(row)}`,
      );
    }
    for (let k = 0; k < classes; k++) {
      if (row[k] !== 0 && row[k] !== 1) {
        throw new CellwrightError(
          "CW_LABEL_RANGE",
          `labels of several classes are 0 or 1; image ${index} has ${row[k]} for class ${k}`,
        );
      }
    }
  }
}

function checkIds(ids: readonly string[], count: number): void {
  if (ids.length !== count) {
    throw new CellwrightError("CW_LENGTH_MISMATCH", `expected one id for each of ${count} images; got ${ids.length}`);
  }
  const seen = new Map<string, number>();
  for (const [index, id] of ids.entries()) {
    const before = seen.get(id);
    if (before !== undefined) {
      throw new CellwrightError(
        "CW_ID_DUPLICATE",
        `no two images may have one id; images ${before} and ${index} are both ${JSON.stringify(id)}`,
      );
    }
    seen.set(id, index);
  }
}
