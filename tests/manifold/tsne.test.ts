import { knn, perplexitySweep, trustworthiness, tsne } from "cellwright/manifold";
import { describe, expect, test } from "vitest";
import { clusters, codeOf, golden, largestDifference, plane, points } from "./support.ts";

const { tsne: reference } = golden;

describe("tsne", () => {
  test.each(["exact", "barnes-hut", "fft"] as const)(
    "%s: divergence and gradient are scikit-learn's",
    async (engine) => {
      const common = { perplexity: reference.perplexity, initialization: plane.data, engine, angle: 0.05 };
      const start = await tsne(points, { ...common, iterations: 0 });
      expect(start.data).toEqual(plane.data);
      expect(start.divergence).toBeCloseTo(reference.divergence, engine === "fft" ? 2 : 4);
      // The first step is -rate · gain · gradient, and the first gain .8.
      const rate = 100;
      const step = await tsne(points, {
        ...common,
        iterations: 1,
        exaggeratedIterations: 0,
        learningRate: rate,
      });
      const gradient = step.data.map((value, at) => (plane.data[at]! - value) / (0.8 * rate));
      const largest = Math.max(...reference.gradient.map(Math.abs));
      expect(largestDifference(gradient, reference.gradient)).toBeLessThan((engine === "fft" ? 0.02 : 0.005) * largest);
    },
  );

  test("engines agree in what they reach", async () => {
    const { data, shape } = clusters(600, 10, 5);
    const scores = await Promise.all(
      (["exact", "barnes-hut", "fft"] as const).map(async (engine) => {
        const embedding = await tsne({ data, shape }, { engine, perplexity: 20, iterations: 500 });
        return { divergence: embedding.divergence, trust: await trustworthiness({ data, shape }, embedding) };
      }),
    );
    for (const { divergence, trust } of scores) {
      expect(Math.abs(divergence - scores[0]!.divergence)).toBeLessThan(0.08);
      expect(Math.abs(trust - scores[0]!.trust)).toBeLessThan(0.02);
    }
  });

  test.each(["exact", "barnes-hut", "fft"] as const)(
    "%s: the same bytes whatever the threads, others for another seed",
    async (engine) => {
      const { data, shape } = clusters(500, 6, 3);
      const options = { engine, iterations: 60, perplexity: 15, initialization: "random", seed: 3 } as const;
      const one = await tsne({ data, shape }, { ...options, threads: 1 });
      const three = await tsne({ data, shape }, { ...options, threads: 3 });
      expect(three.data).toEqual(one.data);
      expect(three.divergence).toBe(one.divergence);
      expect((await tsne({ data, shape }, { ...options, seed: 4 })).data).not.toEqual(one.data);
    },
  );

  test("frames are copies on the way; the last is what comes out", async () => {
    const { data, shape } = clusters(200, 6, 3);
    const frames: { iteration: number; data: Float32Array }[] = [];
    const embedding = await tsne(
      { data, shape },
      {
        iterations: 100,
        frameEvery: 20,
        onFrame: ({ iteration, iterations, data }) => {
          expect(iterations).toBe(100);
          frames.push({ iteration, data });
        },
      },
    );
    expect(frames.map(({ iteration }) => iteration)).toEqual([20, 40, 60, 80, 100]);
    expect(frames.at(-1)!.data).toEqual(embedding.data);
    expect(frames[0]!.data).not.toEqual(frames[1]!.data);
  });

  test("an abort ends it in the middle with the signal's reason, an error in onFrame with that error", async () => {
    const { data, shape } = clusters(1000, 10, 3);
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = tsne(
      { data, shape },
      { iterations: 1_000_000, frameEvery: 1, signal: controller.signal, onFrame: () => controller.abort(reason) },
    );
    await expect(running).rejects.toBe(reason);
    await expect(tsne({ data, shape }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const thrown = tsne(
      { data, shape },
      {
        iterations: 1_000_000,
        frameEvery: 1,
        onFrame: () => {
          throw reason;
        },
      },
    );
    await expect(thrown).rejects.toBe(reason);
    // Also between the engines' own stages.
    const late = new AbortController();
    setTimeout(() => late.abort(reason), 30);
    await expect(tsne({ data, shape }, { iterations: 1_000_000, signal: late.signal })).rejects.toBe(reason);
  });

  test("the main thread goes on answering", async () => {
    const { data, shape } = clusters(2000, 20, 4);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await tsne({ data, shape }, { iterations: 200 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
  });

  test("identical points, no variance, duplicates, far clusters: finite, and clusters stay apart", async () => {
    const same = await tsne(
      { data: new Float32Array(400).fill(2), shape: [100, 4] },
      { perplexity: 10, iterations: 100 },
    );
    expect(same.data.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(same.divergence)).toBe(true);
    const { data, shape, labels } = clusters(300, 5, 3);
    for (let at = 0; at < 5 * 60; at++) data[at] = data[at % 15]!;
    for (let i = 60; i < 300; i++) data[i * 5]! += 1000 * labels[i]!;
    for (const engine of ["barnes-hut", "fft"] as const) {
      const embedding = await tsne({ data, shape }, { perplexity: 10, iterations: 300, engine });
      expect(embedding.data.every(Number.isFinite)).toBe(true);
      const { indices } = await knn(embedding, 1);
      const hits = [...indices].filter((index, i) => labels[index] === labels[i]).length;
      expect(hits).toBeGreaterThan(295);
    }
    const line = await tsne(
      Array.from({ length: 50 }, (_, i) => [i]),
      { perplexity: 5, iterations: 50 },
    );
    expect(line.data.every(Number.isFinite)).toBe(true);
  });

  test("what does not fit is an error", async () => {
    const { data, shape } = clusters(60, 4, 2);
    expect(await codeOf(tsne({ data, shape }))).toBe("CW_PERPLEXITY");
    expect(await codeOf(tsne([[1, 2]]))).toBe("CW_PERPLEXITY");
    expect(await codeOf(tsne([]))).toBe("CW_EMPTY");
    expect(await codeOf(tsne([[Number.NaN]]))).toBe("CW_NOT_FINITE");
    const fits = { perplexity: 5, iterations: 10 };
    expect(await codeOf(tsne({ data, shape }, { ...fits, perplexity: 0 }))).toBe("CW_OPTION");
    expect(await codeOf(tsne({ data, shape }, { ...fits, iterations: -1 }))).toBe("CW_OPTION");
    expect(await codeOf(tsne({ data, shape }, { ...fits, engine: "magic" as never }))).toBe("CW_OPTION");
    expect(await codeOf(tsne({ data, shape }, { ...fits, initialization: "spectral" as never }))).toBe(
      "CW_INITIALIZATION",
    );
    expect(await codeOf(tsne({ data, shape }, { ...fits, initialization: [1, 2] }))).toBe("CW_INITIALIZATION");
    const infinite = new Float32Array(120).fill(Number.NaN);
    expect(await codeOf(tsne({ data, shape }, { ...fits, initialization: infinite }))).toBe("CW_INITIALIZATION");
    expect(await codeOf(tsne({ data, shape }, { ...fits, seed: -1 }))).toBe("CW_SEED");
    const wild = await tsne({ data, shape }, { ...fits, learningRate: 1e9, iterations: 200 }).then(
      ({ data }) => data.every(Number.isFinite),
      (error) => error.code === "CW_NOT_FINITE",
    );
    expect(wild).toBe(true);
  });

  test("tsne-js is an engine", async () => {
    const { data, shape } = clusters(40, 4, 2);
    const embedding = await tsne({ data, shape }, { engine: "tsne-js", perplexity: 5, iterations: 20 });
    expect(embedding.shape).toEqual([40, 2]);
    expect(embedding.data.every(Number.isFinite)).toBe(true);
  });
});

describe("perplexitySweep", () => {
  test("each perplexity with its scores", async () => {
    const { data, shape } = clusters(200, 8, 4);
    const results = await perplexitySweep({ data, shape }, [5, 30], { iterations: 200 });
    expect(results.map(({ perplexity }) => perplexity)).toEqual([5, 30]);
    const [first] = results;
    expect(first!.trustworthiness).toBe(await trustworthiness({ data, shape }, first!.embedding));
    expect(first!.embedding.data).toEqual((await tsne({ data, shape }, { perplexity: 5, iterations: 200 })).data);
    expect(await codeOf(perplexitySweep({ data, shape }, [5, 100]))).toBe("CW_PERPLEXITY");
    expect(await codeOf(perplexitySweep({ data, shape }, []))).toBe("CW_EMPTY");
  });
});
