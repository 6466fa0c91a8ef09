/**
 * The gradients of pooling, four channels at a time.
 *
 * Windows are cut at the image's border, as in the forward pass: padding is neither the largest nor part of an average.
 */

/**
 * Max pooling, where windows of two by two lie side by side inside the image: each of the four places takes the gradient where a mask says so.
 * No branch depends on the data. The largest is found from the first place on by strict comparison, so of equals the first is taken, and a
 * NaN is taken in first place only. Rows and columns of `dx` that no window covers are left alone.
 */
export function maxPoolGradientPairs(
  x: usize,
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  rows: i32,
  columns: i32,
): void {
  const pixel = channels << 2;
  const pitch = width * pixel;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < rows; row++) {
      let at = <usize>((n * height + 2 * row) * pitch);
      for (let column = 0; column < columns; column++, at += 2 * pixel, dy += pixel) {
        let a = x + at;
        let to = dx + at;
        let from = dy;
        const end = dy + <usize>((channels & ~3) << 2);
        for (; from < end; from += 16, a += 16, to += 16) {
          const x0 = v128.load(a);
          const x1 = v128.load(a + pixel);
          const x2 = v128.load(a + pitch);
          const x3 = v128.load(a + pitch + pixel);
          const g = v128.load(from);
          const is1 = f32x4.gt(x1, x0);
          const best1 = v128.bitselect(x1, x0, is1);
          const is2 = f32x4.gt(x2, best1);
          const best2 = v128.bitselect(x2, best1, is2);
          const is3 = f32x4.gt(x3, best2);
          const later = v128.or(is2, is3);
          v128.store(to, v128.andnot(g, v128.or(is1, later)));
          v128.store(to + pixel, v128.andnot(v128.and(g, is1), later));
          v128.store(to + pitch, v128.andnot(v128.and(g, is2), is3));
          v128.store(to + pitch + pixel, v128.and(g, is3));
        }
        for (const last = dy + <usize>pixel; from < last; from += 4, a += 4, to += 4) {
          const x0 = load<f32>(a);
          const x1 = load<f32>(a + pixel);
          const x2 = load<f32>(a + pitch);
          const x3 = load<f32>(a + pitch + pixel);
          let best = x0;
          let place: usize = 0;
          if (x1 > best) {
            best = x1;
            place = pixel;
          }
          if (x2 > best) {
            best = x2;
            place = pitch;
          }
          if (x3 > best) place = pitch + pixel;
          store<f32>(to, 0);
          store<f32>(to + pixel, 0);
          store<f32>(to + pitch, 0);
          store<f32>(to + pitch + pixel, 0);
          store<f32>(to + place, load<f32>(from));
        }
      }
    }
  }
}

/** Max pooling with any windows; `dx` is added to. */
export function maxPoolGradient(
  x: usize,
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  rows: i32,
  columns: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
): void {
  const pixel = channels << 2;
  const pitch = width * pixel;
  const whole = channels & ~3;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < rows; row++) {
      const y0 = max(0, row * strideY - top);
      const y1 = min(height, row * strideY - top + filterHeight);
      for (let column = 0; column < columns; column++, dy += pixel) {
        const x0 = max(0, column * strideX - left);
        const x1 = min(width, column * strideX - left + filterWidth);
        if (y0 >= y1 || x0 >= x1) continue;
        const first = <usize>((n * height + y0) * pitch + x0 * pixel);
        for (let c = 0; c < whole; c += 4) {
          const at = first + ((<usize>c) << 2);
          let best = v128.load(x + at);
          let place = i32x4.splat(0);
          for (let y = y0, tap = 0, line = at; y < y1; y++, line += pitch) {
            for (let i = x0, from = line; i < x1; i++, tap++, from += pixel) {
              const value = v128.load(x + from);
              const larger = f32x4.gt(value, best);
              best = v128.bitselect(value, best, larger);
              place = v128.bitselect(i32x4.splat(tap), place, larger);
            }
          }
          const g = v128.load(dy + ((<usize>c) << 2));
          for (let y = y0, tap = 0, line = at; y < y1; y++, line += pitch) {
            for (let i = x0, to = dx + line; i < x1; i++, tap++, to += pixel) {
              v128.store(to, f32x4.add(v128.load(to), v128.and(g, i32x4.eq(place, i32x4.splat(tap)))));
            }
          }
        }
        for (let c = whole; c < channels; c++) {
          let place = first + ((<usize>c) << 2);
          let best = load<f32>(x + place);
          for (let y = y0, line = place; y < y1; y++, line += pitch) {
            for (let i = x0, from = line; i < x1; i++, from += pixel) {
              if (load<f32>(x + from) > best) {
                best = load<f32>(x + from);
                place = from;
              }
            }
          }
          store<f32>(dx + place, load<f32>(dx + place) + load<f32>(dy + ((<usize>c) << 2)));
        }
      }
    }
  }
}

/** Average pooling: equal shares to the inputs that a window covers; `dx` is added to. */
export function avgPoolGradient(
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  rows: i32,
  columns: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
): void {
  const pixel = channels << 2;
  const pitch = width * pixel;
  const whole = channels & ~3;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < rows; row++) {
      const y0 = max(0, row * strideY - top);
      const y1 = min(height, row * strideY - top + filterHeight);
      for (let column = 0; column < columns; column++, dy += pixel) {
        const x0 = max(0, column * strideX - left);
        const x1 = min(width, column * strideX - left + filterWidth);
        if (y0 >= y1 || x0 >= x1) continue;
        const share = <f32>1 / <f32>((y1 - y0) * (x1 - x0));
        const shares = f32x4.splat(share);
        for (let y = y0; y < y1; y++) {
          let to = dx + <usize>((n * height + y) * pitch + x0 * pixel);
          for (let i = x0; i < x1; i++) {
            let c = 0;
            for (; c < whole; c += 4, to += 16) {
              v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(dy + ((<usize>c) << 2)), shares)));
            }
            for (; c < channels; c++, to += 4) {
              store<f32>(to, load<f32>(to) + load<f32>(dy + ((<usize>c) << 2)) * share);
            }
          }
        }
      }
    }
  }
}
