/**
 * The same tests on every tier that is installed here; WebAssembly always is. A tier that is installed and does not start fails.
 * WebGPU is left out where there is only a program that imitates a device: on it these tests would take minutes.
 */
import { listBackends, tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { train } from "cellwright/train";
import { beforeAll, describe, expect, test } from "vitest";
import { convolutionGradients, type Geometry } from "./reference.ts";

const tiers = listBackends()
  .filter(({ installed, name }) => installed && name !== "cpu" && name !== "webgpu")
  .map(({ name }) => name);

const curves = new Map<string, number[]>();

function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(error / size);
}

describe.each(tiers)("%s", (name) => {
  beforeAll(async () => {
    expect((await use(name)).name).toBe(name);
  });

  test("both gradients of a convolution are those of a float64 reference", () => {
    const random = new Random(1);
    const g: Geometry = {
      ...{ batch: 2, height: 7, width: 6, inChannels: 3, outChannels: 4, filterHeight: 3, filterWidth: 3 },
      ...{ strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] },
    };
    const x = random.fillUniform(new Float32Array(2 * 7 * 6 * 3), -1, 1);
    const w = random.fillUniform(new Float32Array(3 * 3 * 3 * 4), -1, 1);
    const dy = random.fillUniform(new Float32Array(2 * 7 * 6 * 4), -1, 1);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const gradients = tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same"));
      const at = [tf.tensor4d(x, [2, 7, 6, 3]), tf.tensor4d(w, [3, 3, 3, 4])];
      const [dx, dw] = gradients(at, tf.tensor4d(dy, [2, 7, 6, 4]));
      const expected = convolutionGradients(g, x, w, dy);
      expect(distance(dx!.dataSync(), expected.dx)).toBeLessThan(1e-6);
      expect(distance(dw!.dataSync(), expected.dw)).toBeLessThan(1e-6);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a product of matrices and softmax cross-entropy, forward and backward", () => {
    const random = new Random(2);
    const [n, k, m] = [5, 17, 4];
    const a = random.fillUniform(new Float32Array(n * k), -1, 1);
    const b = random.fillUniform(new Float32Array(k * m), -1, 1);
    const labels = [0, 3, 1, 1, 2];
    const gradient = new Float64Array(k * m);
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const z = Array.from({ length: m }, (_, j) => {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += a[i * k + l]! * b[l * m + j]!;
        return sum;
      });
      const total = z.reduce((sum, value) => sum + Math.exp(value), 0);
      loss += (Math.log(total) - z[labels[i]!]!) / n;
      for (let j = 0; j < m; j++) {
        const d = (Math.exp(z[j]!) / total - (labels[i] === j ? 1 : 0)) / n;
        for (let l = 0; l < k; l++) gradient[l * m + j]! += a[i * k + l]! * d;
      }
    }
    tf.tidy(() => {
      const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), m, 1, 0, "int32"), "float32");
      const at = tf.tensor2d(b, [k, m]);
      const { value, grad } = tf.valueAndGrad((w) =>
        tf.losses.softmaxCrossEntropy(targets, tf.matMul(tf.tensor2d(a, [n, k]), w as tf.Tensor2D)),
      )(at);
      expect(value.dataSync()[0]).toBeCloseTo(loss, 5);
      expect(distance(grad.dataSync(), gradient)).toBeLessThan(1e-6);
    });
  });

  test("a training run has the loss curve of every other tier within 1e-3", async () => {
    const data = (await digits()).take(320);
    const before = tf.memory().numTensors;
    const model = smallCnn({
      inputShape: [8, 8, 1],
      classes: 10,
      filters: [8],
      dense: 16,
      dropout: 0.2,
      batchNorm: true,
    });
    const losses: number[] = [];
    for await (const event of train(model, data, { epochs: 4, batchSize: 32, seed: 5 })) {
      if (event.type === "step") losses.push(event.loss);
    }
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(losses.at(-1)).toBeLessThan(0.95 * losses[0]!);
    for (const [other, curve] of curves) {
      for (const [i, loss] of losses.entries())
        expect(Math.abs(loss - curve[i]!), `${other}, step ${i}`).toBeLessThan(1e-3);
    }
    curves.set(name, losses);
  });
});
