/**
 * The inner loops as vector instructions: a small module of WebAssembly with a memory of its own, into which an image is copied, changed
 * as often as its program says, and copied out. For the price of two copies the loops serve every back end alike, and the image
 * stays in the cache. Their source is scripts/wasm/augment.ts.
 */
import { CellwrightError } from "../../errors.ts";
import type { Frame } from "../definition.ts";
import { MODULE } from "./module.ts";

type Pointer = number;

/** See scripts/wasm/augment.ts. Pointers are byte offsets: an array's `byteOffset`. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  linear(
    from: Pointer,
    to: Pointer,
    count: number,
    ...scalesAndShifts: [s0: number, s1: number, s2: number, o0: number, o1: number, o2: number]
  ): void;
  color(from: Pointer, to: Pointer, pixels: number, factor: number, red: number, green: number, blue: number): void;
  hue(from: Pointer, to: Pointer, pixels: number, turn: number): void;
  solarize(from: Pointer, to: Pointer, count: number, edge: number): void;
  posterize(from: Pointer, to: Pointer, count: number, mask: number): void;
  extent(from: Pointer, count: number, out: Pointer): void;
  sums(from: Pointer, pixels: number, out: Pointer): void;
  levels(from: Pointer, to: Pointer, count: number): void;
  histogram(from: Pointer, pixels: number, channels: number, counts: Pointer): void;
  lookup(
    from: Pointer,
    levels: Pointer,
    to: Pointer,
    pixels: number,
    channels: number,
    tables: Pointer,
    rest: number,
  ): void;
  box(from: Pointer, to: Pointer, count: number, stride: number, whole: number, weight: number, edge: number): void;
  sharpenLine(
    from: Pointer,
    to: Pointer,
    count: number,
    line: number,
    pixel: number,
    own: number,
    around: number,
  ): void;
  bilinear3(
    from: Pointer,
    to: Pointer,
    width: number,
    start: number,
    end: number,
    x0: number,
    y0: number,
    a: number,
    d: number,
  ): void;
  bilinear1: Kernels["bilinear3"];
  nearest3(
    from: Pointer,
    to: Pointer,
    width: number,
    height: number,
    start: number,
    end: number,
    x0: number,
    y0: number,
    a: number,
    d: number,
  ): void;
}

/** The module's memory as it is cut up for images of one size. */
export interface Arena {
  /** Two images. Between them and behind them there is room for the vectors' overhang. */
  readonly one: Float32Array;
  readonly two: Float32Array;
  /** A few numbers that a kernel returns. */
  readonly results: DataView;
  /** `LEVELS` whole numbers and as many float32 numbers a channel. */
  readonly counts: Uint32Array;
  readonly tables: Float32Array;
  /** An image with a margin of `MARGIN` pixels on all sides. */
  readonly wide: Float32Array;
  /** Where there is one byte for each of an image's numbers. */
  readonly levels: Pointer;
}

export const LEVELS = 256;
/** More than a blur's box reaches. */
export const MARGIN = 6;
/** The first bytes belong to the module. */
const BASE = 4096;
const RESULTS = 64;
const OVERHANG = 64;
const PAGE = 65536;

export const kernels: Kernels = new WebAssembly.Instance(
  new WebAssembly.Module(Uint8Array.from(atob(MODULE), (byte) => byte.charCodeAt(0))),
).exports as unknown as Kernels;

let current: { readonly arena: Arena; readonly frame: Frame; readonly buffer: ArrayBuffer } | undefined;

/** Room for images of this size. What an earlier call returned for another size is no longer good. */
export function arena(frame: Frame): Arena {
  const { height, width, channels } = frame;
  const buffer = kernels.memory.buffer;
  if (current?.buffer === buffer) {
    const { frame: before } = current;
    if (before.height === height && before.width === width && before.channels === channels) return current.arena;
  }
  const size = height * width * channels;
  const wideSize = (height + 2 * MARGIN) * (width + 2 * MARGIN) * channels;
  const counts = BASE + RESULTS;
  const tables = counts + channels * LEVELS * 4;
  const levels = tables + channels * LEVELS * 4;
  const one = aligned(levels + size + OVERHANG);
  const two = aligned(one + size * 4 + OVERHANG);
  const wide = aligned(two + size * 4 + OVERHANG);
  const missing = wide + wideSize * 4 + OVERHANG - buffer.byteLength;
  if (missing > 0) grow(missing, frame);
  const memory = kernels.memory.buffer;
  const made: Arena = {
    results: new DataView(memory, BASE, RESULTS),
    counts: new Uint32Array(memory, counts, channels * LEVELS),
    tables: new Float32Array(memory, tables, channels * LEVELS),
    levels,
    one: new Float32Array(memory, one, size),
    two: new Float32Array(memory, two, size),
    wide: new Float32Array(memory, wide, wideSize),
  };
  current = { arena: made, frame, buffer: memory };
  return made;
}

/** @throws CW_AUGMENT_MEMORY */
function grow(bytes: number, { height, width, channels }: Frame): void {
  try {
    kernels.memory.grow(Math.ceil(bytes / PAGE));
  } catch (error) {
    throw new CellwrightError(
      "CW_AUGMENT_MEMORY",
      `no memory for ${Math.round(bytes / 2 ** 20)} MB more to change images of ${height} x ${width} x ${channels}: make the images smaller, or pass engine: "device"`,
      { cause: error },
    );
  }
}

function aligned(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}
