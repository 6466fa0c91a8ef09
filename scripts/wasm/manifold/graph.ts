/**
 * From lists of neighbours to a weighted, symmetric graph: the conditional probabilities of t-SNE (van der Maaten and Hinton 2008,
 * section 2), the fuzzy simplicial set of UMAP (McInnes, Healy and Melville 2018, section 3.1), and the union of a directed graph with
 * its transpose, in compressed rows.
 */
import { exp2x, log } from "./arithmetic";

@unmanaged
export class Graph {
  points: i32;
  neighbors: i32;
  chunk: i32;
  /** What `unite` makes of p(i, j) and p(j, i): 0 their mean (t-SNE), 1 the probabilistic t-conorm (UMAP). */
  union: i32;
  perplexity: f32;
  localConnectivity: f32;
  mixture: f32;
  /** [n, k], by distance; `sortRows` puts them in order of index, with their weights. */
  indices: usize;
  distances: usize;
  weights: usize;
  /** Transpose: offsets [n + 1], sources and weights [n k]. */
  offsets: usize;
  sources: usize;
  reversed: usize;
  /** The union: offsets [n + 1] (first, row sizes), columns and values. */
  rows: usize;
  columns: usize;
  values: usize;
  /** float64 scratch for each thread, [threads, k rounded up to 2]. */
  scratch: usize;
  /** float32, [n] each: UMAP's rho and sigma; t-SNE's beta in the first. */
  rho: usize;
  sigma: usize;
  /** float32: the mean of all distances. */
  mean: f32;
}

/** Conditional probabilities p(j | i) whose entropy is the logarithm of the perplexity: bisection of the precision, to 1e-5. */
export function affinities(chunk: i32, _step: i32, thread: i32, state: Graph, _phase: i32): void {
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) affinity(state, i, thread);
}

function affinity(state: Graph, i: i32, thread: i32): void {
  const k = state.neighbors;
  const even = (k + 1) & ~1;
  const target = log(<f64>state.perplexity);
  const from = state.distances + ((<usize>(i * k)) << 2);
  const scratch = state.scratch + ((<usize>(thread * even)) << 4);
  const e = scratch + ((<usize>even) << 3);
  // Relative to the nearest, as only differences matter: the largest term is then 1 and the sum no smaller.
  const nearest = <f64>load<f32>(from);
  let widest: f64 = 0;
  for (let j = 0; j < even; j++) {
    // What fills up the last pair is so far off that it weighs nothing.
    const difference = j < k ? <f64>load<f32>(from + ((<usize>j) << 2)) - nearest : 1e300;
    store<f64>(scratch + ((<usize>j) << 3), difference);
    if (j < k) widest = difference;
  }
  let low: f64 = 0;
  let high: f64 = Infinity;
  // In units of the distances themselves, so that no scale of the data needs more steps than another.
  let beta: f64 = widest > 0 ? log(<f64>k) / widest : 1;
  let sum: f64 = 0;
  for (let step = 0; step < 100; step++) {
    let total = f64x2.splat(0);
    let weighted = f64x2.splat(0);
    const minus = f64x2.splat(-beta);
    for (let j: usize = 0; j < (<usize>even) << 3; j += 16) {
      const d = v128.load(scratch + j);
      const p = exp2x(f64x2.mul(d, minus));
      v128.store(e + j, p);
      total = f64x2.add(total, p);
      weighted = f64x2.add(weighted, f64x2.mul(d, p));
    }
    sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
    const entropy = log(sum) + (beta * (f64x2.extract_lane(weighted, 0) + f64x2.extract_lane(weighted, 1))) / sum;
    const excess = entropy - target;
    if (abs(excess) <= 1e-5 || widest === 0) break;
    if (excess > 0) {
      low = beta;
      beta = high === Infinity ? beta * 2 : (beta + high) * 0.5;
    } else {
      high = beta;
      beta = (beta + low) * 0.5;
    }
    // Ties at the nearest distance hold the entropy up whatever the precision.
    if (!(beta < 1e30)) break;
  }
  const to = state.weights + ((<usize>(i * k)) << 2);
  for (let j = 0; j < k; j++) store<f32>(to + ((<usize>j) << 2), <f32>(load<f64>(e + ((<usize>j) << 3)) / sum));
  store<f32>(state.rho + ((<usize>i) << 2), <f32>beta);
}

