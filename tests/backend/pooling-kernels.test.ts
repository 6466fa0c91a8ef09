import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { avgPoolGradient, type Geometry, maxPoolGradient, outputSize, samePadding } from "./reference.ts";
import { withoutVectors } from "./vectors.ts";

beforeAll(async () => {
  await use("wasm");
});
let before = 0;
beforeEach(() => {
  before = tf.memory().numDataBuffers;
});
afterEach(() => {
  expect(tf.memory().numDataBuffers).toBe(before);
});

const list = [
  // batch, height, width, channels, filter, strides
  { shape: [2, 6, 6, 3], filter: [2, 2], strides: [2, 2] },
  { shape: [1, 7, 5, 1], filter: [2, 2], strides: [2, 2] },
  { shape: [3, 8, 9, 4], filter: [3, 3], strides: [2, 2] },
  { shape: [2, 5, 6, 2], filter: [3, 2], strides: [1, 1] },
  { shape: [2, 6, 7, 5], filter: [2, 3], strides: [3, 1] },
  { shape: [2, 4, 4, 2], filter: [1, 1], strides: [2, 2] },
  { shape: [1, 4, 5, 3], filter: [4, 5], strides: [1, 1] },
  { shape: [2, 7, 6, 9], filter: [3, 3], strides: [2, 1] },
  { shape: [2, 8, 6, 9], filter: [2, 2], strides: [2, 2] },
].flatMap((one) =>
  (["valid", "same", 1] as const)
    // A window of padding alone has no largest element.
    .filter((pad) => pad !== 1 || Math.min(...one.filter) > 1)
    .map((pad) => ({ ...one, pad })),
);

function geometryOf(one: (typeof list)[number]): Geometry {
  const [batch, height, width, channels] = one.shape as [number, number, number, number];
  const [filterHeight, filterWidth] = one.filter as [number, number];
  const strides = one.strides as [number, number];
  const same = one.pad === "same";
  const fixed = one.pad === 1 ? 1 : 0;
  return {
    batch,
    height,
    width,
    inChannels: channels,
    outChannels: channels,
    filterHeight,
    filterWidth,
    strides,
    dilations: [1, 1],
    pads: [
      ...(same ? samePadding(height, filterHeight, strides[0], 1) : ([fixed, fixed] as const)),
      ...(same ? samePadding(width, filterWidth, strides[1], 1) : ([fixed, fixed] as const)),
    ],
  };
}

/** By vectors; without them it must come out the same. */
function gradient(kind: "maxPool" | "avgPool", one: (typeof list)[number], x: Float32Array, dy: Float32Array) {
  const values = gradientOnce(kind, one, x, dy);
  const plain = withoutVectors(() => gradientOnce(kind, one, x, dy));
  if (kind === "maxPool") expect(values).toEqual(plain);
  else expectClose(values, plain);
  return values;
}

function gradientOnce(kind: "maxPool" | "avgPool", one: (typeof list)[number], x: Float32Array, dy: Float32Array) {
  const geometry = geometryOf(one);
  const [outHeight, outWidth] = outputSize(geometry);
  const dx = tf.tidy(() => {
    const pool = (image: tf.Tensor): tf.Tensor =>
      tf[kind](image as tf.Tensor4D, one.filter as [number, number], one.strides as [number, number], one.pad);
    const last = tf.tensor(dy, [geometry.batch, outHeight, outWidth, geometry.inChannels]);
    return tf.grad(pool)(tf.tensor(x, one.shape), last);
  });
  const values = dx.dataSync() as Float32Array;
  dx.dispose();
  return values;
}

function sizes(geometry: Geometry): [input: number, output: number] {
  const [outHeight, outWidth] = outputSize(geometry);
  const { batch, height, width, inChannels } = geometry;
  return [batch * height * width * inChannels, batch * outHeight * outWidth * inChannels];
}

function expectClose(actual: Float32Array, expected: Float32Array | Float64Array): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(1e-5);
}

