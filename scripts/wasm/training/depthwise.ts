/**
 * Depthwise convolution with one filter a channel, four channels at a time; `channels` is a multiple of 4.
 *
 * There is one product for every number read, so reading sets the pace. Filters of three by three, which nearly all are, have loops of their own in which nine
 * weights, or nine sums of the filter's gradient, stay in registers along a row of outputs.
 */
import { fillWindow } from "./window";

/**
 * y[n, oy, ox, c] = sum of x[n, top + oy * strideY + ky * dilationY, left + ..., c] w[ky, kx, c]; arguments as of `convolve`.
 */
export function depthwise(
  x: usize,
  scratch: usize,
  weights: usize,
  y: usize,
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
  yPixel: i32,
  yRow: i32,
  yImage: i32,
): void {
  const pixel = channels << 2;
  const windowRows = (rows - 1) * strideY + (tapsY - 1) * dilationY + 1;
  const windowColumns = (columns - 1) * strideX + (tapsX - 1) * dilationX + 1;
  const inside = top >= 0 && left >= 0 && top + windowRows <= height && left + windowColumns <= width;
  const pitch = (inside ? width : windowColumns) * pixel;
  const step = strideX * pixel;
  for (let n = 0; n < batch; n++, x += height * width * pixel) {
    let image = x + <usize>(top * pitch + left * pixel);
    if (!inside) {
      fillWindow(x, scratch, height, width, pixel, top, left, windowRows, windowColumns, n === 0);
      image = scratch;
    }
    for (let row = 0; row < rows; row++) {
      const line = image + <usize>(row * strideY * pitch);
      const out = y + <usize>(n * yImage + row * yRow);
      if (tapsY === 3 && tapsX === 3) {
        for (let c = 0; c < pixel; c += 16) {
          nineTapsRow(
            line + c,
            weights + c,
            out + c,
            columns,
            step,
            yPixel,
            dilationY * pitch,
            dilationX * pixel,
            pixel,
          );
        }
        continue;
      }
      for (let column = 0; column < columns; column += 4) {
        // Past the row's end the last output is computed again.
        const last = columns - 1 - column;
        const from = line + <usize>(column * step);
        const to = out + <usize>(column * yPixel);
        fourOutputs(
          from,
          min(1, last) * step,
          min(2, last) * step,
          min(3, last) * step,
          weights,
          to,
          min(1, last) * yPixel,
          min(2, last) * yPixel,
          min(3, last) * yPixel,
          pixel,
          tapsY,
          tapsX,
          dilationY * pitch,
          dilationX * pixel,
        );
      }
    }
  }
}

/** One row of outputs of four channels by a filter of three by three. */
function nineTapsRow(
  x: usize,
  w: usize,
  y: usize,
  columns: i32,
  step: i32,
  yPixel: i32,
  tapRow: i32,
  tapColumn: i32,
  pixel: i32,
): void {
  const w0 = v128.load(w);
  const w1 = v128.load(w + pixel);
  const w2 = v128.load(w + 2 * pixel);
  const w3 = v128.load(w + 3 * pixel);
  const w4 = v128.load(w + 4 * pixel);
  const w5 = v128.load(w + 5 * pixel);
  const w6 = v128.load(w + 6 * pixel);
  const w7 = v128.load(w + 7 * pixel);
  const w8 = v128.load(w + 8 * pixel);
  for (; columns > 0; columns--, x += step, y += yPixel) {
    const middle = x + tapRow;
    const last = middle + tapRow;
    let s0 = f32x4.mul(v128.load(x), w0);
    let s1 = f32x4.mul(v128.load(x + tapColumn), w1);
    let s2 = f32x4.mul(v128.load(x + 2 * tapColumn), w2);
    s0 = f32x4.add(s0, f32x4.mul(v128.load(middle), w3));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(middle + tapColumn), w4));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(middle + 2 * tapColumn), w5));
    s0 = f32x4.add(s0, f32x4.mul(v128.load(last), w6));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(last + tapColumn), w7));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(last + 2 * tapColumn), w8));
    v128.store(y, f32x4.add(f32x4.add(s0, s1), s2));
  }
}

/** All channels of four outputs. Offsets are from the first input and the first output. */
function fourOutputs(
  x: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  w: usize,
  y: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  pixel: i32,
  tapsY: i32,
  tapsX: i32,
  tapRow: i32,
  tapColumn: i32,
): void {
  for (const end = x + <usize>pixel; x < end; x += 16, w += 16, y += 16) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let tap = w;
    let line = x;
    for (let tapY = tapsY; tapY > 0; tapY--, line += tapRow) {
      let from = line;
      for (let tapX = tapsX; tapX > 0; tapX--, from += tapColumn, tap += pixel) {
        const weight = v128.load(tap);
        s0 = f32x4.add(s0, f32x4.mul(v128.load(from), weight));
        s1 = f32x4.add(s1, f32x4.mul(v128.load(from + x1), weight));
        s2 = f32x4.add(s2, f32x4.mul(v128.load(from + x2), weight));
        s3 = f32x4.add(s3, f32x4.mul(v128.load(from + x3), weight));
      }
    }
    v128.store(y, s0);
    v128.store(y + y1, s1);
    v128.store(y + y2, s2);
    v128.store(y + y3, s3);
  }
}

