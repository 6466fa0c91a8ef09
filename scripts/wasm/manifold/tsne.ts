/**
 * The descent of t-SNE (van der Maaten and Hinton 2008) with repulsion after Barnes and Hut (van der Maaten 2014): cells far enough from
 * a point act as one. Points are sorted along Morton's curve, the quadtree is an array in preorder whose nodes know where their subtree
 * ends, and eight neighbouring points walk it together, opening a cell when one of them must. `exactly` is the same sum over all pairs.
 *
 * The embedding has two copies; a step reads one and writes the other.
 */
import { log, ONE, sum4, ZERO } from "./arithmetic";

@unmanaged
export class Descent {
  points: i32;
  /** Points of a chunk, a multiple of 8; the number of chunks. */
  chunk: i32;
  chunks: i32;
  exaggeration: f32;
  rate: f32;
  momentum: f32;
  angle: f32;
  /** float32 [n, 2] each. `repulsion` is unnormalised. */
  embedding: usize;
  other: usize;
  velocity: usize;
  gains: usize;
  repulsion: usize;
  /** float64, [chunks]: parts of the normalisation; of the divergence. */
  parts: usize;
  divergences: usize;
  /** float32, [chunks, 4]: lowest x, y, highest x, y of each chunk. */
  bounds: usize;
  /** The symmetric probabilities in compressed rows. */
  rows: usize;
  columns: usize;
  values: usize;
  keys: usize;
  keys2: usize;
  order: usize;
  order2: usize;
  /** Positions in Morton order, [n, 2]; for `exactly` all x, then all y. */
  sorted: usize;
  /** [2 n, 8]: centre x, y, mass, (size / angle)² or -1 for a leaf, end of the subtree. */
  nodes: usize;
  nodeCount: usize;
  maximumStep: f32;
}

export function current(state: Descent, step: i32): usize {
  return step & 1 ? state.other : state.embedding;
}

/** The box of a chunk's points. */
export function extents(chunk: i32, step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const y = current(state, step);
  let x0 = Infinity as f32,
    y0 = Infinity as f32,
    x1 = -Infinity as f32,
    y1 = -Infinity as f32;
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) {
    const a = load<f32>(y + ((<usize>i) << 3));
    const b = load<f32>(y + ((<usize>i) << 3), 4);
    x0 = min(x0, a);
    y0 = min(y0, b);
    x1 = max(x1, a);
    y1 = max(y1, b);
  }
  const to = state.bounds + ((<usize>chunk) << 4);
  store<f32>(to, x0);
  store<f32>(to, y0, 4);
  store<f32>(to, x1, 8);
  store<f32>(to, y1, 12);
}

/** The box of all points, by its corner (x in lane 0, y in lane 1) and side (lane 2). */
export function box(state: Descent): v128 {
  let low = f32x4.splat(Infinity as f32);
  let high = f32x4.splat(-Infinity as f32);
  for (let chunk = 0; chunk < state.chunks; chunk++) {
    const bounds = v128.load(state.bounds + ((<usize>chunk) << 4));
    low = f32x4.min(low, bounds);
    high = f32x4.max(high, bounds);
  }
  const x = f32x4.extract_lane(low, 0);
  const y = f32x4.extract_lane(low, 1);
  const side = max(f32x4.extract_lane(high, 2) - x, f32x4.extract_lane(high, 3) - y);
  return f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(x), 1, y), 2, side * 1.0001 + 1e-12);
}

function spread(x: u32): u32 {
  x &= 0xffff;
  x = (x | (x << 8)) & 0xff00ff;
  x = (x | (x << 4)) & 0xf0f0f0f;
  x = (x | (x << 2)) & 0x33333333;
  return (x | (x << 1)) & 0x55555555;
}

