/**
 * The phases of t-SNE's descent: what repels (a tree, a grid or all pairs), then attraction and the step. The loops are in
 * scripts/wasm/manifold/tsne.ts.
 */
import type { Graph } from "./graph.ts";
import { gridPhases } from "./grid.ts";
import { type Block, chunkRows, float, type Phase, type RunOptions, type Threads } from "./threads/threads.ts";
import type { EmbeddingFrame, TsneSettings } from "./tsne-options.ts";

const MAXIMUM_STEP = 5;

/** From `positions`, which are changed, to the embedding. */
export async function descend(
  threads: Threads,
  graph: Graph,
  positions: Block<Float32Array<SharedArrayBuffer>>,
  points: number,
  settings: TsneSettings,
  onFrame: ((frame: EmbeddingFrame) => void) | undefined,
): Promise<{ data: Float32Array<ArrayBuffer>; divergence: number }> {
  const { iterations, exaggeratedIterations, earlyExaggeration, angle, engine } = settings;
  const chunk = chunkRows(points);
  const chunks = Math.ceil(points / chunk);
  const other = threads.float32(2 * points);
  const gains = threads.float32(2 * points);
  gains.array.fill(1);
  const divergences = threads.float64(chunks);
  const rate = settings.learningRate === "auto" ? Math.max(50, points / earlyExaggeration) : settings.learningRate;
  const padded = Math.ceil(points / 4) * 4;
  const exact = engine === "exact";
  const state = threads.record({
    points,
    chunk,
    chunks,
    exaggeration: float(earlyExaggeration),
    rate: float(rate),
    momentum: float(0.5),
    angle: float(angle),
    embedding: positions.pointer,
    other: other.pointer,
    velocity: threads.allocate(8 * points),
    gains: gains.pointer,
    repulsion: threads.allocate(8 * points),
    parts: threads.allocate(8 * chunks),
    divergences: divergences.pointer,
    bounds: threads.allocate(16 * chunks),
    rows: graph.rows.pointer,
    columns: graph.columns.pointer,
    values: graph.values.pointer,
    keys: exact ? 0 : threads.allocate(4 * points),
    keys2: exact ? 0 : threads.allocate(4 * points),
    order: exact ? 0 : threads.allocate(4 * points),
    order2: exact ? 0 : threads.allocate(4 * points),
    sorted: threads.allocate(8 * padded),
    nodes: exact ? 0 : threads.allocate(Math.max(1024, 64 * points)),
    nodeCount: threads.allocate(4),
    maximumStep: float(MAXIMUM_STEP),
  });
  const each = (kernel: string): Phase => ({ kernel, chunks, state: state.pointer });
  const once = (kernel: string): Phase => ({ kernel, chunks: 1, state: state.pointer });
  const repulsion = {
    exact: [{ ...each("separate"), chunks: Math.ceil(padded / chunk) }, each("exactly")],
    "barnes-hut": [each("mortonKeys"), once("plant"), each("repulse")],
    fft: engine === "fft" ? gridPhases(threads, state.pointer, chunks, points) : [],
    "tsne-js": [],
  }[engine];
  await threads.run([each("extents")]);
  const phases = [...repulsion, each("move")];
  const watch: RunOptions["watch"] = onFrame && {
    every: settings.frameEvery,
    pointers: [positions.pointer, other.pointer],
    length: 2 * points,
    onValues: (data, step) => onFrame({ iteration: step + 1, iterations, data, shape: [points, 2] }),
  };
  const watched = watch ? { watch } : {};
  await threads.run(phases, { steps: exaggeratedIterations, ...watched });
  state.set("exaggeration", float(1));
  state.set("momentum", float(0.8));
  await threads.run(phases, {
    first: exaggeratedIterations,
    steps: iterations - exaggeratedIterations,
    ...watched,
  });
  await threads.run([...repulsion, each("divergence")], { first: iterations });
  let divergence = 0;
  for (const part of divergences.array) divergence += part;
  return { data: (iterations % 2 === 0 ? positions : other).array.slice() as Float32Array<ArrayBuffer>, divergence };
}
