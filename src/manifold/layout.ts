/**
 * The phases of UMAP's descent, and the order of edges that makes it both parallel and repeatable: see scripts/wasm/manifold/umap.ts.
 */
import type { Curve } from "./curve.ts";
import type { Graph } from "./graph.ts";
import { type Block, chunkRows, float, type RunOptions, type Threads } from "./threads/threads.ts";

/** Blocks of points. Half as many pairs of blocks are worked on at once. */
const BLOCKS = 16;
const PAIRS = BLOCKS / 2;

/** What the descent is to do. */
export interface LayoutSettings {
  readonly epochs: number;
  readonly negatives: number;
  readonly repulsion: number;
  readonly learningRate: number;
  readonly curve: Curve;
  readonly seed: number;
}

/** Edges in the order of their tasks; `tasks` holds the first of each and the end of the last. */
interface Edges {
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  readonly periods: Float32Array;
  readonly tasks: Int32Array;
}

/**
 * The task of each pair of blocks: a round-robin tournament of 16 teams in 15 rounds of 8 games (the circle method: team 15 stays, the
 * others turn), then the 16 blocks by themselves.
 */
export function tournament(): Int32Array {
  const task = new Int32Array(BLOCKS * BLOCKS);
  for (let round = 0; round < BLOCKS - 1; round++) {
    for (let game = 0; game < PAIRS; game++) {
      const first = game === 0 ? BLOCKS - 1 : (round + game) % (BLOCKS - 1);
      const second = game === 0 ? round : (round - game + BLOCKS - 1) % (BLOCKS - 1);
      task[first * BLOCKS + second] = task[second * BLOCKS + first] = round * PAIRS + game;
    }
  }
  for (let block = 0; block < BLOCKS; block++) task[block * BLOCKS + block] = (BLOCKS - 1) * PAIRS + block;
  return task;
}

const TASKS = (BLOCKS - 1) * PAIRS + BLOCKS;

/** Every edge is used weight / largest weight of the epochs; those that would never be used are left out. */
function orderEdges(graph: Graph, points: number, epochs: number): Edges {
  const { rows, columns, values } = {
    rows: graph.rows.array,
    columns: graph.columns.array,
    values: graph.values.array,
  };
  const count = rows[points]!;
  let largest = 0;
  for (let edge = 0; edge < count; edge++) if (values[edge]! > largest) largest = values[edge]!;
  const least = largest / Math.max(epochs, 10);
  const task = tournament();
  const tasks = new Int32Array(TASKS + 1);
  const blockOf = (i: number): number => Math.floor((i * BLOCKS) / points);
  const place = (i: number, edge: number): number => task[blockOf(i) * BLOCKS + blockOf(columns[edge]!)]!;
  for (let i = 0; i < points; i++)
    for (let edge = rows[i]!; edge < rows[i + 1]!; edge++) if (values[edge]! >= least) tasks[place(i, edge) + 1]!++;
  for (let at = 0; at < TASKS; at++) tasks[at + 1]! += tasks[at]!;
  const next = tasks.slice();
  const heads = new Int32Array(tasks[TASKS]!);
  const tails = new Int32Array(tasks[TASKS]!);
  const periods = new Float32Array(tasks[TASKS]!);
  for (let i = 0; i < points; i++) {
    for (let edge = rows[i]!; edge < rows[i + 1]!; edge++) {
      if (values[edge]! < least) continue;
      const at = next[place(i, edge)]!++;
      heads[at] = i;
      tails[at] = columns[edge]!;
      periods[at] = largest / values[edge]!;
    }
  }
  return { heads, tails, periods, tasks };
}

/** Moves `positions` to the embedding. */
export async function layOut(
  threads: Threads,
  graph: Graph,
  positions: Block<Float32Array<SharedArrayBuffer>>,
  points: number,
  settings: LayoutSettings,
  watch: RunOptions["watch"],
): Promise<void> {
  const { epochs, negatives, repulsion, learningRate, curve, seed } = settings;
  const edges = orderEdges(graph, points, epochs);
  const chunk = chunkRows(points, 16);
  const { pointer: state } = threads.record({
    points,
    epochs,
    chunk,
    negatives,
    a: float(curve.a),
    b: float(curve.b),
    rate: float(learningRate),
    repulsion: float(repulsion),
    seed,
    embedding: positions.pointer,
    snapshot: threads.allocate(8 * points),
    heads: threads.int32(edges.heads.length, edges.heads).pointer,
    tails: threads.int32(edges.tails.length, edges.tails).pointer,
    periods: threads.float32(edges.periods.length, edges.periods).pointer,
    nextUse: threads.float32(edges.periods.length, edges.periods).pointer,
    due: threads.allocate(4 * (edges.periods.length + 3)),
    tasks: threads.int32(edges.tasks.length, edges.tasks).pointer,
    fixed: 0,
    fixedPoints: 0,
  });
  const rounds = Array.from({ length: BLOCKS }, (_, round) => ({
    kernel: "descend",
    chunks: round < BLOCKS - 1 ? PAIRS : BLOCKS,
    state,
  }));
  const copy = { kernel: "copy", chunks: Math.ceil(points / chunk), state };
  await threads.run([copy, ...rounds], { steps: epochs, ...(watch && { watch }) });
}

/** Moves new points, whose edges lead to fixed ones, in compressed rows. */
export async function placeAmong(
  threads: Threads,
  fixed: Block<Float32Array>,
  positions: Block<Float32Array>,
  edges: { readonly rows: Int32Array; readonly tails: Int32Array; readonly periods: Float32Array },
  settings: LayoutSettings,
): Promise<void> {
  const points = positions.array.length / 2;
  const chunk = chunkRows(points, 64);
  const { pointer: state } = threads.record({
    points,
    epochs: settings.epochs,
    chunk,
    negatives: settings.negatives,
    a: float(settings.curve.a),
    b: float(settings.curve.b),
    rate: float(settings.learningRate),
    repulsion: float(settings.repulsion),
    seed: settings.seed,
    embedding: positions.pointer,
    snapshot: 0,
    heads: 0,
    tails: threads.int32(edges.tails.length, edges.tails).pointer,
    periods: threads.float32(edges.periods.length, edges.periods).pointer,
    nextUse: threads.float32(edges.periods.length, edges.periods).pointer,
    due: 0,
    tasks: threads.int32(edges.rows.length, edges.rows).pointer,
    fixed: fixed.pointer,
    fixedPoints: fixed.array.length / 2,
  });
  await threads.run([{ kernel: "place", chunks: Math.ceil(points / chunk), state }], { steps: settings.epochs });
}