/** Morton's key of each point: the bits of its two coordinates, of 16 each, in turn. */
export function mortonKeys(chunk: i32, step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const y = current(state, step);
  const all = box(state);
  const x0 = f32x4.extract_lane(all, 0);
  const y0 = f32x4.extract_lane(all, 1);
  const scale: f32 = 65535 / f32x4.extract_lane(all, 2);
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) {
    const a = <u32>((load<f32>(y + ((<usize>i) << 3)) - x0) * scale);
    const b = <u32>((load<f32>(y + ((<usize>i) << 3), 4) - y0) * scale);
    store<u32>(state.keys + ((<usize>i) << 2), spread(a) | (spread(b) << 1));
    store<i32>(state.order + ((<usize>i) << 2), i);
  }
}

/** Sorts the keys by their bytes, puts the points in that order and builds the tree: one thread. */
export function plant(_chunk: i32, step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const n = state.points;
  // Four passes end where they began.
  sortByByte(n, 0, state.keys, state.order, state.keys2, state.order2, state.nodes);
  sortByByte(n, 8, state.keys2, state.order2, state.keys, state.order, state.nodes);
  sortByByte(n, 16, state.keys, state.order, state.keys2, state.order2, state.nodes);
  sortByByte(n, 24, state.keys2, state.order2, state.keys, state.order, state.nodes);
  const y = current(state, step);
  for (let i = 0; i < n; i++) {
    const from = (<usize>load<i32>(state.order + ((<usize>i) << 2))) << 3;
    store<u64>(state.sorted + ((<usize>i) << 3), load<u64>(y + from));
  }
  const side = f32x4.extract_lane(box(state), 2) / state.angle;
  store<i32>(state.nodeCount, 0);
  grow(state, 0, n, 16, side * side);
}

function sortByByte(n: i32, shift: u32, keys: usize, order: usize, keysTo: usize, orderTo: usize, counts: usize): void {
  memory.fill(counts, 0, 1024);
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
    const to = counts + ((<usize>((load<u32>(keys + i) >> shift) & 255)) << 2);
    store<i32>(to, load<i32>(to) + 1);
  }
  let sum = 0;
  for (let at = counts; at < counts + 1024; at += 4) {
    const count = load<i32>(at);
    store<i32>(at, sum);
    sum += count;
  }
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) {
    const key = load<u32>(keys + i);
    const place = counts + ((<usize>((key >> shift) & 255)) << 2);
    const at = load<i32>(place);
    store<i32>(place, at + 1);
    store<u32>(keysTo + ((<usize>at) << 2), key);
    store<i32>(orderTo + ((<usize>at) << 2), load<i32>(order + i));
  }
}

/** The subtree of the sorted points [low, high), which share all key bits above 2 `level`; returns its node's address. */
function grow(state: Descent, low: i32, high: i32, level: i32, size: f32): usize {
  const me = load<i32>(state.nodeCount);
  store<i32>(state.nodeCount, me + 1);
  const node = state.nodes + ((<usize>me) << 5);
  let x: f32 = 0;
  let y: f32 = 0;
  const mass = <f32>(high - low);
  if (high - low === 1 || level === 0) {
    for (let i = low; i < high; i++) {
      x += load<f32>(state.sorted + ((<usize>i) << 3));
      y += load<f32>(state.sorted + ((<usize>i) << 3), 4);
    }
    store<f32>(node, -1, 12);
  } else {
    // Levels at which all points lie in one quarter need no node.
    const different = load<u32>(state.keys + ((<usize>low) << 2)) ^ load<u32>(state.keys + ((<usize>(high - 1)) << 2));
    while (level > 1 && different >> (2 * (level - 1)) === 0) {
      level--;
      size *= 0.25;
    }
    const shift = 2 * (level - 1);
    const base = (load<u32>(state.keys + ((<usize>low) << 2)) >> shift) & ~3;
    let start = low;
    for (let quarter: u32 = 0; quarter < 4 && start < high; quarter++) {
      let l = start;
      let r = high;
      while (l < r) {
        const middle = (l + r) >> 1;
        if (load<u32>(state.keys + ((<usize>middle) << 2)) >> shift <= base + quarter) l = middle + 1;
        else r = middle;
      }
      if (l > start) {
        const child = grow(state, start, l, level - 1, size * 0.25);
        const weight = load<f32>(child, 8);
        x += load<f32>(child) * weight;
        y += load<f32>(child, 4) * weight;
        start = l;
      }
    }
    store<f32>(node, size, 12);
  }
  store<f32>(node, x / mass);
  store<f32>(node, y / mass, 4);
  store<f32>(node, mass, 8);
  store<usize>(node, state.nodes + ((<usize>load<i32>(state.nodeCount)) << 5), 16);
  return node;
}

