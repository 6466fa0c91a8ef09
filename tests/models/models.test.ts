import { tf, use } from "cellwright/backend";
import { dropout, initializeWeights, mlp, smallCnn, summary } from "cellwright/models";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

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

const bytes = (model: tf.LayersModel) =>
  Buffer.concat(model.getWeights().map((weight) => Buffer.from(new Uint8Array(weight.dataSync().slice().buffer))));

function withModel<T>(model: tf.LayersModel, run: (model: tf.LayersModel) => T): T {
  try {
    return run(model);
  } finally {
    model.dispose();
  }
}

describe("parameter counts, by Keras's formulas", () => {
  const dense = (inputs: number, units: number) => inputs * units + units;
  const convolution = (inputs: number, filters: number, bias = true) => 9 * inputs * filters + (bias ? filters : 0);
  const counts = (model: tf.LayersModel) =>
    withModel(model, (it) => {
      const { parameters, trainableParameters } = summary(it);
      expect(it.countParams()).toBe(parameters);
      return [parameters, trainableParameters];
    });

  it("mlp", () => {
    // Keras's own documentation of this network says 101,770.
    expect(counts(mlp({ inputShape: [28, 28, 1], classes: 10 }))).toEqual([101_770, 101_770]);
    const deep = dense(64, 20) + dense(20, 30) + dense(30, 3);
    expect(counts(mlp({ inputShape: [8, 8, 1], hidden: [20, 30], classes: 3, dropout: 0.5 }))).toEqual([deep, deep]);
    expect(counts(mlp({ inputShape: [8, 8, 1], hidden: [], classes: 3 }))).toEqual([dense(64, 3), dense(64, 3)]);
    expect(counts(mlp({ inputShape: [5], hidden: [2], classes: 2 }))).toEqual([18, 18]);
  });

  it("smallCnn", () => {
    const plain = convolution(1, 16) + convolution(16, 32) + dense(7 * 7 * 32, 128) + dense(128, 10);
    expect(plain).toBe(206_922);
    expect(counts(smallCnn({ inputShape: [28, 28, 1], classes: 10 }))).toEqual([plain, plain]);
    const bare = convolution(3, 4) + dense(4 * 4 * 4, 2);
    expect(counts(smallCnn({ inputShape: [9, 8, 3], classes: 2, filters: [4], dense: 0 }))).toEqual([bare, bare]);
  });

  it("batch normalisation: four numbers a channel, two of them trained", () => {
    const rest = convolution(1, 4, false) + convolution(4, 8, false) + dense(2 * 2 * 8, 6) + dense(6, 2);
    const model = smallCnn({ inputShape: [8, 8, 1], classes: 2, filters: [4, 8], dense: 6, batchNorm: true });
    expect(counts(model)).toEqual([rest + 4 * 12, rest + 2 * 12]);
  });
});

it("summarises layer by layer", () => {
  withModel(smallCnn({ inputShape: [8, 8, 1], classes: 3, filters: [2], dense: 4, dropout: 0.1 }), (model) => {
    expect(summary(model).layers).toEqual([
      { layer: "images", type: "InputLayer", outputShape: [null, 8, 8, 1], parameters: 0 },
      { layer: "conv_1", type: "Conv2D", outputShape: [null, 8, 8, 2], parameters: 20 },
      { layer: "pool_1", type: "MaxPooling2D", outputShape: [null, 4, 4, 2], parameters: 0 },
      { layer: "flatten", type: "Flatten", outputShape: [null, 32], parameters: 0 },
      { layer: "dense_1", type: "Dense", outputShape: [null, 4], parameters: 132 },
      { layer: "dropout_1", type: "SeededDropout", outputShape: [null, 4], parameters: 0 },
      { layer: "logits", type: "Dense", outputShape: [null, 3], parameters: 15 },
      { layer: "probabilities", type: "Softmax", outputShape: [null, 3], parameters: 0 },
    ]);
  });
});

