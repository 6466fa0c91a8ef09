/**
 * Repulsion interpolated on a grid (Linderman, Rachh, Hoskins, Steinerberger and Kluger 2019): the plane is cut into boxes of three by
 * three nodes, the points' charges are spread over the nodes of their box, the sums over all pairs of nodes are a convolution, done by
 * Fourier transforms, and what comes out is interpolated back to the points.
 *
 * One kernel does it all: with K = (1 + d²)⁻² and the charges 1, x, y, x² + y², forces are x ΣK - ΣKx, and the normalisation
 * Σ(1 + d²)K = (1 + x² + y²) ΣK - 2x ΣKx - 2y ΣKy + ΣK(x² + y²). Four real fields are two complex ones, and K's transform is real.
 */
import { ONE, ZERO } from "./arithmetic";
// biome-ignore lint/style/useImportType: AssemblyScript knows no imports of types
import { box, current, Descent } from "./tsne";

@unmanaged
export class Grid {
  descent: Descent;
  /** Nodes a side, of which the upper half is padding: 2^k or 3 · 2^k. */
  size: i32;
  largest: i32;
  bands: i32;
  /** Two complex fields: real parts [size / 2, size], imaginary parts, of each. */
  fields: usize;
  /** The kernel's transform, [size / 2 + 4, size]. */
  kernel: usize;
  /** float32x4, four rows of `largest` for each thread. */
  scratch: usize;
  /** cos and sin of 2π i / 3072 and of 2π i / 4096. */
  twiddles3: usize;
  twiddles2: usize;
  /** Its corner, the spacing of the nodes, and the boxes a side. */
  x: f32;
  y: f32;
  spacing: f32;
}

/** The smallest grid whose boxes are at most 1 wide (or the largest), and where it lies: one thread. */
export function chooseGrid(_chunk: i32, _step: i32, _thread: i32, state: Grid, _phase: i32): void {
  const all = box(state.descent);
  const side = f32x4.extract_lane(all, 2);
  let size = 384;
  while (size < state.largest && <f32>(size / 6) < side) size = size % 3 === 0 ? (size / 3) * 4 : (size / 2) * 3;
  state.size = size;
  state.x = f32x4.extract_lane(all, 0);
  state.y = f32x4.extract_lane(all, 1);
  state.spacing = side / <f32>((size / 6) * 3);
}

/** Lagrange's weights of the three nodes of a box, at 1/6, 1/2 and 5/6 of it. */
function weights(t: f32): v128 {
  const a: f32 = t - 1.0 / 6.0;
  const b: f32 = t - 0.5;
  const c: f32 = t - 5.0 / 6.0;
  let w = f32x4.splat(4.5 * b * c);
  w = f32x4.replace_lane(w, 1, -9 * a * c);
  return f32x4.replace_lane(f32x4.replace_lane(w, 2, 4.5 * a * b), 3, 0);
}

/** Spreads the charges whose boxes lie in a band of rows. */
export function spreadCharges(band: i32, step: i32, _thread: i32, state: Grid, _phase: i32): void {
  const n = state.size;
  const plane = (<usize>((n / 2) * n)) << 2;
  const boxes = n / 6;
  const firstBox = (boxes * band) / state.bands;
  const lastBox = (boxes * (band + 1)) / state.bands;
  const firstRow = firstBox * 3;
  const rows = (band === state.bands - 1 ? n / 2 : lastBox * 3) - firstRow;
  for (let field: usize = 0; field < 4; field++) {
    memory.fill(state.fields + field * plane + ((<usize>(firstRow * n)) << 2), 0, (<usize>(rows * n)) << 2);
  }
  const x0 = state.x;
  const y0 = state.y;
  const spacing = state.spacing;
  const inverse: f32 = 1 / (3 * spacing);
  const half = spacing * 1.5 * <f32>boxes;
  const from = current(state.descent, step);
  for (let i = 0; i < state.descent.points; i++) {
    const y = load<f32>(from + ((<usize>i) << 3), 4) - y0;
    const v = y * inverse;
    const boxY = min(<i32>v, boxes - 1);
    if (boxY < firstBox || boxY >= lastBox) continue;
    const x = load<f32>(from + ((<usize>i) << 3)) - x0;
    const u = x * inverse;
    const boxX = min(<i32>u, boxes - 1);
    const wx = weights(u - <f32>boxX);
    const wy = weights(v - <f32>boxY);
    // Charges about the middle of the grid, where their squares are smallest.
    const cx = x - half;
    const cy = y - half;
    spreadRow(state, boxX, boxY * 3, f32x4.extract_lane(wy, 0), wx, cx, cy, plane);
    spreadRow(state, boxX, boxY * 3 + 1, f32x4.extract_lane(wy, 1), wx, cx, cy, plane);
    spreadRow(state, boxX, boxY * 3 + 2, f32x4.extract_lane(wy, 2), wx, cx, cy, plane);
  }
}

