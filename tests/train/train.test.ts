import { tf, use } from "cellwright/backend";
import { type Dataset, digits, fromArrays, mnist } from "cellwright/data";
import { dropout, mlp, smallCnn } from "cellwright/models";
import { optimizerNames } from "cellwright/optim";
import { Random } from "cellwright/random";
import { type EndEvent, type EpochEvent, evaluate, type StepEvent, type TrainEvent, train } from "cellwright/train";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bytes, run } from "./support.ts";

let data: Dataset;
beforeAll(async () => {
  await use("wasm");
  data = (await digits()).shuffle(new Random(1));
});

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

const build = (seed = 3) => mlp({ inputShape: [8, 8, 1], hidden: [8], classes: 10, seed });
const cnn = (options = {}) =>
  smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [4, 8], dense: 16, seed: 3, ...options });

const code = (name: string, message: RegExp = /./) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) });

describe("events", () => {
  it("come in order and in full", async () => {
    const model = build();
    const validation = data.skip(100).take(50);
    const events = await run(model, data.take(100), { epochs: 2, batchSize: 32, validation });
    model.dispose();
    const types = events.map(({ type }) => type);
    const epoch = ["step", "step", "step", "step", "epoch"];
    expect(types).toEqual(["start", ...epoch, ...epoch, "end"]);
    expect(events[0]).toMatchObject({
      epochs: 2,
      steps: 8,
      stepsPerEpoch: 4,
      images: 100,
      batchSize: 32,
      learningRate: 0.002,
      optimizer: "adam",
      parameters: 610,
      backend: "wasm",
      resumedStep: 0,
      warnings: [],
    });
    const steps = events.filter((event) => event.type === "step");
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    expect(steps.every(({ imagesPerSecond, timeLeft }) => imagesPerSecond > 0 && timeLeft >= 0)).toBe(true);
    // After the last step only one validation is left.
    expect(steps.at(-1)!.timeLeft).toBeLessThan(steps.at(-2)!.timeLeft);
    // An epoch's figures are those of its steps, each weighted by its images: 32, 32, 32 and 4.
    const epochs = events.filter((event) => event.type === "epoch");
    const mean = (of: (event: StepEvent) => number) =>
      steps.slice(0, 4).reduce((sum, event, i) => sum + of(event) * (i < 3 ? 32 : 4), 0) / 100;
    expect(epochs[0]!.loss).toBeCloseTo(
      mean(({ loss }) => loss),
      12,
    );
    expect(epochs[0]!.accuracy).toBeCloseTo(
      mean(({ accuracy }) => accuracy),
      12,
    );
    const end = events.at(-1) as EndEvent;
    expect(end.reason).toBe("completed");
    expect(end.history).toHaveLength(2);
    expect(end.history[1]).toEqual(expect.objectContaining({ epoch: 2, validation: epochs[1]!.validation }));
    expect(end.seconds).toBeGreaterThanOrEqual(end.history.reduce((sum, { seconds }) => sum + seconds, 0) * 0.99);
  });

  it("say what cannot be repeated", async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [8, 8, 1] }),
        tf.layers.gaussianNoise({ stddev: 0.1, name: "noise" }),
        tf.layers.dense({ units: 10 }),
      ],
    });
    const [start] = await run(model, data.take(10), { epochs: 1 });
    model.dispose();
    expect(start).toMatchObject({ warnings: [expect.stringMatching(/^layer noise \(GaussianNoise\)/)] });
  });
});

