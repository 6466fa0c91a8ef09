/**
 * Exact nearest neighbours. |x - y|² = |x|² + |y|² - 2 x·y turns the search into a product of matrices: the points are packed into
 * panels of eight, four queries meet one panel at a time, and only distances below a query's worst so far reach its heap. Norms are
 * summed in the order of the products, so two equal points are at distance 0 exactly. Ties go to the smaller index.
 */
import { sum4, ZERO } from "./arithmetic";

const FAR: f32 = 3e38;
/** Panels in a tile: 64 panels of 8 points at 50 values are 100 kB, which stay in the second cache while the queries pass. */
const TILE: i32 = 64;
const PRODUCTS: i32 = 0;
const MANHATTAN: i32 = 1;
// 2: squares of differences

@unmanaged
export class Neighbors {
  points: i32;
  dimensions: i32;
  neighbors: i32;
  queries: i32;
  chunk: i32;
  /** How distances come about: from products, or value by value as sums of |differences| or of their squares. */
  method: i32;
  /** Whether the queries are the points themselves: then no point is its own neighbour. */
  self: i32;
  data: usize;
  query: usize;
  panels: usize;
  norms: usize;
  queryNorms: usize;
  indices: usize;
  distances: usize;
  /** For `ranks`: a row of `points` distances for each of 4 queries of each thread; the other space's neighbours; penalties. */
  rows: usize;
  others: usize;
  penalties: usize;
}

/** Eight points side by side, value by value, and their squared norms; `chunk` counts ranges of `chunk` panels. */
export function packPanels(chunk: i32, _step: i32, _thread: i32, state: Neighbors, _phase: i32): void {
  const d = state.dimensions;
  const panels = (state.points + 7) / 8;
  const end = min(panels, (chunk + 1) * state.chunk);
  for (let panel = chunk * state.chunk; panel < end; panel++) {
    for (let lane = 0; lane < 8; lane++) {
      const point = panel * 8 + lane;
      const from = state.data + ((<usize>(point * d)) << 2);
      let to = state.panels + ((<usize>(panel * d * 8 + lane)) << 2);
      let norm: f32 = 0;
      for (let t = 0; t < d; t++) {
        const value: f32 = point < state.points ? load<f32>(from + ((<usize>t) << 2)) : 0;
        store<f32>(to, value);
        norm += value * value;
        to += 32;
      }
      store<f32>(state.norms + ((<usize>point) << 2), point < state.points ? norm : FAR);
    }
  }
}

export function queryNorms(chunk: i32, _step: i32, _thread: i32, state: Neighbors, _phase: i32): void {
  const d = state.dimensions;
  const end = min(state.queries, (chunk + 1) * state.chunk);
  for (let q = chunk * state.chunk; q < end; q++) {
    const from = state.query + ((<usize>(q * d)) << 2);
    let norm: f32 = 0;
    for (let t = 0; t < d; t++) {
      const value = load<f32>(from + ((<usize>t) << 2));
      norm += value * value;
    }
    store<f32>(state.queryNorms + ((<usize>q) << 2), norm);
  }
}

/** The neighbours of `chunk` queries: squared distances (sums of differences for Manhattan) in rising order. */
export function nearest(chunk: i32, _step: i32, _thread: i32, state: Neighbors, _phase: i32): void {
  const k = state.neighbors;
  const panels = (state.points + 7) / 8;
  const first = chunk * state.chunk;
  const end = min(state.queries, first + state.chunk);
  for (let at = first * k; at < end * k; at++) {
    store<f32>(state.distances + ((<usize>at) << 2), FAR);
    store<i32>(state.indices + ((<usize>at) << 2), i32.MAX_VALUE);
  }
  for (let panel = 0; panel < panels; panel += TILE) {
    const last = min(panels, panel + TILE);
    for (let q = first; q < end; q += 4) {
      if (state.method !== PRODUCTS) meetDirectly(state, q, end - 1, panel, last);
      else meet(state, q, end - 1, panel, last);
    }
  }
  for (let q = first; q < end; q++) sortHeap(state, q);
}

