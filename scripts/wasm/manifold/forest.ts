/**
 * Approximate neighbours for very many points: random projection trees give each point its first candidates, then the neighbours of
 * neighbours are tried, round after round (Tang, Liu, Zhang and Mei 2016, "Visualizing large-scale and high-dimensional data",
 * section 3.1). A round reads the lists of the round before, so that it does not matter who is first.
 */
import { hash, sum4, ZERO } from "./arithmetic";
import { siftDown, sortList } from "./neighbors";

const FAR: f32 = 3e38;

@unmanaged
export class Forest {
  points: i32;
  dimensions: i32;
  neighbors: i32;
  /** Points of a chunk. */
  chunk: i32;
  trees: i32;
  /** A leaf has at most so many points. */
  leaf: i32;
  /** How many of its nearest neighbours a point asks for theirs, and how many it asks each for. */
  breadth: i32;
  manhattan: i32;
  seed: u32;
  data: usize;
  /** [trees, n]: the points by leaf; first and last place of each point's leaf. */
  order: usize;
  first: usize;
  last: usize;
  /** Two copies of the lists, [n, k] each: a round reads one and writes the other. */
  indices: usize;
  distances: usize;
  otherIndices: usize;
  otherDistances: usize;
  /** [threads, n]: by whom a point was last considered. */
  visited: usize;
}

/** One tree. */
export function plantTree(tree: i32, _step: i32, _thread: i32, state: Forest, _phase: i32): void {
  const order = state.order + ((<usize>(tree * state.points)) << 2);
  for (let i = 0; i < state.points; i++) store<i32>(order + ((<usize>i) << 2), i);
  split(state, tree, order, 0, state.points, hash(state.seed ^ hash(<u32>tree)), 0);
}

function split(state: Forest, tree: i32, order: usize, low: i32, high: i32, random: u32, depth: i32): void {
  const size = high - low;
  if (size <= state.leaf) {
    for (let at = low; at < high; at++) {
      const to = (<usize>(tree * state.points + load<i32>(order + ((<usize>at) << 2)))) << 2;
      store<i32>(state.first + to, low);
      store<i32>(state.last + to, high);
    }
    return;
  }
  // The plane midway between two of the points; equal points, or a very uneven cut time and again, are cut in half by place.
  const a = load<i32>(order + ((<usize>(low + <i32>(hash(random) % <u32>size))) << 2));
  const b = load<i32>(order + ((<usize>(low + <i32>(hash(random ^ 0x5bd1e995) % <u32>size))) << 2));
  let l = low;
  let r = high;
  const stride = (<usize>state.dimensions) << 2;
  const from = state.data + <usize>a * stride;
  const to = state.data + <usize>b * stride;
  const offset = middle(from, to, stride);
  while (l < r) {
    const place = order + ((<usize>l) << 2);
    const point = load<i32>(place);
    if (side(state.data + <usize>point * stride, from, to, stride) < offset) l++;
    else {
      r--;
      store<i32>(place, load<i32>(order + ((<usize>r) << 2)));
      store<i32>(order + ((<usize>r) << 2), point);
    }
  }
  if (l === low || l === high || depth > 60) l = (low + high) / 2;
  split(state, tree, order, low, l, hash(random + 1), depth + 1);
  split(state, tree, order, l, high, hash(random + 2), depth + 1);
}

/** x · (b - a) */
function side(x: usize, a: usize, b: usize, stride: usize): f32 {
  let sums = ZERO;
  let t: usize = 0;
  for (; t + 12 < stride; t += 16) {
    sums = f32x4.add(sums, f32x4.mul(v128.load(x + t), f32x4.sub(v128.load(b + t), v128.load(a + t))));
  }
  let sum = sum4(sums);
  for (; t < stride; t += 4) sum += load<f32>(x + t) * (load<f32>(b + t) - load<f32>(a + t));
  return sum;
}

function middle(a: usize, b: usize, stride: usize): f32 {
  return (side(a, a, b, stride) + side(b, a, b, stride)) / 2;
}