describe("tensors", () => {
  it("stay constant from step to step, in a network with every kind of layer", async () => {
    const model = cnn({ batchNorm: true, dropout: 0.3 });
    const counts: number[] = [];
    const validation = data.skip(64).take(40);
    for await (const event of train(model, data.take(60), { epochs: 3, batchSize: 16, validation })) {
      if (event.type === "step") counts.push(tf.memory().numTensors);
    }
    model.dispose();
    expect(counts).toHaveLength(12);
    // Adam makes its slots in the first step.
    expect(new Set(counts.slice(1)).size).toBe(1);
  });

  it.each(["start", "step", "epoch", "end"])("are all freed when the consumer leaves at a %s event", async (type) => {
    const model = build();
    for await (const event of train(model, data.take(40), { epochs: 2, validation: data.take(10) })) {
      if (event.type === type) break;
    }
    model.dispose();
  });

  it("are all freed when the data fails in the middle", async () => {
    const model = build();
    let read = 0;
    const failing = data.take(40).map((image) => {
      if (++read > 45) throw new Error("the disk is gone");
      return image;
    });
    await expect(run(model, failing, { epochs: 3, batchSize: 16 })).rejects.toThrow("the disk is gone");
    model.dispose();
  });

  it("are all freed when the loss fails after the forward pass", async () => {
    const model = build();
    const loss = () => {
      throw new Error("no loss today");
    };
    await expect(run(model, data.take(40), { epochs: 1, loss })).rejects.toThrow("no loss today");
    model.dispose();
  });
});

describe("the same seed", () => {
  const twice = async (model: () => tf.LayersModel, images: Dataset, options: Parameters<typeof train>[2]) => {
    const results: Buffer[] = [];
    for (let i = 0; i < 2; i++) {
      const it = model();
      await run(it, images, options);
      results.push(bytes(it));
      it.dispose();
    }
    return results[0]!.equals(results[1]!);
  };

  it("gives the same bytes: a convolutional network with dropout and batch normalisation", async () => {
    const options = { epochs: 2, batchSize: 32, seed: 5, validation: data.skip(200).take(50) };
    expect(await twice(() => cnn({ dropout: 0.4, batchNorm: true }), data.take(200), options)).toBe(true);
  });

  it("gives the same bytes on MNIST", async () => {
    const images = (await mnist({ part: "train" })).take(256);
    const model = () => smallCnn({ inputShape: [28, 28, 1], classes: 10, seed: 7 });
    expect(await twice(model, images, { epochs: 1, batchSize: 64, seed: 7 })).toBe(true);
  });

  it("gives the same bytes with TensorFlow.js's own dropout, whose mask changes from step to step", async () => {
    const layer = tf.layers.dropout({ rate: 0.5, seed: 77 });
    const masks: string[] = [];
    const inner = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const output = inner(inputs, kwargs) as tf.Tensor;
      if (kwargs.training) masks.push(output.dataSync().map(Math.sign).join(""));
      return output;
    };
    const model = tf.sequential({
      layers: [layer, tf.layers.flatten(), tf.layers.dense({ units: 10 })].map((it, i) => {
        if (i === 0) (it as unknown as { batchInputShape: number[] }).batchInputShape = [null as never, 8, 8, 1];
        return it;
      }),
    });
    const constant = data.take(1).map((image) => image.fill(1));
    await run(model, constant, { epochs: 4, seed: 5 });
    expect(new Set(masks).size).toBe(4);
    const before = masks.splice(0);
    await run(model, constant, { epochs: 4, seed: 5 });
    expect(masks).toEqual(before);
    expect((layer as unknown as { seed: number }).seed).toBe(77);
    model.dispose();
  });

  it("and another seed another order", async () => {
    const results = [];
    for (const seed of [0, 1]) {
      const model = build();
      await run(model, data.take(64), { epochs: 1, seed });
      results.push(bytes(model));
      model.dispose();
    }
    expect(results[0]!.equals(results[1]!)).toBe(false);
  });
});

describe("stopping", () => {
  it("an abort ends after the step in hand, with an end event", async () => {
    const model = build();
    const controller = new AbortController();
    const events: TrainEvent[] = [];
    for await (const event of train(model, data.take(100), { epochs: 5, batchSize: 10, signal: controller.signal })) {
      events.push(event);
      if (event.type === "step" && event.step === 13) controller.abort();
    }
    model.dispose();
    expect(events.filter(({ type }) => type === "step")).toHaveLength(13);
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "aborted", history: [{ epoch: 1 }], bestEpoch: null });
  });

  it("an abort from a timer arrives, though every step is synchronous", async () => {
    const model = build();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    const events = await run(model, data, { epochs: 1000, batchSize: 10, signal: controller.signal });
    model.dispose();
    expect(events.at(-1)).toMatchObject({ reason: "aborted" });
  });

  it("an abort beforehand trains nothing", async () => {
    const model = build();
    const before = bytes(model);
    const events = await run(model, data.take(20), { epochs: 1, signal: AbortSignal.abort() });
    expect(events.map(({ type }) => type)).toEqual(["start", "end"]);
    expect(bytes(model).equals(before)).toBe(true);
    model.dispose();
  });

  it("an abort within the validation leaves that epoch out", async () => {
    const model = build();
    const controller = new AbortController();
    let reads = 0;
    const validation = data.map((image) => {
      if (++reads === 10) controller.abort();
      return image;
    });
    const events = await run(model, data.take(20), { epochs: 2, validation, signal: controller.signal });
    model.dispose();
    expect(events.at(-1)).toMatchObject({ reason: "aborted", history: [] });
    expect(reads).toBeLessThan(data.size);
  });
});

