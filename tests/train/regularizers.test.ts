import { type BatchTransform, trivialAugment } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { type Dataset, digits } from "cellwright/data";
import { initializeWeights, mlp, smallCnn, stochasticDepth } from "cellwright/models";
import { schedule } from "cellwright/optim";
import { Random } from "cellwright/random";
import { type EndEvent, evaluate, type LossFunction, type StepEvent, type TrainOptions, train } from "cellwright/train";
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

const build = () => mlp({ inputShape: [8, 8, 1], hidden: [8], classes: 10, seed: 3 });
const code = (name: string, message: RegExp = /./) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) });

/** The weights after a short run. */
async function weightsAfter(options: Partial<TrainOptions>, images = data.take(60)) {
  const model = build();
  const events = await run(model, images, { epochs: 2, batchSize: 16, seed: 4, ...options });
  const result = bytes(model);
  model.dispose();
  return { weights: result, events, end: events.at(-1) as EndEvent };
}

describe("every regularizer", () => {
  const cases: [string, Partial<TrainOptions>, Partial<TrainOptions>][] = [
    ["mixup", { mixup: 0.4 }, { mixup: 0 }],
    ["cutmix", { cutmix: 1 }, { cutmix: 0 }],
    ["both", { mixup: 1, cutmix: 1 }, {}],
    ["label smoothing", { labelSmoothing: 0.1 }, { labelSmoothing: 0 }],
    ["focal loss", { focalGamma: 2 }, { focalGamma: 0 }],
    ["class weights", { classWeights: [1, 1, 1, 1, 1, 5, 1, 1, 1, 1] }, {}],
    ["weight decay", { weightDecay: 0.1 }, { weightDecay: 0 }],
    ["clipping", { globalClipNorm: 0.1 }, {}],
    ["averages", { ema: 0.9 }, { ema: 0 }],
    ["augmentation", { augment: trivialAugment() }, {}],
  ];
  it.each(cases)("%s: on changes the run, off leaves it, and one seed gives the same bytes", async (_, on, off) => {
    const plain = (await weightsAfter({})).weights;
    expect((await weightsAfter(off)).weights.equals(plain)).toBe(true);
    const first = (await weightsAfter(on)).weights;
    expect(first.equals(plain)).toBe(false);
    expect((await weightsAfter(on)).weights.equals(first)).toBe(true);
  });

  it("all at once in a convolutional network: no tensor more from step to step", async () => {
    const model = smallCnn({
      inputShape: [8, 8, 1],
      classes: 10,
      filters: [4],
      dense: 8,
      batchNorm: true,
      dropout: 0.2,
    });
    const counts: number[] = [];
    const options: TrainOptions = {
      epochs: 3,
      batchSize: 16,
      optimizer: { name: "lamb", weightDecay: 0.01 },
      learningRateSchedule: { name: "cosine", warmupSteps: 3 },
      mixup: 0.2,
      cutmix: 1,
      labelSmoothing: 0.1,
      classWeights: "balanced",
      focalGamma: 1,
      globalClipNorm: 1,
      ema: 0.9,
      augment: (images, random) => tf.tidy(() => images.mul(random.float())),
      validation: data.skip(60).take(20),
      earlyStopping: 5,
    };
    for await (const event of train(model, data.take(60), options)) {
      if (event.type === "step") counts.push(tf.memory().numTensors);
    }
    model.dispose();
    expect(new Set(counts.slice(1)).size).toBe(1);
  });

  it("are in the training alone: validation and evaluation see neither", async () => {
    const model = build();
    const augment: BatchTransform = (images) => tf.tidy(() => images.mul(0));
    const validation = data.skip(60).take(40);
    const options = { epochs: 1, augment, mixup: 1, labelSmoothing: 0.5, validation } as const;
    const events = await run(model, data.take(60), options);
    const { loss } = await evaluate(model, validation);
    model.dispose();
    expect((events.at(-1) as EndEvent).history[0]!.validation!.loss).toBe(loss);
  });
});