/** Four queries (the last repeated where fewer are left) against a range of panels. */
function meet(state: Neighbors, q: i32, lastQuery: i32, panel: i32, lastPanel: i32): void {
  const d = state.dimensions;
  const stride = (<usize>d) << 2;
  const x0 = state.query + <usize>q * stride;
  const x1 = state.query + <usize>min(q + 1, lastQuery) * stride;
  const x2 = state.query + <usize>min(q + 2, lastQuery) * stride;
  const x3 = state.query + <usize>min(q + 3, lastQuery) * stride;
  for (; panel < lastPanel; panel++) {
    let at = state.panels + <usize>panel * stride * 8;
    let a0 = ZERO,
      a1 = ZERO,
      b0 = ZERO,
      b1 = ZERO,
      c0 = ZERO,
      c1 = ZERO,
      d0 = ZERO,
      d1 = ZERO;
    for (let t: usize = 0; t < stride; t += 4) {
      const low = v128.load(at);
      const high = v128.load(at, 16);
      let s = v128.load32_splat(x0 + t);
      a0 = f32x4.add(a0, f32x4.mul(s, low));
      a1 = f32x4.add(a1, f32x4.mul(s, high));
      s = v128.load32_splat(x1 + t);
      b0 = f32x4.add(b0, f32x4.mul(s, low));
      b1 = f32x4.add(b1, f32x4.mul(s, high));
      s = v128.load32_splat(x2 + t);
      c0 = f32x4.add(c0, f32x4.mul(s, low));
      c1 = f32x4.add(c1, f32x4.mul(s, high));
      s = v128.load32_splat(x3 + t);
      d0 = f32x4.add(d0, f32x4.mul(s, low));
      d1 = f32x4.add(d1, f32x4.mul(s, high));
      at += 32;
    }
    const n0 = v128.load(state.norms + ((<usize>panel) << 5));
    const n1 = v128.load(state.norms + ((<usize>panel) << 5), 16);
    offer(state, q, panel, fromProducts(state, q, n0, a0), fromProducts(state, q, n1, a1));
    if (q + 1 <= lastQuery)
      offer(state, q + 1, panel, fromProducts(state, q + 1, n0, b0), fromProducts(state, q + 1, n1, b1));
    if (q + 2 <= lastQuery)
      offer(state, q + 2, panel, fromProducts(state, q + 2, n0, c0), fromProducts(state, q + 2, n1, c1));
    if (q + 3 <= lastQuery)
      offer(state, q + 3, panel, fromProducts(state, q + 3, n0, d0), fromProducts(state, q + 3, n1, d1));
  }
}

function fromProducts(state: Neighbors, q: i32, norms: v128, products: v128): v128 {
  const own = v128.load32_splat(state.queryNorms + ((<usize>q) << 2));
  return f32x4.pmax(f32x4.sub(f32x4.add(norms, own), f32x4.add(products, products)), ZERO);
}

/** The same from differences, value by value: exact for near points, and as fast where there are few values. */
function meetDirectly(state: Neighbors, q: i32, lastQuery: i32, panel: i32, lastPanel: i32): void {
  const stride = (<usize>state.dimensions) << 2;
  for (; panel < lastPanel; panel++) {
    for (let r = 0; r < 4 && q + r <= lastQuery; r++) {
      const x = state.query + <usize>(q + r) * stride;
      let at = state.panels + <usize>panel * stride * 8;
      let low = ZERO;
      let high = ZERO;
      for (let t: usize = 0; t < stride; t += 4) {
        const s = v128.load32_splat(x + t);
        const a = f32x4.sub(s, v128.load(at));
        const b = f32x4.sub(s, v128.load(at, 16));
        low = f32x4.add(low, state.method === MANHATTAN ? f32x4.abs(a) : f32x4.mul(a, a));
        high = f32x4.add(high, state.method === MANHATTAN ? f32x4.abs(b) : f32x4.mul(b, b));
        at += 32;
      }
      const norms = state.norms + ((<usize>panel) << 5);
      offer(state, q + r, panel, unlessPadding(low, v128.load(norms)), unlessPadding(high, v128.load(norms, 16)));
    }
  }
}

