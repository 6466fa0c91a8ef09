import { readFileSync } from "node:fs";
import { tf, use } from "cellwright/backend";
import { classificationLoss } from "cellwright/train";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";

interface Golden {
  losses: {
    logits: number[][];
    targets: number[][];
    crossEntropy: Record<string, number>;
    focal: { gamma: number; smoothing: number; value: number }[];
  };
}
const { losses } = JSON.parse(readFileSync(new URL("../golden/optim/keras.json", import.meta.url), "utf8")) as Golden;

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

type Options = NonNullable<Parameters<typeof classificationLoss>[0]>;

const softLoss = (options: Options, logits = losses.logits, targets = losses.targets) =>
  tf.tidy(() => classificationLoss(options)(tf.tensor2d(logits), tf.tensor2d(targets)).dataSync()[0]!);
const hardLoss = (options: Options, logits: number[][], labels: number[]) =>
  tf.tidy(() => classificationLoss(options)(tf.tensor2d(logits), tf.tensor1d(labels, "int32")).dataSync()[0]!);

it("takes class probabilities, as Keras does", () => {
  for (const [smoothing, value] of Object.entries(losses.crossEntropy)) {
    expect(softLoss({ labelSmoothing: Number(smoothing) })).toBeCloseTo(value, 5);
  }
  for (const { gamma, smoothing, value } of losses.focal) {
    expect(softLoss({ focalGamma: gamma, labelSmoothing: smoothing })).toBeCloseTo(value, 5);
  }
});

it("is the same for a class as for certainty of it", () => {
  const labels = [2, 0, 4, 4];
  const certain = labels.map((label) => [0, 1, 2, 3, 4].map((k) => (k === label ? 1 : 0)));
  const all: Options[] = [{}, { labelSmoothing: 0.2 }, { focalGamma: 2 }, { classWeights: [1, 0, 2, 3, 0.5] }];
  for (const options of all) {
    expect(hardLoss(options, losses.logits, labels)).toBe(softLoss(options, losses.logits, certain));
  }
});

it("weighs each image by its class, mixtures by their shares", () => {
  const each = losses.logits.map((row, i) => softLoss({}, [row], [losses.targets[i]!]));
  const classWeights = [1, 0, 2, 3, 0.5];
  const weights = losses.targets.map((row) => row.reduce((sum, q, k) => sum + q * classWeights[k]!, 0));
  const expected = each.reduce((sum, loss, i) => sum + loss * weights[i]!, 0) / each.length;
  expect(softLoss({ classWeights })).toBeCloseTo(expected, 5);
  // Smoothing changes the goal of an image, not how much the image counts.
  const smooth = losses.logits.map((row, i) => softLoss({ labelSmoothing: 0.3 }, [row], [losses.targets[i]!]));
  const expectedSmooth = smooth.reduce((sum, loss, i) => sum + loss * weights[i]!, 0) / each.length;
  expect(softLoss({ classWeights, labelSmoothing: 0.3 })).toBeCloseTo(expectedSmooth, 5);
});

it("without focus is cross-entropy; with it an image that is answered well counts next to nothing", () => {
  expect(softLoss({ focalGamma: 0 })).toBe(softLoss({}));
  const sure = [[4, 0, 0]];
  const [plain, focused] = [hardLoss({}, sure, [0]), hardLoss({ focalGamma: 2 }, sure, [0])];
  // p = e⁴ / (e⁴ + 2).
  const p = Math.exp(4) / (Math.exp(4) + 2);
  expect(plain).toBeCloseTo(-Math.log(p), 6);
  expect(focused).toBeCloseTo(-Math.log(p) * (1 - p) ** 2, 7);
});

it("has a finite value and gradient where the logits are huge", () => {
  for (const options of [{}, { focalGamma: 0.5 }, { focalGamma: 2 }, { classWeights: [1, 2, 3] }] as Options[]) {
    for (const label of [0, 1]) {
      const logits = tf.tensor2d([[300, 0, -300]]);
      const labels = tf.tensor1d([label], "int32");
      const loss = classificationLoss(options);
      const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => loss(z as tf.Tensor2D, labels))(logits);
      expect(Number.isFinite(value.dataSync()[0])).toBe(true);
      expect([...grad.dataSync()].every(Number.isFinite)).toBe(true);
      tf.dispose([logits, labels, value, grad]);
    }
  }
});

it("has the gradient of its value", () => {
  const options: Options = { focalGamma: 1.5, labelSmoothing: 0.1, classWeights: [1, 0.5, 2, 3, 0.5] };
  const gradient = tf.tidy(() => {
    const targets = tf.tensor2d(losses.targets);
    const loss = classificationLoss(options);
    return tf
      .grad((z: tf.Tensor) => loss(z as tf.Tensor2D, targets))(tf.tensor2d(losses.logits))
      .arraySync();
  }) as number[][];
  // Central differences of the value in float64.
  const value = (logits: number[][]) => {
    const weights = options.classWeights!;
    let sum = 0;
    logits.forEach((row, i) => {
      const logSum = Math.log(row.reduce((total, z) => total + Math.exp(z), 0));
      const q = losses.targets[i]!;
      const weight = q.reduce((total, share, k) => total + share * weights[k]!, 0);
      row.forEach((z, k) => {
        const p = Math.exp(z - logSum);
        sum -= weight * (0.9 * q[k]! + 0.02) * (1 - p) ** 1.5 * (z - logSum);
      });
    });
    return sum / logits.length;
  };
  losses.logits.forEach((row, i) => {
    row.forEach((_, k) => {
      const moved = (by: number) =>
        value(losses.logits.map((other, j) => other.map((z, l) => (i === j && k === l ? z + by : z))));
      expect(gradient[i]![k]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5);
    });
  });
});