describe("initial weights", () => {
  const build = (seed: number, rate = 0) =>
    withModel(smallCnn({ inputShape: [8, 8, 1], classes: 3, filters: [4, 8], dense: 16, dropout: rate, seed }), bytes);

  it("are the seed's, zero included, and no other seed's", () => {
    expect(build(0).equals(build(0))).toBe(true);
    expect(build(7).equals(build(7))).toBe(true);
    expect(build(0).equals(build(1))).toBe(false);
  });

  it("do not move when a layer without weights comes in", () => {
    expect(build(7, 0.5).equals(build(7))).toBe(true);
  });

  it("are the same bytes on another back end", async () => {
    const wasm = build(3);
    await tf.setBackend("cpu");
    try {
      expect(build(3).equals(wasm)).toBe(true);
    } finally {
      await use("wasm");
    }
  });

  it("follow He and Glorot: their bounds, their variance, biases at zero", () => {
    withModel(mlp({ inputShape: [20, 20, 1], hidden: [300], classes: 100, seed: 5 }), (model) => {
      const [hidden, hiddenBias, last, lastBias] = model.getWeights().map((weight) => weight.dataSync());
      const check = (values: ArrayLike<number>, limit: number) => {
        const squares = Array.from(values, (value) => value * value);
        const largest = Math.sqrt(Math.max(...squares.slice(0, 30_000)));
        expect(largest).toBeLessThanOrEqual(limit);
        expect(largest).toBeGreaterThan(0.999 * limit);
        const variance = squares.reduce((sum, square) => sum + square, 0) / squares.length;
        expect(Math.abs(variance / (limit ** 2 / 3) - 1)).toBeLessThan(0.03);
      };
      check(hidden!, Math.sqrt(6 / 400));
      check(last!, Math.sqrt(6 / 400));
      expect([...hiddenBias!, ...lastBias!].every((value) => value === 0)).toBe(true);
    });
  });

  it("serve any layers model, by what its initializers say", () => {
    const build = () =>
      tf.sequential({
        layers: [
          tf.layers.separableConv2d({
            filters: 4,
            kernelSize: 3,
            inputShape: [6, 6, 2],
            depthwiseInitializer: "heNormal",
            biasInitializer: tf.initializers.constant({ value: 0.25 }),
          }),
          tf.layers.batchNormalization({}),
          tf.layers.flatten(),
          tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.randomNormal({ mean: 1, stddev: 0.1 }) }),
        ],
      });
    const read = () =>
      withModel(build(), (model) => {
        initializeWeights(model, new Random(1));
        return model.getWeights().map((weight) => [...weight.dataSync()]);
      });
    const weights = read();
    expect(weights).toEqual(read());
    const [depthwise, , bias, gamma, beta, kernel] = weights;
    // He normal, cut off at two (widened) standard deviations; TensorFlow.js takes the fan of [3, 3, 2, 1] to be 18.
    expect(Math.max(...depthwise!.map(Math.abs))).toBeLessThanOrEqual((2 * Math.sqrt(2 / 18)) / 0.8796);
    expect(bias).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(gamma).toEqual([1, 1, 1, 1]);
    expect(beta).toEqual([0, 0, 0, 0]);
    expect(kernel!.every((value) => Math.abs(value - 1) < 0.65)).toBe(true);
  });

  it("says which initializer it cannot draw", () => {
    const layer = tf.layers.dense({ units: 2, inputShape: [2], kernelInitializer: "identity" });
    withModel(tf.sequential({ layers: [layer] }), (model) => {
      expect(() => initializeWeights(model, new Random(1))).toThrow(
        expect.objectContaining({ code: "CW_INITIALIZER" }),
      );
    });
  });
});

it("predicts probabilities", () => {
  withModel(smallCnn({ inputShape: [8, 8, 1], classes: 3, filters: [2, 2, 2], seed: 1 }), (model) => {
    tf.tidy(() => {
      const output = model.predict(tf.ones([5, 8, 8, 1])) as tf.Tensor2D;
      expect(output.shape).toEqual([5, 3]);
      for (const row of output.arraySync())
        expect(row.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 6);
    });
  });
});

