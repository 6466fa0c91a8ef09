// Data that is hard to embed meets everything that embeds it: what comes out is finite, or one of the documented errors.

import { tf, use } from "cellwright/backend";
import { fromArrays } from "cellwright/data";
import {
  autoencoder,
  collisions,
  embeddingPlot,
  knn,
  type ManifoldData,
  multiLabelViews,
  neighborhoodHit,
  parametricUmap,
  pca,
  perplexitySweep,
  thumbnails,
  trustworthiness,
  tsne,
  umap,
} from "cellwright/manifold";
import { Random } from "cellwright/random";
import { beforeAll, describe, expect, test } from "vitest";
import { clusters, codeOf } from "./support.ts";

beforeAll(() => use("wasm"));

const random = new Random(5);
const float = () => random.float();
const rows = (count: number, columns: number, value: (row: number, column: number) => number) =>
  Array.from({ length: count }, (_, row) => Array.from({ length: columns }, (_, column) => value(row, column)));

const hostile: Record<string, ManifoldData> = {
  "no rows": [],
  "no columns": { data: [], shape: [5, 0] },
  "one point": rows(1, 3, float),
  "two points": rows(2, 2, float),
  "two equal points": rows(2, 2, () => 1),
  "fewer rows than columns": rows(6, 90, float),
  "no variance": rows(30, 4, () => 2),
  "three places": rows(30, 2, (row) => row % 3),
  "nearly all equal": rows(30, 2, (row) => (row < 27 ? 1 : float())),
  "columns of zeros": rows(30, 4, (_, column) => (column === 0 ? float() : 0)),
  "one column": rows(30, 1, (row) => row),
  huge: rows(30, 4, () => (float() - 0.5) * 1e30),
  "end of float32": rows(30, 4, () => (float() - 0.5) * 6e38),
  "beyond float32": { data: Float64Array.from({ length: 120 }, () => float() * 1e200), shape: [30, 4] },
  tiny: rows(30, 4, () => float() * 1e-30),
  subnormal: rows(30, 2, () => float() * 1e-44),
  "far from the origin": { data: Float64Array.from({ length: 60 }, () => 1e12 + float()), shape: [30, 2] },
  "one far outlier": rows(30, 2, (row) => (row === 0 ? 1e20 : float())),
  "columns of unlike size": rows(30, 4, (_, column) => float() * 10 ** (8 * column - 12)),
  NaN: rows(30, 2, (row) => (row === 7 ? Number.NaN : 1)),
  infinity: rows(30, 2, (row) => (row === 7 ? Number.NEGATIVE_INFINITY : 1)),
  holes: [
    [1, undefined],
    [2, 3],
  ] as never,
  "no numbers": [["a"], ["b"]] as never,
};

const count = (data: ManifoldData) => ("shape" in data ? (data.shape[0] as number) : (data as []).length);
const numbers = (svg: string) => (/NaN|Infinity|undefined/.test(svg) ? [Number.NaN] : []);
const alone = { threads: 1 };
const quick = { perplexity: 3, iterations: 20, ...alone };

const methods: Record<string, (data: ManifoldData) => Promise<ArrayLike<number>>> = {
  pca: async (data) => {
    const found = await pca(data, { components: 1, ...alone });
    const again = await found.transform(data);
    return [...found.data, ...again.data, ...found.explainedVariance, ...found.explainedVarianceRatio];
  },
  "tsne, barnes-hut": async (data) => (await tsne(data, quick)).data,
  "tsne, fft": async (data) => (await tsne(data, { ...quick, engine: "fft", iterations: 5 })).data,
  "tsne, exact, from random": async (data) =>
    (await tsne(data, { ...quick, engine: "exact", initialization: "random" })).data,
  "tsne, angles": async (data) => (await tsne(data, { ...quick, metric: "correlation" })).data,
  umap: async (data) => {
    const map = await umap(data, { neighbors: 2, epochs: 20, ...alone });
    const columns = "shape" in data ? data.shape[1]! : (data as number[][])[0]!.length;
    const far = await map.transform({ data: new Float32Array(2 * columns).fill(1e30), shape: [2, columns] });
    return [...map.data, ...(await map.transform(data)).data, ...far.data];
  },
  "knn, manhattan": async (data) => (await knn(data, 2, { metric: "manhattan", ...alone })).distances,
  "knn, approximate": async (data) => (await knn(data, 2, { method: "approximate", ...alone })).distances,
  "scores, pictures": async (data) => {
    const flat = await pca(data, { components: 2, ...alone });
    const size = count(data);
    const images = { images: new Float32Array(4 * size), imageShape: [2, 2, 1] as const };
    const tags = Array.from({ length: size }, (_, row) => [row % 2, 1]);
    return [
      await trustworthiness(data, flat, { neighbors: 1, ...alone }),
      await neighborhoodHit(flat, new Int32Array(size), { neighbors: 1, ...alone }),
      ...(await collisions(flat, alone)).map(({ distance }) => distance),
      ...(await multiLabelViews(flat, tags, { neighbors: 1, ...alone })).map(({ neighborhoodHit: hit }) => hit ?? 0),
      ...numbers((await embeddingPlot(flat)).toSVG()),
      ...numbers((await thumbnails(flat, images, { size: 8, width: 64 })).toSVG()),
    ];
  },
  encoders: async (data) => {
    const settings = { hidden: [3], epochs: 1, batchSize: 64 };
    const features = await autoencoder(data, { ...settings, latent: 2 });
    features.dispose();
    const map = await parametricUmap(data, { ...settings, neighbors: 2, ...alone });
    map.dispose();
    return [...features.data, ...features.losses, ...map.data, ...map.losses];
  },
};

