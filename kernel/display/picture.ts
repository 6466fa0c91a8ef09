// Pictures: pixels with a width and a height (the browser's ImageData, what pngjs, jpeg-js and sharp's raw output give), the
// bytes of a picture's file, and a `sharp` pipeline, which draws itself.

import { types } from "node:util";
import { className, hasMethod, own } from "./look.ts";
import type { MimeBundle } from "./mime.ts";
import { type Channels, encodePng, shrink } from "./png.ts";

const { Buffer, Number } = globalThis;

const LONGEST_SIDE = 1024;
const SIGNATURES: readonly (readonly [type: string, start: readonly number[], at: number])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 0],
  ["image/jpeg", [0xff, 0xd8, 0xff], 0],
  ["image/gif", [0x47, 0x49, 0x46, 0x38], 0],
  ["image/webp", [0x57, 0x45, 0x42, 0x50], 8],
];

/** The MIME type of the bytes of a PNG, JPEG, GIF or WebP file. */
export function imageType(bytes: Uint8Array): string | undefined {
  return SIGNATURES.find(([, start, at]) => start.every((byte, index) => bytes[at + index] === byte))?.[0];
}

export function fileBundle(bytes: Uint8Array): MimeBundle | undefined {
  const type = imageType(bytes);
  if (type === undefined) return undefined;
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return { [type]: base64, "text/plain": `${type}, ${bytes.byteLength} bytes` };
}

/** `{ data, width, height }`, or sharp's `{ data, info: { width, height, channels } }`. */
export function pixelsBundle(value: object): MimeBundle | undefined {
  const data = valueOf(value, "data");
  if (!types.isUint8Array(data) && !types.isUint8ClampedArray(data)) return undefined;
  const info = own(value, "info");
  const holder = typeof info === "object" && info !== null ? info : value;
  const [width, height] = [valueOf(holder, "width"), valueOf(holder, "height")];
  if (!isSide(width) || !isSide(height)) return undefined;
  const channels = data.length / (width * height);
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) return undefined;
  const small = shrink({ data, width, height, channels: channels as Channels }, LONGEST_SIDE);
  const scaled = small.width === width ? "" : `, shown as ${small.width} × ${small.height}`;
  return {
    "image/png": encodePng(small).toString("base64"),
    "text/plain": `picture ${width} × ${height}, ${channels} channel${channels === 1 ? "" : "s"}${scaled}`,
  };
}

/** ImageData has getters in its class; everybody else has plain properties. */
function valueOf(value: object, name: string): unknown {
  return className(value) === "ImageData" ? (value as Record<string, unknown>)[name] : own(value, name);
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

interface SharpLike {
  clone(): SharpLike;
  resize(options: object): SharpLike;
  png(): SharpLike;
  toBuffer(options: object): Promise<{ data: Buffer; info: { width: number; height: number } }>;
}

export function isSharp(value: object): value is SharpLike {
  return className(value) === "Sharp" && ["clone", "resize", "png", "toBuffer"].every((name) => hasMethod(value, name));
}

export async function sharpBundle(image: SharpLike): Promise<MimeBundle> {
  const size = { width: LONGEST_SIDE, height: LONGEST_SIDE, fit: "inside", withoutEnlargement: true };
  const { data, info } = await image.clone().resize(size).png().toBuffer({ resolveWithObject: true });
  return { "image/png": data.toString("base64"), "text/plain": `picture ${info.width} × ${info.height}` };
}
