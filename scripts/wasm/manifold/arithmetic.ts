/**
 * Elementary functions of our own: those of the machine or of the engine differ in their last bits, and an embedding is a chaotic
 * system that makes two pictures of one bit. Every operation here is an IEEE 754 one, in a fixed order.
 */

export const ZERO: v128 = f32x4.splat(0);
export const ONE: v128 = f32x4.splat(1);
/** ln 2 in two parts: the first has so few digits that its product with a whole number is exact. */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;

/** The natural exponential of two numbers at most 0, within 3 units of the last place; below -708 it is 0. */
export function exp2x(x: v128): v128 {
  const small = f64x2.lt(x, f64x2.splat(-708));
  const bounded = f64x2.max(x, f64x2.splat(-708));
  const k = f64x2.nearest(f64x2.mul(bounded, f64x2.splat(Math.LOG2E)));
  let r = f64x2.sub(bounded, f64x2.mul(k, f64x2.splat(LN2_HIGH)));
  r = f64x2.sub(r, f64x2.mul(k, f64x2.splat(LN2_LOW)));
  // Taylor's series: |r| < .347, so the first term left out is below 4e-17.
  let p = f64x2.splat(1.0 / 479001600.0);
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 39916800.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 3628800.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 362880.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 40320.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 5040.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 720.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 120.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 24.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 6.0));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.5));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  // 2^k by its exponent field: the low word of k + 1023 + 2^52 holds the number itself.
  const biased = f64x2.add(k, f64x2.splat(4503599627370496.0 + 1023.0));
  const scale = i64x2.shl(biased, 52);
  return v128.andnot(f64x2.mul(p, scale), small);
}

/** The natural logarithm of a positive normal number, within 2 units of the last place. */
export function log(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <i32>(bits >> 52) - 1023;
  let mantissa = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent++;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), |s| < .172.
  const s = (mantissa - 1) / (mantissa + 1);
  const z = s * s;
  let p: f64 = 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  p = p * z + 1.0;
  return <f64>exponent * Math.LN2 + 2 * s * p;
}

/** log2 of four positive normal numbers, within 2e-5: a minimax polynomial in the mantissa. */
export function log2x4(x: v128): v128 {
  const exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(127)));
  const m = v128.or(v128.and(x, i32x4.splat(0x7fffff)), i32x4.splat(0x3f800000));
  let p = f32x4.splat(-3.4436006e-2);
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(3.1821337e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-1.2315303));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(2.5988452));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(-3.32419));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(3.1157899));
  return f32x4.add(f32x4.mul(p, f32x4.sub(m, ONE)), exponent);
}

/** 2^x of four numbers, within 2e-7 of the result; the exponent is cut to [-126, 126]. */
export function exp2x4(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(126)), f32x4.splat(-126));
  const k = f32x4.nearest(bounded);
  const f = f32x4.sub(bounded, k);
  // Taylor's series of 2^f, |f| <= 1/2.
  let p = f32x4.splat(1.540353e-4);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.3333558e-3));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(9.6181291e-3));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(5.5504109e-2));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.4022651e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>Math.LN2));
  p = f32x4.add(f32x4.mul(p, f), ONE);
  return i32x4.add(p, i32x4.shl(i32x4.trunc_sat_f32x4_s(k), 23));
}

/** The sum of the four lanes, pairwise. */
export function sum4(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** 32 bits well mixed (Wellons' "lowbias32"). */
export function hash(value: u32): u32 {
  value ^= value >> 16;
  value *= 0x7feb352d;
  value ^= value >> 15;
  value *= 0x846ca68b;
  return value ^ (value >> 16);
}
