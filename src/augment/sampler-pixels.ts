/**
 * The affine sampler as a loop over one image: for each pixel of the result, where it comes from and what is there.
 *
 * The rules are Pillow's: a pixel whose centre comes from outside the image takes the fill; one from within half a pixel of the edge
 * takes the edge's colour. Each row of the result comes from a straight line through the image, so the columns that fall inside
 * are one interval: it is found once a row, and the loop over it asks nothing about edges.
 */
import type { Frame, Settings } from "./definition.ts";
import { fixedPoint, type Matrix } from "./matrix.ts";
import { kernels } from "./simd/kernels.ts";

/** Far more than rounding can move a coordinate, and far less than one can see. */
const SLACK = 1e-6;

export function samplePixels(
  from: Float32Array,
  to: Float32Array,
  { height, width, channels }: Frame,
  matrix: Matrix,
  { interpolation, fill }: Settings,
): void {
  const [a, b, c, d, e, f] = interpolation === "nearest" ? fixedPoint(matrix) : matrix;
  const inside = new Interval();
  const safe = new Interval();
  for (let y = 0; y < height; y++) {
    // In Pillow's order of additions, which decides about pixels that come from the very edge.
    inside.reset(width);
    inside.narrow(a, b * (y + 0.5), c, 0, width);
    inside.narrow(d, e * (y + 0.5), f, 0, height);
    const x0 = a / 2 + b * (y + 0.5) + c;
    const y0 = d / 2 + e * (y + 0.5) + f;
    const row = y * width * channels;
    fillPixels(to, row, row + inside.start * channels, fill);
    const line = to.byteOffset + row * 4;
    if (interpolation === "nearest") {
      if (channels === 3) {
        kernels.nearest3(from.byteOffset, line, width, height, inside.start, inside.end, x0, y0, a, d);
      } else nearestRow(from, to, width, channels, row, inside.start, inside.end, x0, y0, a, d);
      // After the pixels, whose vectors hang over into it.
      fillPixels(to, row + inside.end * channels, row + width * channels, fill);
      continue;
    }
    safe.reset(width);
    safe.narrow(a, b * (y + 0.5), c, 0.5 + SLACK, width - 0.5 - SLACK);
    safe.narrow(d, e * (y + 0.5), f, 0.5 + SLACK, height - 0.5 - SLACK);
    const start = Math.min(Math.max(safe.start, inside.start), inside.end);
    const end = Math.max(start, Math.min(safe.end, inside.end));
    edgeRow(from, to, height, width, channels, row, inside.start, start, x0, y0, a, d);
    if (channels === 3) kernels.bilinear3(from.byteOffset, line, width, start, end, x0 - 0.5, y0 - 0.5, a, d);
    else if (channels === 1) kernels.bilinear1(from.byteOffset, line, width, start, end, x0 - 0.5, y0 - 0.5, a, d);
    else bilinearRow(from, to, width, channels, row, start, end, x0 - 0.5, y0 - 0.5, a, d);
    edgeRow(from, to, height, width, channels, row, end, inside.end, x0, y0, a, d);
    fillPixels(to, row + inside.end * channels, row + width * channels, fill);
  }
}

/** The columns, from `start` up to but not including `end`, for which all of some linear inequalities hold. */
class Interval {
  start = 0;
  end = 0;

  reset(width: number): void {
    this.start = 0;
    this.end = width;
  }

  /** Keep the columns k with low <= step (k + 1/2) + across + offset < high, as floating-point arithmetic has it. */
  narrow(step: number, across: number, offset: number, low: number, high: number): void {
    const holds = (k: number): boolean => {
      const at = step * (k + 0.5) + across + offset;
      return at >= low && at < high;
    };
    const origin = step / 2 + across + offset;
    let { start, end } = this;
    if (step !== 0) {
      const first = ((step > 0 ? low : high) - origin) / step;
      const last = ((step > 0 ? high : low) - origin) / step;
      // Two columns of slack for rounding, taken back one by one.
      start = Math.max(start, Math.min(end, Math.floor(first) - 1));
      end = Math.min(end, Math.max(start, Math.ceil(last) + 2));
    }
    while (start < end && !holds(start)) start++;
    while (end > start && !holds(end - 1)) end--;
    this.start = start;
    this.end = end;
  }
}

function fillPixels(to: Float32Array, start: number, end: number, fill: Float32Array): void {
  for (let at = start; at < end; ) for (let k = 0; k < fill.length; k++) to[at++] = fill[k]!;
}

function nearestRow(
  from: Float32Array,
  to: Float32Array,
  width: number,
  channels: number,
  row: number,
  start: number,
  end: number,
  x0: number,
  y0: number,
  a: number,
  d: number,
): void {
  const last = from.length / (width * channels) - 1;
  let at = row + start * channels;
  for (let x = start; x < end; x++) {
    const p = (Math.min(last, (y0 + x * d) | 0) * width + Math.min(width - 1, (x0 + x * a) | 0)) * channels;
    for (let k = 0; k < channels; k++) to[at++] = from[p + k]!;
  }
}

/** Any number of channels, all four neighbours inside. */
function bilinearRow(
  from: Float32Array,
  to: Float32Array,
  width: number,
  channels: number,
  row: number,
  start: number,
  end: number,
  x0: number,
  y0: number,
  a: number,
  d: number,
): void {
  const below = width * channels;
  let at = row + start * channels;
  for (let x = start; x < end; x++) {
    const u = x0 + x * a;
    const v = y0 + x * d;
    const column = u | 0;
    const line = v | 0;
    const right = u - column;
    const down = v - line;
    let p = (line * width + column) * channels;
    for (let k = 0; k < channels; k++, p++) {
      const top = from[p]! + right * (from[p + channels]! - from[p]!);
      const bottom = from[p + below]! + right * (from[p + below + channels]! - from[p + below]!);
      to[at++] = top + down * (bottom - top);
    }
  }
}

/** Where a neighbour may lie beyond the edge: the edge's colour stands in for it. */
function edgeRow(
  from: Float32Array,
  to: Float32Array,
  height: number,
  width: number,
  channels: number,
  row: number,
  start: number,
  end: number,
  x0: number,
  y0: number,
  a: number,
  d: number,
): void {
  let at = row + start * channels;
  for (let x = start; x < end; x++) {
    const u = x0 + x * a - 0.5;
    const v = y0 + x * d - 0.5;
    const column = Math.floor(u);
    const line = Math.floor(v);
    const right = u - column;
    const down = v - line;
    const left = Math.max(0, column);
    const next = Math.min(width - 1, column + 1);
    const upper = Math.max(0, line) * width;
    const lower = Math.min(height - 1, line + 1) * width;
    for (let k = 0; k < channels; k++) {
      const p = from[(upper + left) * channels + k]!;
      const q = from[(lower + left) * channels + k]!;
      const top = p + right * (from[(upper + next) * channels + k]! - p);
      const bottom = q + right * (from[(lower + next) * channels + k]! - q);
      to[at++] = top + down * (bottom - top);
    }
  }
}
