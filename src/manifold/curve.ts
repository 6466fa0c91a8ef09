/**
 * UMAP's curve: the a and b for which 1 / (1 + a d^2b) comes closest to 1 up to the minimum distance and exp(-(d - minimum) / spread)
 * beyond (McInnes, Healy and Melville 2018, section 4), by Gauss and Newton's method damped after Levenberg and Marquardt.
 */

/** The two parameters of the low-dimensional similarity. */
export interface Curve {
  readonly a: number;
  readonly b: number;
}

const SAMPLES = 300;

/** The curve for a minimum distance and a spread, fitted at 300 distances up to three spreads. */
export function fitCurve(minimumDistance: number, spread: number): Curve {
  const xs = Float64Array.from({ length: SAMPLES }, (_, i) => (3 * spread * i) / (SAMPLES - 1));
  const ys = xs.map((x) => (x < minimumDistance ? 1 : Math.exp(-(x - minimumDistance) / spread)));
  const error = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < SAMPLES; i++) sum += (1 / (1 + a * xs[i]! ** (2 * b)) - ys[i]!) ** 2;
    return sum;
  };
  let a = 1;
  let b = 1;
  let damping = 1e-3;
  let current = error(a, b);
  for (let step = 0; step < 500 && damping < 1e12; step++) {
    let aa = 0;
    let ab = 0;
    let bb = 0;
    let ra = 0;
    let rb = 0;
    for (let i = 1; i < SAMPLES; i++) {
      const power = xs[i]! ** (2 * b);
      const value = 1 / (1 + a * power);
      const da = -value * value * power;
      const db = da * a * 2 * Math.log(xs[i]!);
      const rest = value - ys[i]!;
      aa += da * da;
      ab += da * db;
      bb += db * db;
      ra += da * rest;
      rb += db * rest;
    }
    const [p, q] = [aa * (1 + damping), bb * (1 + damping)];
    const determinant = p * q - ab * ab;
    const nextA = a - (q * ra - ab * rb) / determinant;
    const nextB = b - (p * rb - ab * ra) / determinant;
    const next = nextA > 0 && nextB > 0 ? error(nextA, nextB) : Number.POSITIVE_INFINITY;
    if (next < current) {
      const done = current - next < 1e-15 * current;
      [a, b, current] = [nextA, nextB, next];
      damping /= 10;
      if (done) break;
    } else damping *= 10;
  }
  // Engines' powers differ in their last bits: what is far finer than the fit is rounded away.
  return { a: Number(a.toPrecision(8)), b: Number(b.toPrecision(8)) };
}
