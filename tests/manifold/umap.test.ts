import { tf, use } from "cellwright/backend";
import { knn, parametricUmap, trustworthiness, umap } from "cellwright/manifold";
import { describe, expect, test } from "vitest";
import { fitCurve } from "../../src/manifold/curve.ts";
import { buildGraph } from "../../src/manifold/graph.ts";
import { tournament } from "../../src/manifold/layout.ts";
import { readMatrix } from "../../src/manifold/matrix.ts";
import { findNeighbors, trueDistances } from "../../src/manifold/neighbors.ts";
import { Threads } from "../../src/manifold/threads/threads.ts";
import { clusters, codeOf, golden, largestDifference, points } from "./support.ts";

/** A graph's rows, columns and values, as plain arrays. */
async function graphOf(k: number, how: Parameters<typeof buildGraph>[4]) {
  const matrix = await readMatrix(points);
  return Threads.with({ threads: 2 }, async (threads) => {
    const found = await findNeighbors(threads, matrix, k, {});
    if (how.kind === "fuzzySet") found.distances.array.set(trueDistances(found, matrix));
    const graph = await buildGraph(threads, found, 120, k, how);
    const count = graph.rows.array[120]!;
    return {
      rows: graph.rows.array.slice(),
      columns: graph.columns.array.slice(0, count),
      values: graph.values.array.slice(0, count),
      rho: graph.rho.slice(),
      sigma: graph.sigma.slice(),
    };
  });
}

