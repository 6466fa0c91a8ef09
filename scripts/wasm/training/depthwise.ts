/**
 * Depthwise convolution with one filter a channel, four channels at a time; `channels` is a multiple of 4.
 *
 * There is one product for every number read, so memory sets the pace: forward, each vector of weights serves four outputs; for the
 * filter's gradient, three taps of a row share each gradient.
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
    for (let tapY = 0; tapY < tapsY; tapY++) {
      const line = image + <usize>(tapY * dilationY * pitch);
      let tapX = 0;
      for (; tapX + 3 <= tapsX; tapX += 3) {
        const tap = dw + <usize>((tapY * tapsX + tapX) * pixel);
        const from = line + <usize>(tapX * dilationX * pixel);
        for (let c = 0; c < pixel; c += 16) {
          threeTaps(
            from + c,
            dy + c,
            tap + c,
            rows,
            columns,
            strideY * pitch,
            strideX * pixel,
            dilationX * pixel,
            pixel,
          );
        }
      }
      for (; tapX < tapsX; tapX++) {
        const tap = dw + <usize>((tapY * tapsX + tapX) * pixel);
        const from = line + <usize>(tapX * dilationX * pixel);
        for (let c = 0; c < pixel; c += 16) {
          oneTap(from + c, dy + c, tap + c, rows, columns, strideY * pitch, strideX * pixel, pixel);
        }
      }
    }
  }
}

function threeTaps(
  x: usize,
  dy: usize,
  dw: usize,
  rows: i32,
  columns: i32,
  xRow: i32,
  xColumn: i32,
  tapColumn: i32,
  pixel: i32,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  for (; rows > 0; rows--, x += xRow) {
    let from = x;
    for (let left = columns; left > 0; left--, from += xColumn, dy += pixel) {
      const g = v128.load(dy);
      s0 = f32x4.add(s0, f32x4.mul(v128.load(from), g));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(from + tapColumn), g));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(from + 2 * tapColumn), g));
    }
  }
  v128.store(dw, f32x4.add(v128.load(dw), s0));
  v128.store(dw + pixel, f32x4.add(v128.load(dw + pixel), s1));
  v128.store(dw + 2 * pixel, f32x4.add(v128.load(dw + 2 * pixel), s2));
}

function oneTap(x: usize, dy: usize, dw: usize, rows: i32, columns: i32, xRow: i32, xColumn: i32, pixel: i32): void {
  let s = f32x4.splat(0);
  for (; rows > 0; rows--, x += xRow) {
    let from = x;
    for (let left = columns; left > 0; left--, from += xColumn, dy += pixel) {
      s = f32x4.add(s, f32x4.mul(v128.load(from), v128.load(dy)));
    }
  }
  v128.store(dw, f32x4.add(v128.load(dw), s));
}
