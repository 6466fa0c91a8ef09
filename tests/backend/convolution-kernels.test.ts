import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  convolution,
  convolutionGradients,
  depthwiseConvolution,
  depthwiseGradients,
  type Geometry,
  outputSize,
  samePadding,
} from "./reference.ts";
import { withoutVectors } from "./vectors.ts";

beforeAll(async () => {
  await use("wasm");
});
let before = { numTensors: 0, numDataBuffers: 0, numBytes: 0 };
beforeEach(() => {
  before = tf.memory();
});
afterEach(() => {
  const after = tf.memory();
  expect(after.numTensors).toBe(before.numTensors);
  expect(after.numDataBuffers).toBe(before.numDataBuffers);
});

type Pad = "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
interface Case {
  name: string;
  geometry: Geometry;
  pad: Pad;
}

/** Shapes by hand where they matter, crossed with strides, paddings and dilations. */
function cases(depthwise: boolean): Case[] {
  const list: Case[] = [];
  const sizes = [
    // batch, height, width, in, out (or multiplier), filter height, filter width
    [2, 7, 6, 3, depthwise ? 1 : 4, 3, 3],
    [1, 5, 5, 1, 1, 2, 2],
    [3, 6, 7, 2, depthwise ? 2 : 5, 1, 1],
    [2, 8, 5, 4, depthwise ? 3 : 2, 4, 2],
    [5, 9, 9, 8, depthwise ? 1 : 16, 5, 3],
    [1, 3, 4, 5, depthwise ? 1 : 3, 3, 4],
    [2, 11, 9, depthwise ? 12 : 6, depthwise ? 1 : 20, 3, 3],
    [3, 8, 8, 16, depthwise ? 1 : 8, 1, 1],
  ];
  const pads: Pad[] = [
    "same",
    "valid",
    1,
    [
      [0, 0],
      [2, 0],
      [1, 3],
      [0, 0],
    ],
  ];
  for (const [batch, height, width, inChannels, out, filterHeight, filterWidth] of sizes as number[][]) {
    for (const strides of [
      [1, 1],
      [2, 2],
      [3, 3],
      [2, 1],
      [1, 3],
    ] as [number, number][]) {
      for (const dilations of [
        [1, 1],
        [2, 2],
        [1, 2],
      ] as [number, number][]) {
        if (Math.max(...strides) > 1 && Math.max(...dilations) > 1) continue;
        for (const pad of pads) {
          const pads4 =
            pad === "same"
              ? [
                  ...samePadding(height!, filterHeight!, strides[0], dilations[0]),
                  ...samePadding(width!, filterWidth!, strides[1], dilations[1]),
                ]
              : pad === "valid"
                ? [0, 0, 0, 0]
                : typeof pad === "number"
                  ? [pad, pad, pad, pad]
                  : [...pad[1], ...pad[2]];
          const geometry: Geometry = {
            batch: batch!,
            height: height!,
            width: width!,
            inChannels: inChannels!,
            outChannels: depthwise ? inChannels! * out! : out!,
            filterHeight: filterHeight!,
            filterWidth: filterWidth!,
            strides,
            dilations,
            pads: pads4 as Geometry["pads"],
          };
          if (outputSize(geometry).some((side) => side < 1)) continue;
          const name = `${[batch, height, width, inChannels]} by ${[filterHeight, filterWidth, out]}, stride ${strides}, dilation ${dilations}, pad ${JSON.stringify(pad)}`;
          list.push({ name, geometry, pad });
        }
      }
    }
  }
  return list;
}

function filled(random: Random, size: number): Float32Array {
  return random.fillNormal(new Float32Array(size));
}

/** The largest difference, relative to the size of the numbers. */
function distance(actual: ArrayLike<number>, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!) / scale);
  return worst;
}

function runKernel(name: string, inputs: Record<string, tf.Tensor>, attrs: object): Float32Array {
  const result = tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
  const values = result.dataSync() as Float32Array;
  result.dispose();
  return values;
}

function gradientsByKernels(g: Geometry, pad: Pad, depthwise: boolean, data: Record<"x" | "w" | "dy", Float32Array>) {
  const [outHeight, outWidth] = outputSize(g);
  const inputShape = [g.batch, g.height, g.width, g.inChannels];
  const filterShape = [
    g.filterHeight,
    g.filterWidth,
    g.inChannels,
    depthwise ? g.outChannels / g.inChannels : g.outChannels,
  ];
  const x = tf.tensor(data.x, inputShape);
  const filter = tf.tensor(data.w, filterShape);
  const dy = tf.tensor(data.dy, [g.batch, outHeight, outWidth, g.outChannels]);
  const attrs = { strides: g.strides, dilations: g.dilations, pad, dataFormat: depthwise ? undefined : "NHWC" };
  const prefix = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
  const dw = runKernel(`${prefix}BackpropFilter`, { x, dy }, { ...attrs, filterShape });
  const dx = runKernel(`${prefix}BackpropInput`, { dy, filter }, { ...attrs, inputShape });
  tf.dispose([x, filter, dy]);
  return { dx, dw };
}

