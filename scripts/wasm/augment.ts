/**
 * The inner loops of cellwright/augment, in AssemblyScript with WebAssembly's 128-bit vectors. `build.mjs` compiles them.
 *
 * Pointers are byte offsets; images are float32, channels last. Most loops go on to the end of their last vector: whoever calls them
 * leaves 64 bytes free after every image. `pmax(x, 0)` and `pmin(x, 1)` keep a NaN in x, as the comparisons in JavaScript do.
 */

const ZERO: v128 = f32x4.splat(0);
const ONE: v128 = f32x4.splat(1);

function clip(x: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, ZERO), ONE);
}

/** to = from · scale + shift, cut to [0, 1], with three scales and shifts in turn. */
export function linear(from: usize, to: usize, count: i32, s0: f32, s1: f32, s2: f32, o0: f32, o1: f32, o2: f32): void {
  const sa = f32x4(s0, s1, s2, s0),
    sb = f32x4(s1, s2, s0, s1),
    sc = f32x4(s2, s0, s1, s2);
  const oa = f32x4(o0, o1, o2, o0),
    ob = f32x4(o1, o2, o0, o1),
    oc = f32x4(o2, o0, o1, o2);
  const end = from + ((<usize>count) << 2);
  while (from < end) {
    v128.store(to, clip(f32x4.add(f32x4.mul(v128.load(from), sa), oa)));
    v128.store(to, clip(f32x4.add(f32x4.mul(v128.load(from, 16), sb), ob)), 16);
    v128.store(to, clip(f32x4.add(f32x4.mul(v128.load(from, 32), sc), oc)), 32);
    from += 48;
    to += 48;
  }
}

/** base + factor (pixel - base), cut, where the base is the pixel's grey. */
export function color(from: usize, to: usize, pixels: i32, factor: f32, red: f32, green: f32, blue: f32): void {
  const scale = f32x4.splat(factor);
  const rest: f32 = 1 - factor;
  for (let i = 0; i < pixels; i++) {
    const pixel = v128.load(from);
    const grey =
      red * f32x4.extract_lane(pixel, 0) + green * f32x4.extract_lane(pixel, 1) + blue * f32x4.extract_lane(pixel, 2);
    v128.store(to, clip(f32x4.add(f32x4.mul(pixel, scale), f32x4.splat(rest * grey))));
    from += 12;
    to += 12;
  }
}

/** A turn of `sixths` of the colour circle: see src/augment/transforms/hue.ts. */
export function hue(from: usize, to: usize, pixels: i32, turn: f32): void {
  for (let i = 0; i < pixels; i++) {
    const red = load<f32>(from);
    const green = load<f32>(from, 4);
    const blue = load<f32>(from, 8);
    const largest = max(red, max(green, blue));
    const chroma: f32 = largest - min(red, min(green, blue));
    let sixths = turn;
    if (chroma > 0) {
      if (largest === red) sixths += (green - blue) / chroma;
      else if (largest === green) sixths += 2 + (blue - red) / chroma;
      else sixths += 4 + (red - green) / chroma;
    }
    store<f32>(to, phase(largest, chroma, sixths + 5));
    store<f32>(to, phase(largest, chroma, sixths + 3), 4);
    store<f32>(to, phase(largest, chroma, sixths + 1), 8);
    from += 12;
    to += 12;
  }
}

function phase(largest: f32, chroma: f32, phased: f32): f32 {
  const k = phased - 6 * floor(phased / 6);
  return largest - chroma * max<f32>(0, min<f32>(1, min(k, 4 - k)));
}

/** Whatever is at least `edge` becomes 1 less itself. */
export function solarize(from: usize, to: usize, count: i32, edge: f32): void {
  const edges = f32x4.splat(edge);
  const end = from + ((<usize>count) << 2);
  while (from < end) {
    const x = v128.load(from);
    v128.store(to, v128.bitselect(f32x4.sub(ONE, x), x, f32x4.ge(x, edges)));
    from += 16;
    to += 16;
  }
}

/** Keep the bits of `mask` in the 8-bit levels. */
export function posterize(from: usize, to: usize, count: i32, mask: i32): void {
  const masks = i32x4.splat(mask);
  const half = f32x4.splat(0.5),
    levels = f32x4.splat(255);
  const end = from + ((<usize>count) << 2);
  while (from < end) {
    const x = v128.load(from);
    const level = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(clip(x), levels), half));
    const kept = f32x4.div(f32x4.convert_i32x4_s(v128.and(level, masks)), levels);
    v128.store(to, v128.bitselect(kept, x, f32x4.eq(x, x)));
    from += 16;
    to += 16;
  }
}

