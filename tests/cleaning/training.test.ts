// Out-of-sample probabilities, training under noise, and the figures of label error detection on the digits.

import { tf, use } from "cellwright/backend";
import {
  coTeaching,
  crossValidatedProbabilities,
  findLabelIssues,
  incv,
  type ModelContext,
  softmaxRegression,
} from "cellwright/cleaning";
import { type Dataset, digits, fromArrays } from "cellwright/data";
import { mlp } from "cellwright/models";
import { Random } from "cellwright/random";
import { evaluate, train } from "cellwright/train";
import { beforeAll, describe, expect, test } from "vitest";

let data: Dataset;

beforeAll(async () => {
  await use("wasm");
  data = await digits();
});

/** Wrong labels for a share of the images: any other class, or the next one. */
function plant(dataset: Dataset, kind: "symmetric" | "pair", rate: number, seed: number): Dataset {
  const random = new Random(seed).split("noise");
  return dataset.relabel(
    dataset.labels.map((label) => {
      if (random.float() >= rate) return label;
      return (label + (kind === "pair" ? 1 : 1 + random.integer(9))) % 10;
    }),
  );
}

const shareRight = (indices: ArrayLike<number>, noisy: Dataset, clean: Dataset) =>
  Array.from(indices).filter((row) => noisy.labels[row] === clean.labels[row]).length / indices.length;

test.each([
  ["symmetric", 0.2, 0.883],
  ["symmetric", 0.4, 0.913],
  ["pair", 0.2, 0.794],
  ["pair", 0.4, 0.617],
] as const)("label errors found: %s noise of %d, F1 at least %d", async (kind, rate, wanted) => {
  const scores: number[] = [];
  for (const seed of [0, 1, 2]) {
    const noisy = plant(data, kind, rate, seed);
    const model = () => softmaxRegression({ tolerance: 1e-4 });
    const { mask } = findLabelIssues(noisy.labels, await crossValidatedProbabilities(model, noisy, { folds: 5, seed }));
    let hits = 0;
    let wrong = 0;
    mask.forEach((marked, row) => {
      const planted = Number(noisy.labels[row] !== data.labels[row]);
      hits += marked & planted;
      wrong += planted;
    });
    scores.push((2 * hits) / (wrong + mask.reduce((sum, marked) => sum + marked, 0)));
  }
  expect(scores.reduce((sum, score) => sum + score, 0) / 3).toBeGreaterThan(wanted - 0.01);
});