/** dw[ky, kx, c] += sum of x[...] dy[n, oy, ox, c]; arguments as of `filterGradient`. */
export function depthwiseFilterGradient(
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
): void {
  const pixel = channels << 2;
  const windowRows = (rows - 1) * strideY + (tapsY - 1) * dilationY + 1;
  const windowColumns = (columns - 1) * strideX + (tapsX - 1) * dilationX + 1;
  const inside = top >= 0 && left >= 0 && top + windowRows <= height && left + windowColumns <= width;
  const pitch = (inside ? width : windowColumns) * pixel;
  for (let n = 0; n < batch; n++, x += height * width * pixel, dy += rows * columns * pixel) {
    let image = x + <usize>(top * pitch + left * pixel);
    if (!inside) {
      fillWindow(x, scratch, height, width, pixel, top, left, windowRows, windowColumns, n === 0);
      image = scratch;
    }
    if (tapsY === 3 && tapsX === 3) {
      for (let c = 0; c < pixel; c += 16) {
        nineTaps(
          image + c,
          dy + c,
          dw + c,
          rows,
          columns,
          strideY * pitch,
          strideX * pixel,
          dilationY * pitch,
          dilationX * pixel,
          pixel,
        );
      }
      continue;
    }
    for (let tapY = 0; tapY < tapsY; tapY++) {
      const line = image + <usize>(tapY * dilationY * pitch);
      for (let tapX = 0; tapX < tapsX; tapX++) {
        const tap = dw + <usize>((tapY * tapsX + tapX) * pixel);
        const from = line + <usize>(tapX * dilationX * pixel);
        for (let c = 0; c < pixel; c += 16) {
          oneTap(from + c, dy + c, tap + c, rows, columns, strideY * pitch, strideX * pixel, pixel);
        }
      }
    }
  }
}

/** Add to the nine taps of a filter of three by three, at four channels. */
function nineTaps(
  x: usize,
  dy: usize,
  dw: usize,
  rows: i32,
  columns: i32,
  xRow: i32,
  xColumn: i32,
  tapRow: i32,
  tapColumn: i32,
  pixel: i32,
): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  let s8 = f32x4.splat(0);
  for (; rows > 0; rows--, x += xRow) {
    let from = x;
    for (let left = columns; left > 0; left--, from += xColumn, dy += pixel) {
      const g = v128.load(dy);
      const middle = from + tapRow;
      const last = middle + tapRow;
      s0 = f32x4.add(s0, f32x4.mul(v128.load(from), g));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(from + tapColumn), g));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(from + 2 * tapColumn), g));
      s3 = f32x4.add(s3, f32x4.mul(v128.load(middle), g));
      s4 = f32x4.add(s4, f32x4.mul(v128.load(middle + tapColumn), g));
      s5 = f32x4.add(s5, f32x4.mul(v128.load(middle + 2 * tapColumn), g));
      s6 = f32x4.add(s6, f32x4.mul(v128.load(last), g));
      s7 = f32x4.add(s7, f32x4.mul(v128.load(last + tapColumn), g));
      s8 = f32x4.add(s8, f32x4.mul(v128.load(last + 2 * tapColumn), g));
    }
  }
  addTo(dw, s0);
  addTo(dw + pixel, s1);
  addTo(dw + 2 * pixel, s2);
  addTo(dw + 3 * pixel, s3);
  addTo(dw + 4 * pixel, s4);
  addTo(dw + 5 * pixel, s5);
  addTo(dw + 6 * pixel, s6);
  addTo(dw + 7 * pixel, s7);
  addTo(dw + 8 * pixel, s8);
}

function oneTap(x: usize, dy: usize, dw: usize, rows: i32, columns: i32, xRow: i32, xColumn: i32, pixel: i32): void {
  let s = f32x4.splat(0);
  for (; rows > 0; rows--, x += xRow) {
    let from = x;
    for (let left = columns; left > 0; left--, from += xColumn, dy += pixel) {
      s = f32x4.add(s, f32x4.mul(v128.load(from), v128.load(dy)));
    }
  }
  addTo(dw, s);
}

function addTo(to: usize, s: v128): void {
  v128.store(to, f32x4.add(v128.load(to), s));
}