describe("augment", () => {
  it("gets each batch with a stream of its own, and may give back what it got", async () => {
    const drawn: number[] = [];
    const identity: BatchTransform = (images, random) => {
      drawn.push(random.float());
      expect(images.shape.slice(1)).toEqual([8, 8, 1]);
      return images;
    };
    const { weights } = await weightsAfter({ augment: identity });
    expect(new Set(drawn).size).toBe(8);
    expect(weights.equals((await weightsAfter({})).weights)).toBe(true);
  });

  it("says what a wrong transform gave", async () => {
    const wrong: [BatchTransform, RegExp][] = [
      [
        (images) => tf.tidy(() => images.slice([0, 1]) as tf.Tensor4D),
        /float32 \[16,8,8,1\]; got float32 \[16,7,8,1\]/,
      ],
      [(images) => tf.tidy(() => images.cast("int32")), /got int32/],
      [() => undefined as never, /got undefined/],
      [(images) => tf.tidy(() => images.mul(0).div(0) as tf.Tensor4D), /augmented they are not/],
    ];
    for (const [augment, message] of wrong) {
      await expect(weightsAfter({ augment })).rejects.toThrow(code("CW_AUGMENT", message));
      for (const variable of Object.values(tf.engine().registeredVariables)) variable.dispose();
    }
  });

  it("an image with NaN is still the image's fault", async () => {
    const model = build();
    const broken = data.take(20).map((image) => image.fill(Number.NaN, 0, 1));
    const augment: BatchTransform = (images) => tf.tidy(() => images.mul(0.5));
    await expect(run(model, broken, { epochs: 1, augment })).rejects.toThrow(code("CW_IMAGE_NAN"));
    model.dispose();
  });
});

describe("labels", () => {
  it("a loss of one's own gets classes, and probabilities where images are mixed", async () => {
    const ranks: number[] = [];
    const loss: LossFunction = (logits, labels) => {
      ranks.push(labels.rank);
      return logits.square().mean() as tf.Scalar;
    };
    await weightsAfter({ loss, epochs: 1 });
    await weightsAfter({ loss, epochs: 1, mixup: 1 });
    expect(ranks).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  });

  it("balanced weights: the loss of a class that never answers is the same however rare it is", async () => {
    const rare = data.filter(({ label, index }) => label === 0 || (label === 1 && index % 7 === 0)).take(70);
    const counts = rare.summary().counts;
    const model = build();
    // Two classes of ten are there; the others have no images and no say.
    const [, step] = await run(model, rare, { epochs: 1, batchSize: 70, classWeights: "balanced" });
    model.dispose();
    const fresh = build();
    const { probabilities, labels } = await evaluate(fresh, rare);
    fresh.dispose();
    let expected = 0;
    labels.forEach((label, i) => {
      expected -= (rare.size / (10 * counts[label]!)) * Math.log(probabilities[i * 10 + label]!);
    });
    expect((step as StepEvent).loss).toBeCloseTo(expected / rare.size, 5);
  });
});

describe("schedules", () => {
  const rates = async (options: Partial<TrainOptions>) => {
    const { events } = await weightsAfter({ ...options, optimizer: "sgd" });
    return events.flatMap((event) => (event.type === "step" ? [event.learningRate] : []));
  };
  const learningRate = 0.4;

  it("by name, with options, or a function", async () => {
    const cosine = schedule("cosine", { learningRate, steps: 8, warmupSteps: 2 });
    const expected = Array.from({ length: 8 }, (_, step) => cosine(step));
    const learningRateSchedule = { name: "cosine", warmupSteps: 2 } as const;
    expect(await rates({ learningRate, learningRateSchedule })).toEqual(expected);
    expect(await rates({ learningRateSchedule: cosine })).toEqual(expected);
    expect(await rates({ learningRateSchedule: (step) => 1 / (step + 1) })).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => 1 / n),
    );
    expect(await rates({ learningRate, learningRateSchedule: { name: "step", at: [4], factor: 0.5 } })).toEqual([
      ...[0.4, 0.4, 0.4, 0.4],
      ...[0.2, 0.2, 0.2, 0.2],
    ]);
    // Half the mean, twice the rate.
    expect((await rates({}))[0]).toBe(0.02);
    expect((await rates({ learningRateSchedule: "polynomial" }))[0]).toBe(0.02);
    expect((await rates({ learningRateSchedule: "constant" }))[0]).toBe(0.01);
  });

  it("a plateau listens to the validation", async () => {
    const validation = data.skip(60).take(20);
    const learningRateSchedule = { name: "plateau", patience: 1, factor: 0.5, minDelta: 100 } as const;
    const all = await rates({ learningRate, learningRateSchedule, validation, epochs: 4 });
    expect([0, 4, 8, 12].map((step) => all[step])).toEqual([0.4, 0.4, 0.2, 0.1]);
  });

  it("a function that gives no rate is named with its step", async () => {
    const model = build();
    const learningRateSchedule = (step: number) => (step === 1 ? Number.NaN : 0.1);
    await expect(run(model, data.take(60), { epochs: 1, batchSize: 16, learningRateSchedule })).rejects.toThrow(
      code("CW_LEARNING_RATE", /step 1 it gave NaN/),
    );
    model.dispose();
  });
});

