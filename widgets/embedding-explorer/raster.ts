/**
 * Points to pixels, on the processor alone: each point stamps a small shape, computed once for its size, into an array of 32-bit
 * pixels. That is a few memory writes a point, so that a hundred thousand points move smoothly where there is no graphics processor,
 * and the same code draws the picture that stands where no script runs.
 *
 * Edges are smoothed by coverage: the share of a pixel that lies in the shape, sampled on a grid of 4 x 4.
 */
import type { Camera } from "./camera.ts";

/** Pixels, row after row, each 0xAABBGGRR; around the picture lies a border of `padding`, so that stamps need no clipping. */
export interface Canvas {
  readonly pixels: Uint32Array;
  /** Of the picture, without its border. */
  readonly width: number;
  readonly height: number;
  readonly padding: number;
}

export interface Scene {
  /** x, y of each point; those that are not finite are left out. */
  readonly points: Float32Array;
  /** Of each point the place in `colors` and `shapes`. */
  readonly styles: Uint8Array;
  readonly colors: Uint32Array;
  readonly shapes: Uint8Array;
  /** 1 for a point that is chosen; where it is given, the others are drawn first, in `faded`. */
  readonly chosen?: Uint8Array | undefined;
  readonly faded: number;
  readonly background: number;
  /** Of a point, in pixels. */
  readonly radius: number;
}

export const PADDING = 16;

/** The largest radius that the border has room for. */
export const MAXIMUM_RADIUS = PADDING - 2;

export const shapeNames = ["circle", "square", "triangle", "diamond", "cross"] as const;

/** Draws everything and returns how many points lie in the picture. The camera's scale is in this picture's pixels. */
export function rasterize(canvas: Canvas, scene: Scene, camera: Camera): number {
  canvas.pixels.fill(scene.background);
  const radius = Math.min(Math.max(scene.radius, 0.75), MAXIMUM_RADIUS - 1);
  if (scene.chosen === undefined) return stampAll(canvas, scene, camera, radius, undefined);
  const others = stampAll(canvas, scene, camera, radius, 0);
  return others + stampAll(canvas, scene, camera, radius + 0.5, 1);
}

/** @param which only points whose mark in `chosen` is this one */
function stampAll(canvas: Canvas, scene: Scene, camera: Camera, radius: number, which: 0 | 1 | undefined): number {
  const { points, styles, colors, shapes, chosen, faded } = scene;
  const { pixels, width, height, padding } = canvas;
  const stride = width + 2 * padding;
  const stamps = shapeNames.map((_, shape) => stampOf(shape, radius, stride));
  const { scale } = camera;
  const left = width / 2 - camera.x * scale;
  const top = height / 2 + camera.y * scale;
  let drawn = 0;
  for (let i = 0, count = points.length >> 1; i < count; i++) {
    if (which !== undefined && chosen![i] !== which) continue;
    const x = points[2 * i]! * scale + left;
    const y = top - points[2 * i + 1]! * scale;
    if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
    drawn++;
    const style = styles[i]!;
    const color = which === 0 ? faded : colors[style]!;
    const { solid, edge, coverage } = stamps[shapes[style]!]!;
    const base = ((y | 0) + padding) * stride + (x | 0) + padding;
    for (let at = 0; at < solid.length; at++) pixels[base + solid[at]!] = color;
    for (let at = 0; at < edge.length; at++) {
      const place = base + edge[at]!;
      pixels[place] = mix(pixels[place]!, color, coverage[at]!);
    }
  }
  return drawn;
}

/** Two channels at a time; `share` from 0 to 256. */
function mix(below: number, above: number, share: number): number {
  const rest = 256 - share;
  const redBlue = (((below & 0xff00ff) * rest + (above & 0xff00ff) * share) >>> 8) & 0xff00ff;
  const green = (((below & 0xff00) * rest + (above & 0xff00) * share) >>> 8) & 0xff00;
  return (0xff000000 | redBlue | green) >>> 0;
}

interface Stamp {
  /** Offsets of pixels that lie in the shape, and of those that do in part, with their share of 256. */
  readonly solid: Int32Array;
  readonly edge: Int32Array;
  readonly coverage: Uint16Array;
}

const known = new Map<string, Stamp>();

function stampOf(shape: number, radius: number, stride: number): Stamp {
  const key = `${shape} ${radius.toFixed(2)} ${stride}`;
  let stamp = known.get(key);
  if (stamp === undefined) {
    if (known.size > 500) known.clear(); // a window that is being resized
    stamp = makeStamp(insides[shape]!, radius, stride);
    known.set(key, stamp);
  }
  return stamp;
}

/** Whether a place, in radii from the middle, lies in the shape. The shapes are of about equal area. */
const insides: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y <= 1,
  (x, y) => Math.abs(x) <= 0.87 && Math.abs(y) <= 0.87,
  (x, y) => y <= 0.85 && Math.abs(x) * 1.55 <= y + 1.15,
  (x, y) => Math.abs(x) + Math.abs(y) <= 1.25,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.38 && Math.max(Math.abs(x), Math.abs(y)) <= 1.15,
];

function makeStamp(inside: (x: number, y: number) => boolean, radius: number, stride: number): Stamp {
  const reach = Math.ceil(radius * 1.3);
  const solid: number[] = [];
  const edge: number[] = [];
  const coverage: number[] = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      let hits = 0;
      for (let sample = 0; sample < 16; sample++) {
        const dx = (sample & 3) / 4 - 0.375;
        const dy = (sample >> 2) / 4 - 0.375;
        if (inside((x + dx) / radius, (y + dy) / radius)) hits++;
      }
      if (hits === 16) solid.push(y * stride + x);
      else if (hits > 0) {
        edge.push(y * stride + x);
        coverage.push(16 * hits);
      }
    }
  }
  return { solid: Int32Array.from(solid), edge: Int32Array.from(edge), coverage: Uint16Array.from(coverage) };
}

/** A pixel of red, green and blue from 0 to 255. */
export function pixel([red, green, blue]: readonly number[]): number {
  return (0xff000000 | (blue! << 16) | (green! << 8) | red!) >>> 0;
}

/** A canvas of this size, its border included in the array. */
export function emptyCanvas(width: number, height: number): Canvas {
  const padding = PADDING;
  return { pixels: new Uint32Array((width + 2 * padding) * (height + 2 * padding)), width, height, padding };
}

/** A radius that suits the number of points in view, in pixels of a screen. */
export function radiusFor(count: number): number {
  return Math.max(1.2, Math.min(5, 150 / Math.sqrt(Math.max(count, 1))));
}
