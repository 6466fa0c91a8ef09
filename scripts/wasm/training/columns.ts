/**
 * Passes over a matrix of [rows, columns], float32, as batch normalisation and the gradients of a bias need them.
 *
 * Sums go to float64: vectors add up `BLOCK` rows in float32 and the result is added to a float64 sum, so that no chain of float32
 * additions is long, and the order never changes. The sums at `sums` are added to.
 */

const BLOCK = 64;

/** sums[j] += sum over rows of x[i, j] */
export function sumColumns(x: usize, rows: i32, columns: i32, sums: usize): void {
  const pitch = columns << 2;
  const whole = columns & ~3;
  for (let row = 0; row < rows; row += BLOCK) {
    const end = x + <usize>(min(BLOCK, rows - row) * pitch);
    let j = 0;
    for (; j + 16 <= columns; j += 16) {
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let from = x + ((<usize>j) << 2), last = end; from < last; from += pitch) {
        s0 = f32x4.add(s0, v128.load(from));
        s1 = f32x4.add(s1, v128.load(from, 16));
        s2 = f32x4.add(s2, v128.load(from, 32));
        s3 = f32x4.add(s3, v128.load(from, 48));
      }
      const to = sums + ((<usize>j) << 3);
      accumulate(to, s0);
      accumulate(to + 32, s1);
      accumulate(to + 64, s2);
      accumulate(to + 96, s3);
    }
    for (; j < whole; j += 4) {
      let s = f32x4.splat(0);
      for (let from = x + ((<usize>j) << 2); from < end; from += pitch) s = f32x4.add(s, v128.load(from));
      accumulate(sums + ((<usize>j) << 3), s);
    }
    for (; j < columns; j++) {
      let s: f64 = 0;
      for (let from = x + ((<usize>j) << 2); from < end; from += pitch) s += <f64>load<f32>(from);
      store<f64>(sums + ((<usize>j) << 3), load<f64>(sums + ((<usize>j) << 3)) + s);
    }
    x = end;
  }
}

/** The sum of `count` numbers. */
export function sumAll(x: usize, count: i32): f64 {
  let total: f64 = 0;
  while (count >= 16) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const steps = min(BLOCK, count >> 4);
    for (let step = 0; step < steps; step++, x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    count -= steps << 4;
    s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    const pair = f64x2.add(f64x2.promote_low_f32x4(s0), f64x2.promote_low_f32x4(high(s0)));
    total += f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
  }
  for (; count > 0; count--, x += 4) total += <f64>load<f32>(x);
  return total;
}

/** sums[j] += sum over rows of (x[i, j] - mean[j])² */
export function sumSquares(x: usize, mean: usize, rows: i32, columns: i32, sums: usize): void {
  const pitch = columns << 2;
  const whole = columns & ~3;
  for (let row = 0; row < rows; row += BLOCK) {
    const end = x + <usize>(min(BLOCK, rows - row) * pitch);
    let j = 0;
    for (; j + 8 <= columns; j += 8) {
      const m0 = v128.load(mean + ((<usize>j) << 2));
      const m1 = v128.load(mean + ((<usize>j) << 2), 16);
      let s0 = f32x4.splat(0);
      let s1 = s0;
      for (let from = x + ((<usize>j) << 2), last = end; from < last; from += pitch) {
        const d0 = f32x4.sub(v128.load(from), m0);
        const d1 = f32x4.sub(v128.load(from, 16), m1);
        s0 = f32x4.add(s0, f32x4.mul(d0, d0));
        s1 = f32x4.add(s1, f32x4.mul(d1, d1));
      }
      const to = sums + ((<usize>j) << 3);
      accumulate(to, s0);
      accumulate(to + 32, s1);
    }
    for (; j < whole; j += 4) {
      const m = v128.load(mean + ((<usize>j) << 2));
      let s = f32x4.splat(0);
      for (let from = x + ((<usize>j) << 2); from < end; from += pitch) {
        const d = f32x4.sub(v128.load(from), m);
        s = f32x4.add(s, f32x4.mul(d, d));
      }
      accumulate(sums + ((<usize>j) << 3), s);
    }
    for (; j < columns; j++) {
      const m = load<f32>(mean + ((<usize>j) << 2));
      let s: f64 = 0;
      for (let from = x + ((<usize>j) << 2); from < end; from += pitch) {
        const d = load<f32>(from) - m;
        s += <f64>(d * d);
      }
      store<f64>(sums + ((<usize>j) << 3), load<f64>(sums + ((<usize>j) << 3)) + s);
    }
    x = end;
  }
}

