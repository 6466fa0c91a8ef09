/**
 * Where the pixels live.
 *
 * One contiguous array holds every image of a data set, row after row, as it came from the file: one byte a value where
 * the source had bytes (MNIST's 70,000 images take 55 MB; as float32 they would take 220), float32 where it had floats.
 * Every view of the data, however it was shuffled, split or taken, is a list of row numbers into the one store, so
 * nothing is copied per epoch. Pictures of a folder may instead be decoded when they are read.
 */

/** The size of an image: height, width, channels. Pixels are stored in that order, channels last. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** A file that could not be read, and why. */
export interface FileProblem {
  readonly file: string;
  readonly reason: string;
}

/** Images that are made when they are read: height · width · channels bytes each. */
export interface PixelSource {
  /** Has images made ready that will be read soon, as far as there is room for them. Each announcement is released once. */
  announce(rows: Uint32Array): Announcement;
  /** Hands over the bytes of each image, which are good during the call; blocks while one is made. */
  read(rows: ArrayLike<number>, take: (bytes: Uint8Array, place: number) => void): void;
}

/** Images that are being made ready. */
export interface Announcement {
  /** When they are, or cannot be: that is told by `read`. */
  readonly ready: Promise<void>;
  /** They have been read, or will not be: others may have their room. */
  release(): void;
}

/**
 * Everything that a data set was loaded from. Internal: built by loaders that have validated it, shared by views, never
 * changed.
 */
export interface ImageStore {
  readonly name: string;
  /** count · height · width · channels values; or where they come from when they are read. */
  readonly pixels: Uint8Array | Float32Array | PixelSource;
  /** What a stored byte is divided by to reach [0, 1]: 255, or 16 for the digits. 1 for float32. */
  readonly divisor: number;
  readonly imageShape: ImageShape;
  /** One class index for each row, -1 where the image has no label. */
  readonly labels: Int32Array;
  /** Where images may be of several classes: a row for each image, 1 for each class that it is of; `labels` then says nothing. */
  readonly targets?: Uint8Array;
  readonly classNames: readonly string[];
  /** The name of a row: unique, and the same in every run, since the split depends on it. */
  readonly id: (row: number) => string;
  readonly problems: readonly FileProblem[];
}

/** The number of values in one image. */
export function valuesPerImage(shape: ImageShape): number {
  return shape[0] * shape[1] * shape[2];
}

/**
 * Copies the images of `rows` into `target`, one after the other, as float32 in [0, 1].
 *
 * A byte becomes a float through a table of 256 entries: the division is done once per possible value, rounded to
 * float32 once.
 */
export function copyImages(store: ImageStore, rows: ArrayLike<number>, target: Float32Array): void {
  const size = valuesPerImage(store.imageShape);
  const { pixels } = store;
  if (pixels instanceof Float32Array) {
    for (let k = 0; k < rows.length; k++) target.set(pixels.subarray(rows[k]! * size, (rows[k]! + 1) * size), k * size);
    return;
  }
  const table = byteTable(store.divisor);
  const copy = (bytes: Uint8Array, place: number) => {
    for (let j = 0, at = place * size; j < size; j++) target[at++] = table[bytes[j]!]!;
  };
  if ("read" in pixels) pixels.read(rows, copy);
  else for (let k = 0; k < rows.length; k++) copy(pixels.subarray(rows[k]! * size, (rows[k]! + 1) * size), k);
}

const tables = new Map<number, Float32Array>();

function byteTable(divisor: number): Float32Array {
  let table = tables.get(divisor);
  if (!table) {
    table = Float32Array.from({ length: 256 }, (_, byte) => byte / divisor);
    tables.set(divisor, table);
  }
  return table;
}
