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
  /** Room for the edges that are due, one place an edge and three more. */
  due: usize;
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

/**
 * One task of a round: the phase after the copy is round 0. The edges that are due are listed first (without a branch, which would be
 * guessed wrong for every third edge), then used by fours.
 */
export function descend(chunk: i32, step: i32, _thread: i32, state: Layout, phase: i32): void {
  const task = state.tasks + ((<usize>((phase - 1) * 8 + chunk)) << 2);
  const rate = state.rate * (1 - <f32>step / <f32>state.epochs);
  const first = load<i32>(task);
  const end = load<i32>(task, 4);
  let due = first;
  for (let edge = first; edge < end; edge++) {
    store<i32>(state.due + ((<usize>due) << 2), edge);
    due += <i32>(load<f32>(state.nextUse + ((<usize>edge) << 2)) <= <f32>step);
  }
  for (let i = first; i < due; i += 4) pull4(state, state.due + ((<usize>i) << 2), due - i, step, rate);
}

function clip(x: v128): v128 {
  return f32x4.pmax(f32x4.splat(-4), f32x4.pmin(f32x4.splat(4), x));
}

/** d^2b of four squared distances. */
function power(d: v128, b: f32): v128 {
  return exp2x4(f32x4.mul(f32x4.splat(b), log2x4(d)));
}

/** The points i and j of `positions` in one vector: x, y, x, y. */
function points2(positions: usize, i: i32, j: i32): v128 {
  const low = v128.load64_zero(positions + ((<usize>i) << 3));
  return v128.load_lane<u64>(positions + ((<usize>j) << 3), low, 1);
}

/**
 * Four edges side by side, one a lane: all four read where the points are now, then their moves are added one after another. What lies
 * in `due` beyond `live` edges are other edges, which move nothing.
 */
function pull4(state: Layout, due: usize, live: i32, step: i32, rate: f32): void {
  const edges = v128.load(due);
  const positions = state.embedding;
  const at0 = (<usize>i32x4.extract_lane(edges, 0)) << 2;
  const at1 = (<usize>i32x4.extract_lane(edges, 1)) << 2;
  const at2 = (<usize>i32x4.extract_lane(edges, 2)) << 2;
  const at3 = (<usize>i32x4.extract_lane(edges, 3)) << 2;
  let low = points2(positions, load<i32>(state.heads + at0), load<i32>(state.heads + at1));
  let high = points2(positions, load<i32>(state.heads + at2), load<i32>(state.heads + at3));
  const x = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
  const y = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
  low = points2(positions, load<i32>(state.tails + at0), load<i32>(state.tails + at1));
  high = points2(positions, load<i32>(state.tails + at2), load<i32>(state.tails + at3));
  let dx = f32x4.sub(x, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
  let dy = f32x4.sub(y, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
  const a = f32x4.splat(state.a);
  let d = f32x4.add(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)), f32x4.splat(1e-12));
  const p = power(d, state.b);
  let k = f32x4.div(f32x4.mul(f32x4.splat(-2 * state.a * state.b), p), f32x4.mul(d, f32x4.add(ONE, f32x4.mul(a, p))));
  const towardsX = clip(f32x4.mul(k, dx));
  const towardsY = clip(f32x4.mul(k, dy));
  let moveX = towardsX;
  let moveY = towardsY;
  const count = i32x4.splat(state.points);
  const push = f32x4.splat(2 * state.repulsion * state.b);
  let random = v128.or(
    hash4(i32x4.add(i32x4.mul(edges, i32x4.splat(0x9e3779b9)), i32x4.splat(hash(<u32>step ^ state.seed)))),
    i32x4.splat(1),
  );
  for (let sample = 0; sample < state.negatives; sample++) {
    random = next4(random);
    const i = i64x2.extmul_low_i32x4_u(random, count);
    const j = i64x2.extmul_high_i32x4_u(random, count);
    low = points2(state.snapshot, i32x4.extract_lane(i, 1), i32x4.extract_lane(i, 3));
    high = points2(state.snapshot, i32x4.extract_lane(j, 1), i32x4.extract_lane(j, 3));
    dx = f32x4.sub(x, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
    dy = f32x4.sub(y, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
    d = f32x4.add(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)), f32x4.splat(1e-12));
    const shared = f32x4.add(ONE, f32x4.mul(a, power(d, state.b)));
    k = f32x4.div(push, f32x4.mul(f32x4.add(f32x4.splat(0.001), d), shared));
    moveX = f32x4.add(moveX, clip(f32x4.mul(k, dx)));
    moveY = f32x4.add(moveY, clip(f32x4.mul(k, dy)));
  }
  const rates = f32x4.splat(rate);
  moveX = f32x4.mul(moveX, rates);
  moveY = f32x4.mul(moveY, rates);
  const pullX = f32x4.mul(towardsX, rates);
  const pullY = f32x4.mul(towardsY, rates);
  move(
    state,
    at0,
    f32x4.extract_lane(moveX, 0),
    f32x4.extract_lane(moveY, 0),
    f32x4.extract_lane(pullX, 0),
    f32x4.extract_lane(pullY, 0),
  );
  if (live < 2) return;
  move(
    state,
    at1,
    f32x4.extract_lane(moveX, 1),
    f32x4.extract_lane(moveY, 1),
    f32x4.extract_lane(pullX, 1),
    f32x4.extract_lane(pullY, 1),
  );
  if (live < 3) return;
  move(
    state,
    at2,
    f32x4.extract_lane(moveX, 2),
    f32x4.extract_lane(moveY, 2),
    f32x4.extract_lane(pullX, 2),
    f32x4.extract_lane(pullY, 2),
  );
  if (live < 4) return;
  move(
    state,
    at3,
    f32x4.extract_lane(moveX, 3),
    f32x4.extract_lane(moveY, 3),
    f32x4.extract_lane(pullX, 3),
    f32x4.extract_lane(pullY, 3),
  );
}

/** Moves both ends of an edge and sets the epoch of its next use. */
function move(state: Layout, at: usize, moveX: f32, moveY: f32, pullX: f32, pullY: f32): void {
  const head = state.embedding + ((<usize>load<i32>(state.heads + at)) << 3);
  const tail = state.embedding + ((<usize>load<i32>(state.tails + at)) << 3);
  store<f32>(tail, load<f32>(tail) - pullX);
  store<f32>(tail, load<f32>(tail, 4) - pullY, 4);
  store<f32>(head, load<f32>(head) + moveX);
  store<f32>(head, load<f32>(head, 4) + moveY, 4);
  store<f32>(state.nextUse + at, load<f32>(state.nextUse + at) + load<f32>(state.periods + at));
}

/** `hash` of four numbers. */
function hash4(value: v128): v128 {
  value = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 16)), i32x4.splat(0x7feb352d));
  value = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(value, i32x4.shr_u(value, 16));
}

/** `next` of four numbers. */
function next4(random: v128): v128 {
  random = v128.xor(random, i32x4.shl(random, 13));
  random = v128.xor(random, i32x4.shr_u(random, 17));
  return v128.xor(random, i32x4.shl(random, 5));
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