function spreadRow(state: Grid, boxX: i32, row: i32, wy: f32, wx: v128, x: f32, y: f32, plane: usize): void {
  const to = state.fields + ((<usize>(row * state.size + boxX * 3)) << 2);
  const w = f32x4.mul(f32x4.splat(wy), wx);
  // The fourth lane adds zero to the next box's first node.
  v128.store(to, f32x4.add(v128.load(to), w));
  v128.store(to + plane, f32x4.add(v128.load(to + plane), f32x4.mul(w, f32x4.splat(x))));
  v128.store(to + 2 * plane, f32x4.add(v128.load(to + 2 * plane), f32x4.mul(w, f32x4.splat(y))));
  v128.store(to + 3 * plane, f32x4.add(v128.load(to + 3 * plane), f32x4.mul(w, f32x4.splat(x * x + y * y))));
}

/** Four complex transforms of length `size` at once, one in each lane, after Stockham: radix 3 where it must be, else 4, at last 2. */
function transform(state: Grid, re: usize, im: usize, backward: bool): void {
  const size = state.size;
  const table = size % 3 === 0 ? state.twiddles3 : state.twiddles2;
  const tableStep = (size % 3 === 0 ? 3072 : 4096) / size;
  const sign: f32 = backward ? 1 : -1;
  let fromRe = re;
  let fromIm = im;
  const offset = (<usize>(2 * state.largest)) << 4;
  let toRe = re + offset;
  let toIm = im + offset;
  let n = size;
  let s = 1;
  while (n > 1) {
    const radix = n % 3 === 0 ? 3 : n % 4 === 0 ? 4 : 2;
    const m = n / radix;
    for (let p = 0; p < m; p++) {
      const w = table + ((<usize>(p * s * tableStep)) << 3);
      if (radix === 4) butterfly4(fromRe, fromIm, toRe, toIm, s, m, p, table, p * s * tableStep, sign);
      else if (radix === 2) butterfly2(fromRe, fromIm, toRe, toIm, s, m, p, w, sign);
      else butterfly3(fromRe, fromIm, toRe, toIm, s, m, p, table, p * s * tableStep, sign);
    }
    const swapRe = fromRe;
    const swapIm = fromIm;
    fromRe = toRe;
    fromIm = toIm;
    toRe = swapRe;
    toIm = swapIm;
    n = m;
    s *= radix;
  }
  if (fromRe !== re) {
    memory.copy(re, fromRe, (<usize>size) << 4);
    memory.copy(im, fromIm, (<usize>size) << 4);
  }
}

function butterfly2(re: usize, im: usize, toRe: usize, toIm: usize, s: i32, m: i32, p: i32, w: usize, sign: f32): void {
  const c = v128.load32_splat(w);
  const d = f32x4.mul(f32x4.splat(sign), v128.load32_splat(w, 4));
  const apart = (<usize>(s * m)) << 4;
  const next = (<usize>s) << 4;
  let from = (<usize>(s * p)) << 4;
  let to = (<usize>(s * 2 * p)) << 4;
  for (let q = 0; q < s; q++) {
    const a = v128.load(re + from);
    const b = v128.load(im + from);
    const e = v128.load(re + from + apart);
    const f = v128.load(im + from + apart);
    v128.store(toRe + to, f32x4.add(a, e));
    v128.store(toIm + to, f32x4.add(b, f));
    turn(toRe + to + next, toIm + to + next, f32x4.sub(a, e), f32x4.sub(b, f), c, d);
    from += 16;
    to += 16;
  }
}

/** Stores (x + iy)(c + id). */
function turn(re: usize, im: usize, x: v128, y: v128, c: v128, d: v128): void {
  v128.store(re, f32x4.sub(f32x4.mul(x, c), f32x4.mul(y, d)));
  v128.store(im, f32x4.add(f32x4.mul(x, d), f32x4.mul(y, c)));
}

