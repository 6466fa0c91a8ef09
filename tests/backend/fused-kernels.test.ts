import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { convolution, convolutionGradients, type Geometry, outputSize, samePadding } from "./reference.ts";
import { withoutVectors } from "./vectors.ts";

beforeAll(async () => {
  await use("wasm");
});
let before = { numTensors: 0, numDataBuffers: 0 };
beforeEach(() => {
  before = tf.memory();
});
afterEach(() => {
  const { numTensors, numDataBuffers } = tf.memory();
  expect({ numTensors, numDataBuffers }).toEqual({
    numTensors: before.numTensors,
    numDataBuffers: before.numDataBuffers,
  });
});

/** The largest difference, relative to the largest number. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let [worst, scale] = [0, 1e-6];
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  }
  return worst / scale;
}

/** The names of the operations that `action` runs. */
async function kernelsOf(action: () => void): Promise<string[]> {
  const { kernelNames, result } = await tf.profile(() =>
    tf.tidy(() => {
      action();
      return tf.scalar(0);
    }),
  );
  tf.dispose(result as tf.Tensor);
  return kernelNames;
}

/** A layer outside a model disposes nothing by itself. */
function disposeWeights(layer: tf.layers.Layer): void {
  for (const weight of layer.weights) weight.dispose();
}

const normal = (random: Random, size: number): Float32Array => random.fillNormal(new Float32Array(size));

describe("a fused convolution that is trained", () => {
  const shapes = [
    // batch, height, width, in, out, filter, stride, padding
    [2, 28, 28, 1, 16, 3, 1, "same"],
    [3, 7, 5, 3, 10, 3, 2, "same"],
    [1, 9, 9, 5, 4, 2, 1, "valid"],
    [2, 8, 8, 6, 8, 1, 1, "same"],
  ] as const;

  test.each(
    shapes.flatMap((shape) =>
      (["relu", "linear"] as const).flatMap((activation) =>
        [true, false].map((bias) => [shape, activation, bias] as const),
      ),
    ),
  )("%s, %s, bias %s", ([batch, height, width, inChannels, outChannels, filter, stride, pad], activation, bias) => {
    const random = new Random(5);
    const same = (side: number) => (pad === "same" ? samePadding(side, filter, stride, 1) : ([0, 0] as const));
    const g: Geometry = {
      ...{ batch, height, width, inChannels, outChannels, filterHeight: filter, filterWidth: filter },
      ...{ strides: [stride, stride], dilations: [1, 1], pads: [...same(height), ...same(width)] },
    };
    const [outHeight, outWidth] = outputSize(g);
    const x = normal(random, batch * height * width * inChannels);
    const w = normal(random, filter * filter * inChannels * outChannels);
    const b = normal(random, outChannels);
    const dy = normal(random, batch * outHeight * outWidth * outChannels);

    const y = convolution(g, x, w).map((value, i) => {
      const sum = value + (bias ? b[i % outChannels]! : 0);
      return activation === "relu" ? Math.max(0, sum) : sum;
    });
    const passed = Float64Array.from(dy, (value, i) => (activation === "linear" || y[i]! > 0 ? value : 0));
    const { dx, dw } = convolutionGradients(g, x, w, passed);
    const db = new Float64Array(outChannels);
    passed.forEach((value, i) => {
      db[i % outChannels]! += value;
    });

    tf.tidy(() => {
      const at = [
        tf.tensor(x, [batch, height, width, inChannels]),
        tf.tensor(w, [filter, filter, inChannels, outChannels]),
        ...(bias ? [tf.tensor(b)] : []),
      ];
      let value: tf.Tensor | undefined;
      const run = (...[image, weights, offset]: tf.Tensor[]): tf.Tensor => {
        const options = { strides: stride, pad, activation, ...(offset ? { bias: offset } : {}) };
        value = tf.keep(
          tf.fused.conv2d({ x: image as tf.Tensor4D, filter: weights as tf.Tensor4D, ...options }) as tf.Tensor,
        );
        return value;
      };
      const gradients = tf.grads(run)(at, tf.tensor(dy, [batch, outHeight, outWidth, outChannels]));
      expect(distance(value!.dataSync(), y)).toBeLessThan(1e-5);
      value!.dispose();
      [dx, dw, ...(bias ? [db] : [])].forEach((expected, i) => {
        expect(distance(gradients[i]!.dataSync(), expected)).toBeLessThan(1e-5);
      });
    });
  });

  test("it is one operation, and the gradient for the images is computed for those who ask", async () => {
    const x = tf.ones([1, 9, 9, 1]) as tf.Tensor4D;
    const filter = tf.ones([3, 3, 1, 8]) as tf.Tensor4D;
    const ran = await kernelsOf(() => {
      const loss = (weights: tf.Tensor) =>
        tf.sum(tf.fused.conv2d({ x, filter: weights as tf.Tensor4D, strides: 1, pad: "same", activation: "relu" }));
      tf.grad(loss)(filter);
    });
    expect(ran).toContain("FusedConv2D");
    expect(ran).toContain("Conv2DBackpropFilter");
    for (const name of ["Conv2D", "Relu", "Conv2DBackpropInput"]) expect(ran).not.toContain(name);
    tf.dispose([x, filter]);
  });

  test("what is wrong with its arguments is said as before", () => {
    const x = tf.ones([1, 5, 5, 2]) as tf.Tensor4D;
    const filter = tf.ones([3, 3, 3, 4]) as tf.Tensor4D;
    expect(() =>
      tf.grad((w) => tf.fused.conv2d({ x, filter: w as tf.Tensor4D, strides: 1, pad: "same" }))(filter),
    ).toThrow(/depth of input/);
    tf.engine().state.activeTape = [];
    tf.dispose([x, filter]);
  });
});

