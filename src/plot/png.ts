/**
 * Pixels to PNG at once, on Node's own zlib: for the small pictures that a page of HTML carries inside itself, where a
 * promise for each would be in the way.
 *
 * The format is W3C's Portable Network Graphics: a signature and three chunks, each a length, a name, data and its
 * CRC-32. Rows are unfiltered; the pictures are small and mostly flat.
 */
import { crc32, deflateSync } from "node:zlib";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * Encodes bytes, row by row, channels last.
 *
 * @param channels 1 for grey, 3 for red, green, blue
 */
export function encodePng(pixels: Uint8Array, width: number, height: number, channels: 1 | 3): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  const rowLength = width * channels;
  const rows = new Uint8Array(height * (rowLength + 1));
  for (let row = 0; row < height; row++) {
    rows.set(pixels.subarray(row * rowLength, (row + 1) * rowLength), row * (rowLength + 1) + 1);
  }
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const result = Buffer.alloc(data.length + 12);
  result.writeUInt32BE(data.length, 0);
  result.write(name, 4, "latin1");
  result.set(data, 8);
  result.writeUInt32BE(crc32(result.subarray(4, data.length + 8)), data.length + 8);
  return result;
}

/** Each pixel as a square of `factor` x `factor`: enlarged without a blur, whatever the viewer does. */
export function enlarge(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: number,
  factor: number,
): Uint8Array {
  const wide = width * factor;
  const result = new Uint8Array(wide * height * factor * channels);
  for (let y = 0, at = 0; y < height * factor; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < wide; x++) {
      const from = (row + Math.floor(x / factor)) * channels;
      for (let channel = 0; channel < channels; channel++) result[at++] = pixels[from + channel]!;
    }
  }
  return result;
}

/** Blocks of `factor` x `factor` pixels averaged into one; what is left over at the right and below is cut off. */
export function reduce(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: number,
  factor: number,
): Uint8Array {
  const narrow = Math.floor(width / factor);
  const low = Math.floor(height / factor);
  const result = new Uint8Array(narrow * low * channels);
  for (let y = 0, at = 0; y < low; y++) {
    for (let x = 0; x < narrow; x++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let dy = 0; dy < factor; dy++) {
          for (let dx = 0; dx < factor; dx++) {
            sum += pixels[((y * factor + dy) * width + x * factor + dx) * channels + channel]!;
          }
        }
        result[at++] = Math.round(sum / (factor * factor));
      }
    }
  }
  return result;
}
