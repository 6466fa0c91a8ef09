/**
 * The compiled step against the eager one. It exists on tfjs-node alone; what every machine can test of it is in
 * tests/backend/graph.test.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randAugment } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { type Dataset, digits } from "cellwright/data";
import { dropout, initializeWeights, smallCnn, stochasticDepth } from "cellwright/models";
import { optimizer as makeOptimizer } from "cellwright/optim";
import { Random } from "cellwright/random";
import { type StartEvent, type TrainOptions, train } from "cellwright/train";
import { beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/requirements.ts";
import { bytes, run } from "./support.ts";

// 220 images in batches of 32: 7 updates an epoch, the last with 28 images.
const settings = { epochs: 15, batchSize: 32, seed: 3 } as const;

type Make = () => tf.LayersModel;
const plain: Make = () => smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [6, 8], dense: 12, seed: 2 });
const random: Make = () =>
  smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [6], dense: 12, dropout: 0.3, batchNorm: true, seed: 2 });

/** What mobile networks are made of: depthwise and pointwise convolutions, batch normalisation, relu6. */
const mobile: Make = () => {
  const { conv2d, depthwiseConv2d, batchNormalization, reLU, globalAveragePooling2d, dense } = tf.layers;
  const end = () => [batchNormalization({ momentum: 0.9 }), reLU({ maxValue: 6 })];
  const common = { padding: "same", useBias: false } as const;
  const layers = [
    ...[conv2d({ ...common, filters: 6, kernelSize: 3, inputShape: [8, 8, 1] }), ...end()],
    ...[depthwiseConv2d({ ...common, kernelSize: 3, strides: 2 }), ...end()],
    ...[conv2d({ ...common, filters: 12, kernelSize: 1 }), ...end()],
    ...[conv2d({ filters: 12, kernelSize: 1, activation: "relu" }), conv2d({ filters: 9, kernelSize: 1, strides: 2 })],
    ...[globalAveragePooling2d({}), dense({ units: 10, kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }) })],
  ];
  const model = tf.sequential({ layers });
  initializeWeights(model, new Random(1));
  return model;
};

/** Two branches, one of them dropped at random, meeting in a sum: stochastic depth. */
const residual: Make = () => {
  const input = tf.input({ shape: [8, 8, 1] });
  const first = tf.layers.conv2d({ filters: 6, kernelSize: 3, padding: "same" }).apply(input) as tf.SymbolicTensor;
  const branch = tf.layers.conv2d({ filters: 6, kernelSize: 3, padding: "same", activation: "relu" }).apply(first);
  const dropped = stochasticDepth({ rate: 0.3 }).apply(branch) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([first, dropped]) as tf.SymbolicTensor;
  const pooled = tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }).apply(sum);
  const output = tf.layers.dense({ units: 10 }).apply(tf.layers.flatten().apply(pooled)) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: output });
  initializeWeights(model, new Random(1));
  return model;
};

/** A loss of the user's own: the Brier score. */
const brier = (logits: tf.Tensor2D, labels: tf.Tensor): tf.Scalar => {
  const targets = labels.rank === 2 ? labels : tf.cast(tf.oneHot(labels as tf.Tensor1D, 10), "float32");
  return tf.mean(tf.sum(tf.square(tf.sub(tf.softmax(logits), targets)), 1));
};

const augment = randAugment({ n: 2, m: 9 });

const centred: Partial<TrainOptions> = {
  ...{ optimizer: { name: "rmsprop", centered: true, momentum: 0.5 }, learningRate: 0.0002 },
};

interface Outcome {
  readonly start: StartEvent;
  readonly losses: number[];
  readonly accuracies: number[];
  readonly weights: Float32Array;
}

async function outcome(make: Make, data: Dataset, options: Partial<TrainOptions>): Promise<Outcome> {
  const before = tf.memory().numTensors;
  const model = make();
  const events = await run(model, data, { ...settings, ...options });
  const steps = events.filter((event) => event.type === "step");
  const raw = bytes(model);
  const weights = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return {
    start: events[0] as StartEvent,
    losses: steps.map(({ loss }) => loss),
    accuracies: steps.map(({ accuracy }) => accuracy),
    weights,
  };
}

