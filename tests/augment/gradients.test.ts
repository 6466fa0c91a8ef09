import { randAugment, sampleAffine, type TransformName, transforms } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { codeOf, pictures, read, valueAt } from "./support.ts";

beforeAll(async () => {
  await use("wasm");
});
let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

/** The slope of f along a direction, by central differences, beside the gradient's. */
function slopes(f: (x: tf.Tensor) => tf.Scalar, x: tf.Tensor, direction: tf.Tensor, step: number): [number, number] {
  return tf.tidy(() => {
    const analytic = tf.grad(f)(x).mul(direction).sum().dataSync()[0]!;
    const up = f(x.add(direction.mul(step))).dataSync()[0]!;
    const down = f(x.sub(direction.mul(step))).dataSync()[0]!;
    return [analytic, (up - down) / (2 * step)];
  });
}

describe.each(Object.keys(transforms) as TransformName[])("%s", (name) => {
  test("its gradient is the slope of what it does", () => {
    const images = pictures(2, 6, 7, 3);
    const random = new Random(3);
    const shape = images.shape;
    const weights = tf.tensor4d(random.fillNormal(new Float32Array(images.size)), shape);
    // Steps are flat between their edges: there the slope is measured from afar, and equalize is taken at half strength.
    const value = name === "equalize" ? 0.5 : valueAt(name, 0.3);
    const direction = tf.tensor4d(random.fillNormal(new Float32Array(images.size)), shape);
    const f = (x: tf.Tensor): tf.Scalar =>
      transforms[name]
        .apply(x as tf.Tensor4D, [value, value])
        .mul(weights)
        .sum() as tf.Scalar;
    if (name === "posterize") {
      expect(read(tf.grad(f)(images)).every((slope) => slope === 0)).toBe(true);
    } else if (name === "equalize") {
      const gradient = read(tf.grad(f)(images));
      const expected = weights.dataSync();
      for (const [i, slope] of gradient.entries()) expect(slope).toBeCloseTo(0.5 * expected[i]!, 5);
    } else {
      const [analytic, measured] = slopes(f, images, direction, 5e-5);
      expect(Math.abs(analytic - measured)).toBeLessThan(0.02 * Math.max(1, Math.abs(measured)));
    }
    tf.dispose([images, weights, direction]);
  });
});

test("the sampler's gradient in its matrices", () => {
  // Ramps have no kinks between pixels, where one slope would be as good as the other.
  const ramps = Array.from({ length: 2 * 9 * 8 * 2 }, (_, i) => {
    const [x, y] = [(i >> 1) % 8, Math.floor(i / 16) % 9];
    return 0.1 + 0.03 * x + 0.02 * y + (i % 2) * 0.004 * x * y;
  });
  const images = tf.tensor4d(ramps, [2, 9, 8, 2]);
  const matrices = tf.tensor2d([0.71, 0.11, 0.9, -0.07, 0.79, 1.1, 0.67, -0.13, 2.3, 0.05, 0.74, 0.91], [2, 6]);
  const weights = tf.tensor4d(new Random(4).fillNormal(new Float32Array(images.size)), images.shape);
  const f = (m: tf.Tensor): tf.Scalar =>
    sampleAffine(images, m as tf.Tensor2D)
      .mul(weights)
      .sum() as tf.Scalar;
  for (let k = 0; k < 12; k++) {
    const direction = tf.tidy(() =>
      tf
        .oneHot(tf.tensor1d([k], "int32"), 12)
        .toFloat()
        .reshape([2, 6]),
    );
    const [analytic, measured] = slopes(f, matrices, direction, 1e-3);
    direction.dispose();
    expect(Math.abs(analytic - measured)).toBeLessThan(0.02 * Math.max(1, Math.abs(measured)));
  }
  tf.dispose([images, matrices, weights]);
});

test("the sampler reads what its matrices say", () => {
  const images = pictures(1, 6, 6, 1);
  const shift = tf.tensor2d([1, 0, 1, 0, 1, 2], [1, 6]);
  const moved = read(sampleAffine(images, shift, { fill: 0.5, interpolation: "nearest" }));
  const original = images.dataSync();
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 6; x++) {
      expect(moved[y * 6 + x]).toBe(y + 2 < 6 && x + 1 < 6 ? original[(y + 2) * 6 + x + 1] : 0.5);
    }
  }
  const wrong = tf.zeros([2, 6]) as tf.Tensor2D;
  expect(codeOf(() => sampleAffine(images, wrong))).toBe("CW_AUGMENT_SHAPE");
  tf.dispose([images, shift, wrong]);
});

test("a gradient passes a whole policy", () => {
  const images = pictures(6, 8, 8, 3);
  const augment = randAugment({ n: 2, m: 9 });
  const gradient = read(tf.grad((x) => augment(x as tf.Tensor4D, new Random(1)).sum())(images));
  expect(gradient.length).toBe(images.size);
  expect(gradient.every(Number.isFinite)).toBe(true);
  expect(gradient.some((slope) => slope !== 0)).toBe(true);
  images.dispose();
});
