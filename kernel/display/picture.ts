// Pictures: pixels with a width and a height (the browser's ImageData, what pngjs, jpeg-js and sharp's raw output give), and
// a `sharp` pipeline, which draws itself.

import { types } from "node:util";
import type { MimeBundle } from "./bundle.ts";
import { className, hasMethod, own } from "./look.ts";
import { type Channels, encodePng, shrink } from "./png.ts";

const { Number } = globalThis;

const LONGEST_SIDE = 1024;
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