/** The smallest and the largest of each of three channels in turn, six numbers at `out`; NaN is passed over. */
export function extent(from: usize, count: i32, out: usize): void {
  const end = from + ((<usize>count) << 2);
  let la = f32x4.splat(Infinity),
    lb = la,
    lc = la;
  let ha = f32x4.splat(-Infinity),
    hb = ha,
    hc = ha;
  while (from + 48 <= end) {
    const a = v128.load(from),
      b = v128.load(from, 16),
      c = v128.load(from, 32);
    la = f32x4.pmin(la, a);
    lb = f32x4.pmin(lb, b);
    lc = f32x4.pmin(lc, c);
    ha = f32x4.pmax(ha, a);
    hb = f32x4.pmax(hb, b);
    hc = f32x4.pmax(hc, c);
    from += 48;
  }
  // Lane k of vector j holds channel (4 j + k) mod 3.
  store<f32>(
    out,
    least(f32x4.extract_lane(la, 0), f32x4.extract_lane(la, 3), f32x4.extract_lane(lb, 2), f32x4.extract_lane(lc, 1)),
  );
  store<f32>(
    out,
    least(f32x4.extract_lane(la, 1), f32x4.extract_lane(lb, 0), f32x4.extract_lane(lb, 3), f32x4.extract_lane(lc, 2)),
    4,
  );
  store<f32>(
    out,
    least(f32x4.extract_lane(la, 2), f32x4.extract_lane(lb, 1), f32x4.extract_lane(lc, 0), f32x4.extract_lane(lc, 3)),
    8,
  );
  store<f32>(
    out,
    most(f32x4.extract_lane(ha, 0), f32x4.extract_lane(ha, 3), f32x4.extract_lane(hb, 2), f32x4.extract_lane(hc, 1)),
    12,
  );
  store<f32>(
    out,
    most(f32x4.extract_lane(ha, 1), f32x4.extract_lane(hb, 0), f32x4.extract_lane(hb, 3), f32x4.extract_lane(hc, 2)),
    16,
  );
  store<f32>(
    out,
    most(f32x4.extract_lane(ha, 2), f32x4.extract_lane(hb, 1), f32x4.extract_lane(hc, 0), f32x4.extract_lane(hc, 3)),
    20,
  );
  let at: usize = 0;
  while (from < end) {
    const x = load<f32>(from);
    if (x < load<f32>(out + at)) store<f32>(out + at, x);
    if (x > load<f32>(out + at, 12)) store<f32>(out + at, x, 12);
    at = at === 8 ? 0 : at + 4;
    from += 4;
  }
}

function least(a: f32, b: f32, c: f32, d: f32): f32 {
  return min(min(a, b), min(c, d));
}

function most(a: f32, b: f32, c: f32, d: f32): f32 {
  return max(max(a, b), max(c, d));
}

/** The sums of three channels in turn, three float64 numbers at `out`. */
export function sums(from: usize, pixels: i32, out: usize): void {
  let a: f64 = 0,
    b: f64 = 0,
    c: f64 = 0;
  for (let i = 0; i < pixels; i++) {
    a += <f64>load<f32>(from);
    b += <f64>load<f32>(from, 4);
    c += <f64>load<f32>(from, 8);
    from += 12;
  }
  store<f64>(out, a);
  store<f64>(out, b, 8);
  store<f64>(out, c, 16);
}

/** The 8-bit levels of `count` numbers, one byte each. */
export function levels(from: usize, to: usize, count: i32): void {
  const half = f32x4.splat(0.5),
    scale = f32x4.splat(255);
  for (let i = 0; i < count; i += 8) {
    const a = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(clip(v128.load(from)), scale), half));
    const b = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(clip(v128.load(from, 16)), scale), half));
    const words = i16x8.narrow_i32x4_s(a, b);
    v128.store64_lane(to, i8x16.narrow_i16x8_u(words, words), 0);
    from += 32;
    to += 8;
  }
}

/** How often each level comes, for each of `channels` channels in turn: 256 whole numbers a channel, which must be zero before. */
export function histogram(from: usize, pixels: i32, channels: i32, counts: usize): void {
  for (let i = 0; i < pixels; i++) {
    let row = counts;
    for (let k = 0; k < channels; k++) {
      const at = row + ((<usize>load<u8>(from)) << 2);
      store<u32>(at, load<u32>(at) + 1);
      row += 1024;
      from++;
    }
  }
}

/** to = rest · from + table(level), one table of 256 numbers a channel. */
export function lookup(
  from: usize,
  levels: usize,
  to: usize,
  pixels: i32,
  channels: i32,
  tables: usize,
  rest: f32,
): void {
  for (let i = 0; i < pixels; i++) {
    let row = tables;
    for (let k = 0; k < channels; k++) {
      store<f32>(to, rest * load<f32>(from) + load<f32>(row + ((<usize>load<u8>(levels)) << 2)));
      row += 1024;
      from += 4;
      to += 4;
      levels++;
    }
  }
}

