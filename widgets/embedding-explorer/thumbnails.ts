/**
 * Small images of points. Sheets of up to 1,024 tiles, each a PNG: as many as a message carries with ease travel with the state, so
 * that a page without a kernel has them; of a larger data set these are evenly chosen, and the others come when they are in view.
 */
import type { Dataset } from "../../src/data/index.ts";
import { tileSheet, tileSizeOf } from "../core/tile-sheet.ts";
import type { Sheet } from "./state.ts";

const side = 32; // pixels
const mostTiles = 1024;
/** Pixels, before compression, that travel with the state. */
const budget = 4_000_000;

/** Height and width of a tile. */
export const thumbnailSize = ({ imageShape }: Dataset) => tileSizeOf(imageShape, side);

/** The sheets that travel with the state. */
export function firstSheets(data: Dataset): Sheet[] {
  const [height, width] = thumbnailSize(data);
  const channels = data.imageShape[2] === 3 ? 3 : 1;
  const most = Math.max(1, Math.floor(budget / (height * width * channels)));
  const count = Math.min(data.size, most);
  const indices = Int32Array.from({ length: count }, (_, at) => Math.floor((at * data.size) / count));
  const sheets: Sheet[] = [];
  for (let at = 0; at < count; at += mostTiles) sheets.push(thumbnails(data, indices.subarray(at, at + mostTiles)));
  return sheets;
}

/** One sheet of these images, at most 1,024. */
export function thumbnails(data: Dataset, wanted: ArrayLike<number>): Sheet {
  const indices = Int32Array.from(Array.from(wanted).slice(0, mostTiles));
  const columns = Math.max(1, Math.min(indices.length, Math.floor(1024 / thumbnailSize(data)[1])));
  const { png } = tileSheet(data.imageShape, indices.length, (at) => data.image(indices[at]!), { side, columns });
  return { indices, columns, png };
}
