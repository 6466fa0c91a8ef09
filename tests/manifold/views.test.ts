import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import {
  activations,
  autoencoder,
  collisions,
  continuity,
  embeddingPlot,
  multiLabelViews,
  neighborhoodHit,
  thumbnails,
  trustworthiness,
} from "cellwright/manifold";
import { mlp } from "cellwright/models";
import { describe, expect, test } from "vitest";
import { clusters, codeOf, golden, plane, points } from "./support.ts";

describe("quality", () => {
  test.each(golden.trustworthiness)("is scikit-learn's: $neighbors neighbours", async (reference) => {
    const { neighbors } = reference;
    expect(await trustworthiness(points, plane, { neighbors })).toBeCloseTo(reference.trustworthiness, 6);
    expect(await continuity(points, plane, { neighbors })).toBeCloseTo(reference.continuity, 6);
  });

  test("an embedding of itself is perfect; what does not fit is an error", async () => {
    expect(await trustworthiness(points, points)).toBe(1);
    expect(await codeOf(trustworthiness(points, [[1, 2]]))).toBe("CW_LENGTH_MISMATCH");
    expect(await codeOf(trustworthiness(points, plane, { neighbors: 60 }))).toBe("CW_NEIGHBORS");
    expect(await codeOf(trustworthiness([[1]], [[1]]))).toBe("CW_NEIGHBORS");
  });

  test("neighborhood hit counts labels around", async () => {
    const line = Array.from({ length: 12 }, (_, i) => [i < 6 ? i : i + 100, 0]);
    const labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
    expect(await neighborhoodHit(line, labels, { neighbors: 5 })).toBe(1);
    expect(
      await neighborhoodHit(
        line,
        labels.map((_, i) => i % 2),
        { neighbors: 5 },
      ),
    ).toBeCloseTo(0.4, 10);
    expect(await codeOf(neighborhoodHit(line, [1]))).toBe("CW_LENGTH_MISMATCH");
    expect(
      await codeOf(
        neighborhoodHit(
          line,
          labels.map(() => -1),
        ),
      ),
    ).toBe("CW_EMPTY");
  });
});

describe("collisions", () => {
  test("pairs in one place, nearest first, each once; with labels only unlike ones", async () => {
    const embedding = [
      [0, 0],
      [0, 0.001],
      [10, 10],
      [10, 10.0005],
      [5, 5],
    ];
    const pairs = await collisions(embedding);
    expect(pairs.map(({ first, second }) => [first, second])).toEqual([
      [2, 3],
      [0, 1],
    ]);
    const unlike = await collisions(embedding, { labels: [0, 1, 2, 2, 1] });
    expect(unlike.map(({ first, second }) => [first, second])).toEqual([[0, 1]]);
    expect(await collisions(embedding, { labels: [0, -1, 2, 2, 1] })).toEqual([]);
    expect(await collisions(embedding, { distance: 0 })).toEqual([]);
    expect(await collisions([[1, 1]])).toEqual([]);
    const same = await collisions({ data: new Float32Array(2000), shape: [1000, 2] }, { limit: 7 });
    expect(same).toHaveLength(7);
    expect(await codeOf(collisions([[1, 2, 3]]))).toBe("CW_SHAPE_MISMATCH");
  });
});