/** The repulsion of a chunk of sorted points, and its part of the normalisation. */
export function repulse(chunk: i32, _step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const end = min(state.points, (chunk + 1) * state.chunk);
  let sum: f64 = 0;
  for (let i = chunk * state.chunk; i < end; i += 8) sum += walk(state, i, end - 1);
  store<f64>(state.parts + ((<usize>chunk) << 3), sum);
}

function gather(state: Descent, i: i32, last: i32, axis: usize): v128 {
  const from = state.sorted + axis;
  let result = v128.load32_splat(from + ((<usize>min(i, last)) << 3));
  result = v128.load_lane<f32>(from + ((<usize>min(i + 1, last)) << 3), result, 1);
  result = v128.load_lane<f32>(from + ((<usize>min(i + 2, last)) << 3), result, 2);
  return v128.load_lane<f32>(from + ((<usize>min(i + 3, last)) << 3), result, 3);
}

function walk(state: Descent, i: i32, last: i32): f64 {
  const xa = gather(state, i, last, 0),
    ya = gather(state, i, last, 4);
  const xb = gather(state, i + 4, last, 0),
    yb = gather(state, i + 4, last, 4);
  let fxa = ZERO,
    fya = ZERO,
    fxb = ZERO,
    fyb = ZERO,
    sa = ZERO,
    sb = ZERO;
  let node = state.nodes;
  const end = load<usize>(node, 16);
  while (node < end) {
    const cx = v128.load32_splat(node);
    const cy = v128.load32_splat(node, 4);
    const limit = v128.load32_splat(node, 12);
    const dxa = f32x4.sub(xa, cx),
      dya = f32x4.sub(ya, cy);
    const dxb = f32x4.sub(xb, cx),
      dyb = f32x4.sub(yb, cy);
    const da = f32x4.add(f32x4.mul(dxa, dxa), f32x4.mul(dya, dya));
    const db = f32x4.add(f32x4.mul(dxb, dxb), f32x4.mul(dyb, dyb));
    if (i32x4.all_true(v128.and(f32x4.lt(limit, da), f32x4.lt(limit, db)))) {
      const mass = v128.load32_splat(node, 8);
      const qa = f32x4.div(ONE, f32x4.add(ONE, da));
      const qb = f32x4.div(ONE, f32x4.add(ONE, db));
      let wa = f32x4.mul(mass, qa);
      let wb = f32x4.mul(mass, qb);
      sa = f32x4.add(sa, wa);
      sb = f32x4.add(sb, wb);
      wa = f32x4.mul(wa, qa);
      wb = f32x4.mul(wb, qb);
      fxa = f32x4.add(fxa, f32x4.mul(wa, dxa));
      fya = f32x4.add(fya, f32x4.mul(wa, dya));
      fxb = f32x4.add(fxb, f32x4.mul(wb, dxb));
      fyb = f32x4.add(fyb, f32x4.mul(wb, dyb));
      node = load<usize>(node, 16);
    } else node += 32;
  }
  let sum: f64 = settle(
    state,
    i,
    last,
    f32x4.extract_lane(fxa, 0),
    f32x4.extract_lane(fya, 0),
    f32x4.extract_lane(sa, 0),
  );
  sum += settle(state, i + 1, last, f32x4.extract_lane(fxa, 1), f32x4.extract_lane(fya, 1), f32x4.extract_lane(sa, 1));
  sum += settle(state, i + 2, last, f32x4.extract_lane(fxa, 2), f32x4.extract_lane(fya, 2), f32x4.extract_lane(sa, 2));
  sum += settle(state, i + 3, last, f32x4.extract_lane(fxa, 3), f32x4.extract_lane(fya, 3), f32x4.extract_lane(sa, 3));
  sum += settle(state, i + 4, last, f32x4.extract_lane(fxb, 0), f32x4.extract_lane(fyb, 0), f32x4.extract_lane(sb, 0));
  sum += settle(state, i + 5, last, f32x4.extract_lane(fxb, 1), f32x4.extract_lane(fyb, 1), f32x4.extract_lane(sb, 1));
  sum += settle(state, i + 6, last, f32x4.extract_lane(fxb, 2), f32x4.extract_lane(fyb, 2), f32x4.extract_lane(sb, 2));
  sum += settle(state, i + 7, last, f32x4.extract_lane(fxb, 3), f32x4.extract_lane(fyb, 3), f32x4.extract_lane(sb, 3));
  return sum;
}