describe("the best weights", () => {
  // The rate is far too high, so that epochs differ.
  const options = { epochs: 6, batchSize: 20, optimizer: "sgd", learningRate: 3, seed: 2 } as const;
  const worst = async (keepBest: boolean, stop?: "break" | "abort") => {
    const model = build();
    const validation = data.skip(100).take(60);
    const controller = new AbortController();
    const events: TrainEvent[] = [];
    const all = {
      ...options,
      learningRateSchedule: "constant",
      keepBest,
      validation,
      signal: controller.signal,
    } as const;
    for await (const event of train(model, data.take(100), all)) {
      events.push(event);
      if (stop === "break" && event.type === "step" && event.epoch === 6) break;
      if (stop === "abort" && event.type === "step" && event.epoch === 6) controller.abort();
    }
    const { loss } = await evaluate(model, validation);
    model.dispose();
    const epochs = events.filter((event) => event.type === "epoch");
    const losses = epochs.map((event: EpochEvent) => event.validation!.loss);
    return { loss, losses, epochs, end: events.at(-1) as EndEvent };
  };

  it("are those of the lowest validation loss", async () => {
    const { loss, losses, epochs, end } = await worst(true);
    const lowest = Math.min(...losses);
    expect(losses.at(-1)).not.toBe(lowest);
    expect(loss).toBe(lowest);
    expect(end.bestEpoch).toBe(losses.indexOf(lowest) + 1);
    expect(epochs.map(({ best }) => best)).toEqual(
      losses.map((it, i) => it < Math.min(Infinity, ...losses.slice(0, i))),
    );
  });

  it("stay where the run ended with keepBest: false", async () => {
    const { loss, losses, end } = await worst(false);
    expect(loss).toBe(losses.at(-1));
    expect(end.bestEpoch).toBeNull();
  });

  it.each(["break", "abort"] as const)("are given back on %s too", async (stop) => {
    const { loss, losses } = await worst(true, stop);
    expect(losses).toHaveLength(5);
    expect(loss).toBe(Math.min(...losses));
  });
});

it("learns: digits to more than 90 % with a small network", async () => {
  const model = cnn();
  const { train: images, test } = data.split();
  await run(model, images, { epochs: 6, batchSize: 32, learningRate: 0.01, seed: 1 });
  const { accuracy } = await evaluate(model, test);
  model.dispose();
  expect(accuracy).toBeGreaterThan(0.9);
});

it.each(optimizerNames)("learns with %s", async (optimizer) => {
  const model = build();
  const events = await run(model, data.take(200), { epochs: 4, optimizer });
  model.dispose();
  const { history } = events.at(-1) as EndEvent;
  expect(history[3]!.loss).toBeLessThan(history[0]!.loss);
  expect(history[3]!.learningRate).toBeLessThan(history[0]!.learningRate);
});

describe("broken numbers", () => {
  it("NaN in an image is found before it reaches the weights", async () => {
    const model = cnn();
    const before = bytes(model);
    const broken = data.take(30).map((image, { index }) => {
      if (index === 17) image[5] = Number.NaN;
      return image;
    });
    await expect(run(model, broken, { epochs: 1, batchSize: 30 })).rejects.toThrow(
      code("CW_IMAGE_NAN", /number 17.*NaN/),
    );
    expect(bytes(model).equals(before)).toBe(true);
    await expect(run(model, data.take(30), { epochs: 1, validation: broken })).rejects.toThrow(code("CW_IMAGE_NAN"));
    model.dispose();
  });

  it("a loss that explodes is named with its step, its rate and what to do", async () => {
    const model = build();
    const attempt = run(model, data.take(100), { epochs: 50, batchSize: 10, optimizer: "sgd", learningRate: 1e20 });
    await expect(attempt).rejects.toThrow(
      code(
        "CW_LOSS_NAN",
        /at step \d+ \(epoch 1\) with learning rate 9999\d+ .*lower learning rate, such as 10000000000000000000/,
      ),
    );
    model.dispose();
  });
});

