/** The gradient of an activation that is the identity between two bounds and flat outside: relu, relu6, clipping. */

/**
 * dx = dy where low < x <= high, else 0; `closed` lets the lower bound itself through. A NaN in x, which is on neither side, lets the gradient
 * through, so that it is not lost.
 */
export function gate(dy: usize, x: usize, dx: usize, count: i32, low: f32, high: f32, closed: bool): void {
  const end = dy + ((<usize>(count & ~3)) << 2);
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  if (closed) {
    for (; dy < end; dy += 16, x += 16, dx += 16) {
      const value = v128.load(x);
      const shut = v128.or(f32x4.lt(value, lows), f32x4.gt(value, highs));
      v128.store(dx, v128.andnot(v128.load(dy), shut));
    }
  } else {
    for (; dy < end; dy += 16, x += 16, dx += 16) {
      const value = v128.load(x);
      const shut = v128.or(f32x4.le(value, lows), f32x4.gt(value, highs));
      v128.store(dx, v128.andnot(v128.load(dy), shut));
    }
  }
  for (let rest = count & 3; rest > 0; rest--, dy += 4, x += 4, dx += 4) {
    const value = load<f32>(x);
    const below = closed ? value < low : value <= low;
    store<f32>(dx, below || value > high ? 0 : load<f32>(dy));
  }
}