function butterfly3(
  re: usize,
  im: usize,
  toRe: usize,
  toIm: usize,
  s: i32,
  m: i32,
  p: i32,
  table: usize,
  at: i32,
  sign: f32,
): void {
  const signs = f32x4.splat(sign);
  const c1 = v128.load32_splat(table + ((<usize>at) << 3));
  const d1 = f32x4.mul(signs, v128.load32_splat(table + ((<usize>at) << 3), 4));
  const c2 = v128.load32_splat(table + ((<usize>at) << 4));
  const d2 = f32x4.mul(signs, v128.load32_splat(table + ((<usize>at) << 4), 4));
  const sine = f32x4.splat(sign * 0.8660254037844386);
  const half = f32x4.splat(0.5);
  const apart = (<usize>(s * m)) << 4;
  const next = (<usize>s) << 4;
  let from = (<usize>(s * p)) << 4;
  let to = (<usize>(s * 3 * p)) << 4;
  for (let q = 0; q < s; q++) {
    const a = v128.load(re + from);
    const b = v128.load(im + from);
    const sumRe = f32x4.add(v128.load(re + from + apart), v128.load(re + from + 2 * apart));
    const sumIm = f32x4.add(v128.load(im + from + apart), v128.load(im + from + 2 * apart));
    const differenceRe = f32x4.mul(sine, f32x4.sub(v128.load(re + from + apart), v128.load(re + from + 2 * apart)));
    const differenceIm = f32x4.mul(sine, f32x4.sub(v128.load(im + from + apart), v128.load(im + from + 2 * apart)));
    const x = f32x4.sub(a, f32x4.mul(half, sumRe));
    const y = f32x4.sub(b, f32x4.mul(half, sumIm));
    v128.store(toRe + to, f32x4.add(a, sumRe));
    v128.store(toIm + to, f32x4.add(b, sumIm));
    turn(toRe + to + next, toIm + to + next, f32x4.sub(x, differenceIm), f32x4.add(y, differenceRe), c1, d1);
    turn(toRe + to + 2 * next, toIm + to + 2 * next, f32x4.add(x, differenceIm), f32x4.sub(y, differenceRe), c2, d2);
    from += 16;
    to += 16;
  }
}

function butterfly4(
  re: usize,
  im: usize,
  toRe: usize,
  toIm: usize,
  s: i32,
  m: i32,
  p: i32,
  table: usize,
  at: i32,
  sign: f32,
): void {
  const signs = f32x4.splat(sign);
  const c1 = v128.load32_splat(table + ((<usize>at) << 3));
  const d1 = f32x4.mul(signs, v128.load32_splat(table + ((<usize>at) << 3), 4));
  const c2 = v128.load32_splat(table + ((<usize>at) << 4));
  const d2 = f32x4.mul(signs, v128.load32_splat(table + ((<usize>at) << 4), 4));
  const c3 = v128.load32_splat(table + ((<usize>(3 * at)) << 3));
  const d3 = f32x4.mul(signs, v128.load32_splat(table + ((<usize>(3 * at)) << 3), 4));
  const apart = (<usize>(s * m)) << 4;
  const next = (<usize>s) << 4;
  let from = (<usize>(s * p)) << 4;
  let to = (<usize>(s * 4 * p)) << 4;
  for (let q = 0; q < s; q++) {
    const a = v128.load(re + from);
    const ai = v128.load(im + from);
    const b = v128.load(re + from + apart);
    const bi = v128.load(im + from + apart);
    const c = v128.load(re + from + 2 * apart);
    const ci = v128.load(im + from + 2 * apart);
    const d = v128.load(re + from + 3 * apart);
    const di = v128.load(im + from + 3 * apart);
    const e = f32x4.add(a, c);
    const ei = f32x4.add(ai, ci);
    const f = f32x4.sub(a, c);
    const fi = f32x4.sub(ai, ci);
    const g = f32x4.add(b, d);
    const gi = f32x4.add(bi, di);
    // (b - d) times i or -i.
    const h = f32x4.mul(signs, f32x4.sub(di, bi));
    const hi = f32x4.mul(signs, f32x4.sub(b, d));
    v128.store(toRe + to, f32x4.add(e, g));
    v128.store(toIm + to, f32x4.add(ei, gi));
    turn(toRe + to + next, toIm + to + next, f32x4.add(f, h), f32x4.add(fi, hi), c1, d1);
    turn(toRe + to + 2 * next, toIm + to + 2 * next, f32x4.sub(e, g), f32x4.sub(ei, gi), c2, d2);
    turn(toRe + to + 3 * next, toIm + to + 3 * next, f32x4.sub(f, h), f32x4.sub(fi, hi), c3, d3);
    from += 16;
    to += 16;
  }
}

