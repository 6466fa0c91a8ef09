/** Images as thumbnails, one below the other in a PNG. One that cannot be read is named, and leaves the others be. */
import type { Dataset } from "../../src/data/index.ts";
import { encodePng, reduce } from "../../src/plot/png.ts";
import type { Atlas, List } from "./state.ts";

const largest = 48; // pixels a side
const savedImages = 200;
const savedValues = 600_000;

/** By how much an image's sides are divided. Sides of very unequal length keep a pixel. */
function divisorOf(height: number, width: number): number {
  return Math.max(1, Math.min(Math.ceil(Math.max(height, width) / largest), height, width));
}

/** Height and width of the thumbnails of images of this shape. */
export function thumbnailSize([height, width]: readonly number[]): [number, number] {
  const divisor = divisorOf(height!, width!);
  return [Math.floor(height! / divisor), Math.floor(width! / divisor)];
}

/** @param read the image at a place: its values, of `imageShape`, and an error where it cannot be read */
export function thumbnails(
  imageShape: Dataset["imageShape"],
  indices: readonly number[],
  read: (index: number) => Float32Array,
): Atlas {
  const [height, width, channels] = imageShape;
  const [tileHeight, tileWidth] = thumbnailSize(imageShape);
  const shown = channels === 3 ? 3 : 1;
  const size = tileHeight * tileWidth * shown;
  const pixels = new Uint8Array(indices.length * size).fill(127);
  const missing: number[] = [];
  for (const [at, index] of indices.entries()) {
    try {
      const values = read(index);
      const full = new Uint8Array(height * width * shown);
      for (let pixel = 0; pixel < height * width; pixel++) {
        for (let channel = 0; channel < shown; channel++) {
          const value = values[pixel * channels + channel]!;
          full[pixel * shown + channel] = Number.isNaN(value) ? 127 : Math.round(255 * Math.min(1, Math.max(0, value)));
        }
      }
      pixels.set(reduce(full, width, height, shown, divisorOf(height, width)), at * size);
    } catch {
      missing.push(index);
    }
  }
  const png =
    indices.length === 0 ? new Uint8Array(0) : encodePng(pixels, tileWidth, tileHeight * indices.length, shown);
  return { indices: [...indices], missing, png };
}

/** The images whose thumbnails go with the state, so that a page without a kernel has them: the first rows of every list. */
export function firstImages(lists: readonly List[], imageShape: Dataset["imageShape"]): number[] {
  const [height, width] = thumbnailSize(imageShape);
  const most = Math.min(savedImages, Math.ceil(savedValues / (height * width * imageShape[2])));
  const each = Math.max(1, Math.floor(most / Math.max(1, lists.length)));
  const indices = lists.flatMap(({ index, other }) => {
    const first = [...index.subarray(0, other.length > 0 ? Math.ceil(each / 2) : each)];
    return [...first, ...other.subarray(0, first.length)];
  });
  return [...new Set(indices)];
}