describe("pictures", () => {
  test("points by class: every point once, names escaped", async () => {
    const figure = await embeddingPlot(plane, {
      labels: Array.from({ length: 120 }, (_, i) => (i % 3) - 1),
      classNames: ["<b>", "two"],
      title: "t-SNE & co",
    });
    const svg = figure.toSVG();
    expect(svg.match(/h0/g)).toHaveLength(120);
    expect(svg).not.toMatch(/NaN|undefined|<b>/);
    expect(svg).toContain("t-SNE &amp; co");
    expect(figure.toText()).toBe("t-SNE & co: 120 points\nno label: 40\n<b>: 40\ntwo: 40");
    expect((figure.data as { x: number[] }[]).map(({ x }) => x.length)).toEqual([40, 40, 40]);
    const few = await embeddingPlot(plane, { maximumPoints: 50 });
    expect(few.toSVG().match(/h0/g)!.length).toBeLessThanOrEqual(50);
    expect((await embeddingPlot([[1, 1]])).toSVG()).not.toMatch(/NaN/);
    expect(await codeOf(embeddingPlot(plane, { labels: [1] }))).toBe("CW_LENGTH_MISMATCH");
  });

  test("thumbnails: one image a cell, nearest its middle; grey and colour", async () => {
    const data = (await digits()).take(120);
    const figure = await thumbnails(plane, data, { size: 16, width: 160 });
    expect(figure.toText()).toMatch(/^Embedding: \d+ of 120 images/);
    expect(figure.toSVG()).toContain("data:image/png;base64,");
    const colour = { images: new Float32Array(120 * 12).fill(0.5), imageShape: [2, 2, 3] as const };
    expect((await thumbnails(plane, colour, { labels: new Int32Array(120) })).toSVG()).not.toMatch(/NaN|undefined/);
    expect(await codeOf(thumbnails(plane, data.take(5)))).toBe("CW_LENGTH_MISMATCH");
    expect(await codeOf(thumbnails(plane, data, { size: 1 }))).toBe("CW_OPTION");
  });

  test("a view for each of several labels", async () => {
    const { data, shape, labels } = clusters(90, 2, 3);
    const tags = Array.from(labels, (label) => [Number(label === 0), Number(label < 2), 0]);
    const views = await multiLabelViews({ data, shape }, tags, { names: ["a", "b", "c"], neighbors: 5 });
    expect(views.map(({ name, count }) => [name, count])).toEqual([
      ["a", 30],
      ["b", 60],
      ["c", 0],
    ]);
    expect(views[0]!.neighborhoodHit).toBeGreaterThan(0.5);
    expect(views[2]!.neighborhoodHit).toBeUndefined();
    expect(await codeOf(multiLabelViews({ data, shape }, tags.slice(1)))).toBe("CW_LENGTH_MISMATCH");
    expect(
      await codeOf(
        multiLabelViews(
          { data, shape },
          tags.map(() => [2]),
        ),
      ),
    ).toBe("CW_LABEL_RANGE");
  });
});

describe("networks", () => {
  test("activations are what the layer computes; nothing leaks", async () => {
    await use("wasm");
    const model = mlp({ inputShape: [8, 8, 1], hidden: [5], classes: 10, seed: 1 });
    const data = (await digits()).take(30);
    const before = tf.memory().numTensors;
    const hidden = await activations(model, "dense_1", data, { batchSize: 7 });
    expect(hidden.shape).toEqual([30, 5]);
    const expected = tf.tidy(() => {
      const [kernel, bias] = model.getLayer("dense_1").getWeights();
      return tf.relu(tf.add(tf.matMul(tf.tensor2d(data.images(), [30, 64]), kernel!), bias!)).dataSync();
    });
    hidden.data.forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at]!, 5);
    });
    expect((await activations(model, -1, data)).shape).toEqual([30, 10]);
    expect(await codeOf(activations(model, "nothing", data))).toBe("CW_LAYER");
    expect(await codeOf(activations(model, 0, [[1, 2]]))).toBe("CW_SHAPE_MISMATCH");
    expect(await codeOf(activations(model, 0, data, { signal: AbortSignal.abort() }))).toBe("AbortError");
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  test("an autoencoder learns, encodes new rows, repeats itself and leaks nothing", async () => {
    await use("wasm");
    const { data, shape } = clusters(256, 12, 4);
    const before = tf.memory().numTensors;
    const settings = { latent: 3, hidden: [16], epochs: 8, batchSize: 32, seed: 2, learningRate: 0.01 };
    const losses: number[] = [];
    const features = await autoencoder({ data, shape }, { ...settings, onEpoch: ({ loss }) => losses.push(loss) });
    expect(features.shape).toEqual([256, 3]);
    expect(losses).toEqual(features.losses);
    expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!);
    const some = await features.transform({ data: data.slice(0, 24), shape: [2, 12] });
    some.data.forEach((value, at) => {
      expect(value).toBeCloseTo(features.data[at]!, 5);
    });
    expect(await codeOf(features.transform([[1]]))).toBe("CW_SHAPE_MISMATCH");
    const again = await autoencoder({ data, shape }, settings);
    expect(again.data).toEqual(features.data);
    features.dispose();
    again.dispose();
    const signal = AbortSignal.abort();
    expect(await codeOf(autoencoder({ data, shape }, { ...settings, signal }))).toBe("AbortError");
    expect(await codeOf(autoencoder({ data, shape }, { ...settings, latent: 0 }))).toBe("CW_OPTION");
    expect(tf.memory().numTensors).toBe(before);
  });
});
