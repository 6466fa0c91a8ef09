/**
 * The descent of UMAP (McInnes, Healy and Melville 2018, section 3.2) in parallel and yet always the same: the points are cut into 16
 * blocks, the edges sorted by their pair of blocks, and an epoch is 16 rounds in each of which no block belongs to two chunks (the
 * rounds of a round-robin tournament, then the edges within each block). An edge moves both its ends; the points it is pushed away from
 * are read from a copy made when the epoch began.
 *
 * Two directed copies of each edge are in the graph, as umap-learn has them.
 */
import { exp2x4, hash, log2x4, ONE } from "./arithmetic";

@unmanaged
export class Layout {
  points: i32;
  epochs: i32;
  chunk: i32;
  negatives: i32;
  a: f32;
  b: f32;
  rate: f32;
  repulsion: f32;
  seed: u32;
  embedding: usize;
  snapshot: usize;
  /** Edges by block pair: ends, epochs between two uses, the epoch of the next use. */
  heads: usize;
  tails: usize;
  periods: usize;
  nextUse: usize;
  /** The first edge of each task, [16 rounds of 8 or 16 tasks + 1]. */
  tasks: usize;
  /** For `place`: the points that stay, [fixedPoints, 2]. */
  fixed: usize;
  fixedPoints: i32;
}

export function copy(chunk: i32, _step: i32, _thread: i32, state: Layout, _phase: i32): void {
  const first = chunk * state.chunk;
  const end = min(state.points, first + state.chunk);
  memory.copy(
    state.snapshot + ((<usize>first) << 3),
    state.embedding + ((<usize>first) << 3),
    (<usize>(end - first)) << 3,
  );
}

/** One task of a round: the phase after the copy is round 0. */
export function descend(chunk: i32, step: i32, _thread: i32, state: Layout, phase: i32): void {
  const task = state.tasks + ((<usize>((phase - 1) * 8 + chunk)) << 2);
  const rate = state.rate * (1 - <f32>step / <f32>state.epochs);
  const end = load<i32>(task, 4);
  for (let edge = load<i32>(task); edge < end; edge++) {
    if (load<f32>(state.nextUse + ((<usize>edge) << 2)) <= <f32>step) pull(state, edge, step, rate);
  }
}

function clip(x: v128): v128 {
  return f32x4.pmax(f32x4.splat(-4), f32x4.pmin(f32x4.splat(4), x));
}

/** d^2b of four squared distances. */
function power(d: v128, b: f32): v128 {
  return exp2x4(f32x4.mul(f32x4.splat(b), log2x4(d)));
}