/** The best of the points that share a leaf with each. */
export function fromLeaves(chunk: i32, _step: i32, thread: i32, state: Forest, _phase: i32): void {
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) {
    begin(state, thread, i, state.indices, state.distances);
    for (let tree = 0; tree < state.trees; tree++) {
      const place = (<usize>(tree * state.points + i)) << 2;
      const last = load<i32>(state.last + place);
      for (let at = load<i32>(state.first + place); at < last; at++) {
        const candidate = load<i32>(state.order + ((<usize>(tree * state.points + at)) << 2));
        consider(state, thread, i, candidate, state.indices, state.distances);
      }
    }
    finish(state, i, state.indices, state.distances);
  }
}

/** A round: step 0 reads the first lists and writes the second, step 1 the other way. */
export function explore(chunk: i32, step: i32, thread: i32, state: Forest, _phase: i32): void {
  const from = step & 1 ? state.otherIndices : state.indices;
  const fromDistances = step & 1 ? state.otherDistances : state.distances;
  const to = step & 1 ? state.indices : state.otherIndices;
  const distances = step & 1 ? state.distances : state.otherDistances;
  const k = state.neighbors;
  const breadth = min(k, state.breadth);
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) {
    begin(state, thread, i, to, distances);
    const own = (<usize>(i * k)) << 2;
    for (let j = 0; j < k; j++) {
      const id = load<i32>(from + own + ((<usize>j) << 2));
      if (id === i32.MAX_VALUE) continue;
      visit(state, thread, i, id);
      siftDown(distances + own, to + own, k, load<f32>(fromDistances + own + ((<usize>j) << 2)), id);
    }
    for (let j = 0; j < breadth; j++) {
      const id = load<i32>(from + own + ((<usize>j) << 2));
      if (id === i32.MAX_VALUE) continue;
      const theirs = from + ((<usize>(id * k)) << 2);
      for (let l = 0; l < breadth; l++) {
        const candidate = load<i32>(theirs + ((<usize>l) << 2));
        if (candidate !== i32.MAX_VALUE) consider(state, thread, i, candidate, to, distances);
      }
    }
    finish(state, i, to, distances);
  }
}

function begin(state: Forest, thread: i32, i: i32, indices: usize, distances: usize): void {
  for (let at = i * state.neighbors; at < (i + 1) * state.neighbors; at++) {
    store<i32>(indices + ((<usize>at) << 2), i32.MAX_VALUE);
    store<f32>(distances + ((<usize>at) << 2), FAR);
  }
  visit(state, thread, i, i);
}

/**
 * Whether `candidate` was new to point i; it is not any more. A mark (i + 1, as memory begins as zeros) that is left from an earlier
 * round does no harm: a candidate that was turned down then would be turned down again, since lists only get better.
 */
function visit(state: Forest, thread: i32, i: i32, candidate: i32): bool {
  const mark = state.visited + ((<usize>(thread * state.points + candidate)) << 2);
  if (load<i32>(mark) === i + 1) return false;
  store<i32>(mark, i + 1);
  return true;
}

function consider(state: Forest, thread: i32, i: i32, candidate: i32, indices: usize, distances: usize): void {
  if (!visit(state, thread, i, candidate)) return;
  const distance = between(state, i, candidate);
  const own = (<usize>(i * state.neighbors)) << 2;
  if (distance < load<f32>(distances + own))
    siftDown(distances + own, indices + own, state.neighbors, distance, candidate);
}

function finish(state: Forest, i: i32, indices: usize, distances: usize): void {
  const own = (<usize>(i * state.neighbors)) << 2;
  sortList(distances + own, indices + own, state.neighbors);
}

function between(state: Forest, i: i32, j: i32): f32 {
  const stride = (<usize>state.dimensions) << 2;
  const x = state.data + <usize>i * stride;
  const y = state.data + <usize>j * stride;
  let sums = ZERO;
  let t: usize = 0;
  for (; t + 12 < stride; t += 16) {
    const difference = f32x4.sub(v128.load(x + t), v128.load(y + t));
    sums = f32x4.add(sums, state.manhattan ? f32x4.abs(difference) : f32x4.mul(difference, difference));
  }
  let sum = sum4(sums);
  for (; t < stride; t += 4) {
    const difference = load<f32>(x + t) - load<f32>(y + t);
    sum += state.manhattan ? abs(difference) : difference * difference;
  }
  return sum;
}