describe("graphs", () => {
  test.each(golden.fuzzy)("UMAP's fuzzy simplicial set is umap-learn's: $neighbors neighbours", async (reference) => {
    const { localConnectivity, mixture } = reference;
    const graph = await graphOf(reference.neighbors - 1, { kind: "fuzzySet", localConnectivity, mixture });
    // umap-learn drops entries that are 0.
    const kept = [...graph.values.keys()].filter((at) => graph.values[at]! > 0);
    expect(kept.map((at) => graph.columns[at])).toEqual(reference.columns);
    expect(
      largestDifference(
        kept.map((at) => graph.values[at]!),
        reference.values,
      ),
    ).toBeLessThan(3e-5);
    expect(largestDifference(graph.rho, reference.rhos)).toBeLessThan(1e-5);
    expect(largestDifference(graph.sigma, reference.sigmas)).toBeLessThan(1e-4);
  });

  test("t-SNE's affinities are scikit-learn's", async () => {
    const { perplexity, rows, columns, joint } = golden.tsne;
    const graph = await graphOf(3 * perplexity, { kind: "affinities", perplexity });
    expect([...graph.rows]).toEqual(rows);
    expect([...graph.columns]).toEqual(columns);
    const largest = Math.max(...joint);
    expect(largestDifference(graph.values, joint)).toBeLessThan(2e-5 * largest);
    expect(graph.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });

  test.each(golden.curves)(
    "the curve for $minimumDistance, $spread is umap-learn's",
    ({ minimumDistance, spread, ab }) => {
      const { a, b } = fitCurve(minimumDistance, spread);
      expect(a / ab[0]!).toBeCloseTo(1, 4);
      expect(b / ab[1]!).toBeCloseTo(1, 4);
    },
  );

  test("in no round of the tournament two tasks share a block, and every pair meets once", () => {
    const task = tournament();
    const pairs = new Set<number>();
    for (let round = 0; round < 15; round++) {
      const busy: number[] = [];
      for (let a = 0; a < 16; a++)
        for (let b = a + 1; b < 16; b++) {
          if (Math.floor(task[a * 16 + b]! / 8) !== round) continue;
          busy.push(a, b);
          pairs.add(a * 16 + b);
        }
      expect(busy.sort((x, y) => x - y)).toEqual([...Array(16).keys()]);
    }
    expect(pairs.size).toBe(120);
    expect(new Set(task).size).toBe(136);
  });
});

describe("umap", () => {
  test("neighbours stay neighbours and clusters stay whole", async () => {
    const { data, shape, labels } = clusters(600, 10, 4);
    const map = await umap({ data, shape }, { epochs: 200 });
    expect(await trustworthiness({ data, shape }, map)).toBeGreaterThan(0.85);
    const { indices } = await knn(map, 5);
    const hits = [...indices].filter((index, at) => labels[index] === labels[Math.floor(at / 5)]).length;
    expect(hits / indices.length).toBeGreaterThan(0.99);
  });

  test("the same bytes whatever the threads, transform's too; others for another seed", async () => {
    const { data, shape } = clusters(400, 6, 3);
    const fresh = clusters(30, 6, 3).data.map((value) => value + 0.1);
    const one = await umap({ data, shape }, { epochs: 50, seed: 3, threads: 1 });
    const three = await umap({ data, shape }, { epochs: 50, seed: 3, threads: 3 });
    expect(three.data).toEqual(one.data);
    const placed = { data: fresh, shape: [30, 6] };
    expect((await three.transform(placed)).data).toEqual((await one.transform(placed)).data);
    expect((await umap({ data, shape }, { epochs: 50, seed: 4 })).data).not.toEqual(one.data);
  });

  test("transform puts new rows where their like are", async () => {
    const { data, shape, labels } = clusters(600, 8, 4);
    const old = { data: data.slice(0, 500 * 8), shape: [500, 8] as const };
    const fresh = { data: data.slice(500 * 8), shape: [100, 8] as const };
    for (const metric of ["euclidean", "cosine", "manhattan"] as const) {
      const map = await umap(old, { epochs: 150, metric });
      const placed = await map.transform(fresh);
      expect(placed.shape).toEqual([100, 2]);
      let hits = 0;
      for (let i = 0; i < 100; i++) {
        let best = 0;
        let nearest = Number.POSITIVE_INFINITY;
        for (let j = 0; j < 500; j++) {
          const distance = Math.hypot(
            placed.data[2 * i]! - map.data[2 * j]!,
            placed.data[2 * i + 1]! - map.data[2 * j + 1]!,
          );
          if (distance < nearest) [nearest, best] = [distance, j];
        }
        hits += Number(labels[best] === labels[500 + i]);
      }
      expect(hits).toBeGreaterThanOrEqual(98);
      expect(shape[1]).toBe(8);
    }
    const map = await umap(old, { epochs: 10 });
    expect(await codeOf(map.transform([[1, 2]]))).toBe("CW_SHAPE_MISMATCH");
    expect(await codeOf(map.transform([]))).toBe("CW_EMPTY");
  });

  test("identical points, graphs in pieces, few points: finite", async () => {
    for (const [count, spread] of [
      [40, 0],
      [40, 1e6],
      [2, 1],
      [3, 1],
    ] as const) {
      const rows = Array.from({ length: count }, (_, i) => [spread * (i % 4), spread === 0 ? 0 : Math.sin(i), 1]);
      const map = await umap(rows, { neighbors: Math.min(5, count), epochs: 60 });
      expect(map.data.every(Number.isFinite)).toBe(true);
      expect((await map.transform(rows)).data.every(Number.isFinite)).toBe(true);
    }
  });

  test("frames, and an abort in the middle", async () => {
    const { data, shape } = clusters(500, 6, 3);
    const frames: number[] = [];
    await umap({ data, shape }, { epochs: 40, frameEvery: 10, onFrame: ({ iteration }) => frames.push(iteration) });
    expect(frames).toEqual([10, 20, 30, 40]);
    const controller = new AbortController();
    const reason = new Error("enough");
    const options = { epochs: 100_000, frameEvery: 1, signal: controller.signal };
    const running = umap({ data, shape }, { ...options, onFrame: () => controller.abort(reason) });
    await expect(running).rejects.toBe(reason);
  });

  test("what does not fit is an error", async () => {
    const { data, shape } = clusters(20, 4, 2);
    expect(await codeOf(umap([[1, 2]]))).toBe("CW_NEIGHBORS");
    expect(await codeOf(umap({ data, shape }, { neighbors: 21 }))).toBe("CW_NEIGHBORS");
    expect(await codeOf(umap({ data, shape }, { neighbors: 1 }))).toBe("CW_OPTION");
    expect(await codeOf(umap({ data, shape }, { minimumDistance: 2 }))).toBe("CW_OPTION");
    expect(await codeOf(umap({ data, shape }, { engine: "magic" as never }))).toBe("CW_OPTION");
    expect(await codeOf(umap({ data, shape }, { seed: 1.5 }))).toBe("CW_SEED");
    expect(await codeOf(umap([]))).toBe("CW_EMPTY");
  });

  test("umap-js is an engine", async () => {
    const { data, shape } = clusters(60, 5, 3);
    const map = await umap({ data, shape }, { engine: "umap-js", neighbors: 8, epochs: 50, seed: 2 });
    expect(map.data.every(Number.isFinite)).toBe(true);
    expect((await umap({ data, shape }, { engine: "umap-js", neighbors: 8, epochs: 50, seed: 2 })).data).toEqual(
      map.data,
    );
    expect((await map.transform({ data: data.slice(0, 10), shape: [2, 5] })).shape).toEqual([2, 2]);
  });
});

describe("parametricUmap", () => {
  test("embeds old and new rows by cluster, leaks nothing, and is the same for a seed", async () => {
    await use("wasm");
    const { data, shape, labels } = clusters(400, 6, 3);
    const before = tf.memory().numTensors;
    const settings = { epochs: 6, hidden: [32, 32], batchSize: 256, seed: 5 };
    const map = await parametricUmap({ data, shape }, settings);
    expect(map.shape).toEqual([400, 2]);
    expect(map.losses.at(-1)!).toBeLessThan(map.losses[0]!);
    const { indices } = await knn(map, 5);
    const hits = [...indices].filter((index, at) => labels[index] === labels[Math.floor(at / 5)]).length;
    expect(hits / indices.length).toBeGreaterThan(0.95);
    expect(largestDifference((await map.transform({ data, shape })).data, map.data)).toBe(0);
    map.dispose();
    map.dispose();
    const again = await parametricUmap({ data, shape }, settings);
    again.dispose();
    expect(again.data).toEqual(map.data);
    expect(await codeOf(parametricUmap({ data, shape }, { signal: AbortSignal.abort() }))).toBe("AbortError");
    expect(tf.memory().numTensors).toBe(before);
  });
});
