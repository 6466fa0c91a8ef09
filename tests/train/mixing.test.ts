import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { cutmix, type LabelledTransform, mixup } from "cellwright/train";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { symmetricBeta } from "../../src/train/beta.ts";

beforeAll(async () => {
  await use("wasm");
});
let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

const COUNT = 40;
const [HEIGHT, WIDTH, CHANNELS] = [7, 10, 2];

/** Image i holds the number i everywhere and is of class i. */
function mix(transform: LabelledTransform, random: Random, count = COUNT) {
  const images = tf.tidy(() =>
    tf.mul(tf.range(0, count).reshape([count, 1, 1, 1]), tf.ones([count, HEIGHT, WIDTH, CHANNELS])),
  ) as tf.Tensor4D;
  const labels = tf.tidy(() => tf.eye(count)) as tf.Tensor2D;
  const mixed = transform({ images, labels }, random);
  const result = {
    images: mixed.images.arraySync(),
    labels: mixed.labels.arraySync() as number[][],
    before: [images.dataSync()[0], labels.dataSync()[0]],
  };
  tf.dispose([images, labels, mixed.images, mixed.labels]);
  return result;
}

describe.each([
  ["mixup", mixup],
  ["cutmix", cutmix],
] as const)("%s", (_, make) => {
  it.each([0.1, 0.4, 1, 3])("with α = %f: soft labels sum to 1, of two classes at most", (alpha) => {
    const { labels } = mix(make(alpha), new Random(5));
    for (const [i, row] of labels.entries()) {
      expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
      expect(row.every((share) => share >= 0)).toBe(true);
      const others = row.flatMap((share, k) => (share > 0 && k !== i ? [k] : []));
      expect(others.length).toBeLessThanOrEqual(1);
    }
  });

  it("is the same for the same seed, another for another, and mixes a batch of one with itself", () => {
    expect(mix(make(1), new Random(1))).toEqual(mix(make(1), new Random(1)));
    expect(mix(make(1), new Random(1)).labels).not.toEqual(mix(make(1), new Random(2)).labels);
    const one = mix(make(1), new Random(1), 1);
    expect(one.labels).toEqual([[expect.closeTo(1, 6)]]);
    expect(one.images.flat(3).every((value) => value === 0)).toBe(true);
  });
});

it("mixup: pixels are mixed as the labels are", () => {
  const { images, labels } = mix(mixup(1), new Random(3));
  images.forEach((image, i) => {
    const expected = labels[i]!.reduce((sum, share, k) => sum + share * k, 0);
    for (const value of image.flat(2)) expect(value).toBeCloseTo(expected, 4);
  });
});

it("cutmix: the share of each label is exactly the share of its pixels, in one box", () => {
  const { images, labels } = mix(cutmix(1), new Random(3));
  let partly = 0;
  images.forEach((image, i) => {
    const pixels = image.map((row) => row.map((values) => values[0]!));
    for (const row of image) for (const values of row) expect(values[1]).toBe(values[0]);
    const all = pixels.flat();
    const own = all.filter((value) => value === i).length;
    expect(labels[i]![i]).toBe(
      new Set(all).size === 1 && own === all.length && labels[i]![i] === 1 ? 1 : Math.fround(own / all.length),
    );
    const foreign = [...new Set(all.filter((value) => value !== i))];
    expect(foreign.length).toBeLessThanOrEqual(1);
    if (foreign.length === 0) return;
    partly++;
    expect(labels[i]![foreign[0]!]).toBeCloseTo(1 - own / all.length, 6);
    const rows = pixels.flatMap((row, y) => (row.some((value) => value !== i) ? [y] : []));
    const columns = pixels[rows[0]!]!.flatMap((value, x) => (value !== i ? [x] : []));
    const box = (rows.at(-1)! - rows[0]! + 1) * (columns.at(-1)! - columns[0]! + 1);
    expect(box).toBe(all.length - own);
  });
  expect(partly).toBeGreaterThan(COUNT / 2);
});

describe("Beta(α, α)", () => {
  it.each([0.05, 0.2, 0.5, 1, 1.5, 4])("α = %f has its mean, variance and symmetry", (alpha) => {
    const random = new Random(11);
    const values = Array.from({ length: 20_000 }, () => symmetricBeta(alpha, random));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const expected = 1 / (4 * (2 * alpha + 1));
    // Four standard errors of the mean; the variance within 5 %.
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(expected / values.length));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.05);
  });

  it("α = 1 is uniform, α = 1/2 the arcsine law", () => {
    for (const [alpha, distribution] of [
      [1, (x: number) => x],
      [0.5, (x: number) => (2 / Math.PI) * Math.asin(Math.sqrt(x))],
      [2, (x: number) => x * x * (3 - 2 * x)],
    ] as const) {
      const random = new Random(12);
      const values = Array.from({ length: 10_000 }, () => symmetricBeta(alpha, random)).sort((a, b) => a - b);
      const distance = Math.max(...values.map((x, i) => Math.abs(distribution(x) - (i + 0.5) / values.length)));
      // Kolmogorov and Smirnov: 1.95 / √n is passed by chance once in a thousand.
      expect(distance).toBeLessThan(0.0195);
    }
  });

  it("gives numbers, never NaN, for an α so small that both powers underflow", () => {
    const random = new Random(1);
    const values = Array.from({ length: 1000 }, () => symmetricBeta(1e-4, random));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(new Set(values.map(Math.round)).size).toBe(2);
  });
});
