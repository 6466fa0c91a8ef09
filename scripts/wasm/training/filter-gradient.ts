/**
 * The gradient of a convolution with respect to its filter: a tile of four weights by eight filters, summed over a block of outputs.
 *
 *   dw[ky, kx, c, f] += sum over outputs (oy, ox) of x[top + oy * strideY + ky * dilationY, left + ..., c] dy[oy, ox, f]
 *
 * As in convolution.ts, the weights of a row of taps over all channels lie side by side in the image when the dilation is one. The sums
 * stay in registers over a block of rows and are added to `dw` block after block, always in the same order; the blocks also keep the chains
 * of float32 additions short. A block of image and gradient fits the first cache.
 */
import { fillWindow } from "./window";

/** Bytes of image and gradient in a block. */
const BLOCK = 32768;

/** `dw` is [tapsY, tapsX, channels, filters], `filters` a multiple of 8, and is added to. `scratch` has room for one window. */
export function filterGradient(
  x: usize,
  scratch: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  strideY: i32,
  strideX: i32,
  tapsY: i32,
  tapsX: i32,
  dilationY: i32,
  dilationX: i32,
  filters: i32,
): void {
  const pixel = channels << 2;
  const windowRows = (rows - 1) * strideY + (tapsY - 1) * dilationY + 1;
  const windowColumns = (columns - 1) * strideX + (tapsX - 1) * dilationX + 1;
  const inside = top >= 0 && left >= 0 && top + windowRows <= height && left + windowColumns <= width;
  const pitch = (inside ? width : windowColumns) * pixel;
  const runs = dilationX === 1 ? 1 : tapsX;
  const run = dilationX === 1 ? tapsX * channels : channels;
  const rowBytes = columns * filters * 4;
  const block = max(1, BLOCK / (rowBytes + strideY * pitch));
  for (let n = 0; n < batch; n++, x += height * width * pixel) {
    let image = x + <usize>(top * pitch + left * pixel);
    if (!inside) {
      fillWindow(x, scratch, height, width, pixel, top, left, windowRows, windowColumns, n === 0);
      image = scratch;
    }
    for (let row = 0; row < rows; row += block) {
      const count = min(block, rows - row);
      let w = dw;
      for (let tapY = 0; tapY < tapsY; tapY++) {
        for (let i = 0; i < runs; i++) {
          const from = image + <usize>((row * strideY + tapY * dilationY) * pitch + i * dilationX * pixel);
          let j = 0;
          for (; j + 4 <= run; j += 4) {
            for (let f = 0; f < filters; f += 8) {
              tile4(
                from + ((<usize>j) << 2),
                dy + ((<usize>f) << 2),
                w + ((<usize>f) << 2),
                count,
                columns,
                strideY * pitch,
                strideX * pixel,
                filters << 2,
              );
            }
            w += filters << 4;
          }
          if (j + 3 === run) {
            for (let f = 0; f < filters; f += 8) {
              tile3(
                from + ((<usize>j) << 2),
                dy + ((<usize>f) << 2),
                w + ((<usize>f) << 2),
                count,
                columns,
                strideY * pitch,
                strideX * pixel,
                filters << 2,
              );
            }
            w += filters * 12;
            j += 3;
          }
          for (; j < run; j++) {
            for (let f = 0; f < filters; f += 8) {
              tile1(
                from + ((<usize>j) << 2),
                dy + ((<usize>f) << 2),
                w + ((<usize>f) << 2),
                count,
                columns,
                strideY * pitch,
                strideX * pixel,
                filters << 2,
              );
            }
            w += filters << 2;
          }
        }
      }
      dy += count * rowBytes;
    }
  }
}

/** Add to four rows of `dw`, `step` bytes apart, at eight filters; in `dy` too the outputs lie `step` bytes apart. */
function tile4(x: usize, dy: usize, dw: usize, rows: i32, columns: i32, xRow: i32, xColumn: i32, step: i32): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  for (; rows > 0; rows--, x += xRow) {
    let from = x;
    for (let left = columns; left > 0; left--) {
      const g0 = v128.load(dy);
      const g1 = v128.load(dy, 16);
      let a = v128.load32_splat(from);
      s00 = f32x4.add(s00, f32x4.mul(a, g0));
      s01 = f32x4.add(s01, f32x4.mul(a, g1));
      a = v128.load32_splat(from, 4);
      s10 = f32x4.add(s10, f32x4.mul(a, g0));
      s11 = f32x4.add(s11, f32x4.mul(a, g1));
      a = v128.load32_splat(from, 8);
      s20 = f32x4.add(s20, f32x4.mul(a, g0));
      s21 = f32x4.add(s21, f32x4.mul(a, g1));
      a = v128.load32_splat(from, 12);
      s30 = f32x4.add(s30, f32x4.mul(a, g0));
      s31 = f32x4.add(s31, f32x4.mul(a, g1));
      from += xColumn;
      dy += step;
    }
  }
  addPair(dw, s00, s01);
  addPair(dw + step, s10, s11);
  addPair(dw + 2 * step, s20, s21);
  addPair(dw + 3 * step, s30, s31);
}

function tile3(x: usize, dy: usize, dw: usize, rows: i32, columns: i32, xRow: i32, xColumn: i32, step: i32): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  for (; rows > 0; rows--, x += xRow) {
    let from = x;
    for (let left = columns; left > 0; left--) {
      const g0 = v128.load(dy);
      const g1 = v128.load(dy, 16);
      let a = v128.load32_splat(from);
      s00 = f32x4.add(s00, f32x4.mul(a, g0));
      s01 = f32x4.add(s01, f32x4.mul(a, g1));
      a = v128.load32_splat(from, 4);
      s10 = f32x4.add(s10, f32x4.mul(a, g0));
      s11 = f32x4.add(s11, f32x4.mul(a, g1));
      a = v128.load32_splat(from, 8);
      s20 = f32x4.add(s20, f32x4.mul(a, g0));
      s21 = f32x4.add(s21, f32x4.mul(a, g1));
      from += xColumn;
      dy += step;
    }
  }
  addPair(dw, s00, s01);
  addPair(dw + step, s10, s11);
  addPair(dw + 2 * step, s20, s21);
}

function tile1(x: usize, dy: usize, dw: usize, rows: i32, columns: i32, xRow: i32, xColumn: i32, step: i32): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  for (; rows > 0; rows--, x += xRow) {
    let from = x;
    for (let left = columns; left > 0; left--) {
      const a = v128.load32_splat(from);
      s0 = f32x4.add(s0, f32x4.mul(a, v128.load(dy)));
      s1 = f32x4.add(s1, f32x4.mul(a, v128.load(dy, 16)));
      from += xColumn;
      dy += step;
    }
  }
  addPair(dw, s0, s1);
}

function addPair(to: usize, first: v128, second: v128): void {
  v128.store(to, f32x4.add(v128.load(to), first));
  v128.store(to, f32x4.add(v128.load(to, 16), second), 16);
}

/** Rows of `columns` numbers with zeros after them, up to `padded`; for numbers of filters that are no multiple of eight. */
export function padColumns(from: usize, to: usize, rows: i32, columns: i32, padded: i32): void {
  memory.fill(to, 0, (<usize>(rows * padded)) << 2);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      store<f32>(to + ((<usize>column) << 2), load<f32>(from + ((<usize>column) << 2)));
    }
    from += columns << 2;
    to += padded << 2;
  }
}
