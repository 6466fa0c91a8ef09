/** Which points a person has drawn around, and how that changes what was chosen before. */
export const operations = ["replace", "add", "subtract", "intersect"] as const;
export type Operation = (typeof operations)[number];

/**
 * The points inside a polygon, by the even-odd rule (Shimrat 1962, "Algorithm 112: position of point relative to polygon").
 *
 * @param polygon x, y of its corners in the data's units; it closes itself
 */
export function pointsInside(points: Float32Array, polygon: ArrayLike<number>): Int32Array {
  const corners = polygon.length >> 1;
  if (corners < 3) return new Int32Array(0);
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < corners; at++) {
    left = Math.min(left, polygon[2 * at]!);
    right = Math.max(right, polygon[2 * at]!);
    low = Math.min(low, polygon[2 * at + 1]!);
    high = Math.max(high, polygon[2 * at + 1]!);
  }
  const found: number[] = [];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const x = points[2 * i]!;
    const y = points[2 * i + 1]!;
    if (!(x >= left && x <= right && y >= low && y <= high)) continue;
    let inside = false;
    for (let at = 0, before = corners - 1; at < corners; before = at++) {
      const y0 = polygon[2 * at + 1]!;
      const y1 = polygon[2 * before + 1]!;
      if (y0 > y === y1 > y) continue;
      const x0 = polygon[2 * at]!;
      if (x < x0 + ((polygon[2 * before]! - x0) * (y - y0)) / (y1 - y0)) inside = !inside;
    }
    if (inside) found.push(i);
  }
  return Int32Array.from(found);
}

/** The points within a rectangle, its edges included. */
export function pointsInBox(points: Float32Array, [x0, y0, x1, y1]: readonly number[]): Int32Array {
  const [left, right] = [Math.min(x0!, x1!), Math.max(x0!, x1!)];
  const [low, high] = [Math.min(y0!, y1!), Math.max(y0!, y1!)];
  const found: number[] = [];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const x = points[2 * i]!;
    const y = points[2 * i + 1]!;
    if (x >= left && x <= right && y >= low && y <= high) found.push(i);
  }
  return Int32Array.from(found);
}

/** What is chosen after a set operation, in ascending order. */
export function combine(chosen: ArrayLike<number>, touched: ArrayLike<number>, operation: Operation): number[] {
  const now = new Set(Array.from(touched));
  const before = new Set(Array.from(chosen));
  const result = {
    replace: () => [...now],
    add: () => [...new Set([...before, ...now])],
    subtract: () => [...before].filter((index) => !now.has(index)),
    intersect: () => [...before].filter((index) => now.has(index)),
  }[operation]();
  return result.sort((a, b) => a - b);
}

/** Everything that was not chosen; points without a place stay out. */
export function invert(points: Float32Array, chosen: ArrayLike<number>): number[] {
  const before = new Set(Array.from(chosen));
  const result: number[] = [];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    if (!before.has(i) && Number.isFinite(points[2 * i]!) && Number.isFinite(points[2 * i + 1]!)) result.push(i);
  }
  return result;
}

/** The point nearest a place of the plane, no farther than `distance`; -1 for none. */
export function pointAt(points: Float32Array, x: number, y: number, distance: number): number {
  let [best, nearest] = [-1, distance * distance];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const dx = points[2 * i]! - x;
    const dy = points[2 * i + 1]! - y;
    const square = dx * dx + dy * dy;
    if (square <= nearest) {
      nearest = square;
      best = i;
    }
  }
  return best;
}
