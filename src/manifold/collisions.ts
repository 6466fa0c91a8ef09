/**
 * Collisions: points that an embedding puts on top of each other. With labels, those of different classes are what is worth looking at:
 * images the data cannot tell apart, or labels that are wrong.
 */
import { checkNumber, checkWhole } from "./checks.ts";
import { classesOf, readLabels, readPlane } from "./figures/frame.ts";
import type { ManifoldData } from "./matrix.ts";
import { knn } from "./neighbors.ts";
import type { ThreadOptions } from "./threads/threads.ts";

/** Options of `collisions`. */
export interface CollisionOptions extends ThreadOptions {
  /** How near two points are to collide, in the embedding's units. Default: half a hundredth of its larger side, a dot's width. */
  readonly distance?: number;
  /** Only pairs of different labels; points with -1 are left out. Default: all pairs. */
  readonly labels?: ArrayLike<number>;
  /** Nearest points of each point that are looked at, from 1 on. Default: 8. */
  readonly neighbors?: number;
  /** The most pairs that are returned. Default: 100. */
  readonly limit?: number;
}

/** Two points in one place. */
export interface Collision {
  /** Rows of the embedding, `first` below `second`. */
  readonly first: number;
  readonly second: number;
  readonly distance: number;
}

/**
 * The pairs of points that collide, nearest first; of equal distance those of smaller rows first.
 *
 * @throws CW_LENGTH_MISMATCH, CW_OPTION; CW_SHAPE_MISMATCH unless the embedding has two dimensions; the signal's reason
 * @example
 * const pairs = await collisions(embedding, { labels: data.labels });
 * imageGrid(data, { indices: pairs.slice(0, 12).flatMap(({ first, second }) => [first, second]) });
 */
export async function collisions(embedding: ManifoldData, options: CollisionOptions = {}): Promise<Collision[]> {
  const plane = await readPlane(embedding);
  const [count] = plane.shape;
  const { neighbors = 8, limit = 100, labels, distance = dotWidth(plane.data) } = options;
  checkWhole("neighbors", neighbors, 1, 1e6);
  checkWhole("limit", limit, 0, 1e9);
  checkNumber("distance", distance, 0, Number.MAX_VALUE);
  const classes = readLabels(labels, count);
  if (count < 2 || (labels && classesOf(classes).length < 2)) return [];
  const k = Math.min(neighbors, count - 1);
  const { indices, distances } = await knn(plane, k, options);
  const pairs: Collision[] = [];
  const seen = new Set<number>();
  for (let at = 0; at < indices.length; at++) {
    if (distances[at]! > distance) continue;
    const i = Math.floor(at / k);
    const [first, second] = [Math.min(i, indices[at]!), Math.max(i, indices[at]!)];
    const known = seen.has(first * count + second);
    if (known || (labels && (classes[i] === classes[indices[at]!] || classes[first] === -1 || classes[second] === -1)))
      continue;
    seen.add(first * count + second);
    pairs.push({ first, second, distance: distances[at]! });
  }
  pairs.sort((a, b) => a.distance - b.distance || a.first - b.first || a.second - b.second);
  return pairs.slice(0, limit);
}

function dotWidth(data: Float32Array): number {
  let side = 0;
  for (const axis of [0, 1]) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = axis; at < data.length; at += 2) {
      low = Math.min(low, data[at]!);
      high = Math.max(high, data[at]!);
    }
    side = Math.max(side, high - low);
  }
  return side / 200;
}
