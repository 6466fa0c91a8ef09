/** The preview where no widget can be: a row of pictures for each transform, from one end of its range to the other, and the same in words. */
import { loadSharp } from "../../src/data/sharp.ts";
import { encodePng, enlarge } from "../../src/plot/png.ts";
import type { MimeBundle } from "../core/widget.ts";

/** Pixels a side that a tile has at least, and between two of them. */
const side = 40;
const gap = 2;

export interface Strips {
  readonly title: string;
  readonly transforms: readonly { readonly name: string }[];
  readonly values: readonly (readonly number[])[];
  readonly tileSize: readonly [height: number, width: number];
  /** The tiles of all strips, one below the other. */
  readonly png: Uint8Array;
}

export async function stripsFallback({ title, transforms, values, tileSize, png }: Strips): Promise<MimeBundle> {
  const rows = transforms.map(
    ({ name }, at) => `${name} ${values[at]!.map((value) => Number(value.toPrecision(3))).join(", ")}`,
  );
  const text = [`augmentation preview of ${title}: ${transforms.length} transforms`, ...rows].join("\n");
  if (png.length === 0) return { "text/plain": text };
  const [height, width] = tileSize;
  const sharp = await loadSharp();
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const channels = info.channels === 1 ? 1 : 3;
  const factor = Math.max(1, Math.ceil(side / Math.max(height, width)));
  const [tall, wide] = [height * factor + gap, width * factor + gap];
  const across = wide * Math.max(...values.map(({ length }) => length));
  const sheet = new Uint8Array(tall * values.length * across * channels).fill(255);
  const size = height * width * channels;
  let tile = 0;
  for (const [row, own] of values.entries()) {
    for (const column of own.keys()) {
      const pixels = enlarge(data.subarray(tile * size, (tile + 1) * size), width, height, channels, factor);
      tile++;
      for (let y = 0; y < height * factor; y++) {
        const line = pixels.subarray(y * width * factor * channels, (y + 1) * width * factor * channels);
        sheet.set(line, ((row * tall + y) * across + column * wide) * channels);
      }
    }
  }
  const image = encodePng(sheet, across, tall * values.length, channels);
  return { "image/png": Buffer.from(image).toString("base64"), "text/plain": text };
}