/** sums[j] += sum of dy[i, j]; products[j] += sum of dy[i, j] (x[i, j] - mean[j]) */
export function sumProducts(
  dy: usize,
  x: usize,
  mean: usize,
  rows: i32,
  columns: i32,
  sums: usize,
  products: usize,
): void {
  const pitch = columns << 2;
  const whole = columns & ~3;
  for (let row = 0; row < rows; row += BLOCK) {
    const bytes = <usize>(min(BLOCK, rows - row) * pitch);
    const end = x + bytes;
    const ahead = dy - x;
    let j = 0;
    for (; j + 8 <= columns; j += 8) {
      const m0 = v128.load(mean + ((<usize>j) << 2));
      const m1 = v128.load(mean + ((<usize>j) << 2), 16);
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let p0 = s0;
      let p1 = s0;
      for (let from = x + ((<usize>j) << 2), last = end; from < last; from += pitch) {
        const g0 = v128.load(from + ahead);
        const g1 = v128.load(from + ahead, 16);
        s0 = f32x4.add(s0, g0);
        s1 = f32x4.add(s1, g1);
        p0 = f32x4.add(p0, f32x4.mul(g0, f32x4.sub(v128.load(from), m0)));
        p1 = f32x4.add(p1, f32x4.mul(g1, f32x4.sub(v128.load(from, 16), m1)));
      }
      accumulate(sums + ((<usize>j) << 3), s0);
      accumulate(sums + ((<usize>j) << 3) + 32, s1);
      accumulate(products + ((<usize>j) << 3), p0);
      accumulate(products + ((<usize>j) << 3) + 32, p1);
    }
    for (; j < whole; j += 4) {
      const m = v128.load(mean + ((<usize>j) << 2));
      let s = f32x4.splat(0);
      let p = s;
      for (let from = x + ((<usize>j) << 2); from < end; from += pitch) {
        const g = v128.load(from + ahead);
        s = f32x4.add(s, g);
        p = f32x4.add(p, f32x4.mul(g, f32x4.sub(v128.load(from), m)));
      }
      accumulate(sums + ((<usize>j) << 3), s);
      accumulate(products + ((<usize>j) << 3), p);
    }
    for (; j < columns; j++) {
      const m = load<f32>(mean + ((<usize>j) << 2));
      let s: f64 = 0;
      let p: f64 = 0;
      for (let from = x + ((<usize>j) << 2); from < end; from += pitch) {
        const g = load<f32>(from + ahead);
        s += <f64>g;
        p += <f64>(g * (load<f32>(from) - m));
      }
      store<f64>(sums + ((<usize>j) << 3), load<f64>(sums + ((<usize>j) << 3)) + s);
      store<f64>(products + ((<usize>j) << 3), load<f64>(products + ((<usize>j) << 3)) + p);
    }
    x = end;
    dy += bytes;
  }
}

/** y[i, j] = (x[i, j] - mean[j]) scale[j] + shift[j] */
export function normalize(x: usize, y: usize, rows: i32, columns: i32, mean: usize, scale: usize, shift: usize): void {
  const bytes = <usize>(columns << 2);
  const whole = bytes & ~15;
  for (let row = 0; row < rows; row++, x += bytes, y += bytes) {
    let j: usize = 0;
    for (; j < whole; j += 16) {
      const centred = f32x4.sub(v128.load(x + j), v128.load(mean + j));
      v128.store(y + j, f32x4.add(f32x4.mul(centred, v128.load(scale + j)), v128.load(shift + j)));
    }
    for (; j < bytes; j += 4) {
      store<f32>(y + j, (load<f32>(x + j) - load<f32>(mean + j)) * load<f32>(scale + j) + load<f32>(shift + j));
    }
  }
}

/** dx[i, j] = a[j] dy[i, j] + b[j] (x[i, j] - mean[j]) + c[j] */
export function normalizeGradient(
  dy: usize,
  x: usize,
  dx: usize,
  rows: i32,
  columns: i32,
  mean: usize,
  a: usize,
  b: usize,
  c: usize,
): void {
  const bytes = <usize>(columns << 2);
  const whole = bytes & ~15;
  for (let row = 0; row < rows; row++, x += bytes, dy += bytes, dx += bytes) {
    let j: usize = 0;
    for (; j < whole; j += 16) {
      const centred = f32x4.sub(v128.load(x + j), v128.load(mean + j));
      const own = f32x4.add(f32x4.mul(v128.load(dy + j), v128.load(a + j)), v128.load(c + j));
      v128.store(dx + j, f32x4.add(own, f32x4.mul(centred, v128.load(b + j))));
    }
    for (; j < bytes; j += 4) {
      const centred = load<f32>(x + j) - load<f32>(mean + j);
      store<f32>(dx + j, load<f32>(dy + j) * load<f32>(a + j) + load<f32>(c + j) + centred * load<f32>(b + j));
    }
  }
}

function accumulate(to: usize, s: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(s)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(high(s))), 16);
}

/** The upper two lanes in the place of the lower. */
function high(s: v128): v128 {
  return i8x16.shuffle(s, s, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}
