// The parts of the optimization learner, each against numbers that were not computed by it.
import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { simpleNoiseScale } from "cellwright/learn";
import { mlp } from "cellwright/models";
import { Random } from "cellwright/random";
import { beforeAll, describe, expect, test } from "vitest";
import { chooseBatchSize } from "../../../src/learn/optimization/batch-size.ts";
import { largestBatch } from "../../../src/learn/optimization/memory.ts";
import { measureGradients } from "../../../src/learn/optimization/noise-scale.ts";
import { type RangePoint, readRangeTest } from "../../../src/learn/optimization/range-test.ts";
import { fitStepCost } from "../../../src/learn/optimization/throughput.ts";

beforeAll(async () => {
  await use("wasm");
});

describe("the noise scale", () => {
  test("of gradients made of a known signal and known noise is their ratio", () => {
    const random = new Random(3);
    const [dimensions, signal, deviation] = [50, 0.2, 1.5];
    const meanOf = (count: number) =>
      Array.from({ length: dimensions }, () => signal + (deviation / Math.sqrt(count)) * random.normal());
    const square = (vector: number[]) => vector.reduce((sum, value) => sum + value * value, 0);
    const norms = Array.from({ length: 4000 }, () => ({ small: square(meanOf(8)), large: square(meanOf(64)) }));
    // tr Σ / |G|² = σ² / g², whatever the number of dimensions.
    expect(simpleNoiseScale(norms, 8, 64) / (deviation / signal) ** 2).toBeCloseTo(1, 1);
  });

  test("is infinite without a signal, and 0 without noise", () => {
    expect(simpleNoiseScale([{ small: 8, large: 1 }], 1, 8)).toBe(Number.POSITIVE_INFINITY);
    expect(simpleNoiseScale([{ small: 2, large: 2 }], 1, 8)).toBe(0);
  });

  test("of a network agrees with the gradients of its images one by one", async () => {
    const before = tf.memory().numTensors;
    const data = (await digits()).shuffle(new Random(1)).take(320);
    const model = mlp({ inputShape: [8, 8, 1], classes: 10, hidden: [4], seed: 3 });
    const weights = model.getWeights().map((weight) => weight.dataSync().slice());
    const { smallBatch, largeBatch, norms } = await measureGradients(model, data, {
      smallBatch: 4,
      measurements: 40,
      seed: 2,
    });
    expect([smallBatch, largeBatch]).toEqual([4, 32]);
    for (const [i, weight] of model.getWeights().entries()) expect(weight.dataSync()).toEqual(weights[i]);
    // Each image's gradient with TensorFlow.js's own loss.
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const sum = new Float64Array(model.countParams());
    let squares = 0;
    for (const batch of data.batch(1)) {
      const flat = tf.tidy(() => {
        const { grads } = tf.variableGrads(() => {
          const p = model.apply(batch.images) as tf.Tensor2D;
          return tf.neg(tf.log(tf.sum(tf.mul(p, tf.oneHot(batch.labels, 10))))) as tf.Scalar;
        }, variables);
        return tf.concat(variables.map(({ name }) => grads[name]!.flatten())).dataSync();
      });
      flat.forEach((value, i) => {
        sum[i]! += value / data.size;
        squares += value ** 2 / data.size;
      });
      batch.dispose();
    }
    const signal = sum.reduce((total, value) => total + value * value, 0);
    const exact = (squares - signal) / signal;
    const estimate = simpleNoiseScale(norms, smallBatch, largeBatch);
    expect(estimate / exact).toBeGreaterThan(0.7);
    expect(estimate / exact).toBeLessThan(1.4);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("the cost of a step", () => {
  test("is the line through its times", () => {
    const times = [16, 64, 256].map((batchSize) => ({ batchSize, seconds: 0.002 + 1e-5 * batchSize }));
    const { fixed, perImage } = fitStepCost(times);
    expect(fixed).toBeCloseTo(0.002, 10);
    expect(perImage).toBeCloseTo(1e-5, 12);
  });

  test("has no negative part", () => {
    expect(
      fitStepCost([
        { batchSize: 16, seconds: 1 },
        { batchSize: 64, seconds: 8 },
      ]).fixed,
    ).toBe(0);
    expect(
      fitStepCost([
        { batchSize: 16, seconds: 8 },
        { batchSize: 64, seconds: 1 },
      ]).perImage,
    ).toBe(0);
    expect(fitStepCost([{ batchSize: 10, seconds: 1 }])).toEqual({ fixed: 0, perImage: 0.1 });
  });
});

describe("the batch size", () => {
  const roomy = { images: 1e6, epochs: 10, most: 1e6 };
  test.each([
    // The root of twice the noise scale times the overhead, as a power of two.
    [128, 64, roomy, 128],
    [2048, 256, roomy, 1024],
    [1e9, 1e9, roomy, 1024],
    [1, 40, roomy, 32],
    [Number.POSITIVE_INFINITY, 100, roomy, 1024],
    [128, 64, { ...roomy, most: 50 }, 32],
    [128, 64, { images: 1200, epochs: 10, most: 1e6 }, 32],
    [128, 64, { images: 5, epochs: 10, most: 1e6 }, 4],
    [128, 64, { images: 1, epochs: 1, most: 1e6 }, 1],
  ])("for noise scale %d and overhead %d", (noise, overhead, bounds, expected) => {
    const { batchSize, reason } = chooseBatchSize(noise, overhead, bounds);
    expect(batchSize).toBe(expected);
    expect(reason).toMatch(/noise scale/);
  });

  test("keeps within the memory that is there", () => {
    expect(largestBatch({ weightBytes: 1000, activationBytes: 100 }, 4000 + 300 * 20)).toBe(20);
    expect(largestBatch({ weightBytes: 1000, activationBytes: 100 }, 0)).toBe(1);
    expect(largestBatch({ weightBytes: 1000, activationBytes: null }, 1)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("a range test", () => {
  const rates = Array.from({ length: 80 }, (_, i) => 1e-5 * 10 ** ((5 * i) / 79));
  /** Falls from 2.3 to .3 about `middle`, and explodes above `edge`. */
  const course = (middle: number, edge: number): RangePoint[] =>
    rates.map((learningRate) => ({
      learningRate,
      loss: 0.3 + 2 / (1 + (learningRate / middle) ** 2) + Math.max(0, learningRate / edge - 1) * 5,
    }));

  test("is read between the middle of the fall and the lowest point", () => {
    const reading = readRangeTest(course(2e-3, 0.1));
    expect(reading.halfway).toBeGreaterThan(2e-3);
    expect(reading.halfway).toBeLessThan(6e-3);
    expect(reading.lowest).toBeGreaterThan(0.05);
    expect(reading.learningRate).toBeGreaterThan(reading.halfway / 2);
    expect(reading.learningRate).toBeLessThan(reading.lowest / 2);
  });

  test("is read below the loss of guessing too: what a fresh network unlearns is no fall", () => {
    // From 3.3 down to guessing at 1e-4, and at 5e-3 a little further, to 1.9.
    const guess = 2.3;
    const points = rates.map((learningRate) => ({
      learningRate,
      loss: 1.9 + 1 / (1 + (learningRate / 1e-4) ** 2) + 0.4 / (1 + (learningRate / 5e-3) ** 2),
    }));
    const { learningRate, belowGuess, lowest } = readRangeTest(points, guess);
    expect(learningRate).toBe(readRangeTest(points).learningRate);
    // Half of the geometric mean of some 5e-3 and the lowest.
    expect(belowGuess).toBeGreaterThan(0.5 * Math.sqrt(4e-3 * lowest));
    expect(belowGuess).toBeGreaterThan(2 * learningRate);
    // A test that stays above guessing is read as it is.
    expect(readRangeTest(points, 1.8)).toEqual(readRangeTest(points));
  });

  test("moves with the scale of the rates", () => {
    const scaled = course(2e-3, 0.1).map(({ learningRate, loss }) => ({ learningRate: 10 * learningRate, loss }));
    expect(readRangeTest(scaled).learningRate).toBeCloseTo(10 * readRangeTest(course(2e-3, 0.1)).learningRate, 12);
  });

  test("survives a loss that becomes no number", () => {
    const points = [...course(2e-3, 0.1).slice(0, 60), { learningRate: 0.06, loss: null }];
    expect(readRangeTest(points)).toMatchObject({ diverged: true, end: 0.06 });
  });

  test("in which nothing is learnt is refused", () => {
    const rising = rates.map((learningRate, i) => ({ learningRate, loss: 2 + i / 10 }));
    expect(() => readRangeTest(rising)).toThrow(expect.objectContaining({ code: "CW_RANGE_TEST" }));
    expect(() => readRangeTest([])).toThrow(expect.objectContaining({ code: "CW_RANGE_TEST" }));
  });
});
