/**
 * Images of a data set as small pictures, all in one PNG: what widgets send to the page, and draw tiles from.
 *
 * Values are from 0 to 1. A value that is no number is grey, an image that cannot be read is crossed out; the others are drawn all the same.
 */
import { encodePng, reduce } from "../../src/plot/png.ts";

/** Height, width, channels; three channels are red, green and blue, of any other number the first is shown. */
type Shape = readonly [height: number, width: number, channels: number];

export interface TileSheetOptions {
  /** The longest side of a tile, in pixels, at most: images are divided by a whole number. */
  readonly side: number;
  /** Tiles beside each other. Default: 1, one below the other. */
  readonly columns?: number;
}

export interface TileSheet {
  /** Empty where there are no tiles. */
  readonly png: Uint8Array;
  /** The places of images that could not be read. */
  readonly missing: number[];
}

const grey = 127;
const dark = 88;

/** By how much an image's sides are divided. Sides of very unequal length keep a pixel. */
function divisorOf([height, width]: Shape, side: number): number {
  return Math.max(1, Math.min(Math.ceil(Math.max(height, width) / side), height, width));
}

/** Height and width of the tiles of images of this shape. */
export function tileSizeOf(shape: Shape, side: number): [height: number, width: number] {
  const divisor = divisorOf(shape, side);
  return [Math.floor(shape[0] / divisor), Math.floor(shape[1] / divisor)];
}

/**
 * @param count how many images
 * @param read the values of the image at a place, [height, width, channels]; an error where it cannot be read
 */
export function tileSheet(
  shape: Shape,
  count: number,
  read: (place: number) => ArrayLike<number>,
  { side, columns = 1 }: TileSheetOptions,
): TileSheet {
  if (count === 0) return { png: new Uint8Array(0), missing: [] };
  const [height, width, channels] = shape;
  const [tall, wide] = tileSizeOf(shape, side);
  const divisor = divisorOf(shape, side);
  const shown = channels === 3 ? 3 : 1;
  const stride = columns * wide * shown;
  const sheet = new Uint8Array(Math.ceil(count / columns) * tall * stride);
  const full = new Uint8Array(height * width * shown);
  const missing: number[] = [];
  for (let place = 0; place < count; place++) {
    let tile: Uint8Array;
    try {
      const values = read(place);
      for (let at = 0; at < height * width; at++) {
        for (let channel = 0; channel < shown; channel++)
          full[at * shown + channel] = byteOf(values[at * channels + channel]!);
      }
      tile = divisor === 1 ? full : reduce(full, width, height, shown, divisor);
    } catch {
      missing.push(place);
      tile = crossedOut(tall, wide, shown);
    }
    const corner = Math.floor(place / columns) * tall * stride + (place % columns) * wide * shown;
    for (let row = 0; row < tall; row++) {
      sheet.set(tile.subarray(row * wide * shown, (row + 1) * wide * shown), corner + row * stride);
    }
  }
  return { png: encodePng(sheet, columns * wide, sheet.length / stride, shown), missing };
}

const byteOf = (value: number) => (Number.isNaN(value) ? grey : Math.round(255 * Math.min(1, Math.max(0, value))));

function crossedOut(height: number, width: number, channels: number): Uint8Array {
  const tile = new Uint8Array(height * width * channels).fill(grey);
  for (let row = 0; row < height; row++) {
    const x = Math.round((row * (width - 1)) / Math.max(1, height - 1));
    for (const column of [x, width - 1 - x])
      tile.fill(dark, (row * width + column) * channels, (row * width + column + 1) * channels);
  }
  return tile;
}
