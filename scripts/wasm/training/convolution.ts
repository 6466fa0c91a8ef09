/**
 * Convolution as it is computed forward, and backward to its input: a tile of four outputs by eight filters.
 *
 * The eight sums of four lanes stay in registers while the taps go by. With a dilation of one, a row of taps over all channels is one
 * run of the image's memory, so the loops are: rows of taps, runs in a row, numbers in a run. Four outputs by eight filters take, for
 * each number, two vectors of weights, four of inputs (one number in all lanes), eight products and eight additions: the arithmetic
 * units are never idle for want of memory. The weights lie in panels of eight filters (see `packFilters`), zeros for those missing.
 */
import { fillWindow } from "./window";

/** Numbers in a panel's row. */
const LANES = 8;

/**
 * Weights into panels: `to` is [panels of eight filters][steps][8]. Weight (step, filter) is read at from + step * stepBytes + filter *
 * filterBytes; `panelBytes` lie between two panels, of which this call fills `steps` rows.
 */
export function packFilters(
  from: usize,
  to: usize,
  steps: i32,
  filters: i32,
  stepBytes: i32,
  filterBytes: i32,
  panelBytes: i32,
): void {
  for (let first = 0; first < filters; first += LANES) {
    const count = min(LANES, filters - first);
    let row = to;
    let source = from + <usize>(first * filterBytes);
    for (let step = 0; step < steps; step++) {
      if (count === LANES && filterBytes === 4) {
        v128.store(row, v128.load(source));
        v128.store(row, v128.load(source, 16), 16);
      } else {
        let at = source;
        for (let lane = 0; lane < LANES; lane++, at += filterBytes) {
          store<f32>(row + ((<usize>lane) << 2), lane < count ? load<f32>(at) : 0);
        }
      }
      row += LANES << 2;
      source += stepBytes;
    }
    to += panelBytes;
  }
}

/**
 * y[n, oy, ox, f] = clip(bias[f] + sum of x[n, top + oy * strideY + ky * dilationY, left + ..., c] w[ky, kx, c, f], low, high)
 *
 * `x` is [batch, height, width, channels], zero outside. `scratch` has room for one window. `bias` may be 0 for none. The outputs lie
 * `yPixel`, `yRow`, `yImage` bytes apart. A NaN stays one.
 */
export function convolve(
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
  filters: i32,
  yPixel: i32,
  yRow: i32,
  yImage: i32,
  low: f32,
  high: f32,
): void {
  const pixel = channels << 2;
  const windowRows = (rows - 1) * strideY + (tapsY - 1) * dilationY + 1;
  const windowColumns = (columns - 1) * strideX + (tapsX - 1) * dilationX + 1;
  const inside = top >= 0 && left >= 0 && top + windowRows <= height && left + windowColumns <= width;
  const pitch = (inside ? width : windowColumns) * pixel;
  // A row of taps is one run where they touch.
  const runs = dilationX === 1 ? 1 : tapsX;
  const run = dilationX === 1 ? tapsX * channels : channels;
  const runStep = dilationX * pixel - pixel;
  const tapRow = dilationY * pitch;
  const panelBytes = (tapsY * tapsX * channels + 1) * LANES * 4;
  const columnStep = strideX * pixel;
  const rowStep = strideY * pitch;
  const outputs = rows * columns;
  for (let n = 0; n < batch; n++, x += height * width * pixel, y += yImage) {
    let image = x + <usize>(top * pitch + left * pixel);
    if (!inside) {
      fillWindow(x, scratch, height, width, pixel, top, left, windowRows, windowColumns, n === 0);
      image = scratch;
    }
    let panel = weights;
    for (let filter = 0; filter < filters; filter += LANES, panel += panelBytes) {
      const wanted = min(LANES, filters - filter);
      const out = y + ((<usize>filter) << 2);
      let inputRow = image;
      let outputRow = out;
      let from = inputRow;
      let to = outputRow;
      let column = 0;
      for (let output = 0; output < outputs; output += 4) {
        // Past the end the last output is computed again.
        const x0 = from;
        const y0 = to;
        if (output + 1 < outputs) {
          if (++column === columns) {
            column = 0;
            inputRow += rowStep;
            outputRow += yRow;
            from = inputRow;
            to = outputRow;
          } else {
            from += columnStep;
            to += yPixel;
          }
        }
        const x1 = from;
        const y1 = to;
        if (output + 2 < outputs) {
          if (++column === columns) {
            column = 0;
            inputRow += rowStep;
            outputRow += yRow;
            from = inputRow;
            to = outputRow;
          } else {
            from += columnStep;
            to += yPixel;
          }
        }
        const x2 = from;
        const y2 = to;
        if (output + 3 < outputs) {
          if (++column === columns) {
            column = 0;
            inputRow += rowStep;
            outputRow += yRow;
            from = inputRow;
            to = outputRow;
          } else {
            from += columnStep;
            to += yPixel;
          }
        }
        const x3 = from;
        const y3 = to;
        if (output + 4 < outputs) {
          if (++column === columns) {
            column = 0;
            inputRow += rowStep;
            outputRow += yRow;
            from = inputRow;
            to = outputRow;
          } else {
            from += columnStep;
            to += yPixel;
          }
        }
        tile(x0, x1, x2, x3, panel, tapsY, tapRow, runs, runStep, run, low, high, y0, y1, y2, y3, wanted);
      }
    }
  }
}