describe("wrong arguments are thrown by the call", () => {
  const model = () => build();
  const options = { epochs: 1 };
  const labels = (values: number[], classNames?: string[]) =>
    fromArrays({
      images: new Uint8Array(64 * values.length),
      labels: values,
      imageShape: [8, 8, 1],
      ...(classNames && { classNames }),
    });
  const eleven = Array.from({ length: 11 }, (_, i) => `${i}`);
  const cases: [string, () => unknown, string, RegExp][] = [
    ["no epochs", () => train(model(), data, {} as never), "CW_EPOCHS", /got undefined/],
    ["epochs 0", () => train(model(), data, { epochs: 0 }), "CW_EPOCHS", /from 1 on; got 0/],
    ["epochs NaN", () => train(model(), data, { epochs: Number.NaN }), "CW_EPOCHS", /NaN/],
    ["batch size 0", () => train(model(), data, { epochs: 1, batchSize: 0 }), "CW_BATCH_SIZE", /from 1 on; got 0/],
    ["batch size -1", () => train(model(), data, { epochs: 1, batchSize: -1 }), "CW_BATCH_SIZE", /-1/],
    ["batch size 2.5", () => train(model(), data, { epochs: 1, batchSize: 2.5 }), "CW_BATCH_SIZE", /2\.5/],
    ["learning rate 0", () => train(model(), data, { epochs: 1, learningRate: 0 }), "CW_LEARNING_RATE", /got 0/],
    [
      "schedule",
      () => train(model(), data, { epochs: 1, learningRateSchedule: "linear" as never }),
      "CW_SCHEDULE",
      /constant, step.*got "linear"/,
    ],
    [
      "a schedule that lacks an option",
      () => train(model(), data, { epochs: 1, learningRateSchedule: "step" }),
      "CW_SCHEDULE",
      /every and at/,
    ],
    [
      "a warm-up longer than the run",
      () => train(model(), data.take(32), { epochs: 2, learningRateSchedule: { name: "cosine", warmupSteps: 2 } }),
      "CW_SCHEDULE",
      /got 2 of 2/,
    ],
    [
      "a schedule with the run's own options",
      () => train(model(), data, { epochs: 1, learningRateSchedule: { name: "cosine", steps: 9 } as never }),
      "CW_SCHEDULE",
      /steps .*the run's own/,
    ],
    [
      "a rate beside a function",
      () => train(model(), data, { epochs: 1, learningRate: 1, learningRateSchedule: () => 1 }),
      "CW_LEARNING_RATE",
      /gives the rate itself/,
    ],
    [
      "optimizer",
      () => train(model(), data, { epochs: 1, optimizer: "adagrad" as never }),
      "CW_OPTIMIZER",
      /sgd, momentum.*"adagrad"/,
    ],
    ["no optimizer", () => train(model(), data, { epochs: 1, optimizer: null as never }), "CW_OPTIMIZER", /null/],
    [
      "an option of another optimizer",
      () => train(model(), data, { epochs: 1, optimizer: { name: "sgd", beta1: 0.9 } }),
      "CW_OPTIMIZER_OPTION",
      /sgd has no option "beta1"/,
    ],
    [
      "an option given twice",
      () => train(model(), data, { epochs: 1, weightDecay: 0.1, optimizer: { name: "adamw", weightDecay: 0.2 } }),
      "CW_OPTIMIZER_OPTION",
      /weightDecay is given twice/,
    ],
    ["decay", () => train(model(), data, { epochs: 1, weightDecay: -1 }), "CW_OPTIMIZER_OPTION", /weightDecay.*-1/],
    [
      "two ways of clipping",
      () => train(model(), data, { epochs: 1, clipNorm: 1, globalClipNorm: 1 }),
      "CW_OPTIMIZER_OPTION",
      /one way/,
    ],
    ["mixup", () => train(model(), data, { epochs: 1, mixup: -0.2 }), "CW_TRAIN_OPTION", /mixup.*-0.2/],
    ["cutmix", () => train(model(), data, { epochs: 1, cutmix: Number.NaN }), "CW_TRAIN_OPTION", /cutmix.*NaN/],
    ["focal", () => train(model(), data, { epochs: 1, focalGamma: -1 }), "CW_TRAIN_OPTION", /focalGamma/],
    ["augment", () => train(model(), data, { epochs: 1, augment: {} as never }), "CW_TRAIN_OPTION", /augment.*object/],
    [
      "weights for other classes",
      () => train(model(), data, { epochs: 1, classWeights: [1, 2] }),
      "CW_CLASS_WEIGHTS",
      /10 numbers.*\[1,2\]/,
    ],
    [
      "an own loss with the options of ours",
      () => train(model(), data, { epochs: 1, loss: () => tf.scalar(0), focalGamma: 2 }),
      "CW_TRAIN_OPTION",
      /focalGamma belongs/,
    ],
    [
      "patience 0.5",
      () => train(model(), data, { epochs: 1, earlyStopping: 0.5, validation: data.take(5) }),
      "CW_EARLY_STOPPING",
      /0\.5/,
    ],
    [
      "early stopping without a validation",
      () => train(model(), data, { epochs: 1, earlyStopping: 2 }),
      "CW_EARLY_STOPPING",
      /validation set/,
    ],
    ["smoothing 1", () => train(model(), data, { epochs: 1, labelSmoothing: 1 }), "CW_LABEL_SMOOTHING", /got 1/],
    ["seed", () => train(model(), data, { epochs: 1, seed: 0.5 }), "CW_SEED", /0\.5/],
    [
      "a misspelt option",
      () => train(model(), data, { epochs: 1, batchsize: 3 } as never),
      "CW_TRAIN_OPTION",
      /"batchsize".*batchSize/,
    ],
    [
      "resume of nothing",
      () => train(model(), data, { epochs: 1, resume: true }),
      "CW_CHECKPOINT_OPTION",
      /checkpoint/,
    ],
    [
      "checkpoint.every",
      () => train(model(), data, { epochs: 1, checkpoint: { path: "x", every: 0 } }),
      "CW_CHECKPOINT_OPTION",
      /every/,
    ],
    ["no data set", () => train(model(), [] as never, options), "CW_DATASET", /training set/],
    ["an empty data set", () => train(model(), data.take(0), options), "CW_EMPTY_DATASET", /training set/],
    [
      "an empty validation set",
      () => train(model(), data, { epochs: 1, validation: data.take(0) }),
      "CW_EMPTY_DATASET",
      /validation set/,
    ],
    [
      "a label too many",
      () => train(model(), labels([1, 10], eleven), options),
      "CW_LABEL_RANGE",
      /0 to 9 .*arrays\/1.* 10/,
    ],
    ["no label", () => train(model(), labels([1, -1, 2], eleven), options), "CW_UNLABELLED", /1 of the 3/],
    [
      "shape",
      () => train(smallCnn({ inputShape: [28, 28, 1], classes: 10 }), data, options),
      "CW_SHAPE_MISMATCH",
      /28 x 28 x 1.*8 x 8 x 1/,
    ],
    ["no model", () => train(undefined as never, data, options), "CW_MODEL_OUTPUT", /undefined/],
  ];
  it.each(cases)("%s", (_, call, name, message) => {
    const scope = tf.engine();
    scope.startScope();
    const before = new Set(Object.keys(tf.engine().registeredVariables));
    try {
      expect(call).toThrow(code(name, message));
    } finally {
      for (const [key, variable] of Object.entries(tf.engine().registeredVariables))
        if (!before.has(key)) variable.dispose();
      scope.endScope();
    }
  });

  it("a rate beside an optimizer that has one", () => {
    const it = build();
    const optimizer = tf.train.sgd(1);
    expect(() => train(it, data, { epochs: 1, optimizer, learningRate: 1 })).toThrow(
      code("CW_LEARNING_RATE", /of its own/),
    );
    optimizer.dispose();
    it.dispose();
  });

  it("a model that does not end in classes", () => {
    const layers = (...list: tf.layers.Layer[]) =>
      tf.sequential({ layers: [tf.layers.flatten({ inputShape: [8, 8, 1] }), ...list] });
    const sigmoid = layers(tf.layers.dense({ units: 2, activation: "sigmoid" }));
    expect(() => train(sigmoid, data, options)).toThrow(code("CW_MODEL_OUTPUT", /sigmoid/));
    const image = tf.sequential({ layers: [tf.layers.conv2d({ filters: 1, kernelSize: 1, inputShape: [8, 8, 1] })] });
    expect(() => train(image, data, options)).toThrow(code("CW_MODEL_OUTPUT", /\[null,8,8,1\]/));
    const frozen = layers(tf.layers.dense({ units: 10 }));
    for (const layer of frozen.layers) layer.trainable = false;
    expect(() => train(frozen, data, options)).toThrow(code("CW_NOTHING_TO_TRAIN"));
    for (const it of [sigmoid, image, frozen]) it.dispose();
  });
});