describe("early stopping", () => {
  const options = { epochs: 40, batchSize: 20, optimizer: "sgd", learningRateSchedule: "constant", seed: 2 } as const;
  const stopped = async (changes: Partial<TrainOptions>) => {
    const model = build();
    const validation = data.skip(100).take(60);
    const events = await run(model, data.take(100), { ...options, validation, ...changes });
    const { loss } = await evaluate(model, validation);
    model.dispose();
    return { loss, end: events.at(-1) as EndEvent };
  };

  it("ends after `patience` epochs without improvement, with the best weights", async () => {
    const { end, loss } = await stopped({ learningRate: 3, earlyStopping: 3 });
    const losses = end.history.map(({ validation }) => validation!.loss);
    expect(end.reason).toBe("stopped");
    expect(losses.length).toBeLessThan(40);
    expect(losses.indexOf(Math.min(...losses))).toBe(losses.length - 4);
    expect(loss).toBe(Math.min(...losses));
    expect(end.bestEpoch).toBe(losses.length - 3);
  });

  it("counts what is better by less than `minDelta` as no improvement", async () => {
    const { end } = await stopped({ learningRate: 0.01, earlyStopping: { patience: 2, minDelta: 100 } });
    expect([end.reason, end.history.length]).toEqual(["stopped", 3]);
    // The best weights are the best all the same.
    expect(end.bestEpoch).toBe(3);
  });

  it("does not end a run that improves, nor one that is at its end", async () => {
    expect((await stopped({ learningRate: 0.01, epochs: 5, earlyStopping: 2 })).end.reason).toBe("completed");
    const patient = { learningRate: 0.01, epochs: 3, earlyStopping: { patience: 2, minDelta: 100 } };
    expect((await stopped(patient)).end.reason).toBe("completed");
    expect((await stopped({ learningRate: 3, epochs: 8, earlyStopping: 0 })).end.history).toHaveLength(8);
  });
});

describe("averages of the weights", () => {
  it("are validated, and the model ends with them", async () => {
    const validation = data.skip(100).take(60);
    for (const keepBest of [true, false]) {
      const model = build();
      const events = await run(model, data.take(100), { epochs: 3, ema: 0.9, validation, keepBest });
      const { loss } = await evaluate(model, validation);
      model.dispose();
      const { history, bestEpoch } = events.at(-1) as EndEvent;
      expect(loss).toBe(history[(bestEpoch ?? 3) - 1]!.validation!.loss);
    }
  });

  it("do not change the course of the weights", async () => {
    const losses = async (ema: number) =>
      (await weightsAfter({ ema, validation: data.skip(60).take(20) })).events.flatMap((event) =>
        event.type === "step" ? [event.loss] : [],
      );
    expect(await losses(0.9)).toEqual(await losses(0));
  });
});

it("stochastic depth learns in a residual network, with masks that differ from step to step", async () => {
  const input = tf.input({ shape: [8, 8, 1] });
  const first = tf.layers.dense({ units: 16, activation: "relu" }).apply(tf.layers.flatten().apply(input));
  const branch = tf.layers.dense({ units: 16, activation: "relu" }).apply(first);
  const layer = stochasticDepth({ rate: 0.5 });
  const sum = tf.layers.add().apply([first, layer.apply(branch)] as tf.SymbolicTensor[]);
  const output = tf.layers.dense({ units: 10 }).apply(sum) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: output });
  initializeWeights(model, new Random(1));
  const masks: string[] = [];
  const inner = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    const output = inner(inputs, kwargs);
    if (kwargs.training) masks.push(tf.tidy(() => output.sum(1).sign().dataSync().join("")));
    return output;
  };
  const events = await run(model, data.take(200), { epochs: 6, batchSize: 50, seed: 1, learningRate: 0.02 });
  model.dispose();
  expect(new Set(masks).size).toBe(masks.length);
  const { history } = events.at(-1) as EndEvent;
  expect(history.at(-1)!.loss).toBeLessThan(0.8 * history[0]!.loss);
});