/** A line of own · pixel + around · (the sum of the nine pixels about it), cut; `line` bytes to the next line, `pixel` to the next pixel. */
export function sharpenLine(
  from: usize,
  to: usize,
  count: i32,
  line: usize,
  pixel: usize,
  own: f32,
  around: f32,
): void {
  const center = f32x4.splat(own),
    others = f32x4.splat(around);
  for (let i = 0; i < count; i += 4) {
    const above = f32x4.add(
      f32x4.add(v128.load(from - line - pixel), v128.load(from - line)),
      v128.load(from - line + pixel),
    );
    const x = v128.load(from);
    const beside = f32x4.add(f32x4.add(v128.load(from - pixel), x), v128.load(from + pixel));
    const below = f32x4.add(
      f32x4.add(v128.load(from + line - pixel), v128.load(from + line)),
      v128.load(from + line + pixel),
    );
    const sum = f32x4.add(f32x4.add(above, beside), below);
    v128.store(to, clip(f32x4.add(f32x4.mul(center, x), f32x4.mul(others, sum))));
    from += 16;
    to += 16;
  }
}

/** A box of `whole` numbers to each side, `stride` bytes apart, and one more of weight `edge` beyond on each side. */
export function box(from: usize, to: usize, count: i32, stride: usize, whole: i32, weight: f32, edge: f32): void {
  const weights = f32x4.splat(weight);
  const edges = f32x4.splat(edge);
  const reach = <usize>whole * stride;
  for (let i = 0; i < count; i += 4) {
    let sum = v128.load(from);
    for (let offset = stride; offset <= reach; offset += stride) {
      sum = f32x4.add(sum, f32x4.add(v128.load(from - offset), v128.load(from + offset)));
    }
    const beyond = f32x4.add(v128.load(from - reach - stride), v128.load(from + reach + stride));
    v128.store(to, f32x4.add(f32x4.mul(weights, sum), f32x4.mul(edges, beyond)));
    from += 16;
    to += 16;
  }
}

/** A coordinate with 32 bits before and 32 behind the point: cheaper to step and to split than a float64 number. */
function fixed(x: f64): i64 {
  return <i64>nearest<f64>(x * 4294967296.0);
}

/** Its part behind the point, to 24 bits. */
function fraction(x: i64): f32 {
  return <f32>(<i32>(<u32>x >> 8)) * <f32>5.9604644775390625e-8;
}

/** Columns `start` to `end` of a line of the bilinear sampler, three channels, all neighbours inside; `to` is the line's beginning. */
export function bilinear3(
  from: usize,
  to: usize,
  width: i32,
  start: i32,
  end: i32,
  x0: f64,
  y0: f64,
  a: f64,
  d: f64,
): void {
  const below = <usize>width * 12;
  to += <usize>start * 12;
  let u = fixed(x0 + <f64>start * a);
  let v = fixed(y0 + <f64>start * d);
  const stepU = fixed(a);
  const stepV = fixed(d);
  for (let x = start; x < end; x++) {
    const column = <i32>(u >> 32);
    const row = <i32>(v >> 32);
    const p = from + <usize>(row * width + column) * 12;
    const q = p + below;
    const right = f32x4.splat(fraction(u));
    const down = f32x4.splat(fraction(v));
    const left = v128.load(p);
    const top = f32x4.add(left, f32x4.mul(right, f32x4.sub(v128.load(p, 12), left)));
    const under = v128.load(q);
    const bottom = f32x4.add(under, f32x4.mul(right, f32x4.sub(v128.load(q, 12), under)));
    // The fourth number is the next pixel's first, or the first beyond the interval: the caller writes that later.
    v128.store(to, f32x4.add(top, f32x4.mul(down, f32x4.sub(bottom, top))));
    to += 12;
    u += stepU;
    v += stepV;
  }
}

/** The same with one channel. */
export function bilinear1(
  from: usize,
  to: usize,
  width: i32,
  start: i32,
  end: i32,
  x0: f64,
  y0: f64,
  a: f64,
  d: f64,
): void {
  const below = <usize>width * 4;
  to += <usize>start * 4;
  let u = fixed(x0 + <f64>start * a);
  let v = fixed(y0 + <f64>start * d);
  const stepU = fixed(a);
  const stepV = fixed(d);
  for (let x = start; x < end; x++) {
    const column = <i32>(u >> 32);
    const row = <i32>(v >> 32);
    const p = from + <usize>(row * width + column) * 4;
    const q = p + below;
    const right = fraction(u);
    const down = fraction(v);
    const top = load<f32>(p) + right * (load<f32>(p, 4) - load<f32>(p));
    const bottom = load<f32>(q) + right * (load<f32>(q, 4) - load<f32>(q));
    store<f32>(to, top + down * (bottom - top));
    to += 4;
    u += stepU;
    v += stepV;
  }
}

/** The nearest pixel, three channels; as `bilinear3`. */
export function nearest3(
  from: usize,
  to: usize,
  width: i32,
  height: i32,
  start: i32,
  end: i32,
  x0: f64,
  y0: f64,
  a: f64,
  d: f64,
): void {
  to += <usize>start * 12;
  for (let x = start; x < end; x++) {
    const column = min(width - 1, <i32>(x0 + <f64>x * a));
    const row = min(height - 1, <i32>(y0 + <f64>x * d));
    v128.store(to, v128.load(from + <usize>(row * width + column) * 12));
    to += 12;
  }
}