function scratchOf(state: Grid, thread: i32): usize {
  return state.scratch + ((<usize>(thread * 4 * state.largest)) << 4);
}

/** Four rows, `count` values each, become one row of vectors; the rest is zero. */
function loadRows(from: usize, to: usize, size: i32, count: i32): void {
  const stride = (<usize>size) << 2;
  for (let x: usize = 0; x < <usize>count; x += 4) {
    const at = from + (x << 2);
    transpose4(at, stride, to + (x << 4), 16);
  }
  memory.fill(to + ((<usize>count) << 4), 0, (<usize>(size - count)) << 4);
}

function storeRows(to: usize, from: usize, size: i32, count: i32): void {
  for (let x: usize = 0; x < <usize>count; x += 4) transpose4(from + (x << 4), 16, to + (x << 2), (<usize>size) << 2);
}

function transpose4(from: usize, fromStride: usize, to: usize, toStride: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromStride);
  const c = v128.load(from + 2 * fromStride);
  const d = v128.load(from + 3 * fromStride);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + 2 * toStride, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * toStride, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** Rows of the kernel, four at a time, transformed: it is even, so its transform is real and only half of the rows are needed. */
export function kernelRows(block: i32, _step: i32, thread: i32, state: Grid, _phase: i32): void {
  const n = state.size;
  const half = n / 2;
  if (block * 4 >= half + 4) return;
  const spacing = state.spacing;
  const squared = f32x4.splat(spacing * spacing);
  const re = scratchOf(state, thread);
  const im = re + ((<usize>state.largest) << 4);
  const y = f32x4.add(f32x4.splat(<f32>(block * 4)), f32x4(0, 1, 2, 3));
  const yy = f32x4.mul(y, y);
  for (let x = 0; x < n; x++) {
    const distance = <f32>(x <= half ? x : n - x);
    const q = f32x4.div(ONE, f32x4.add(ONE, f32x4.mul(squared, f32x4.add(yy, f32x4.splat(distance * distance)))));
    v128.store(re + ((<usize>x) << 4), f32x4.mul(q, q));
    v128.store(im + ((<usize>x) << 4), ZERO);
  }
  transform(state, re, im, false);
  storeRows(state.kernel + ((<usize>(block * 4 * n)) << 2), re, n, n);
}

export function kernelColumns(block: i32, _step: i32, thread: i32, state: Grid, _phase: i32): void {
  const n = state.size;
  const half = n / 2;
  if (block * 4 >= n) return;
  const column = state.kernel + ((<usize>block) << 4);
  const re = scratchOf(state, thread);
  const im = re + ((<usize>state.largest) << 4);
  for (let y = 0; y < n; y++) {
    v128.store(re + ((<usize>y) << 4), v128.load(column + ((<usize>((y <= half ? y : n - y) * n)) << 2)));
    v128.store(im + ((<usize>y) << 4), ZERO);
  }
  transform(state, re, im, false);
  const scale = f32x4.splat(1 / (<f32>n * <f32>n));
  for (let y = 0; y <= half; y++) {
    v128.store(column + ((<usize>(y * n)) << 2), f32x4.mul(scale, v128.load(re + ((<usize>y) << 4))));
  }
}

/** Blocks of four rows of both fields: even chunks the first field's, odd chunks the second's. */
export function forwardRows(chunk: i32, _step: i32, thread: i32, state: Grid, _phase: i32): void {
  rowPass(state, chunk, thread, false);
}

export function backwardRows(chunk: i32, _step: i32, thread: i32, state: Grid, _phase: i32): void {
  rowPass(state, chunk, thread, true);
}

function rowPass(state: Grid, chunk: i32, thread: i32, backward: bool): void {
  const n = state.size;
  const half = n / 2;
  const row = (chunk >> 1) * 4;
  if (row >= half) return;
  const plane = (<usize>(half * n)) << 2;
  const real = state.fields + <usize>(chunk & 1) * 2 * plane + ((<usize>(row * n)) << 2);
  const re = scratchOf(state, thread);
  const im = re + ((<usize>state.largest) << 4);
  loadRows(real, re, n, backward ? n : half);
  loadRows(real + plane, im, n, backward ? n : half);
  transform(state, re, im, backward);
  storeRows(real, re, n, backward ? half : n);
  storeRows(real + plane, im, n, backward ? half : n);
}

