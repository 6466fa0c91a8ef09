import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { describe, expect, test } from "vitest";

type Weights = Record<string, Float32Array>;
interface Model {
  shapes: Record<string, number[]>;
  loss(weights: Record<string, tf.Tensor>): tf.Scalar;
}

const random = new Random(2);
const images = random.split("images").fillUniform(new Float32Array(6 * 8 * 8 * 2));
const labels = new Int32Array(6).map(() => random.integer(3));
const words = new Int32Array(6 * 4).map(() => random.integer(5));
const input = (): tf.Tensor4D => tf.tensor4d(images, [6, 8, 8, 2]);
const crossEntropy = (logits: tf.Tensor): tf.Scalar =>
  tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, "int32"), 3), logits) as tf.Scalar;

/** Batch normalization over all but the channels, as a training step computes it. */
function normalized(x: tf.Tensor4D, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm4d(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D);
}

const models: Record<string, Model> = {
  "a perceptron with dropout": {
    shapes: { w1: [128, 9], b1: [9], w2: [9, 3], b2: [3] },
    loss: ({ w1, b1, w2, b2 }) => {
      const mask = tf.tensor(
        new Float32Array(54).map((_, i) => (i % 3 === 0 ? 0 : 1.5)),
        [6, 9],
      );
      const hidden = tf.tanh(tf.add(tf.matMul(input().reshape([6, 128]), w1!), b1!)).mul(mask);
      return crossEntropy(tf.add(tf.matMul(hidden, w2!), b2!));
    },
  },
  "a convolutional network": {
    shapes: { w1: [3, 3, 2, 4], b1: [4], w2: [3, 3, 4, 5], w3: [20, 3] },
    loss: ({ w1, b1, w2, w3 }) => {
      const bias = b1 as tf.Tensor1D;
      const first = tf.fused.conv2d({
        x: input(),
        filter: w1 as tf.Tensor4D,
        strides: 1,
        pad: "same",
        bias,
        activation: "relu",
      });
      const second = tf.conv2d(tf.maxPool(first, 2, 2, "valid"), w2 as tf.Tensor4D, 2, "same");
      return crossEntropy(tf.matMul(tf.relu(second).reshape([6, 20]), w3!));
    },
  },
  "a separable network with batch normalization": {
    shapes: { w1: [1, 1, 2, 4], scale: [4], offset: [4], w2: [3, 3, 4, 2], w3: [1, 1, 8, 3] },
    loss: ({ w1, scale, offset, w2, w3 }) => {
      const first = normalized(tf.conv2d(input(), w1 as tf.Tensor4D, 1, "same"), scale!, offset!);
      const second = tf.separableConv2d(tf.relu6(first), w2 as tf.Tensor4D, w3 as tf.Tensor4D, 2, "same");
      return crossEntropy(tf.avgPool(second, 2, 2, "valid").mean([1, 2]));
    },
  },
  "transposed convolution and resizing": {
    shapes: { w1: [3, 3, 2, 4], w2: [2, 2, 3, 4] },
    loss: ({ w1, w2 }) => {
      const small = tf.conv2d(input(), w1 as tf.Tensor4D, 2, "same");
      const large = tf.conv2dTranspose(small, w2 as tf.Tensor4D, [6, 8, 8, 3], 2, "same");
      const resized = tf.image.resizeBilinear(large, [4, 4]);
      return crossEntropy(tf.elu(resized).mean([1, 2]));
    },
  },
  "embedding and attention": {
    shapes: { table: [5, 6], wq: [6, 6], wk: [6, 6], out: [6, 3] },
    loss: ({ table, wq, wk, out }) => {
      const x = tf.gather(table!, tf.tensor2d(words, [6, 4], "int32"));
      const flat = x.reshape([24, 6]);
      const query = tf.matMul(flat, wq!).reshape([6, 4, 6]);
      const key = tf.matMul(flat, wk!).reshape([6, 4, 6]);
      const weights = tf.softmax(tf.matMul(query, key, false, true).div(Math.sqrt(6)));
      return crossEntropy(tf.matMul(tf.matMul(weights, x).mean(1), out!));
    },
  },
};

async function gradients(backend: "wasm" | "cpu", model: Model, weights: Weights): Promise<{ loss: number } & Weights> {
  await use(backend);
  const before = tf.memory();
  const names = Object.keys(model.shapes);
  const tensors = names.map((name) => tf.tensor(weights[name]!, model.shapes[name]!));
  const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) =>
    model.loss(Object.fromEntries(names.map((name, i) => [name, list[i]!]))),
  )(tensors);
  const result: Record<string, Float32Array> = {};
  for (const [i, name] of names.entries()) result[name] = grads[i]!.dataSync() as Float32Array;
  const loss = value.dataSync()[0]!;
  tf.dispose([value, grads, tensors]);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  return { loss, ...result } as { loss: number } & Weights;
}

describe("the gradients of whole models equal plain JavaScript's", () => {
  test.each(Object.entries(models))("%s", async (_name, model) => {
    const weights: Weights = {};
    for (const [name, shape] of Object.entries(model.shapes)) {
      const size = shape.reduce((product, side) => product * side, 1);
      weights[name] = new Random(9).split(name).fillNormal(new Float32Array(size), 0, 0.5);
    }
    const wasm = await gradients("wasm", model, weights);
    const plain = await gradients("cpu", model, weights);
    expect(Math.abs(wasm.loss - plain.loss)).toBeLessThan(1e-5);
    for (const name of Object.keys(model.shapes)) {
      expect(wasm[name]!.some((value) => Math.abs(value) > 1e-4)).toBe(true);
      for (let i = 0; i < wasm[name]!.length; i++) {
        expect(Math.abs(wasm[name]![i]! - plain[name]![i]!)).toBeLessThan(1e-5);
      }
    }
  });
});