describe("dropout", () => {
  const run = (layer: ReturnType<typeof dropout>, training: boolean, size = 10_000) =>
    tf.tidy(() => (layer.apply(tf.ones([1, size]), { training }) as tf.Tensor).dataSync().slice());

  it("does nothing at inference, nor at rate 0", () => {
    expect(new Set(run(dropout({ rate: 0.5 }), false))).toEqual(new Set([1]));
    expect(new Set(run(dropout({ rate: 0 }), true))).toEqual(new Set([1]));
  });

  it("zeroes the share it is told to and scales the others", () => {
    const values = run(dropout({ rate: 0.2 }), true);
    expect(new Set(values)).toEqual(new Set([0, 1.25]));
    const zeros = values.filter((value) => value === 0).length;
    // Five standard deviations of a binomial.
    expect(Math.abs(zeros - 2000)).toBeLessThan(5 * Math.sqrt(10_000 * 0.2 * 0.8));
  });

  it("draws another mask in every step, and the same again from the same generator", () => {
    const layer = dropout({ rate: 0.5, seed: 3 });
    const first = run(layer, true);
    expect(run(layer, true)).not.toEqual(first);
    expect(run(dropout({ rate: 0.5, seed: 3 }), true)).toEqual(first);
    layer.useRandom(new Random(9).split(4));
    const mine = run(layer, true);
    layer.useRandom(new Random(9).split(4));
    expect(run(layer, true)).toEqual(mine);
    layer.useRandom(new Random(9).split(5));
    expect(run(layer, true)).not.toEqual(mine);
  });

  it("passes gradients through the mask it applied", () => {
    const layer = dropout({ rate: 0.5 });
    tf.tidy(() => {
      let output: Float32Array | undefined;
      const gradient = tf.grad((x) => {
        const y = layer.apply(x, { training: true }) as tf.Tensor;
        output = y.dataSync() as Float32Array;
        return y.sum();
      })(tf.ones([100]));
      expect(gradient.dataSync()).toEqual(output);
    });
  });
});

describe("wrong sizes", () => {
  const cases: [string, () => unknown, RegExp][] = [
    ["no shape", () => mlp({ inputShape: [], classes: 2 }), /inputShape/],
    [
      "a flat shape for images",
      () => smallCnn({ inputShape: [784] as never, classes: 2 }),
      /\[height, width, channels\].*\[784\]/,
    ],
    ["a size of 0", () => smallCnn({ inputShape: [28, 0, 1], classes: 2 }), /inputShape\[1\].*0/],
    ["one class", () => mlp({ inputShape: [4], classes: 1 }), /classes.*from 2 on; got 1/],
    ["NaN classes", () => mlp({ inputShape: [4], classes: Number.NaN }), /classes/],
    ["half a unit", () => mlp({ inputShape: [4], classes: 2, hidden: [1.5] }), /hidden\[0\].*1\.5/],
    ["dropout of 1", () => mlp({ inputShape: [4], classes: 2, dropout: 1 }), /dropout.*not including 1; got 1/],
    ["dropout that is a string", () => dropout({ rate: "0.5" as never }), /dropout rate/],
  ];
  it.each(cases)("%s", (_, build, message) => {
    expect(build).toThrow(
      expect.objectContaining({ code: "CW_MODEL_OPTION", message: expect.stringMatching(message) }),
    );
  });

  it("images too small to halve, and a seed that is none", () => {
    expect(() => smallCnn({ inputShape: [3, 8, 1], classes: 2 })).toThrow(
      expect.objectContaining({ code: "CW_IMAGE_TOO_SMALL" }),
    );
    expect(() => mlp({ inputShape: [4], classes: 2, seed: -1 })).toThrow(expect.objectContaining({ code: "CW_SEED" }));
  });
});
