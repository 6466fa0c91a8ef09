/**
 * One image file to pixels.
 *
 * A folder of pictures from anywhere holds files that are cut short, empty, named .png and something else, or made to
 * unpack into gigabytes. So: the first bytes must be those of PNG or JPEG (no other decoder is ever reached), the
 * header's pixel count is checked before pixels are decoded, and a picture that decodes only in part counts as
 * unreadable.
 */
import { open } from "node:fs/promises";
import type { FitEnum } from "sharp";
import { loadSharp } from "./sharp.ts";

/** How an image file is decoded. */
export interface DecodeOptions {
  /** [height, width] to resize to; undefined leaves the size as it is. */
  readonly size: readonly [number, number] | undefined;
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  readonly fit: keyof Pick<FitEnum, "fill" | "cover" | "contain">;
  /** The largest number of pixels that a file may decode to. */
  readonly maxPixels: number;
  /** The largest size of a file, bytes. */
  readonly maxFileBytes: number;
}

/** A decoded image: bytes, row by row, channels last. */
export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/** The first bytes of a file, which tell its format. */
const SIGNATURE = 8;

/** Why a file is no image that we read. Its message is the reason alone. */
export class UnreadableImage extends Error {
  override readonly name = "UnreadableImage";
}

/**
 * Reads a PNG or JPEG file. Orientation written by a camera is applied, transparency is dropped (the colour under it
 * stays), 16 bits become 8.
 *
 * @throws UnreadableImage
 */
export async function decodeImage(path: string, options: DecodeOptions): Promise<DecodedImage> {
  const { bytes } = await readFrom(path, options.maxFileBytes);
  const format = formatOf(bytes);
  if (bytes.length === 0) throw new UnreadableImage("the file is empty");
  if (!format) throw new UnreadableImage("it is neither PNG nor JPEG: its first bytes are those of something else");
  const sharp = await loadSharp();
  try {
    let image = sharp(bytes, { limitInputPixels: options.maxPixels, failOn: "error", sequentialRead: true })
      .autoOrient()
      .removeAlpha()
      .toColourspace(options.channels === 1 ? "b-w" : "srgb");
    if (options.size) {
      const [height, width] = options.size;
      image = image.resize({ width, height, fit: options.fit });
    }
    const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    if (info.channels !== options.channels) {
      throw new UnreadableImage(`it decodes to ${info.channels} channels where ${options.channels} are expected`);
    }
    return { height: info.height, width: info.width, pixels: data };
  } catch (error) {
    if (error instanceof UnreadableImage) throw error;
    throw new UnreadableImage(reasonOf(error as Error, format, options), { cause: error });
  }
}

/**
 * Reads no more of a PNG or JPEG file than says what size it decodes to, and that it may be decoded at all. What is damaged behind its header does not show.
 *
 * @throws UnreadableImage
 */
export async function inspectImage(path: string, options: DecodeOptions): Promise<{ height: number; width: number }> {
  const { bytes, size } = await readFrom(path, options.maxFileBytes, SIGNATURE);
  const format = formatOf(bytes);
  if (size === 0) throw new UnreadableImage("the file is empty");
  if (!format) throw new UnreadableImage("it is neither PNG nor JPEG: its first bytes are those of something else");
  const sharp = await loadSharp();
  try {
    const { width, height, autoOrient } = await sharp(path, { limitInputPixels: false, failOn: "error" }).metadata();
    if (width * height > options.maxPixels) throw new Error("pixel limit");
    if (options.size) return { height: options.size[0], width: options.size[1] };
    return { height: autoOrient.height, width: autoOrient.width };
  } catch (error) {
    throw new UnreadableImage(reasonOf(error as Error, format, options), { cause: error });
  }
}

/** The whole file, or its first bytes; and its size. */
async function readFrom(
  path: string,
  maxBytes: number,
  first?: number,
): Promise<{ readonly bytes: Uint8Array; readonly size: number }> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw new UnreadableImage(`the file has ${size} bytes, more than the ${maxBytes} allowed`);
      if (first === undefined) return { bytes: await file.readFile(), size };
      const { buffer, bytesRead } = await file.read(new Uint8Array(first), 0, first, 0);
      return { bytes: buffer.subarray(0, bytesRead), size };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UnreadableImage) throw error;
    throw new UnreadableImage(`the file cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function formatOf(bytes: Uint8Array): "PNG" | "JPEG" | undefined {
  const begins = (...expected: number[]) => expected.every((byte, index) => bytes[index] === byte);
  if (begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "PNG";
  if (begins(0xff, 0xd8, 0xff)) return "JPEG";
  return undefined;
}

/** libvips reports every line of its log; the first says it. */
function reasonOf(error: Error, format: string, options: DecodeOptions): string {
  if (/pixel limit/.test(error.message)) return `its header asks for more than the ${options.maxPixels} pixels allowed`;
  const first = error.message.split("\n").find((line) => line.trim() !== "") ?? "unknown error";
  return `the ${format} is damaged: ${first.trim()}`;
}