/** The lanes behind the last point are as far as can be. */
function unlessPadding(distances: v128, norms: v128): v128 {
  return v128.bitselect(f32x4.splat(FAR), distances, f32x4.eq(norms, f32x4.splat(FAR)));
}

/** Hands eight distances of query `q` to its heap, mostly after one comparison. */
function offer(state: Neighbors, q: i32, panel: i32, low: v128, high: v128): void {
  const worst = v128.load32_splat(state.distances + ((<usize>(q * state.neighbors)) << 2));
  if (v128.any_true(v128.or(f32x4.lt(low, worst), f32x4.lt(high, worst)))) admit(state, q, panel * 8, low, high);
}

function admit(state: Neighbors, q: i32, first: i32, low: v128, high: v128): void {
  consider(state, q, first, f32x4.extract_lane(low, 0));
  consider(state, q, first + 1, f32x4.extract_lane(low, 1));
  consider(state, q, first + 2, f32x4.extract_lane(low, 2));
  consider(state, q, first + 3, f32x4.extract_lane(low, 3));
  consider(state, q, first + 4, f32x4.extract_lane(high, 0));
  consider(state, q, first + 5, f32x4.extract_lane(high, 1));
  consider(state, q, first + 6, f32x4.extract_lane(high, 2));
  consider(state, q, first + 7, f32x4.extract_lane(high, 3));
}

function consider(state: Neighbors, q: i32, id: i32, distance: f32): void {
  const k = state.neighbors;
  const d = state.distances + ((<usize>(q * k)) << 2);
  if (distance >= load<f32>(d) || (state.self && id === q)) return;
  siftDown(d, state.indices + ((<usize>(q * k)) << 2), k, distance, id);
}

/** Puts (distance, id) at the root of a heap of `k` whose root is the last in order, and lets it sink. */
export function siftDown(d: usize, ids: usize, k: i32, distance: f32, id: i32): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= k) break;
    if (
      child + 1 < k &&
      comesBefore(
        d,
        ids,
        child,
        load<f32>(d + ((<usize>(child + 1)) << 2)),
        load<i32>(ids + ((<usize>(child + 1)) << 2)),
      )
    )
      child++;
    if (!comesAfter(d, ids, child, distance, id)) break;
    store<f32>(d + ((<usize>at) << 2), load<f32>(d + ((<usize>child) << 2)));
    store<i32>(ids + ((<usize>at) << 2), load<i32>(ids + ((<usize>child) << 2)));
    at = child;
  }
  store<f32>(d + ((<usize>at) << 2), distance);
  store<i32>(ids + ((<usize>at) << 2), id);
}

function comesBefore(d: usize, ids: usize, at: i32, distance: f32, id: i32): bool {
  const other = load<f32>(d + ((<usize>at) << 2));
  return other < distance || (other === distance && load<i32>(ids + ((<usize>at) << 2)) < id);
}

function comesAfter(d: usize, ids: usize, at: i32, distance: f32, id: i32): bool {
  const other = load<f32>(d + ((<usize>at) << 2));
  return other > distance || (other === distance && load<i32>(ids + ((<usize>at) << 2)) > id);
}

/** A query's heap becomes its list in rising order; distances from products are computed again from differences. */
function sortHeap(state: Neighbors, q: i32): void {
  const k = state.neighbors;
  const d = state.distances + ((<usize>(q * k)) << 2);
  const ids = state.indices + ((<usize>(q * k)) << 2);
  if (state.method !== PRODUCTS) {
    sortList(d, ids, k);
    return;
  }
  for (let j = 0; j < k; j++) {
    const id = load<i32>(ids + ((<usize>j) << 2));
    const distance = squaredDistance(state, q, id);
    let at = j;
    while (at > 0 && comesAfter(d, ids, at - 1, distance, id)) {
      store<f32>(d + ((<usize>at) << 2), load<f32>(d + ((<usize>(at - 1)) << 2)));
      store<i32>(ids + ((<usize>at) << 2), load<i32>(ids + ((<usize>(at - 1)) << 2)));
      at--;
    }
    store<f32>(d + ((<usize>at) << 2), distance);
    store<i32>(ids + ((<usize>at) << 2), id);
  }
}

