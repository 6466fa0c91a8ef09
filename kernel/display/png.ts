// Small pictures inside a page of HTML: pixels to PNG at once, on Node's zlib. W3C's Portable Network Graphics: a signature
// and three chunks, each a length, a name, data and a CRC-32; rows unfiltered.

import { crc32, deflateSync } from "node:zlib";

const { Buffer, Math, Uint8Array } = globalThis;

export type Channels = 1 | 2 | 3 | 4;

/** Eight bits a channel, row by row, channels last: grey, grey and alpha, RGB, RGBA. */
export interface Pixels {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const COLOUR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

export function encodePng({ data, width, height, channels }: Pixels): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, COLOUR_TYPES[channels], 0, 0, 0], 8);
  const rowLength = width * channels;
  const rows = Buffer.alloc(height * (rowLength + 1));
  for (let row = 0, from = 0; row < height; row += 1) {
    const to = row * (rowLength + 1) + 1;
    for (let index = 0; index < rowLength; index += 1) rows[to + index] = data[from++]!;
  }
  const end = chunk("IEND", Buffer.alloc(0));
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), end]);
}

function chunk(name: string, data: Buffer): Buffer {
  const result = Buffer.alloc(data.length + 12);
  result.writeUInt32BE(data.length, 0);
  result.write(name, 4, "latin1");
  data.copy(result, 8);
  result.writeUInt32BE(crc32(result.subarray(4, data.length + 8)), data.length + 8);
  return result;
}

/** Every n-th pixel of every n-th row, so that neither side is longer than `side`. */
export function shrink({ data, width, height, channels }: Pixels, side: number): Pixels {
  const step = Math.max(1, Math.ceil(Math.max(width, height) / side));
  if (step === 1) return { data, width, height, channels };
  const narrow = Math.ceil(width / step);
  const low = Math.ceil(height / step);
  const pixels = new Uint8Array(narrow * low * channels);
  for (let y = 0, at = 0; y < low; y += 1) {
    for (let x = 0; x < narrow; x += 1) {
      const from = (y * step * width + x * step) * channels;
      for (let channel = 0; channel < channels; channel += 1) pixels[at++] = data[from + channel]!;
    }
  }
  return { data: pixels, width: narrow, height: low, channels };
}

/** An `img` element that holds its picture; small ones are enlarged with their pixels visible. */
export function imageElement(pixels: Pixels, side: number, title = ""): string {
  const small = shrink(pixels, side);
  const zoom = Math.max(1, Math.floor(side / Math.max(small.width, small.height)));
  const source = `data:image/png;base64,${encodePng(small).toString("base64")}`;
  const size = `width="${small.width * zoom}" height="${small.height * zoom}"`;
  return `<img src="${source}" ${size} alt="${title}" title="${title}" style="image-rendering: pixelated; display: inline-block; margin: 2px">`;
}