/**
 * One tile: outputs at y0 to y3 from inputs at x0 to x3. The weights at `w` are followed by the bias. What is not needed by the inner loop comes as
 * plain numbers: a vector that lives through it would take a register from the sums.
 */
function tile(
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  w: usize,
  tapsY: i32,
  tapRow: i32,
  runs: i32,
  runStep: i32,
  run: i32,
  low: f32,
  high: f32,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  wanted: i32,
): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  for (let tapY = tapsY; tapY > 0; tapY--) {
    let a0 = x0;
    let a1 = x1;
    let a2 = x2;
    let a3 = x3;
    for (let i = runs; i > 0; i--) {
      for (let left = run; left > 0; left--) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        let a = v128.load32_splat(a0);
        s00 = f32x4.add(s00, f32x4.mul(a, w0));
        s01 = f32x4.add(s01, f32x4.mul(a, w1));
        a = v128.load32_splat(a1);
        s10 = f32x4.add(s10, f32x4.mul(a, w0));
        s11 = f32x4.add(s11, f32x4.mul(a, w1));
        a = v128.load32_splat(a2);
        s20 = f32x4.add(s20, f32x4.mul(a, w0));
        s21 = f32x4.add(s21, f32x4.mul(a, w1));
        a = v128.load32_splat(a3);
        s30 = f32x4.add(s30, f32x4.mul(a, w0));
        s31 = f32x4.add(s31, f32x4.mul(a, w1));
        a0 += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
        w += 32;
      }
      a0 += runStep;
      a1 += runStep;
      a2 += runStep;
      a3 += runStep;
    }
    x0 += tapRow;
    x1 += tapRow;
    x2 += tapRow;
    x3 += tapRow;
  }
  const bias0 = v128.load(w);
  const bias1 = v128.load(w, 16);
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  s00 = f32x4.pmin(f32x4.pmax(f32x4.add(s00, bias0), lows), highs);
  s01 = f32x4.pmin(f32x4.pmax(f32x4.add(s01, bias1), lows), highs);
  s10 = f32x4.pmin(f32x4.pmax(f32x4.add(s10, bias0), lows), highs);
  s11 = f32x4.pmin(f32x4.pmax(f32x4.add(s11, bias1), lows), highs);
  s20 = f32x4.pmin(f32x4.pmax(f32x4.add(s20, bias0), lows), highs);
  s21 = f32x4.pmin(f32x4.pmax(f32x4.add(s21, bias1), lows), highs);
  s30 = f32x4.pmin(f32x4.pmax(f32x4.add(s30, bias0), lows), highs);
  s31 = f32x4.pmin(f32x4.pmax(f32x4.add(s31, bias1), lows), highs);
  if (wanted === LANES) {
    v128.store(y0, s00);
    v128.store(y0, s01, 16);
    v128.store(y1, s10);
    v128.store(y1, s11, 16);
    v128.store(y2, s20);
    v128.store(y2, s21, 16);
    v128.store(y3, s30);
    v128.store(y3, s31, 16);
  } else {
    storeSome(y0, s00, s01, wanted);
    storeSome(y1, s10, s11, wanted);
    storeSome(y2, s20, s21, wanted);
    storeSome(y3, s30, s31, wanted);
  }
}

/** The first `count` of eight numbers. */
function storeSome(to: usize, first: v128, second: v128, count: i32): void {
  let rest = first;
  if (count >= 4) {
    v128.store(to, first);
    rest = second;
    to += 16;
    count -= 4;
  }
  if (count > 0) store<f32>(to, f32x4.extract_lane(rest, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(rest, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(rest, 2), 8);
}