function squaredDistance(state: Neighbors, q: i32, id: i32): f32 {
  const stride = (<usize>state.dimensions) << 2;
  const x = state.query + <usize>q * stride;
  const y = state.data + <usize>id * stride;
  let sums = ZERO;
  let t: usize = 0;
  for (; t + 12 < stride; t += 16) {
    const difference = f32x4.sub(v128.load(x + t), v128.load(y + t));
    sums = f32x4.add(sums, f32x4.mul(difference, difference));
  }
  let sum = sum4(sums);
  for (; t < stride; t += 4) {
    const difference = load<f32>(x + t) - load<f32>(y + t);
    sum += difference * difference;
  }
  return sum;
}

export function sortList(d: usize, ids: usize, k: i32): void {
  for (let last = k - 1; last > 0; last--) {
    const distance = load<f32>(d + ((<usize>last) << 2));
    const id = load<i32>(ids + ((<usize>last) << 2));
    store<f32>(d + ((<usize>last) << 2), load<f32>(d));
    store<i32>(ids + ((<usize>last) << 2), load<i32>(ids));
    siftDown(d, ids, last, distance, id);
  }
}

/**
 * For each query, how far its neighbours of another space (`others`, k a query) lie beyond its k nearest here: the sum of
 * max(0, rank - k), where rank counts from 1.
 */
export function ranks(chunk: i32, _step: i32, thread: i32, state: Neighbors, _phase: i32): void {
  const n = state.points;
  const k = state.neighbors;
  const stride = (<usize>state.dimensions) << 2;
  const padded = (n + 7) & ~7;
  const row = state.rows + ((<usize>(thread * padded)) << 2);
  const end = min(state.queries, (chunk + 1) * state.chunk);
  for (let q = chunk * state.chunk; q < end; q++) {
    distancesFrom(state, q, stride, row, padded / 8);
    store<f32>(row + ((<usize>q) << 2), FAR);
    let penalty = 0;
    for (let j = 0; j < k; j++) {
      const other = load<i32>(state.others + ((<usize>(q * k + j)) << 2));
      penalty += max(0, countBelow(row, padded, load<f32>(row + ((<usize>other) << 2)), other) + 1 - k);
    }
    store<i32>(state.penalties + ((<usize>q) << 2), penalty);
  }
}

function distancesFrom(state: Neighbors, q: i32, stride: usize, row: usize, panels: i32): void {
  const x = state.query + <usize>q * stride;
  let at = state.panels;
  for (let panel = 0; panel < panels; panel++) {
    let low = ZERO;
    let high = ZERO;
    for (let t: usize = 0; t < stride; t += 4) {
      const s = v128.load32_splat(x + t);
      const a = f32x4.sub(s, v128.load(at));
      const b = f32x4.sub(s, v128.load(at, 16));
      low = f32x4.add(low, f32x4.mul(a, a));
      high = f32x4.add(high, f32x4.mul(b, b));
      at += 32;
    }
    const to = row + ((<usize>panel) << 5);
    const norms = state.norms + ((<usize>panel) << 5);
    v128.store(to, unlessPadding(low, v128.load(norms)));
    v128.store(to, unlessPadding(high, v128.load(norms, 16)), 16);
  }
}

/** How many of the row come before (distance, id): the smaller ones, and the equal ones of smaller index. */
function countBelow(row: usize, padded: i32, distance: f32, id: i32): i32 {
  const limit = f32x4.splat(distance);
  let counts = ZERO;
  let ties = ZERO;
  const end = row + ((<usize>padded) << 2);
  for (let at = row; at < end; at += 16) {
    const values = v128.load(at);
    counts = i32x4.sub(counts, f32x4.lt(values, limit));
    ties = v128.or(ties, f32x4.eq(values, limit));
  }
  let count =
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) +
    i32x4.extract_lane(counts, 3);
  for (let j = 0; j < id; j++) count += i32(load<f32>(row + ((<usize>j) << 2)) === distance);
  return count;
}