describe("crossValidatedProbabilities", () => {
  test("every image is judged once, by strata, the same for the same seed", async () => {
    const part = data.take(200);
    const events: string[] = [];
    const run = (seed: number) =>
      crossValidatedProbabilities(() => softmaxRegression({ iterations: 20 }), part, {
        folds: 4,
        seed,
        onEvent: (event) => events.push(event.type),
      });
    const first = await run(3);
    expect(events).toEqual(["fold", "predicted", "fold", "predicted", "fold", "predicted", "fold", "predicted"]);
    expect(first.shape).toEqual([200, 10]);
    for (let fold = 0; fold < 4; fold++) expect(first.folds.filter((each) => each === fold).length).toBe(50);
    for (let label = 0; label < 10; label++) {
      const sizes = [0, 1, 2, 3].map(
        (fold) => part.labels.filter((k, row) => k === label && first.folds[row] === fold).length,
      );
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
    expect((await run(3)).data).toEqual(first.data);
    expect((await run(4)).data).not.toEqual(first.data);
  });

  test("networks are trained, told their seed, and disposed", async () => {
    const before = tf.memory().numTensors;
    const contexts: ModelContext[] = [];
    const result = await crossValidatedProbabilities(
      (context) => {
        contexts.push(context);
        return mlp({ inputShape: context.inputShape, classes: context.classes, hidden: [16], seed: context.seed });
      },
      data.take(120),
      { folds: 2, seed: 1, train: { epochs: 2 } },
    );
    expect(contexts.map(({ fold }) => fold)).toEqual([0, 1]);
    for (let row = 0; row < 120; row++) {
      expect(result.data.subarray(10 * row, 10 * row + 10).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test("stops when it is told to, and refuses what does not fit", async () => {
    const controller = new AbortController();
    const run = crossValidatedProbabilities(() => softmaxRegression(), data, {
      signal: controller.signal,
      onEvent: () => controller.abort(new Error("enough")),
    });
    await expect(run).rejects.toThrow("enough");
    const model = () => softmaxRegression();
    await expect(crossValidatedProbabilities(model, data, { folds: 1 })).rejects.toMatchObject({ code: "CW_FOLDS" });
    await expect(crossValidatedProbabilities(model, data.take(0))).rejects.toMatchObject({ code: "CW_EMPTY_DATASET" });
    await expect(crossValidatedProbabilities((() => 3) as never, data)).rejects.toMatchObject({
      code: "CW_MODEL_FACTORY",
    });
  });
});

test("models that are none, or give no probabilities, are errors; what was made is freed", async () => {
  const before = tf.memory().numTensors;
  const part = data.take(40);
  const broken = () => ({
    fit: async () => {},
    probabilities: async ({ size }: Dataset) => new Float32Array(10 * size).fill(Number.NaN),
  });
  await expect(crossValidatedProbabilities(broken, part)).rejects.toMatchObject({ code: "CW_PROBABILITY" });
  await expect(incv(broken, part)).rejects.toMatchObject({ code: "CW_PROBABILITY" });
  const options = { noiseRate: 0.1, epochs: 1 };
  await expect(coTeaching((() => 3) as never, part, options)).rejects.toMatchObject({ code: "CW_MODEL_FACTORY" });
  const other = ({ seed }: { seed: number }) => mlp({ inputShape: [8, 8, 1], classes: 3, hidden: [4], seed });
  await expect(coTeaching(other, part, options)).rejects.toThrow();
  const wrong = () => {
    const input = tf.input({ shape: [8, 8, 1] });
    return tf.model({
      inputs: input,
      outputs: tf.layers.conv2d({ filters: 1, kernelSize: 2 }).apply(input) as tf.SymbolicTensor,
    });
  };
  await expect(coTeaching(wrong, part, options)).rejects.toThrow();
  const signal = AbortSignal.abort(new Error("enough"));
  const factory = ({ seed }: { seed: number }) => mlp({ inputShape: [8, 8, 1], classes: 10, hidden: [4], seed });
  await expect(coTeaching(factory, part, { ...options, signal })).rejects.toThrow("enough");
  await expect(incv(factory, part, { signal })).rejects.toThrow("enough");
  expect(tf.memory().numTensors).toBe(before);
  // One class, one image: nothing to tell apart.
  const alone = fromArrays({ images: [new Uint8Array(4)], labels: [0], imageShape: [2, 2, 1], classNames: ["only"] });
  expect(await incv(() => softmaxRegression(), alone)).toMatchObject({ noiseRate: 0 });
  const same = fromArrays({
    images: Array.from({ length: 8 }, () => new Uint8Array(4)),
    labels: new Array(8).fill(0),
    imageShape: [2, 2, 1],
    classNames: ["only"],
  });
  expect((await incv(() => softmaxRegression(), same, { rounds: 1 })).noiseRate).toBe(0);
});

test("INCV selects a cleaner part and estimates the noise", async () => {
  const clean = data.take(800);
  const noisy = plant(clean, "symmetric", 0.4, 5);
  const { selected, removed, undecided, noiseRate } = await incv(() => softmaxRegression({ tolerance: 1e-3 }), noisy, {
    rounds: 2,
    seed: 2,
  });
  expect(selected.length + removed.length + undecided.length).toBe(800);
  expect(selected.length).toBeGreaterThan(300);
  expect(shareRight(selected, noisy, clean)).toBeGreaterThan(0.9);
  expect(shareRight(removed, noisy, clean)).toBeLessThan(0.3);
  expect(Math.abs(noiseRate - 0.4)).toBeLessThan(0.12);
});

test("co-teaching beats plain training at 40 % noise, and leaks nothing", async () => {
  const parts = data.split();
  const clean = parts.train.take(600);
  const noisy = plant(clean, "symmetric", 0.4, 5);
  const before = tf.memory().numTensors;
  const factory = ({ seed }: { seed: number }) => mlp({ inputShape: [8, 8, 1], classes: 10, hidden: [512], seed });
  const options = { epochs: 25, batchSize: 64, learningRate: 0.004, seed: 3 };
  const plain = factory({ seed: 3 });
  for await (const _ of train(plain, noisy, options));
  const { models, kept, history } = await coTeaching(factory, noisy, { ...options, noiseRate: 0.4, warmUp: 3 });
  expect(history.map(({ kept: share }) => share).at(-1)).toBeCloseTo(0.6, 12);
  const base = (await evaluate(plain, parts.test)).accuracy;
  for (const model of models) expect((await evaluate(model, parts.test)).accuracy).toBeGreaterThan(base + 0.03);
  const trusted = Array.from(kept.keys()).filter((row) => kept[row] === 2);
  expect(shareRight(trusted, noisy, clean)).toBeGreaterThan(0.9);
  for (const model of [plain, ...models]) model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
