/**
 * What principal components need of a tall matrix X [n, d]: column means, X B, and Xᵀ Y, where B and Y have few columns, a multiple of
 * eight. Products of float32 over blocks of rows are added up in float64.
 */
import { ZERO } from "./arithmetic";

@unmanaged
export class Tall {
  rows: i32;
  dimensions: i32;
  columns: i32;
  chunk: i32;
  data: usize;
  /** float64, [chunks, d]; the means, of all rows, [d]. */
  sums: usize;
  means: usize;
  /** B in panels of eight columns, [columns / 8, d, 8]. */
  panels: usize;
  product: usize;
  /** float64, [chunks, d, columns]. */
  gram: usize;
}

const BLOCK: i32 = 128;

export function columnSums(chunk: i32, _step: i32, _thread: i32, state: Tall, _phase: i32): void {
  const d = state.dimensions;
  const sums = state.sums + ((<usize>(chunk * d)) << 3);
  for (let t = 0; t < d; t++) store<f64>(sums + ((<usize>t) << 3), 0);
  const end = min(state.rows, (chunk + 1) * state.chunk);
  let at = state.data + ((<usize>(chunk * state.chunk * d)) << 2);
  for (let i = chunk * state.chunk; i < end; i++) {
    for (let t = 0; t < d; t++) {
      const to = sums + ((<usize>t) << 3);
      store<f64>(to, load<f64>(to) + <f64>load<f32>(at));
      at += 4;
    }
  }
}

export function centre(chunk: i32, _step: i32, _thread: i32, state: Tall, _phase: i32): void {
  const d = state.dimensions;
  const end = min(state.rows, (chunk + 1) * state.chunk);
  let at = state.data + ((<usize>(chunk * state.chunk * d)) << 2);
  for (let i = chunk * state.chunk; i < end; i++) {
    for (let t = 0; t < d; t++) {
      store<f32>(at, <f32>(<f64>load<f32>(at) - load<f64>(state.means + ((<usize>t) << 3))));
      at += 4;
    }
  }
}

/** product = X B, a chunk of rows. */
export function project(chunk: i32, _step: i32, _thread: i32, state: Tall, _phase: i32): void {
  const end = min(state.rows, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i += 4) projectFour(state, i, end - 1);
}

function projectFour(state: Tall, i: i32, last: i32): void {
  const stride = (<usize>state.dimensions) << 2;
  const width = (<usize>state.columns) << 2;
  const x0 = state.data + <usize>i * stride;
  const x1 = state.data + <usize>min(i + 1, last) * stride;
  const x2 = state.data + <usize>min(i + 2, last) * stride;
  const x3 = state.data + <usize>min(i + 3, last) * stride;
  const y0 = state.product + <usize>i * width;
  const y1 = state.product + <usize>min(i + 1, last) * width;
  const y2 = state.product + <usize>min(i + 2, last) * width;
  const y3 = state.product + <usize>min(i + 3, last) * width;
  let at = state.panels;
  for (let column: usize = 0; column < width; column += 32) {
    let a0 = ZERO,
      a1 = ZERO,
      b0 = ZERO,
      b1 = ZERO,
      c0 = ZERO,
      c1 = ZERO,
      d0 = ZERO,
      d1 = ZERO;
    for (let t: usize = 0; t < stride; t += 4) {
      const low = v128.load(at);
      const high = v128.load(at, 16);
      let s = v128.load32_splat(x0 + t);
      a0 = f32x4.add(a0, f32x4.mul(s, low));
      a1 = f32x4.add(a1, f32x4.mul(s, high));
      s = v128.load32_splat(x1 + t);
      b0 = f32x4.add(b0, f32x4.mul(s, low));
      b1 = f32x4.add(b1, f32x4.mul(s, high));
      s = v128.load32_splat(x2 + t);
      c0 = f32x4.add(c0, f32x4.mul(s, low));
      c1 = f32x4.add(c1, f32x4.mul(s, high));
      s = v128.load32_splat(x3 + t);
      d0 = f32x4.add(d0, f32x4.mul(s, low));
      d1 = f32x4.add(d1, f32x4.mul(s, high));
      at += 32;
    }
    v128.store(y0 + column, a0);
    v128.store(y0 + column, a1, 16);
    v128.store(y1 + column, b0);
    v128.store(y1 + column, b1, 16);
    v128.store(y2 + column, c0);
    v128.store(y2 + column, c1, 16);
    v128.store(y3 + column, d0);
    v128.store(y3 + column, d1, 16);
  }
}

/** gram[chunk] = Xᵀ Y over the chunk's rows, Y being `product`. */
export function correlate(chunk: i32, _step: i32, _thread: i32, state: Tall, _phase: i32): void {
  const d = state.dimensions;
  const l = state.columns;
  const gram = state.gram + ((<usize>(chunk * d * l)) << 3);
  memory.fill(gram, 0, (<usize>(d * l)) << 3);
  const end = min(state.rows, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i += BLOCK) {
    const last = min(end, i + BLOCK);
    for (let t = 0; t < d; t += 2) correlateTwo(state, gram, i, last, t, min(t + 1, d - 1));
  }
}

/** Two columns of X against all of Y, eight columns at a time. */
function correlateTwo(state: Tall, gram: usize, first: i32, last: i32, s: i32, t: i32): void {
  const stride = (<usize>state.dimensions) << 2;
  const width = (<usize>state.columns) << 2;
  for (let column: usize = 0; column < width; column += 32) {
    let a0 = ZERO,
      a1 = ZERO,
      b0 = ZERO,
      b1 = ZERO;
    let x = state.data + <usize>first * stride + ((<usize>s) << 2);
    const next = (<usize>(t - s)) << 2;
    let y = state.product + <usize>first * width + column;
    for (let i = first; i < last; i++) {
      const low = v128.load(y);
      const high = v128.load(y, 16);
      let value = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(value, low));
      a1 = f32x4.add(a1, f32x4.mul(value, high));
      value = v128.load32_splat(x + next);
      b0 = f32x4.add(b0, f32x4.mul(value, low));
      b1 = f32x4.add(b1, f32x4.mul(value, high));
      x += stride;
      y += width;
    }
    const to = gram + ((<usize>s * width + column) << 1);
    addEight(to, a0, a1);
    if (t !== s) addEight(to + (width << 1), b0, b1);
  }
}

function addEight(to: usize, low: v128, high: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(low)));
  v128.store(
    to,
    f64x2.add(
      v128.load(to, 16),
      f64x2.promote_low_f32x4(i8x16.shuffle(low, low, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)),
    ),
    16,
  );
  v128.store(to, f64x2.add(v128.load(to, 32), f64x2.promote_low_f32x4(high)), 32);
  v128.store(
    to,
    f64x2.add(
      v128.load(to, 48),
      f64x2.promote_low_f32x4(i8x16.shuffle(high, high, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)),
    ),
    48,
  );
}