/**
 * Memberships exp(-(d - rho) / sigma) that sum to log2 of the neighbours: rho is the distance at which `localConnectivity` neighbours are
 * wholly members, sigma is found by bisection.
 */
export function memberships(chunk: i32, _step: i32, _thread: i32, state: Graph, _phase: i32): void {
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) membership(state, i);
}

function membership(state: Graph, i: i32): void {
  const k = state.neighbors;
  const from = state.distances + ((<usize>(i * k)) << 2);
  // umap-learn counts the point itself among its neighbours: k + 1 of them, of which one is itself.
  const target = log(<f64>(k + 1)) / Math.LN2;
  let zeros = 0;
  let total: f64 = 0;
  for (let j = 0; j < k; j++) {
    const d = <f64>load<f32>(from + ((<usize>j) << 2));
    if (d === 0) zeros++;
    total += d;
  }
  const connectivity = <f64>state.localConnectivity;
  let rho: f64 = 0;
  if (<f64>(k - zeros) >= connectivity) {
    const whole = <i32>floor(connectivity);
    const rest = connectivity - <f64>whole;
    if (whole > 0) {
      rho = <f64>load<f32>(from + ((<usize>(zeros + whole - 1)) << 2));
      if (rest > 1e-5) rho += rest * (<f64>load<f32>(from + ((<usize>(zeros + whole)) << 2)) - rho);
    } else rho = rest * <f64>load<f32>(from + ((<usize>zeros) << 2));
  } else if (k > zeros) rho = <f64>load<f32>(from + ((<usize>(k - 1)) << 2));
  let low: f64 = 0;
  let high: f64 = Infinity;
  const mean = total / <f64>(k + 1);
  let sigma: f64 = 1;
  for (let step = 0; step < 64; step++) {
    let sum: f64 = 0;
    for (let j = 0; j < k; j++) {
      const d = <f64>load<f32>(from + ((<usize>j) << 2)) - rho;
      sum += d > 0 ? exponential(-d / sigma) : 1;
    }
    if (abs(sum - target) < 1e-5) break;
    if (sum > target) {
      high = sigma;
      sigma = (low + high) * 0.5;
    } else {
      low = sigma;
      sigma = high === Infinity ? sigma * 2 : (low + high) * 0.5;
    }
  }
  // Points in a very dense place get a floor, a thousandth of the mean distance (of their own, or of all).
  const floorOf = rho > 0 ? mean : <f64>state.mean;
  if (sigma < 1e-3 * floorOf) sigma = 1e-3 * floorOf;
  const to = state.weights + ((<usize>(i * k)) << 2);
  for (let j = 0; j < k; j++) {
    const d = <f64>load<f32>(from + ((<usize>j) << 2)) - rho;
    store<f32>(to + ((<usize>j) << 2), d <= 0 || sigma === 0 ? 1 : <f32>exponential(-d / sigma));
  }
  store<f32>(state.rho + ((<usize>i) << 2), <f32>rho);
  store<f32>(state.sigma + ((<usize>i) << 2), <f32>sigma);
}

function exponential(x: f64): f64 {
  return f64x2.extract_lane(exp2x(f64x2.splat(x)), 0);
}

/** Each row of neighbours in order of index, by insertion. */
export function sortRows(chunk: i32, _step: i32, _thread: i32, state: Graph, _phase: i32): void {
  const k = state.neighbors;
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) {
    const ids = state.indices + ((<usize>(i * k)) << 2);
    const weights = state.weights + ((<usize>(i * k)) << 2);
    for (let j = 1; j < k; j++) {
      const id = load<i32>(ids + ((<usize>j) << 2));
      const weight = load<f32>(weights + ((<usize>j) << 2));
      let at = j;
      while (at > 0 && load<i32>(ids + ((<usize>(at - 1)) << 2)) > id) {
        store<i32>(ids + ((<usize>at) << 2), load<i32>(ids + ((<usize>(at - 1)) << 2)));
        store<f32>(weights + ((<usize>at) << 2), load<f32>(weights + ((<usize>(at - 1)) << 2)));
        at--;
      }
      store<i32>(ids + ((<usize>at) << 2), id);
      store<f32>(weights + ((<usize>at) << 2), weight);
    }
  }
}