describe("batch normalisation in training", () => {
  const epsilon = 1e-3;

  function reference(x: Float32Array, gamma: Float32Array, beta: Float32Array, dy: Float32Array) {
    const channels = gamma.length;
    const n = x.length / channels;
    const of = (values: (i: number) => number): Float64Array => {
      const sums = new Float64Array(channels);
      for (let i = 0; i < x.length; i++) sums[i % channels]! += values(i);
      return sums;
    };
    const mean = of((i) => x[i]! / n);
    const variance = of((i) => (x[i]! - mean[i % channels]!) ** 2 / n);
    const hat = Float64Array.from(x, (value, i) => {
      const c = i % channels;
      return (value - mean[c]!) / Math.sqrt(variance[c]! + epsilon);
    });
    const y = hat.map((value, i) => value * gamma[i % channels]! + beta[i % channels]!);
    const dBeta = of((i) => dy[i]!);
    const dGamma = of((i) => dy[i]! * hat[i]!);
    const dx = hat.map((value, i) => {
      const c = i % channels;
      const scale = gamma[c]! / Math.sqrt(variance[c]! + epsilon);
      return scale * (dy[i]! - dBeta[c]! / n - (value * dGamma[c]!) / n);
    });
    return { y, mean, variance, dx, dGamma, dBeta };
  }

  const shapes = [[4, 6, 5, 16], [3, 7, 3, 5], [9, 18], [2, 3, 1], [130, 2, 2, 7], [1, 1, 1, 4]]; // biome-ignore format: one line
  test.each(shapes)("%s, %s, %s, %s", (...given) => {
    const shape = given.filter((side) => side !== undefined);
    const channels = shape.at(-1)!;
    const size = shape.reduce((product, side) => product * side, 1);
    const random = new Random(8);
    // A mean that is large beside the deviation, as after a relu.
    const x = normal(random, size).map((value) => 3 + value);
    const [gamma, beta] = [normal(random, channels), normal(random, channels)];
    const dy = normal(random, size);
    const expected = reference(x, gamma, beta, dy);

    const check = () => {
      const layer = tf.layers.batchNormalization({ momentum: 0.9, epsilon, name: "norm" });
      layer.build([null, ...shape.slice(1)]);
      tf.tidy(() => {
        const [a, b] = [tf.tensor1d(gamma), tf.tensor1d(beta)];
        layer.setWeights([a, b, tf.ones([channels]), tf.ones([channels])]);
        const [atGamma, atBeta] = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
        const image = tf.variable(tf.tensor(x, shape), true, "image");
        const gradient = tf.tensor(dy, shape);
        let y: tf.Tensor | undefined;
        const loss = (): tf.Scalar => {
          y = tf.keep(layer.apply(image, { training: true }) as tf.Tensor);
          return tf.sum(tf.mul(y, gradient)) as tf.Scalar;
        };
        const { grads } = tf.variableGrads(loss, [image, atGamma!, atBeta!]);
        expect(distance(y!.dataSync(), expected.y)).toBeLessThan(1e-5);
        y!.dispose();
        if (size > channels) expect(distance(grads.image!.dataSync(), expected.dx)).toBeLessThan(2e-5);
        expect(distance(grads[atGamma!.name]!.dataSync(), expected.dGamma)).toBeLessThan(1e-5);
        expect(distance(grads[atBeta!.name]!.dataSync(), expected.dBeta)).toBeLessThan(1e-5);
        const [, , mean, variance] = layer.getWeights();
        const moved = (values: Float64Array) => values.map((value) => 0.9 + 0.1 * value);
        expect(distance(mean!.dataSync(), moved(expected.mean))).toBeLessThan(1e-5);
        expect(distance(variance!.dataSync(), moved(expected.variance))).toBeLessThan(1e-5);
        image.dispose();
      });
      disposeWeights(layer);
    };
    check();
    if (shape.length === 4) withoutVectors(check);
  });

  test("two operations, forward and backward; none of the forty", async () => {
    const layer = tf.layers.batchNormalization({ name: "norm" });
    const x = tf.randomNormal([4, 5, 5, 8], 0, 1, "float32", 3);
    tf.dispose(layer.apply(x, { training: true }) as tf.Tensor);
    const ran = await kernelsOf(() => {
      const loss = (image: tf.Tensor) => tf.sum(tf.square(layer.apply(image, { training: true }) as tf.Tensor));
      tf.grad(loss)(x);
    });
    expect(ran).toContain("BatchNormTraining");
    expect(ran).toContain("BatchNormTrainingGrad");
    for (const name of ["Tile", "Mean", "FusedBatchNorm"]) expect(ran).not.toContain(name);
    disposeWeights(layer);
    x.dispose();
  });

  test("a NaN in one channel stays in it", () => {
    const layer = tf.layers.batchNormalization({ name: "norm" });
    tf.tidy(() => {
      const x = tf.tensor2d([1, 2, 3, Number.NaN, 5, 6], [2, 3]);
      const y = layer.apply(x, { training: true }) as tf.Tensor;
      expect([...y.dataSync()].map(Number.isNaN)).toEqual([true, false, false, true, false, false]);
    });
    disposeWeights(layer);
  });
});