function pull(state: Layout, edge: i32, step: i32, rate: f32): void {
  const at = (<usize>edge) << 2;
  store<f32>(state.nextUse + at, load<f32>(state.nextUse + at) + load<f32>(state.periods + at));
  const head = state.embedding + ((<usize>load<i32>(state.heads + at)) << 3);
  const tail = state.embedding + ((<usize>load<i32>(state.tails + at)) << 3);
  const n = <u64>state.points;
  const x = f32x4.splat(load<f32>(head));
  const y = f32x4.splat(load<f32>(head, 4));
  const a = f32x4.splat(state.a);
  // Four at a time: the tail and three to be pushed away from, then the others in fours.
  let random = hash(<u32>edge * 0x9e3779b9 + hash(<u32>step ^ state.seed)) | 1;
  let moveX: f32 = 0,
    moveY: f32 = 0;
  let left = state.negatives;
  for (let group = 0; group === 0 || left > 0; group++) {
    let low = v128.load64_zero(tail);
    if (group > 0) {
      random = next(random);
      low = v128.load64_zero(state.snapshot + ((<usize>((<u64>random * n) >> 32)) << 3));
    }
    random = next(random);
    low = v128.load_lane<u64>(state.snapshot + ((<usize>((<u64>random * n) >> 32)) << 3), low, 1);
    random = next(random);
    let high = v128.load64_zero(state.snapshot + ((<usize>((<u64>random * n) >> 32)) << 3));
    random = next(random);
    high = v128.load_lane<u64>(state.snapshot + ((<usize>((<u64>random * n) >> 32)) << 3), high, 1);
    const dx = f32x4.sub(x, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
    const dy = f32x4.sub(y, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
    const d = f32x4.add(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)), f32x4.splat(1e-12));
    const p = power(d, state.b);
    const shared = f32x4.add(ONE, f32x4.mul(a, p));
    let k = f32x4.div(f32x4.splat(2 * state.repulsion * state.b), f32x4.mul(f32x4.add(f32x4.splat(0.001), d), shared));
    if (group === 0) {
      const attraction: f32 =
        (-2 * state.a * state.b * f32x4.extract_lane(p, 0)) /
        (f32x4.extract_lane(d, 0) * f32x4.extract_lane(shared, 0));
      k = f32x4.replace_lane(k, 0, attraction);
    }
    const gx = clip(f32x4.mul(k, dx));
    const gy = clip(f32x4.mul(k, dy));
    if (group === 0) {
      const ax = f32x4.extract_lane(gx, 0);
      const ay = f32x4.extract_lane(gy, 0);
      store<f32>(tail, load<f32>(tail) - rate * ax);
      store<f32>(tail, load<f32>(tail, 4) - rate * ay, 4);
      moveX += ax;
      moveY += ay;
    } else if (left > 0) {
      moveX += f32x4.extract_lane(gx, 0);
      moveY += f32x4.extract_lane(gy, 0);
      left--;
    }
    if (left > 0) {
      moveX += f32x4.extract_lane(gx, 1);
      moveY += f32x4.extract_lane(gy, 1);
      left--;
    }
    if (left > 0) {
      moveX += f32x4.extract_lane(gx, 2);
      moveY += f32x4.extract_lane(gy, 2);
      left--;
    }
    if (left > 0) {
      moveX += f32x4.extract_lane(gx, 3);
      moveY += f32x4.extract_lane(gy, 3);
      left--;
    }
  }
  store<f32>(head, load<f32>(head) + rate * moveX);
  store<f32>(head, load<f32>(head, 4) + rate * moveY, 4);
}

function next(random: u32): u32 {
  random ^= random << 13;
  random ^= random >> 17;
  return random ^ (random << 5);
}

/** New points among fixed ones: chunk by chunk, each point follows its own edges (`tasks` are its rows) and moves alone. */
export function place(chunk: i32, step: i32, _thread: i32, state: Layout, _phase: i32): void {
  const rate = state.rate * (1 - <f32>step / <f32>state.epochs);
  const end = min(state.points, (chunk + 1) * state.chunk);
  for (let i = chunk * state.chunk; i < end; i++) {
    const edges = load<i32>(state.tasks + ((<usize>i) << 2), 4);
    for (let edge = load<i32>(state.tasks + ((<usize>i) << 2)); edge < edges; edge++) {
      const at = (<usize>edge) << 2;
      const due = load<f32>(state.nextUse + at);
      if (due > <f32>step) continue;
      store<f32>(state.nextUse + at, due + load<f32>(state.periods + at));
      let random = hash(<u32>edge * 0x9e3779b9 + hash(<u32>step ^ state.seed)) | 1;
      step1(state, i, load<i32>(state.tails + at), rate, true);
      for (let sample = 0; sample < state.negatives; sample++) {
        random = next(random);
        step1(state, i, <i32>((<u64>random * <u64>state.fixedPoints) >> 32), rate, false);
      }
    }
  }
}

function step1(state: Layout, i: i32, other: i32, rate: f32, attracts: bool): void {
  const head = state.embedding + ((<usize>i) << 3);
  const tail = state.fixed + ((<usize>other) << 3);
  const dx: f32 = load<f32>(head) - load<f32>(tail);
  const dy: f32 = load<f32>(head, 4) - load<f32>(tail, 4);
  const d: f32 = dx * dx + dy * dy + 1e-12;
  const p = f32x4.extract_lane(power(f32x4.splat(d), state.b), 0);
  const shared: f32 = 1 + state.a * p;
  const k: f32 = attracts
    ? (-2 * state.a * state.b * p) / (d * shared)
    : (2 * state.repulsion * state.b) / ((0.001 + d) * shared);
  store<f32>(head, load<f32>(head) + rate * max(<f32>-4, min(<f32>4, k * dx)));
  store<f32>(head, load<f32>(head, 4) + rate * max(<f32>-4, min(<f32>4, k * dy)), 4);
}