/** The transpose, one thread: counts, sums of counts, places. Sources come out in rising order. */
export function transpose(_chunk: i32, _step: i32, _thread: i32, state: Graph, _phase: i32): void {
  const n = state.points;
  const k = state.neighbors;
  const offsets = state.offsets;
  memory.fill(offsets, 0, (<usize>(n + 2)) << 2);
  for (let at = 0; at < n * k; at++) {
    const to = offsets + ((<usize>(load<i32>(state.indices + ((<usize>at) << 2)) + 2)) << 2);
    store<i32>(to, load<i32>(to) + 1);
  }
  for (let i = 1; i <= n; i++) {
    const to = offsets + ((<usize>(i + 1)) << 2);
    store<i32>(to, load<i32>(to) + load<i32>(to - 4));
  }
  // Each place is counted up while rows are filled, and ends where the next row begins.
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < k; j++) {
      const from = (<usize>(i * k + j)) << 2;
      const place = offsets + ((<usize>(load<i32>(state.indices + from) + 1)) << 2);
      const at = load<i32>(place);
      store<i32>(place, at + 1);
      store<i32>(state.sources + ((<usize>at) << 2), i);
      store<f32>(state.reversed + ((<usize>at) << 2), load<f32>(state.weights + from));
    }
  }
}

/** The sizes of the union's rows, each in the place after its own. */
export function countUnion(chunk: i32, _step: i32, _thread: i32, state: Graph, _phase: i32): void {
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++)
    store<i32>(state.rows + ((<usize>(i + 1)) << 2), merge(state, i, 0, false));
}

export function sumUnion(_chunk: i32, _step: i32, _thread: i32, state: Graph, _phase: i32): void {
  store<i32>(state.rows, 0);
  for (let i = 1; i <= state.points; i++) {
    const to = state.rows + ((<usize>i) << 2);
    store<i32>(to, load<i32>(to) + load<i32>(to - 4));
  }
}

export function unite(chunk: i32, _step: i32, _thread: i32, state: Graph, _phase: i32): void {
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) merge(state, i, load<i32>(state.rows + ((<usize>i) << 2)), true);
}

/** Merges row i with its transpose, both in order of index; returns the number of entries. */
function merge(state: Graph, i: i32, to: i32, write: bool): i32 {
  const k = state.neighbors;
  let forward = i * k;
  const forwardEnd = forward + k;
  let backward = load<i32>(state.offsets + ((<usize>i) << 2));
  const backwardEnd = load<i32>(state.offsets + ((<usize>(i + 1)) << 2));
  let count = 0;
  while (forward < forwardEnd || backward < backwardEnd) {
    const out = forward < forwardEnd ? load<i32>(state.indices + ((<usize>forward) << 2)) : i32.MAX_VALUE;
    const back = backward < backwardEnd ? load<i32>(state.sources + ((<usize>backward) << 2)) : i32.MAX_VALUE;
    let a: f32 = 0;
    let b: f32 = 0;
    if (out <= back) a = load<f32>(state.weights + ((<usize>forward) << 2));
    if (back <= out) b = load<f32>(state.reversed + ((<usize>backward) << 2));
    if (write) {
      const product = a * b;
      const value: f32 = state.union
        ? state.mixture * (a + b - product) + (1 - state.mixture) * product
        : (a + b) / (2 * <f32>state.points);
      store<i32>(state.columns + ((<usize>(to + count)) << 2), min(out, back));
      store<f32>(state.values + ((<usize>(to + count)) << 2), value);
    }
    if (out <= back) forward++;
    if (back <= out) backward++;
    count++;
  }
  return count;
}