describe("relu, relu6 and clipping", () => {
  const x = [-1, -0, 0, 1e-30, 1, 5.999, 6, 6.001, 7, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const cases: [string, (a: tf.Tensor) => tf.Tensor, (value: number) => boolean][] = [
    ["relu", (a) => tf.relu(a), (value) => value > 0],
    ["relu6", (a) => tf.relu6(a), (value) => value > 0 && value <= 6],
    [
      "a layer of relu6",
      (a) => tf.layers.reLU({ maxValue: 6, name: "relu6" }).apply(a) as tf.Tensor,
      (value) => value > 0 && value <= 6,
    ],
    ["clipping", (a) => tf.clipByValue(a, 0, 6), (value) => value >= 0 && value <= 6],
  ];
  test.each(cases)("%s: the gradient passes where it should", (_name, apply, passes) => {
    tf.tidy(() => {
      const dy = Float32Array.from(x, (_, i) => i + 1);
      const expected = x.map((value, i) => (passes(value) ? i + 1 : 0));
      const gradient = () => [...tf.grad(apply)(tf.tensor1d(x), tf.tensor1d(dy)).dataSync()];
      expect(gradient()).toEqual(expected);
      expect(withoutVectors(gradient)).toEqual(expected);
    });
  });

  test("a NaN is not taken for a closed gate", () => {
    tf.tidy(() => {
      const dx = tf.grad((a) => tf.relu(a))(tf.tensor1d([Number.NaN, 1]), tf.tensor1d([Number.NaN, 1]));
      expect([...dx.dataSync()]).toEqual([Number.NaN, 1]);
    });
  });

  test("second derivatives are TensorFlow.js's own", () => {
    tf.tidy(() => {
      const cube = (a: tf.Tensor): tf.Tensor => tf.pow(tf.relu(a), tf.scalar(3, "int32"));
      const second = tf.grad((a) => tf.sum(tf.grad((b) => tf.sum(cube(b)))(a)));
      expect(distance(second(tf.tensor1d([2, -1, 3])).dataSync(), [12, 0, 18])).toBeLessThan(1e-5);
    });
  });
});

describe("sums and means", () => {
  const shapes: [number[], number[] | undefined][] = [
    [[2, 3, 4], undefined],
    [[70, 5], [0]],
    [[70, 33], [0]],
    [[3, 130], [1]],
    [
      [4, 5, 6, 7],
      [1, 2],
    ],
    [
      [4, 5, 6, 16],
      [0, 1, 2],
    ],
    [[4, 5, 6], [-1]],
    [
      [4, 5, 6],
      [0, 2],
    ],
    [[1, 1], [0]],
    [[7], [0]],
    [[0, 3], [0]],
  ];
  test.each(shapes)("of %j over %j", (shape, axes) => {
    const size = shape.reduce((product, side) => product * side, 1);
    const values = normal(new Random(4), size).map((value) => value + 10);
    for (const keepDims of [false, true]) {
      for (const name of ["sum", "mean"] as const) {
        if (name === "mean" && size === 0) continue;
        const all = axes?.map((axis) => (axis + shape.length) % shape.length) ?? shape.map((_, i) => i);
        const kept = shape.map((side, i) => (all.includes(i) ? 1 : side));
        const expected = new Float64Array(kept.reduce((product, side) => product * side, 1));
        const count = size === 0 ? 1 : size / expected.length;
        values.forEach((value, i) => {
          let [rest, at, step] = [i, 0, 1];
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            const place = rest % shape[axis]!;
            rest = Math.floor(rest / shape[axis]!);
            if (!all.includes(axis)) at += place * step;
            step *= kept[axis]!;
          }
          expected[at]! += name === "mean" ? value / count : value;
        });
        tf.tidy(() => {
          const result = tf[name](tf.tensor(values, shape), axes, keepDims);
          expect(result.shape).toEqual(keepDims ? kept : shape.filter((_, i) => !all.includes(i)));
          expect(distance(result.dataSync(), expected)).toBeLessThan(1e-6);
        });
      }
    }
  });

  test("whole numbers stay whole", () => {
    tf.tidy(() => {
      const sum = tf.sum(tf.tensor1d([2 ** 24, 1, 1], "int32"));
      expect([sum.dtype, sum.dataSync()[0]]).toEqual(["int32", 2 ** 24 + 2]);
    });
  });
});

