/** The points as a PNG, for where no script runs. */
import { encodePng } from "../../src/plot/png.ts";
import { seeAll } from "./camera.ts";
import { type Known, paletteOf } from "./colors.ts";
import { emptyCanvas, PADDING, pixel, radiusFor, rasterize } from "./raster.ts";
import type { Coloring } from "./state.ts";

const size = { width: 640, height: 480 };

/** @param chosen indices; the others are grey where there are some */
export function scatterPng(known: Known, color: Coloring, tag: number, chosen: readonly number[]): Uint8Array {
  const canvas = emptyCanvas(size.width, size.height);
  const mask = new Uint8Array(known.points.length >> 1);
  for (const index of chosen) mask[index] = 1;
  const scene = {
    points: known.points,
    ...paletteOf(known, color, tag),
    chosen: chosen.length > 0 ? mask : undefined,
    faded: pixel([216, 222, 228]),
    background: pixel([255, 255, 255]),
    radius: radiusFor(mask.length),
  };
  rasterize(canvas, scene, seeAll(known.points, size));
  const bytes = new Uint8Array(size.width * size.height * 3);
  for (let y = 0, at = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const value = canvas.pixels[(y + PADDING) * (size.width + 2 * PADDING) + x + PADDING]!;
      bytes[at++] = value & 255;
      bytes[at++] = (value >>> 8) & 255;
      bytes[at++] = (value >>> 16) & 255;
    }
  }
  return encodePng(bytes, size.width, size.height, 3);
}
