/**
 * Small images of points. Sheets of up to 1,024 tiles, each a PNG: as many as a message carries with ease travel with the state, so
 * that a page without a kernel has them; of a larger data set these are evenly chosen, and the others come when they are in view.
 */
import type { Dataset } from "../../src/data/index.ts";
import { encodePng, reduce } from "../../src/plot/png.ts";
import type { Sheet } from "./state.ts";

const SIDE = 32; // pixels, at most
const TILES = 1024;
/** Pixels, before compression, that travel with the state. */
const BUDGET = 4_000_000;

/** Height and width of a tile. */
export function tileSizeOf(data: Dataset): [number, number] {
  const [height, width] = data.imageShape;
  const divisor = divisorOf(data);
  return [Math.max(1, Math.floor(height / divisor)), Math.max(1, Math.floor(width / divisor))];
}

const divisorOf = ({ imageShape: [height, width] }: Dataset) => Math.max(1, Math.ceil(Math.max(height, width) / SIDE));

/** The sheets that travel with the state. */
export function firstSheets(data: Dataset): Sheet[] {
  const [height, width] = tileSizeOf(data);
  const channels = data.imageShape[2] === 3 ? 3 : 1;
  const most = Math.max(1, Math.floor(BUDGET / (height * width * channels)));
  const count = Math.min(data.size, most);
  const indices = Int32Array.from({ length: count }, (_, at) => Math.floor((at * data.size) / count));
  const sheets: Sheet[] = [];
  for (let at = 0; at < count; at += TILES) sheets.push(sheetOf(data, indices.subarray(at, at + TILES)));
  return sheets;
}

/** One sheet of these images, at most 1,024. */
export function sheetOf(data: Dataset, wanted: ArrayLike<number>): Sheet {
  const indices = Int32Array.from(Array.from(wanted).slice(0, TILES));
  const [height, width] = tileSizeOf(data);
  const [fullHeight, fullWidth, channels] = data.imageShape;
  const shown = channels === 3 ? 3 : 1;
  const columns = Math.max(1, Math.min(indices.length, Math.floor(1024 / width)));
  const rows = Math.ceil(indices.length / columns);
  if (indices.length === 0) return { indices, columns, png: new Uint8Array(0) };
  const pixels = new Uint8Array(rows * height * columns * width * shown);
  const images = data.images(indices);
  const divisor = divisorOf(data);
  const full = new Uint8Array(fullHeight * fullWidth * shown);
  for (let n = 0; n < indices.length; n++) {
    for (let at = 0; at < fullHeight * fullWidth; at++) {
      for (let channel = 0; channel < shown; channel++) {
        const value = images[(n * fullHeight * fullWidth + at) * channels + channel]!;
        full[at * shown + channel] = Number.isFinite(value) ? 255 * Math.min(1, Math.max(0, value)) : 127;
      }
    }
    const tile = divisor === 1 ? full : reduce(full, fullWidth, fullHeight, shown, divisor);
    const left = (n % columns) * width;
    const top = Math.floor(n / columns) * height;
    for (let y = 0; y < height; y++) {
      const row = tile.subarray(y * width * shown, (y + 1) * width * shown);
      pixels.set(row, ((top + y) * columns * width + left) * shown);
    }
  }
  return { indices, columns, png: encodePng(pixels, columns * width, rows * height, shown) };
}