describe.each(list.map((one) => [`${one.shape} by ${one.filter}, stride ${one.strides}, ${one.pad}`, one] as const))(
  "%s",
  (_name, one) => {
    const geometry = geometryOf(one);
    const [inputs, outputs] = sizes(geometry);
    const random = new Random(11);
    const dy = random.fillNormal(new Float32Array(outputs));

    test("max pooling", () => {
      const x = random.fillNormal(new Float32Array(inputs));
      expectClose(gradient("maxPool", one, x, dy), maxPoolGradient(geometry, x, dy));
    });

    test("max pooling with ties: the first takes it", () => {
      const x = Float32Array.from({ length: inputs }, () => random.integer(2));
      expectClose(gradient("maxPool", one, x, dy), maxPoolGradient(geometry, x, dy));
    });

    test("average pooling", () => {
      const x = random.fillNormal(new Float32Array(inputs));
      expectClose(gradient("avgPool", one, x, dy), avgPoolGradient(geometry, dy));
    });

    test("average pooling's gradient is the adjoint of its forward pass", () => {
      const x = random.fillNormal(new Float32Array(inputs));
      const pooled = tf.tidy(() =>
        tf.avgPool(
          tf.tensor4d(x, one.shape as [number, number, number, number]),
          one.filter as [number, number],
          one.strides as [number, number],
          one.pad,
        ),
      );
      const forward = (pooled.dataSync() as Float32Array).reduce((sum, value, i) => sum + value * dy[i]!, 0);
      pooled.dispose();
      const backward = gradient("avgPool", one, x, dy).reduce((sum, value, i) => sum + value * x[i]!, 0);
      expect(Math.abs(forward - backward)).toBeLessThan(1e-4 * Math.max(1, Math.abs(forward)));
    });
  },
);

test("the first of four equal elements takes the whole gradient", () => {
  const dx = gradient(
    "maxPool",
    { shape: [1, 2, 2, 1], filter: [2, 2], strides: [2, 2], pad: "valid" },
    Float32Array.of(5, 5, 5, 5),
    Float32Array.of(7),
  );
  expect([...dx]).toEqual([7, 0, 0, 0]);
});

test("all minus infinity: still the first", () => {
  const dx = gradient(
    "maxPool",
    { shape: [1, 2, 2, 1], filter: [2, 2], strides: [2, 2], pad: "valid" },
    new Float32Array(4).fill(Number.NEGATIVE_INFINITY),
    Float32Array.of(7),
  );
  expect([...dx]).toEqual([7, 0, 0, 0]);
});

test.each([
  ["in first place keeps the gradient", [Number.NaN, 1, 2, 3], [1, 0, 0, 0]],
  ["further on never takes it", [1, Number.NaN, 3, 2], [0, 0, 1, 0]],
])("a NaN %s", (_name, x, expected) => {
  const one = { shape: [1, 2, 2, 1], filter: [2, 2], strides: [2, 2], pad: "valid" } as const;
  const dx = gradient("maxPool", one as unknown as (typeof list)[number], Float32Array.from(x), Float32Array.of(1));
  expect([...dx]).toEqual(expected);
});

test("a gradient that is not finite arrives as it is", () => {
  const one = { shape: [1, 2, 2, 1], filter: [2, 2], strides: [2, 2], pad: "valid" } as const;
  const dx = gradient(
    "maxPool",
    one as unknown as (typeof list)[number],
    Float32Array.of(1, 2, 4, 3),
    Float32Array.of(Number.NEGATIVE_INFINITY),
  );
  expect([...dx]).toEqual([0, 0, Number.NEGATIVE_INFINITY, 0]);
});

test("overlapping windows add up", () => {
  const one = { shape: [1, 1, 3, 1], filter: [1, 2], strides: [1, 1], pad: "valid" } as const;
  const dx = gradient(
    "maxPool",
    one as unknown as (typeof list)[number],
    Float32Array.of(1, 9, 2),
    Float32Array.of(3, 4),
  );
  expect([...dx]).toEqual([0, 7, 0]);
});

test("windows of two by two with every sort of number: zeros of both signs, infinities, NaN", () => {
  const random = new Random(21);
  const numbers = [0, -0, 1, -1, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  const one = { shape: [4, 9, 8, 5], filter: [2, 2], strides: [2, 2], pad: "valid" } as const;
  const geometry = geometryOf(one as unknown as (typeof list)[number]);
  const [inputs, outputs] = sizes(geometry);
  const x = Float32Array.from({ length: inputs }, () => numbers[random.integer(numbers.length)]!);
  const dy = random.fillUniform(new Float32Array(outputs), 1, 2);
  const dx = gradient("maxPool", one as unknown as (typeof list)[number], x, dy);
  expect(dx).toEqual(Float32Array.from(maxPoolGradient(geometry, x, dy)));
});

test("an empty batch", () => {
  const dy = tf.zeros([0, 2, 2, 3]);
  const input = tf.zeros([0, 4, 4, 3]);
  const attrs = { filterSize: [2, 2], strides: [2, 2], pad: "valid" };
  const dx = tf.engine().runKernel("MaxPoolGrad", { dy, input, output: dy }, attrs) as tf.Tensor;
  expect(dx.shape).toEqual([0, 4, 4, 3]);
  tf.dispose([dy, input, dx]);
});
