/** Images as thumbnails, one below the other in a PNG. One that cannot be read is named, and leaves the others be. */
import type { Dataset } from "../../src/data/index.ts";
import { tileSheet, tileSizeOf } from "../core/tile-sheet.ts";
import type { Atlas, List } from "./state.ts";

const side = 48; // pixels
const savedImages = 200;
const savedValues = 600_000;

/** Height and width of the thumbnails of images of this shape. */
export const thumbnailSize = (imageShape: Dataset["imageShape"]) => tileSizeOf(imageShape, side);

/** @param read the image at a place: its values, of `imageShape`, and an error where it cannot be read */
export function thumbnails(
  imageShape: Dataset["imageShape"],
  indices: readonly number[],
  read: (index: number) => Float32Array,
): Atlas {
  const { png, missing } = tileSheet(imageShape, indices.length, (at) => read(indices[at]!), { side });
  return { indices: [...indices], missing: missing.map((at) => indices[at]!), png };
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