/** Stores the force on sorted point i; returns its part of the normalisation, less what it says to itself. */
function settle(state: Descent, i: i32, last: i32, x: f32, y: f32, sum: f32): f64 {
  if (i > last) return 0;
  const to = state.repulsion + ((<usize>load<i32>(state.order + ((<usize>i) << 2))) << 3);
  store<f32>(to, x);
  store<f32>(to, y, 4);
  return <f64>sum - 1;
}

/** For `exactly`: all x, then all y, each padded to four by points that are infinitely far. */
export function separate(chunk: i32, step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const y = current(state, step);
  const padded = (state.points + 3) & ~3;
  const end = min(padded, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) {
    const real = i < state.points;
    store<f32>(state.sorted + ((<usize>i) << 2), real ? load<f32>(y + ((<usize>i) << 3)) : 1e18);
    store<f32>(state.sorted + ((<usize>(padded + i)) << 2), real ? load<f32>(y + ((<usize>i) << 3), 4) : 1e18);
  }
}

/** The repulsion of a chunk of points from every other. */
export function exactly(chunk: i32, _step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const padded = (<usize>((state.points + 3) & ~3)) << 2;
  const end = min(state.points, (chunk + 1) * state.chunk);
  let total: f64 = 0;
  for (let i = chunk * state.chunk; i < end; i++) total += <f64>fromAll(state, i, padded) - 1;
  store<f64>(state.parts + ((<usize>chunk) << 3), total);
}

function fromAll(state: Descent, i: i32, padded: usize): f32 {
  const x = v128.load32_splat(state.sorted + ((<usize>i) << 2));
  const y = v128.load32_splat(state.sorted + padded + ((<usize>i) << 2));
  let fx = ZERO,
    fy = ZERO,
    sum = ZERO;
  for (let at = state.sorted; at < state.sorted + padded; at += 16) {
    const dx = f32x4.sub(x, v128.load(at));
    const dy = f32x4.sub(y, v128.load(at + padded));
    let q = f32x4.div(ONE, f32x4.add(ONE, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))));
    sum = f32x4.add(sum, q);
    q = f32x4.mul(q, q);
    fx = f32x4.add(fx, f32x4.mul(q, dx));
    fy = f32x4.add(fy, f32x4.mul(q, dy));
  }
  const to = state.repulsion + ((<usize>i) << 3);
  store<f32>(to, sum4(fx));
  store<f32>(to, sum4(fy), 4);
  return sum4(sum);
}

/** The normalisation: the chunks' parts in their order, whoever computed them. */
function normalisation(state: Descent): f64 {
  let sum: f64 = 0;
  for (let chunk = 0; chunk < state.chunks; chunk++) sum += load<f64>(state.parts + ((<usize>chunk) << 3));
  return max(sum, 1e-30);
}

/** Attraction along the edges, then a step with momentum and gains (Jacobs 1988), never longer than `maximumStep`. */
export function move(chunk: i32, step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const from = current(state, step);
  const to = current(state, step + 1);
  const inverse = <f32>(1 / normalisation(state));
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) moveOne(state, i, from, to, inverse);
  extents(chunk, step + 1, 0, state, 0);
}

