// The bytes of a picture's file, known by their beginning.

import type { MimeBundle } from "./bundle.ts";

const { Buffer } = globalThis;

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