describe.each(Object.entries(methods))("%s", (_, run) => {
  test("finite, or a documented error", async () => {
    const before = tf.memory().numTensors;
    for (const [name, data] of Object.entries(hostile)) {
      const result = await run(data).then(
        (values) => (Array.from(values).every(Number.isFinite) ? "finite" : "not finite"),
        ({ code, stack }: { code?: string; stack?: string }) => code ?? stack,
      );
      const allowed = /^(finite|CW_(EMPTY|OPTION|NEIGHBORS|PERPLEXITY|NOT_FINITE|ZERO_ROW|SHAPE_MISMATCH))$/;
      expect(result, name).toMatch(allowed);
      if (["NaN", "infinity", "holes", "no numbers", "beyond float32"].includes(name)) {
        expect(result, name).toBe("CW_NOT_FINITE");
      }
      if (name === "no rows" || name === "no columns") expect(result, name).toBe("CW_EMPTY");
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("rows, flat numbers of either precision, a tensor and a data set are the same data", async () => {
  const pixels = Array.from({ length: 40 }, (_, row) =>
    Uint8Array.from({ length: 9 }, (_, at) => (37 * row + at * at * (row % 7)) % 256),
  );
  const dataset = fromArrays({
    images: pixels,
    labels: pixels.map(() => 0),
    imageShape: [3, 3, 1],
    classNames: ["one"],
  });
  const values = dataset.images();
  const tensor = tf.tensor(values, [40, 3, 3, 1]);
  const forms: ManifoldData[] = [
    dataset,
    tensor,
    { data: values, shape: [40, 3, 3] },
    { data: Float64Array.from(values), shape: [40, 9] },
    Array.from({ length: 40 }, (_, row) => values.subarray(9 * row, 9 * row + 9)),
  ];
  const wanted = await pca(forms[0]!);
  const map = await umap(forms[0]!, { neighbors: 5, epochs: 10 });
  for (const form of forms) {
    expect((await pca(form)).data).toEqual(wanted.data);
    expect((await umap(form, { neighbors: 5, epochs: 10 })).data).toEqual(map.data);
    expect((await map.transform(form)).shape).toEqual([40, 2]);
  }
  tensor.dispose();
});

test("an abort reaches what has no frames too", async () => {
  const { data, shape } = clusters(3000, 30, 4);
  const reason = new Error("enough");
  const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
    (signal) => knn({ data, shape }, 200, { signal, threads: 1 }),
    (signal) => pca({ data, shape }, { components: 20, iterations: 100, signal, threads: 1 }),
    (signal) => trustworthiness({ data, shape }, { data, shape }, { signal, threads: 1 }),
    (signal) => perplexitySweep({ data, shape }, [30, 50], { signal, iterations: 100_000 }),
    (signal) => neighborhoodHit({ data, shape }, new Int32Array(3000), { signal }),
    (signal) => tsne({ data, shape }, { signal, iterations: 1000, engine: "tsne-js" }),
  ];
  for (const call of calls) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(reason), 10);
    await expect(call(controller.signal)).rejects.toBe(reason);
    clearTimeout(timer);
  }
});

test("more than 70,000 points: at least 95 of 100 neighbours are found", async () => {
  const points = 72_000;
  const k = 15;
  const { data, shape } = clusters(points, 16, 12);
  const { indices } = await knn({ data, shape }, k);
  const asked = 60;
  const distances = new Float64Array(points);
  let hits = 0;
  for (let question = 0; question < asked; question++) {
    const own = question * Math.floor(points / asked);
    for (let other = 0; other < points; other++) {
      let sum = 0;
      for (let t = 0; t < 16; t++) sum += (data[own * 16 + t]! - data[other * 16 + t]!) ** 2;
      distances[other] = other === own ? Number.POSITIVE_INFINITY : sum;
    }
    const farthest = distances.slice().sort()[k - 1]! * (1 + 1e-6);
    for (let at = own * k; at < (own + 1) * k; at++) hits += Number(distances[indices[at]!]! <= farthest);
  }
  expect(hits / (asked * k)).toBeGreaterThanOrEqual(0.95);
});

test("tsne-js goes by the seed, gives frames, and leaves the notebook answering", async () => {
  const { data, shape } = clusters(40, 4, 2);
  const options = { engine: "tsne-js", perplexity: 5, iterations: 120, seed: 3 } as const;
  const frames: number[] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const first = await tsne(
    { data, shape },
    { ...options, frameEvery: 40, onFrame: ({ iteration }) => frames.push(iteration) },
  );
  clearInterval(timer);
  expect(frames).toEqual([40, 80, 120]);
  expect(turns).toBeGreaterThan(3);
  expect((await tsne({ data, shape }, options)).data).toEqual(first.data);
  expect((await tsne({ data, shape }, { ...options, seed: 4 })).data).not.toEqual(first.data);
  const thrown = {
    ...options,
    onFrame: () => {
      throw new Error("no more");
    },
    frameEvery: 1,
  };
  await expect(tsne({ data, shape }, thrown)).rejects.toThrow("no more");
  expect(await codeOf(umap({ data, shape }, { engine: "umap-js", neighbors: 40 }))).toBe("CW_NEIGHBORS");
});