describe("where the softmax is", () => {
  const inner = () => dropout({ rate: 0.2, name: "drop" });
  const dense = (activation?: "softmax") =>
    tf.layers.dense({ units: 10, kernelInitializer: "zeros", ...(activation && { activation }) });
  const chain = (...list: tf.layers.Layer[]) =>
    tf.sequential({ layers: [tf.layers.flatten({ inputShape: [8, 8, 1] }), inner(), ...list] });
  const forms: [string, () => tf.LayersModel][] = [
    ["in the last layer", () => chain(dense("softmax"))],
    ["an activation layer", () => chain(dense(), tf.layers.activation({ activation: "softmax" }))],
    ["a softmax layer", () => chain(dense(), tf.layers.softmax())],
    ["nowhere: plain scores", () => chain(dense())],
  ];

  it("makes no difference: the same weights, the same evaluation", async () => {
    const results = [];
    for (const [name, make] of forms) {
      const model = make();
      await run(model, data.take(64), { epochs: 2, seed: 1 });
      const { loss, accuracy } = await evaluate(model, data.take(64));
      results.push({ name, weights: bytes(model).toString("base64"), loss, accuracy });
      const sum = tf.tidy(() => (model.predict(tf.ones([1, 8, 8, 1])) as tf.Tensor).sum().dataSync()[0]!);
      // The softmax is back in its place.
      if (name.startsWith("nowhere")) expect(Math.abs(sum - 1)).toBeGreaterThan(1e-3);
      else expect(sum).toBeCloseTo(1, 5);
      model.dispose();
    }
    for (const { weights, loss, accuracy } of results) {
      expect(weights === results[0]!.weights).toBe(true);
      expect({ loss, accuracy }).toEqual({ loss: results[0]!.loss, accuracy: results[0]!.accuracy });
    }
  });

  it("inside a nested model too", async () => {
    const nested = chain(dense("softmax"));
    const input = tf.input({ shape: [8, 8, 1] });
    const model = tf.model({ inputs: input, outputs: nested.apply(input) as tf.SymbolicTensor });
    const plain = chain(dense());
    for (const it of [model, plain]) await run(it, data.take(64), { epochs: 1, seed: 1 });
    expect(bytes(model).equals(bytes(plain))).toBe(true);
    for (const it of [model, plain]) it.dispose();
  });

  it("keeps the gradient of a certain mistake, which probabilities would lose", async () => {
    const model = chain(dense("softmax"));
    const bias = tf.tensor1d([200, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    model.layers.at(-1)!.weights[1]!.write(bias);
    bias.dispose();
    const wrong = data.filter(({ label }) => label === 1).take(8);
    const events = await run(model, wrong, {
      epochs: 1,
      optimizer: "sgd",
      learningRate: 1,
      learningRateSchedule: "constant",
    });
    const step = events.find((event) => event.type === "step")!;
    expect(step.loss).toBeCloseTo(200, 3);
    const after = model.layers.at(-1)!.getWeights()[1]!.dataSync();
    expect([after[0], after[1]]).toEqual([199, 1]);
    model.dispose();
  });
});
