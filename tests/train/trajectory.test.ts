import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { initializeWeights, mlp } from "cellwright/models";
import { Random } from "cellwright/random";
import { type TrainOptions, train } from "cellwright/train";
import { beforeAll, describe, expect, it } from "vitest";
import { type ReferenceLayer, type ReferenceOptions, referenceTrainer } from "./reference.ts";

beforeAll(async () => {
  await use("wasm");
});

/** The dense layers' weights as float64. */
function layersOf(model: tf.LayersModel): ReferenceLayer[] {
  return model.layers
    .filter((layer) => layer.getClassName() === "Dense")
    .map((layer) => {
      const [kernel, bias] = layer.getWeights();
      const [inputs, units] = kernel!.shape as [number, number];
      return {
        kernel: Float64Array.from(kernel!.dataSync()),
        bias: Float64Array.from(bias!.dataSync()),
        inputs,
        units,
      };
    });
}

/** ‖a - b‖ / ‖b‖ over all weights together. */
function distance(layers: ReferenceLayer[], reference: ReferenceLayer[]): number {
  const flat = (all: ReferenceLayer[]) => all.flatMap(({ kernel, bias }) => [...kernel, ...bias]);
  const [a, b] = [flat(layers), flat(reference)];
  const norm = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(a.map((value, i) => value - b[i]!)) / norm(b);
}

async function compare(
  model: tf.LayersModel,
  options: Pick<TrainOptions, "optimizer" | "learningRate" | "learningRateSchedule" | "labelSmoothing">,
  reference: ReferenceOptions,
): Promise<void> {
  const data = (await digits()).take(200);
  const layers = layersOf(model);
  const step = referenceTrainer(layers, reference);
  const losses: number[] = [];
  const seed = 11;
  // 200 images in batches of 24: 9 updates an epoch, the last with 8 images.
  for await (const event of train(model, data, { epochs: 6, batchSize: 24, seed, ...options })) {
    if (event.type === "step") losses.push(event.loss);
  }
  const expected: number[] = [];
  for (let epoch = 0; epoch < 6; epoch++) {
    const order = data.shuffle(new Random(seed).split("shuffle").split(epoch));
    for (let start = 0; start < 200; start += 24) {
      const part = order.skip(start).take(24);
      expected.push(step(part.images(), part.labels));
    }
  }
  expect(losses).toHaveLength(54);
  for (const [i, loss] of losses.entries()) expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(1e-5);
  expect(expected.at(-1)).toBeLessThan(0.95 * expected[0]!);
  expect(distance(layersOf(model), layers)).toBeLessThan(1e-5);
  model.dispose();
}

const shape = { inputShape: [8, 8, 1], hidden: [12], classes: 10, seed: 4 } as const;

describe("54 updates against a float64 reference, within 1e-5", () => {
  it("SGD at a constant rate", async () => {
    await compare(
      mlp(shape),
      { optimizer: "sgd", learningRate: 0.1, learningRateSchedule: "constant" },
      { optimizer: "sgd", learningRate: () => 0.1 },
    );
  });

  it("SGD along half a cosine, two hidden layers, label smoothing", async () => {
    await compare(
      mlp({ ...shape, hidden: [16, 12] }),
      { optimizer: "sgd", learningRate: 0.2, labelSmoothing: 0.1 },
      {
        optimizer: "sgd",
        labelSmoothing: 0.1,
        learningRate: (step) => (0.2 * (1 + Math.cos((Math.PI * step) / 54))) / 2,
      },
    );
  });

  it("Adam", async () => {
    await compare(
      mlp(shape),
      { optimizer: "adam", learningRate: 0.005, learningRateSchedule: "constant" },
      { optimizer: "adam", learningRate: () => 0.005 },
    );
  });

  it("the model's own L2 losses are part of the objective; an instance keeps its rate", async () => {
    const kernelRegularizer = tf.regularizers.l2({ l2: 0.01 });
    const model = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [8, 8, 1] }),
        tf.layers.dense({ units: 12, activation: "relu", kernelRegularizer }),
        tf.layers.dense({ units: 10, activation: "softmax", kernelRegularizer }),
      ],
    });
    initializeWeights(model, new Random(2));
    const optimizer = tf.train.sgd(0.1);
    await compare(model, { optimizer }, { optimizer: "sgd", l2: 0.01, learningRate: () => 0.1 });
    optimizer.dispose();
  });
});