test("a clone is another name for the same memory, which lives as long as either", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const clone = x.clone();
  expect(clone.dataId).toBe(x.dataId);
  x.dispose();
  const sum = tf.sum(clone);
  expect(sum.dataSync()[0]).toBe(6);
  tf.dispose([clone, sum]);
});

test("memory that grows between and inside operations is no danger", () => {
  const heap = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  const x = tf.ones([2, 12, 12, 4]) as tf.Tensor4D;
  const filter = tf.ones([3, 3, 4, 8]) as tf.Tensor4D;
  const sizeBefore = heap.wasm.HEAPU8.length;
  const large: tf.Tensor[] = [];
  while (heap.wasm.HEAPU8.length === sizeBefore) large.push(tf.zeros([1 << 22]));
  const wide = tf.ones([4, 400, 400, 8]) as tf.Tensor4D;
  tf.tidy(() => {
    const gradient = tf.grad((w) => tf.sum(tf.conv2d(x, w as tf.Tensor4D, 1, "valid")))(filter);
    expect([...new Set(gradient.dataSync())]).toEqual([200]);
    // The result's memory is new here too.
    expect(
      tf
        .conv2d(wide, tf.ones([1, 1, 8, 16]) as tf.Tensor4D, 1, "same")
        .max()
        .dataSync()[0],
    ).toBe(8);
  });
  tf.dispose([...large, x, filter, wide]);
});
