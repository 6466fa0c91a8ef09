/**
 * Sums in NumPy's order.
 *
 * A sum of floats depends on the order of its additions, in the last digit. Where a label is pruned or kept hangs on comparing two such
 * sums that are equal on paper (ties of quantised probabilities, calibrated counts ending in .5), so what wants to agree with a peer on
 * NumPy has to add as NumPy does: pairwise (Higham, "The Accuracy of Floating Point Summation", 1993), halves cut at multiples of 8 down
 * to runs of at most 128, and those in eight interleaved partial sums. The error grows with log n, not with n.
 */

const RUN = 128;

/**
 * The sum of `length` values from `start` on, `stride` apart. With `single` every partial sum is rounded to float32, as in a sum of
 * float32 values that stays float32.
 */
export function pairwiseSum(
  values: ArrayLike<number>,
  start: number,
  length: number,
  stride = 1,
  single = false,
): number {
  return single ? sumSingle(values, start, length, stride) : sumDouble(values, start, length, stride);
}

function sumDouble(v: ArrayLike<number>, start: number, n: number, s: number): number {
  if (n < 8) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += v[start + i * s]!;
    return sum;
  }
  if (n > RUN) {
    const half = (n >> 1) - ((n >> 1) % 8);
    return sumDouble(v, start, half, s) + sumDouble(v, start + half * s, n - half, s);
  }
  let a = v[start]!;
  let b = v[start + s]!;
  let c = v[start + 2 * s]!;
  let d = v[start + 3 * s]!;
  let e = v[start + 4 * s]!;
  let f = v[start + 5 * s]!;
  let g = v[start + 6 * s]!;
  let h = v[start + 7 * s]!;
  const even = n - (n % 8);
  for (let i = 8; i < even; i += 8) {
    const at = start + i * s;
    a += v[at]!;
    b += v[at + s]!;
    c += v[at + 2 * s]!;
    d += v[at + 3 * s]!;
    e += v[at + 4 * s]!;
    f += v[at + 5 * s]!;
    g += v[at + 6 * s]!;
    h += v[at + 7 * s]!;
  }
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (let i = even; i < n; i++) sum += v[start + i * s]!;
  return sum;
}

const f32 = Math.fround;

function sumSingle(v: ArrayLike<number>, start: number, n: number, s: number): number {
  if (n < 8) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum = f32(sum + v[start + i * s]!);
    return sum;
  }
  if (n > RUN) {
    const half = (n >> 1) - ((n >> 1) % 8);
    return f32(sumSingle(v, start, half, s) + sumSingle(v, start + half * s, n - half, s));
  }
  const part = new Float32Array(8);
  for (let j = 0; j < 8; j++) part[j] = v[start + j * s]!;
  const even = n - (n % 8);
  for (let i = 8; i < even; i += 8) for (let j = 0; j < 8; j++) part[j] = part[j]! + v[start + (i + j) * s]!;
  const pair = (j: number) => f32(part[j]! + part[j + 1]!);
  let sum = f32(f32(pair(0) + pair(2)) + f32(pair(4) + pair(6)));
  for (let i = even; i < n; i++) sum = f32(sum + v[start + i * s]!);
  return sum;
}