function forwardByKernel(g: Geometry, pad: Pad, data: Record<"x" | "w", Float32Array>, depthwise: boolean) {
  const x = tf.tensor(data.x, [g.batch, g.height, g.width, g.inChannels]);
  const last = depthwise ? g.outChannels / g.inChannels : g.outChannels;
  const filter = tf.tensor(data.w, [g.filterHeight, g.filterWidth, g.inChannels, last]);
  const y = runKernel(
    depthwise ? "DepthwiseConv2dNative" : "Conv2D",
    { x, filter },
    { strides: g.strides, dilations: g.dilations, pad, dataFormat: "NHWC" },
  );
  tf.dispose([x, filter]);
  return y;
}

function randomData(g: Geometry, seed: number, filterSize: number): Record<"x" | "w" | "dy", Float32Array> {
  const random = new Random(seed);
  const [outHeight, outWidth] = outputSize(g);
  return {
    x: filled(random.split("x"), g.batch * g.height * g.width * g.inChannels),
    w: filled(random.split("w"), filterSize),
    dy: filled(random.split("dy"), g.batch * outHeight * outWidth * g.outChannels),
  };
}

for (const depthwise of [false, true]) {
  const reference = depthwise ? depthwiseGradients : convolutionGradients;
  describe(depthwise ? "depthwise convolution" : "convolution", () => {
    const list = cases(depthwise);
    test("the grid is not empty", () => expect(list.length).toBeGreaterThan(100));

    test.each(list.map((one) => [one.name, one] as const))("%s", (_name, { geometry, pad }) => {
      const taps = geometry.filterHeight * geometry.filterWidth;
      const size = taps * geometry.outChannels * (depthwise ? 1 : geometry.inChannels);
      const data = randomData(geometry, 3, size);
      const expected = reference(geometry, data.x, data.w, data.dy);
      const check = () => {
        const { dx, dw } = gradientsByKernels(geometry, pad, depthwise, data);
        expect(distance(dx, expected.dx)).toBeLessThan(1e-5);
        expect(distance(dw, expected.dw)).toBeLessThan(1e-5);
        const y = forwardByKernel(geometry, pad, data, depthwise);
        const forward = depthwise ? depthwiseConvolution : convolution;
        expect(distance(y, forward(geometry, data.x, data.w))).toBeLessThan(1e-5);
      };
      check();
      withoutVectors(check);
    });

    const plain: Geometry = {
      batch: 2,
      height: 5,
      width: 5,
      inChannels: 2,
      outChannels: depthwise ? 2 : 3,
      filterHeight: 3,
      filterWidth: 3,
      strides: [1, 1],
      dilations: [1, 1],
      pads: [1, 1, 1, 1],
    };

    test.each([Number.NaN, Number.POSITIVE_INFINITY])("%s in the gradient is never lost", (bad) => {
      const data = randomData(plain, 4, depthwise ? 18 : 54);
      data.dy[17] = bad;
      const { dx, dw } = gradientsByKernels(plain, "same", depthwise, data);
      const expected = reference(plain, data.x, data.w, data.dy);
      const lost = (actual: Float32Array, values: Float64Array): number =>
        values.filter((value, i) => !Number.isFinite(value) && Number.isFinite(actual[i]!)).length;
      expect(expected.dx.some((value) => !Number.isFinite(value))).toBe(true);
      expect(lost(dx, expected.dx)).toBe(0);
      expect(lost(dw, expected.dw)).toBe(0);
    });

    test("an empty batch has an empty gradient for its images and zeros for the filter", () => {
      const data = {
        x: new Float32Array(0),
        w: new Float32Array(depthwise ? 18 : 54).fill(1),
        dy: new Float32Array(0),
      };
      const { dx, dw } = gradientsByKernels({ ...plain, batch: 0 }, "same", depthwise, data);
      expect(dx.length).toBe(0);
      expect([...dw]).toEqual(new Array(depthwise ? 18 : 54).fill(0));
    });
  });
}

test("padding by one number: the forward pass is right where height and width differ", () => {
  const x = tf.ones([1, 6, 7, 2]) as tf.Tensor4D;
  const filter = tf.ones([4, 2, 2, 1]) as tf.Tensor4D;
  const byNumber = tf.conv2d(x, filter, [1, 2], 1);
  const spelledOut = tf.conv2d(
    x,
    filter,
    [1, 2],
    [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
  );
  expect(byNumber.shape).toEqual([1, 5, 4, 1]);
  expect([...byNumber.dataSync()]).toEqual([...spelledOut.dataSync()]);
  expect(byNumber.dataSync()[5]).toBe(16);
  tf.dispose([x, filter, byNumber, spelledOut]);
});

test("channels first is refused with what to do", () => {
  const x = tf.zeros([1, 2, 5, 5]);
  const dy = tf.zeros([1, 3, 5, 5]);
  const attrs = { strides: [1, 1], pad: "same", dataFormat: "NCHW", filterShape: [3, 3, 2, 3] };
  expect(() => tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, attrs)).toThrow(
    expect.objectContaining({ code: "CW_DATA_FORMAT", message: expect.stringContaining("channelsLast") }),
  );
  tf.dispose([x, dy]);
});

test("a stride and a dilation together are refused", () => {
  const x = tf.zeros([1, 9, 9, 1]);
  const dy = tf.zeros([1, 5, 5, 1]);
  const attrs = { strides: [2, 2], dilations: [2, 2], pad: "same", dataFormat: "NHWC", filterShape: [3, 3, 1, 1] };
  expect(() => tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, attrs)).toThrow(
    expect.objectContaining({ code: "CW_CONVOLUTION" }),
  );
  tf.dispose([x, dy]);
});