/** Columns there, times the kernel, and back. */
export function convolveColumns(chunk: i32, _step: i32, thread: i32, state: Grid, _phase: i32): void {
  const n = state.size;
  const half = n / 2;
  const column = (chunk >> 1) * 4;
  if (column >= n) return;
  const plane = (<usize>(half * n)) << 2;
  const real = state.fields + <usize>(chunk & 1) * 2 * plane + ((<usize>column) << 2);
  const re = scratchOf(state, thread);
  const im = re + ((<usize>state.largest) << 4);
  for (let y = 0; y < half; y++) {
    v128.store(re + ((<usize>y) << 4), v128.load(real + ((<usize>(y * n)) << 2)));
    v128.store(im + ((<usize>y) << 4), v128.load(real + plane + ((<usize>(y * n)) << 2)));
  }
  memory.fill(re + ((<usize>half) << 4), 0, (<usize>half) << 4);
  memory.fill(im + ((<usize>half) << 4), 0, (<usize>half) << 4);
  transform(state, re, im, false);
  for (let y = 0; y < n; y++) {
    const factor = v128.load(state.kernel + ((<usize>((y <= half ? y : n - y) * n + column)) << 2));
    const at = (<usize>y) << 4;
    v128.store(re + at, f32x4.mul(v128.load(re + at), factor));
    v128.store(im + at, f32x4.mul(v128.load(im + at), factor));
  }
  transform(state, re, im, true);
  for (let y = 0; y < half; y++) {
    v128.store(real + ((<usize>(y * n)) << 2), v128.load(re + ((<usize>y) << 4)));
    v128.store(real + plane + ((<usize>(y * n)) << 2), v128.load(im + ((<usize>y) << 4)));
  }
}

/** Forces and the normalisation's part for a chunk of points. */
export function readForces(chunk: i32, step: i32, _thread: i32, state: Grid, _phase: i32): void {
  const n = state.size;
  const plane = (<usize>((n / 2) * n)) << 2;
  const boxes = n / 6;
  const descent = state.descent;
  const x0 = state.x;
  const y0 = state.y;
  const spacing = state.spacing;
  const inverse: f32 = 1 / (3 * spacing);
  const half = spacing * 1.5 * <f32>boxes;
  const from = current(descent, step);
  const end = min(descent.points, (chunk + 1) * descent.chunk);
  let total: f64 = 0;
  for (let i = chunk * descent.chunk; i < end; i++) {
    const x = load<f32>(from + ((<usize>i) << 3)) - x0;
    const y = load<f32>(from + ((<usize>i) << 3), 4) - y0;
    const boxX = min(<i32>(x * inverse), boxes - 1);
    const boxY = min(<i32>(y * inverse), boxes - 1);
    const wx = weights(x * inverse - <f32>boxX);
    const wy = weights(y * inverse - <f32>boxY);
    const at = state.fields + ((<usize>(boxY * 3 * n + boxX * 3)) << 2);
    const one = interpolate(at, wx, wy, n);
    const sumX = interpolate(at + plane, wx, wy, n);
    const sumY = interpolate(at + 2 * plane, wx, wy, n);
    const squares = interpolate(at + 3 * plane, wx, wy, n);
    const cx = x - half;
    const cy = y - half;
    store<f32>(descent.repulsion + ((<usize>i) << 3), cx * one - sumX);
    store<f32>(descent.repulsion + ((<usize>i) << 3), cy * one - sumY, 4);
    const a = <f64>cx;
    const b = <f64>cy;
    total += (1 + a * a + b * b) * <f64>one - 2 * (a * <f64>sumX + b * <f64>sumY) + <f64>squares - 1;
  }
  store<f64>(descent.parts + ((<usize>chunk) << 3), total);
}

function interpolate(at: usize, wx: v128, wy: v128, n: i32): f32 {
  const stride = (<usize>n) << 2;
  let rows = f32x4.mul(f32x4.splat(f32x4.extract_lane(wy, 0)), v128.load(at));
  rows = f32x4.add(rows, f32x4.mul(f32x4.splat(f32x4.extract_lane(wy, 1)), v128.load(at + stride)));
  rows = f32x4.add(rows, f32x4.mul(f32x4.splat(f32x4.extract_lane(wy, 2)), v128.load(at + 2 * stride)));
  const all = f32x4.mul(rows, wx);
  return f32x4.extract_lane(all, 0) + f32x4.extract_lane(all, 1) + f32x4.extract_lane(all, 2);
}
