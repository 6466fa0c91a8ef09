/** The samples that decided, as one PNG: pictures in rows, each at most 48 pixels a side. */
import type { Dataset } from "../../src/data/index.ts";
import { encodePng, reduce } from "../../src/plot/png.ts";
import type { StudyState } from "./state.ts";

const largest = 48;
const columns = 16;
/** So many pictures travel at most; samples beyond them are shown by name. */
export const mostPictures = 256;

/** Pictures of samples by their places in the data; what cannot be read is grey. */
export function sheetOf(
  data: Dataset,
  indices: readonly number[],
): { readonly pictures: StudyState["pictures"]; readonly png: Uint8Array } {
  const [height, width, channels] = data.imageShape;
  const divisor = Math.max(1, Math.ceil(Math.max(height, width) / largest));
  const [tall, wide] = [Math.floor(height / divisor), Math.floor(width / divisor)];
  const pictures = { indices: [...indices], size: [tall, wide] as [number, number], columns };
  if (indices.length === 0) return { pictures, png: new Uint8Array(0) };
  const shown = channels === 3 ? 3 : 1;
  const stride = columns * wide * shown;
  const sheet = new Uint8Array(Math.ceil(indices.length / columns) * tall * stride);
  for (const [at, index] of indices.entries()) {
    const picture = reduce(bytesOf(data, index, shown), width, height, shown, divisor);
    const corner = Math.floor(at / columns) * tall * stride + (at % columns) * wide * shown;
    for (let row = 0; row < tall; row++) {
      sheet.set(picture.subarray(row * wide * shown, (row + 1) * wide * shown), corner + row * stride);
    }
  }
  return { pictures, png: encodePng(sheet, columns * wide, sheet.length / stride, shown) };
}

function bytesOf(data: Dataset, index: number, shown: number): Uint8Array {
  const [height, width, channels] = data.imageShape;
  const pixels = new Uint8Array(height * width * shown).fill(127);
  let values: Float32Array;
  try {
    values = data.image(index);
  } catch {
    return pixels;
  }
  for (let at = 0; at < height * width; at++) {
    for (let channel = 0; channel < shown; channel++) {
      const value = values[at * channels + channel]!;
      if (Number.isFinite(value)) pixels[at * shown + channel] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return pixels;
}