function moveOne(state: Descent, i: i32, from: usize, to: usize, inverse: f32): void {
  const at = (<usize>i) << 3;
  const x = load<f32>(from + at);
  const y = load<f32>(from + at, 4);
  const xs = f32x4.splat(x);
  const ys = f32x4.splat(y);
  let edge = (<usize>load<i32>(state.rows + ((<usize>i) << 2))) << 2;
  const edges = (<usize>load<i32>(state.rows + ((<usize>i) << 2), 4)) << 2;
  const columns = state.columns;
  let ax = ZERO,
    ay = ZERO;
  for (; edge + 12 < edges; edge += 16) {
    const ids = columns + edge;
    let low = v128.load64_zero(from + ((<usize>load<i32>(ids)) << 3));
    low = v128.load_lane<u64>(from + ((<usize>load<i32>(ids, 4)) << 3), low, 1);
    let high = v128.load64_zero(from + ((<usize>load<i32>(ids, 8)) << 3));
    high = v128.load_lane<u64>(from + ((<usize>load<i32>(ids, 12)) << 3), high, 1);
    const dx = f32x4.sub(xs, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
    const dy = f32x4.sub(ys, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
    const q = f32x4.div(
      v128.load(state.values + edge),
      f32x4.add(ONE, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))),
    );
    ax = f32x4.add(ax, f32x4.mul(q, dx));
    ay = f32x4.add(ay, f32x4.mul(q, dy));
  }
  let gx = sum4(ax);
  let gy = sum4(ay);
  for (; edge < edges; edge += 4) {
    const other = from + ((<usize>load<i32>(columns + edge)) << 3);
    const dx = x - load<f32>(other);
    const dy = y - load<f32>(other, 4);
    const q = load<f32>(state.values + edge) / (1 + dx * dx + dy * dy);
    gx += q * dx;
    gy += q * dy;
  }
  gx = 4 * (state.exaggeration * gx - load<f32>(state.repulsion + at) * inverse);
  gy = 4 * (state.exaggeration * gy - load<f32>(state.repulsion + at, 4) * inverse);
  let stepX = stride(state, at, gx);
  let stepY = stride(state, at + 4, gy);
  const squared = stepX * stepX + stepY * stepY;
  if (squared > state.maximumStep * state.maximumStep) {
    const scale = state.maximumStep / sqrt(squared);
    stepX *= scale;
    stepY *= scale;
  }
  store<f32>(to + at, x + stepX);
  store<f32>(to + at, y + stepY, 4);
}

function stride(state: Descent, at: usize, gradient: f32): f32 {
  const velocity = load<f32>(state.velocity + at);
  let gain = load<f32>(state.gains + at);
  gain = velocity * gradient < 0 ? gain + 0.2 : gain * 0.8;
  gain = max(gain, <f32>0.01);
  const next = state.momentum * velocity - state.rate * gain * gradient;
  store<f32>(state.gains + at, gain);
  store<f32>(state.velocity + at, next);
  return next;
}

/** A chunk's part of KL(P || Q), with the normalisation of the last repulsion. */
export function divergence(chunk: i32, step: i32, _thread: i32, state: Descent, _phase: i32): void {
  const y = current(state, step);
  const total = log(normalisation(state));
  const end = min(state.points, (chunk + 1) * state.chunk);
  let sum: f64 = 0;
  for (let i = chunk * state.chunk; i < end; i++) {
    const edges = load<i32>(state.rows + ((<usize>i) << 2), 4);
    for (let edge = load<i32>(state.rows + ((<usize>i) << 2)); edge < edges; edge++) {
      const other = y + ((<usize>load<i32>(state.columns + ((<usize>edge) << 2))) << 3);
      const dx = <f64>load<f32>(y + ((<usize>i) << 3)) - <f64>load<f32>(other);
      const dy = <f64>load<f32>(y + ((<usize>i) << 3), 4) - <f64>load<f32>(other, 4);
      const p = <f64>load<f32>(state.values + ((<usize>edge) << 2));
      if (p > 1e-37) sum += p * (log(p) + log(1 + dx * dx + dy * dy) + total);
    }
  }
  store<f64>(state.divergences + ((<usize>chunk) << 3), sum);
}