function distance(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(a.map((value, i) => value - b[i]!)) / norm(b);
}

describeWith(["tfjs-node"], "the compiled step", () => {
  let data: Dataset;
  beforeAll(async () => {
    await use("tfjs-node");
    data = (await digits()).take(220);
  });

  const cases: [string, Make, Partial<TrainOptions>][] = [
    ["adam", plain, {}],
    ["sgd", plain, { optimizer: "sgd" }],
    ["momentum", plain, { optimizer: "momentum" }],
    // Its first steps divide noise by noise where a gradient is tiny: the larger the rate, the further apart two roundings.
    ["rmsprop", plain, { optimizer: "rmsprop", learningRate: 0.0005 }],
    ["adamw with clipping and averages", plain, { optimizer: "adamw", globalClipNorm: 1, ema: 0.9 }],
    ["nesterov with clipping by value", plain, { optimizer: "nesterov", clipValue: 0.05 }],
    ["sgdw with clipping by norm", plain, { optimizer: "sgdw", clipNorm: 0.5 }],
    ["rmsprop with all its options", plain, centred],
    ["lars", plain, { optimizer: "lars" }],
    ["lamb", plain, { optimizer: "lamb" }],
    ["a mobile network", mobile, { optimizer: "momentum", weightDecay: 0.001 }],
    ["stochastic depth, mean pooling, one-cycle", residual, { learningRateSchedule: "oneCycle" }],
    ["augmentation", plain, { augment }],
    ["augmentation, cutmix, dropout, averages", random, { augment, cutmix: 1, optimizer: "nesterov", ema: 0.95 }],
    ["mixup or cutmix, with a loss of one's own", plain, { mixup: 0.2, cutmix: 1, loss: brier }],
    ["dropout and batch normalisation", random, { optimizer: "momentum" }],
    ["mixup and label smoothing", plain, { mixup: 0.2, labelSmoothing: 0.1 }],
    ["class weights and focus", plain, { classWeights: "balanced", focalGamma: 2 }],
  ];
  test.each(cases)("equals the eager step within 1e-5 after 105 updates: %s", async (_, make, options) => {
    const eager = await outcome(make, data, { ...options, compile: false });
    const compiled = await outcome(make, data, { ...options, compile: true });
    expect(eager.start.compiled).toBe(false);
    expect(compiled.start).toMatchObject({ compiled: true, warnings: [] });
    expect(compiled.losses).toHaveLength(105);
    for (const [i, loss] of compiled.losses.entries()) expect(Math.abs(loss - eager.losses[i]!)).toBeLessThan(1e-5);
    expect(compiled.accuracies).toEqual(eager.accuracies);
    expect(distance(compiled.weights, eager.weights)).toBeLessThan(1e-5);
    expect(compiled.losses.at(-1)).toBeLessThan(compiled.losses[0]!);
  });

  test("an optimizer of tf.train, whose numbers nobody hands out", async () => {
    for (const make of [() => tf.train.adam(0.002), () => tf.train.adagrad(0.02), () => tf.train.adamax(0.002)]) {
      const results: Outcome[] = [];
      for (const compile of [false, true]) {
        const optimizer = make();
        const model = plain();
        const events = await run(model, data, { ...settings, optimizer, compile });
        const losses = events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
        const raw = bytes(model);
        const weights = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
        expect(optimizer.iterations).toBe(105);
        results.push({ start: events[0] as StartEvent, losses, accuracies: [], weights });
        model.dispose();
        optimizer.dispose();
      }
      expect(results[1]!.start.compiled).toBe(true);
      expect(distance(results[1]!.weights, results[0]!.weights)).toBeLessThan(1e-5);
    }
  });

  test("is chosen by the number of updates", async () => {
    expect((await outcome(plain, data, { epochs: 14 })).start.compiled).toBe(false);
    expect((await outcome(plain, data, { epochs: 15 })).start.compiled).toBe(true);
  });

  test("the same run gives the same bytes, and a resumed one too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cellwright-compiled-"));
    try {
      const whole = await outcome(random, data, {});
      expect((await outcome(random, data, {})).weights).toEqual(whole.weights);
      const checkpoint = { path: join(folder, "run"), every: 10 };
      const model = random();
      for await (const event of train(model, data, { ...settings, checkpoint })) {
        if (event.type === "step" && event.step === 34) break;
      }
      model.dispose();
      const resumed = await outcome(random, data, { checkpoint, resume: true });
      expect(resumed.start.resumedStep).toBe(30);
      expect(resumed.weights).toEqual(whole.weights);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("the weights are in the model at the end of every epoch and after leaving", async () => {
    const model = plain();
    const seen: string[] = [bytes(model).toString("base64")];
    for await (const event of train(model, data, { ...settings, compile: true })) {
      if (event.type === "epoch") seen.push(bytes(model).toString("base64"));
      if (event.type === "step" && event.step === 17) break;
    }
    seen.push(bytes(model).toString("base64"));
    expect(new Set(seen).size).toBe(4);
    model.dispose();
  });

  test("what JavaScript makes anew in every step is not compiled, and the reason is told", async () => {
    const noisy: Make = () => {
      const model = tf.sequential({
        layers: [
          tf.layers.gaussianNoise({ stddev: 0.1, inputShape: [8, 8, 1] }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 10 }),
        ],
      });
      initializeWeights(model, new Random(1));
      return model;
    };
    const { start } = await outcome(noisy, data, { epochs: 1, compile: true });
    expect(start.compiled).toBe(false);
    expect(start.warnings.join()).toMatch(/could not be compiled .* JavaScript makes a value of shape/);
    const reading = (logits: tf.Tensor2D) => tf.mul(tf.mean(logits), logits.dataSync()[0]!) as tf.Scalar;
    const read = await outcome(plain, data, { epochs: 1, compile: true, loss: reading });
    expect(read.start.warnings.join()).toMatch(/reads a value back/);
  });

  test("a loss that is not finite stops the run with the last good weights", async () => {
    const model = plain();
    const optimizer = makeOptimizer("sgd", { learningRate: 1e6 });
    const before = tf.memory().numTensors;
    await expect(run(model, data, { ...settings, optimizer, compile: true })).rejects.toMatchObject({
      code: "CW_LOSS_NAN",
    });
    expect(tf.memory().numTensors).toBe(before);
    for (const value of model.getWeights()) expect(value.dataSync().every(Number.isFinite)).toBe(true);
    model.dispose();
    optimizer.dispose();
  });

  test("a model with a shared dropout layer draws a mask for each call", async () => {
    const shared: Make = () => {
      const input = tf.input({ shape: [8, 8, 1] });
      const layer = dropout({ rate: 0.4 });
      const flat = tf.layers.flatten().apply(input) as tf.SymbolicTensor;
      const hidden = tf.layers.dense({ units: 64 }).apply(layer.apply(flat)) as tf.SymbolicTensor;
      const output = tf.layers.dense({ units: 10 }).apply(layer.apply(hidden)) as tf.SymbolicTensor;
      const model = tf.model({ inputs: input, outputs: output });
      initializeWeights(model, new Random(1));
      return model;
    };
    const eager = await outcome(shared, data, { epochs: 2, compile: false });
    const compiled = await outcome(shared, data, { epochs: 2, compile: true });
    expect(compiled.start.compiled).toBe(true);
    expect(distance(compiled.weights, eager.weights)).toBeLessThan(1e-5);
  });
});

test("on another back end nothing is compiled, and nothing is said of it", async () => {
  await use("wasm");
  const { start } = await outcome(plain, (await digits()).take(64), { epochs: 1, compile: true });
  expect(start).toMatchObject({ compiled: false, warnings: [] });
});
