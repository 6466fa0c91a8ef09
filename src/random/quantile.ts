/**
 * The standard normal's quantile function: Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (Applied
 * Statistics 37, 1988), the variant PPND16, relative accuracy about 1e-16.
 *
 * Turning one uniform number into one normal number by the inverse of the distribution function keeps streams countable (always
 * the same number of words a draw, no rejection) and makes truncation a matter of narrowing the uniform's range. It also keeps the
 * bytes the same on every engine: within |p - 1/2| <= .425 the function is a ratio of polynomials, and beyond it needs one
 * logarithm, which is computed here by additions, products and a division, each exact to IEEE 754, because `Math.log` may differ
 * between engines in the last bit. `Math.sqrt` rounds correctly in every engine of note.
 */

const bits = new DataView(new ArrayBuffer(8));

/**
 * The natural logarithm of a positive, normal number: x = 2^k (1 + f) with 1 + f near one, and
 * ln(1 + f) = 2 atanh(f / (2 + f)), whose series is summed to the last bit. Not for zero, infinities or subnormal numbers.
 */
export function portableLog(x: number): number {
  bits.setFloat64(0, x);
  const top = bits.getUint32(0);
  let exponent = (top >>> 20) - 1023;
  bits.setUint32(0, (top & 0xfffff) | 0x3ff00000);
  let fraction = bits.getFloat64(0);
  if (fraction > Math.SQRT2) {
    fraction /= 2;
    exponent += 1;
  }
  const s = (fraction - 1) / (fraction + 1); // |s| < .1716: eleven terms reach 1e-17
  const z = s * s;
  let series = 1 / 23;
  for (let odd = 21; odd >= 3; odd -= 2) series = 1 / odd + z * series;
  // ln 2 in two parts, the first short enough for its product with the exponent to be exact.
  return exponent * 0.6931471803691238 + (2 * s + (2 * s * z * series + exponent * 1.9082149292705877e-10));
}

/** The z with P(Z <= z) = `p` for a standard normal Z. `p` lies in (0, 1), both ends excluded. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * centre(0.180625 - q * q);
  const r = Math.sqrt(-portableLog(q < 0 ? p : 1 - p));
  const z = r <= 5 ? middleTail(r - 1.6) : farTail(r - 5);
  return q < 0 ? -z : z;
}

// Wichura's ratios of polynomials of the seventh degree, constant term first. The coefficients stand in the calls for the compiler
// to see, which is twice as fast as reading them from an array.

function centre(x: number): number {
  return (
    polynomial(
      x,
      3.3871328727963665,
      133.14166789178438,
      1971.5909503065513,
      13731.69376550946,
      45921.95393154987,
      67265.7709270087,
      33430.57558358813,
      2509.0809287301227,
    ) /
    polynomial(
      x,
      1,
      42.31333070160091,
      687.1870074920579,
      5394.196021424751,
      21213.794301586597,
      39307.89580009271,
      28729.085735721943,
      5226.495278852854,
    )
  );
}

function middleTail(x: number): number {
  return (
    polynomial(
      x,
      1.4234371107496835,
      4.630337846156546,
      5.769497221460691,
      3.6478483247632045,
      1.2704582524523684,
      0.2417807251774506,
      0.022723844989269184,
      0.0007745450142783414,
    ) /
    polynomial(
      x,
      1,
      2.053191626637759,
      1.6763848301838038,
      0.6897673349851,
      0.14810397642748008,
      0.015198666563616457,
      0.0005475938084995345,
      1.0507500716444169e-9,
    )
  );
}

function farTail(x: number): number {
  return (
    polynomial(
      x,
      6.657904643501103,
      5.463784911164114,
      1.7848265399172913,
      0.29656057182850487,
      0.026532189526576124,
      0.0012426609473880784,
      2.7115555687434876e-5,
      2.0103343992922881e-7,
    ) /
    polynomial(
      x,
      1,
      0.599832206555888,
      0.1369298809227358,
      0.014875361290850615,
      0.0007868691311456133,
      1.8463183175100548e-5,
      1.421511758316446e-7,
      2.0442631033899397e-15,
    )
  );
}

/** Estrin's scheme: pairs, then pairs of pairs, so that most products do not wait for one another. */
function polynomial(
  x: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  c4: number,
  c5: number,
  c6: number,
  c7: number,
): number {
  const x2 = x * x;
  return c0 + c1 * x + (c2 + c3 * x) * x2 + (c4 + c5 * x + (c6 + c7 * x) * x2) * (x2 * x2);
}
