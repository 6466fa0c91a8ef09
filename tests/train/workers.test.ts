/**
 * Training by worker threads on the WebAssembly back end: the same bytes whoever computes and however many they are, and no thread, tensor or run left hanging.
 *
 * The threads run the built files: `npm test` builds them first.
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Worker } from "node:worker_threads";
import { tf, use } from "cellwright/backend";
import { type Dataset, digits, fromArrays } from "cellwright/data";
import { initializeWeights, smallCnn, stochasticDepth } from "cellwright/models";
import { Random } from "cellwright/random";
import { type StartEvent, type StepEvent, type TrainOptions, train } from "cellwright/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endIdleWorkers } from "../../src/train/parallel/crew.ts";
import { bytes, run } from "./support.ts";

let data: Dataset;
let folder: string;
beforeAll(async () => {
  await use("wasm");
  // 3 batches of 64, and one of 28.
  data = (await digits()).take(220);
  folder = await mkdtemp(join(tmpdir(), "cellwright-workers-"));
});
afterAll(async () => {
  await endIdleWorkers();
  rmSync(folder, { recursive: true });
});

const settings = { epochs: 2, batchSize: 64, seed: 3 } as const;

const plain = () => smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [6, 8], dense: 12, seed: 2 });

/** All that depends on the batch or on chance, and a penalty. */
function rich(): tf.LayersModel {
  const { layers } = tf;
  const input = tf.input({ shape: [8, 8, 1] });
  const kernelRegularizer = tf.regularizers.l2({ l2: 0.01 });
  const conv = (x: tf.SymbolicTensor) =>
    layers.conv2d({ filters: 6, kernelSize: 3, padding: "same", kernelRegularizer }).apply(x) as tf.SymbolicTensor;
  const norm = (x: tf.SymbolicTensor) =>
    layers.reLU().apply(layers.batchNormalization({ momentum: 0.8 }).apply(x)) as tf.SymbolicTensor;
  const trunk = norm(conv(input));
  const branch = stochasticDepth({ rate: 0.3 }).apply(norm(conv(trunk))) as tf.SymbolicTensor;
  const sum = layers.add().apply([trunk, branch]) as tf.SymbolicTensor;
  const flat = layers.flatten().apply(layers.maxPooling2d({ poolSize: 2 }).apply(sum)) as tf.SymbolicTensor;
  const kept = layers.dropout({ rate: 0.2 }).apply(flat) as tf.SymbolicTensor;
  const model = tf.model({
    inputs: input,
    outputs: layers.dense({ units: 10, activation: "softmax" }).apply(kept) as tf.SymbolicTensor,
  });
  initializeWeights(model, new Random(4));
  return model;
}

interface Outcome {
  readonly start: StartEvent;
  readonly losses: number[];
  readonly weights: Buffer;
}

async function outcome(make: () => tf.LayersModel, options: Partial<TrainOptions>, set = data): Promise<Outcome> {
  const before = tf.memory().numTensors;
  const model = make();
  const events = await run(model, set, { ...settings, ...options });
  const weights = bytes(model);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
  const steps = events.filter((event): event is StepEvent => event.type === "step");
  return { start: events[0] as StartEvent, losses: steps.map(({ loss }) => loss), weights };
}

/** The threads that live. */
const threads = new Set<Worker>();
process.on("worker", (worker) => {
  threads.add(worker);
  worker.once("exit", () => threads.delete(worker));
});

describe("the result", () => {
  const cases: [string, () => tf.LayersModel, Partial<TrainOptions>][] = [
    ["a plain network", plain, {}],
    ["batch normalisation, dropout, stochastic depth, a penalty", rich, { optimizer: "momentum" }],
    [
      "mixed images, clipping, averages",
      plain,
      { mixup: 0.4, cutmix: 1, labelSmoothing: 0.1, globalClipNorm: 1, ema: 0.9 },
    ],
    ["class weights, focus, decay", plain, { classWeights: "balanced", focalGamma: 2, optimizer: "adamw" }],
  ];
  test.each(cases)("has the same bytes for 0, 1, 2 and 3 workers in deterministic mode: %s", async (_, make, rest) => {
    const results: Outcome[] = [];
    for (const workers of [0, 1, 2, 3]) {
      results.push(await outcome(make, { ...rest, deterministic: true, workers }));
      expect(results.at(-1)!.start).toMatchObject({ workers, deterministic: true, warnings: [] });
    }
    for (const { weights, losses } of results) {
      expect(losses).toEqual(results[0]!.losses);
      expect(weights.equals(results[0]!.weights)).toBe(true);
    }
    expect(results[0]!.losses.at(-2)).toBeLessThan(results[0]!.losses[0]!);
  });

  test("is that of the whole batch to rounding, its losses too, where nothing but the mean depends on it", async () => {
    const penalty = () => {
      const kernelRegularizer = tf.regularizers.l2({ l2: 0.05 });
      const model = tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape: [8, 8, 1] }),
          tf.layers.dense({
            units: 10,
            kernelRegularizer,
            kernelInitializer: tf.initializers.glorotUniform({ seed: 5 }),
          }),
        ],
      });
      return model;
    };
    const optimizer = "momentum";
    for (const options of [
      { optimizer },
      { optimizer, classWeights: "balanced", focalGamma: 1, mixup: 0.3 },
    ] as const) {
      const whole = await outcome(penalty, { ...options, workers: 0 });
      const parts = await outcome(penalty, { ...options, workers: 2 });
      expect(whole.start).toMatchObject({ workers: 0, deterministic: true });
      expect(parts.start).toMatchObject({ workers: 2, deterministic: true });
      for (const [i, loss] of parts.losses.entries()) expect(Math.abs(loss - whole.losses[i]!)).toBeLessThan(2e-6);
      const floats = ({ weights }: Outcome) => new Float32Array(weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length)); // biome-ignore format: one line
      const other = floats(whole);
      for (const [i, weight] of floats(parts).entries()) expect(Math.abs(weight - other[i]!)).toBeLessThan(2e-6);
    }
  });

  test("of several labels an image, and of one output", async () => {
    const labels = Array.from(data.labels, (label) => Uint8Array.of(label % 2, label > 4 ? 1 : 0, 1 - (label % 2)));
    const several = fromArrays({ images: data.images(), labels, imageShape: [8, 8, 1], classNames: ["a", "b", "c"] });
    const two = fromArrays({
      images: data.images(),
      labels: data.labels.map((label) => label % 2),
      imageShape: [8, 8, 1],
    });
    const head = (units: number) => () => {
      const model = tf.sequential({
        layers: [tf.layers.flatten({ inputShape: [8, 8, 1] }), tf.layers.dense({ units, activation: "sigmoid" })],
      });
      initializeWeights(model, new Random(1));
      return model;
    };
    for (const [make, set] of [
      [head(3), several],
      [head(1), two],
    ] as const) {
      // biome-ignore format: one line
      const whole = await outcome(make, { optimizer: "momentum", workers: 0 }, set);
      const parts = await outcome(make, { optimizer: "momentum", workers: 2 }, set);
      expect(parts.start.workers).toBe(2);
      for (const [i, loss] of parts.losses.entries()) expect(Math.abs(loss - whole.losses[i]!)).toBeLessThan(2e-6);
      expect(Math.min(...parts.losses)).toBeLessThan(parts.losses[0]!);
    }
  });

  test("of one worker is the eager step's, bit for bit", async () => {
    const eager = await outcome(rich, { workers: 0 });
    const worker = await outcome(rich, { workers: 1 });
    expect(worker.start.workers).toBe(1);
    expect(worker.weights.equals(eager.weights)).toBe(true);
  });

  test("is the same again, and does not depend on who is held up", async () => {
    const first = await outcome(rich, { workers: 2 });
    const busy = setInterval(() => {
      const until = performance.now() + 3;
      while (performance.now() < until);
    }, 4);
    const second = await outcome(rich, { workers: 2 });
    clearInterval(busy);
    expect(second.weights.equals(first.weights)).toBe(true);
  });

  test("batch normalisation's averages are the parts' mean, weighted by their images", async () => {
    const make = () =>
      tf.sequential({
        layers: [
          tf.layers.batchNormalization({ momentum: 0, inputShape: [1, 1, 1] }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 2 }),
        ],
      });
    const values = Float32Array.from({ length: 33 }, (_, i) => i / 33);
    const set = fromArrays({ images: values, labels: values.map((_, i) => i % 2), imageShape: [1, 1, 1] });
    const model = make();
    const order: number[] = [];
    for (const batch of set.shuffle(new Random(0).split("shuffle").split(0)).batch(33)) {
      order.push(...batch.images.dataSync());
      batch.dispose();
    }
    await run(model, set, { epochs: 1, batchSize: 33, workers: 2, deterministic: true });
    const [, , mean, variance] = model.layers[0]!.getWeights().map((weight) => weight.dataSync()[0]!);
    const average = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    const spread = (list: number[]) => average(list.map((value) => (value - average(list)) ** 2));
    // 17 images, then 16.
    const [a, b] = [order.slice(0, 17), order.slice(17)];
    expect(mean).toBeCloseTo(average(order), 5);
    expect(variance).toBeCloseTo((17 * spread(a) + 16 * spread(b)) / 33, 5);
    model.dispose();
  });
});

describe("a run", () => {
  test("has workers by itself where there is work and a second core", async () => {
    const images = new Uint8Array(64 * 28 * 28);
    const set = fromArrays({ images, labels: new Int32Array(64).map((_, i) => i % 10), imageShape: [28, 28, 1] });
    const model = smallCnn({ inputShape: [28, 28, 1], classes: 10, seed: 1 });
    const workers = async (epochs: number, options: Partial<TrainOptions> = {}) => {
      for await (const event of train(model, set, { epochs, batchSize: 64, ...options })) {
        if (event.type === "start") return event.workers;
      }
      return undefined;
    };
    const cores = availableParallelism();
    expect(await workers(2)).toBe(0);
    expect(await workers(1000)).toBe(cores > 1 ? Math.min(cores, 64) : 0);
    expect(await workers(1000, { deterministic: true })).toBe(cores > 1 ? Math.min(cores, 4) : 0);
    expect(await workers(1000, { workers: 0 })).toBe(0);
    model.dispose();
  });

  test("that was killed goes on to the bytes of one that was not", async () => {
    const checkpoint = { path: join(folder, "run"), every: 1 };
    const whole = await outcome(rich, { workers: 2, ema: 0.9, validation: data.take(50) });
    const model = rich();
    for await (const event of train(model, data, {
      ...settings,
      workers: 2,
      ema: 0.9,
      validation: data.take(50),
      checkpoint,
    })) {
      if (event.type === "step" && event.step === 3) break;
    }
    model.dispose();
    const resumed = await outcome(rich, { workers: 2, ema: 0.9, validation: data.take(50), checkpoint, resume: true });
    expect(resumed.start.resumedStep).toBe(3);
    expect(resumed.weights.equals(whole.weights)).toBe(true);
  });

  test("tells the weights of its last event when it is left, and the threads serve the next run", async () => {
    await endIdleWorkers();
    const seen: Buffer[] = [];
    const reference = plain();
    for await (const event of train(reference, data, { ...settings, workers: 2 })) {
      if (event.type === "step") seen.push(bytes(reference));
    }
    reference.dispose();
    const now = [...threads];
    // The other of the two is this one.
    expect(now).toHaveLength(1);
    const model = plain();
    for await (const event of train(model, data, { ...settings, workers: 2 })) {
      if (event.type === "step" && event.step === 2) break;
    }
    expect(bytes(model).equals(seen[1]!)).toBe(true);
    model.dispose();
    expect([...threads]).toEqual(now);
    await endIdleWorkers();
    expect(threads.size).toBe(0);
  });

  test("that is dropped, as an interrupted cell drops it, gives its threads back once it is collected", async () => {
    await endIdleWorkers();
    const model = plain();
    const start = async () => {
      const events = train(model, data, { ...settings, workers: 2 })[Symbol.asyncIterator]();
      for (let i = 0; i < 3; i++) await events.next();
    };
    await start();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    for (let turn = 0; turn < 200 && threads.size > 0; turn++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
      await endIdleWorkers();
    }
    expect(threads.size).toBe(0);
    model.dispose();
  });

  test("stops at an abort between two steps, while the event loop turns", async () => {
    const controller = new AbortController();
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const model = plain();
    const reasons: string[] = [];
    for await (const event of train(model, data, {
      ...settings,
      epochs: 1000,
      workers: 2,
      signal: controller.signal,
    })) {
      if (event.type === "step" && event.step === 20) setTimeout(() => controller.abort(), 5);
      if (event.type === "end") reasons.push(event.reason);
    }
    clearInterval(ticking);
    expect(reasons).toEqual(["aborted"]);
    expect(turns).toBeGreaterThan(3);
    model.dispose();
  });

  test("reads no batch for nothing, and frees the one that was read ahead", async () => {
    const before = tf.memory().numTensors;
    const model = plain();
    const own = tf.memory().numTensors;
    const sizes: number[] = [];
    const augment = (images: tf.Tensor4D) => {
      sizes.push(images.shape[0]);
      return tf.tidy(() => images.mul<tf.Tensor4D>(1));
    };
    for await (const event of train(model, data, { ...settings, workers: 2, augment })) {
      if (event.type === "step" && event.step === 5) break;
    }
    expect(sizes).toEqual([64, 64, 64, 28, 64, 64]);
    expect(tf.memory().numTensors).toBe(own);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("what goes wrong", () => {
  test("a mistake in reading a batch is told at its step, after the one before", async () => {
    const model = plain();
    let read = 0;
    const broken = data.map((image) => {
      if (++read > 64) throw new Error("no such image");
      return image;
    });
    const types: string[] = [];
    const training = async () => {
      for await (const { type } of train(model, broken, { ...settings, workers: 2 })) types.push(type);
    };
    await expect(training()).rejects.toThrow("no such image");
    expect(types).toEqual(["start", "step"]);
    model.dispose();
  });

  test("a broken image and a diverged loss have their own errors", async () => {
    const nan = data.map((image, { index }) => (index === 70 ? image.fill(Number.NaN) : image));
    const model = plain();
    await expect(run(model, nan, { ...settings, workers: 2 })).rejects.toMatchObject({ code: "CW_IMAGE_NAN" });
    const wild = {
      ...settings,
      workers: 2,
      optimizer: "sgd",
      learningRate: 1e38,
      learningRateSchedule: "constant",
    } as const;
    await expect(run(model, data, wild)).rejects.toMatchObject({ code: "CW_LOSS_NAN" });
    model.dispose();
  });

  test("a thread that is lost is one clear error, and the next run has new ones", async () => {
    // With this thread as one of the two, and, where a batch is to be augmented meanwhile, without it.
    for (const [others, options] of [
      [1, {}],
      [2, { augment: (images: tf.Tensor4D) => images.mul<tf.Tensor4D>(0.5) }],
    ] as const) {
      // biome-ignore format: one line
      await endIdleWorkers();
      const model = plain();
      const types: string[] = [];
      const training = async () => {
        for await (const event of train(model, data, { ...settings, epochs: 1000, workers: 2, ...options })) {
          types.push(event.type);
          if (event.type === "step" && event.step === 10) void [...threads][0]!.terminate();
        }
      };
      await expect(training()).rejects.toMatchObject({ code: "CW_WORKER_LOST" });
      expect(types).toContain("step");
      model.dispose();
      expect((await outcome(plain, { workers: 2, ...options })).start.workers).toBe(2);
      // Those of the lost crew ended, too.
      expect(threads.size).toBe(others);
    }
  });

  test("what cannot be sent to a thread is trained in this one, with the reason", async () => {
    const loss = (logits: tf.Tensor2D, labels: tf.Tensor) => tf.losses.softmaxCrossEntropy(tf.oneHot(labels as tf.Tensor1D, 10), logits) as tf.Scalar; // biome-ignore format: one line
    const own = await outcome(plain, { workers: 2, loss });
    expect(own.start.workers).toBe(0);
    expect(own.start.warnings[0]).toMatch(/one thread: a loss that is a function/);

    class Halved extends tf.layers.Layer {
      static readonly className: string = "HalvedForTest";
      override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.mul(Array.isArray(input) ? input[0]! : input, 0.5);
      }
    }
    tf.serialization.registerClass(Halved);
    const custom = () => {
      const model = tf.sequential({
        layers: [tf.layers.flatten({ inputShape: [8, 8, 1] }), new Halved({}), tf.layers.dense({ units: 10 })],
      });
      initializeWeights(model, new Random(1));
      return model;
    };
    const here = await outcome(custom, { workers: 2 });
    expect(here.start).toMatchObject({ workers: 0, deterministic: true });
    expect(here.start.warnings[0]).toMatch(/one thread: .*HalvedForTest/);
    const parts = await outcome(custom, { workers: 2, deterministic: true });
    expect(parts.start).toMatchObject({ workers: 0, deterministic: true });
    expect(parts.start.warnings).toHaveLength(1);
  });

  test("wrong options", async () => {
    const model = plain();
    for (const options of [{ workers: -1 }, { workers: 1.5 }, { workers: "all" }, { deterministic: 1 }]) {
      expect(() => train(model, data, { ...settings, ...(options as object) })).toThrowError(
        expect.objectContaining({ code: "CW_TRAIN_OPTION" }),
      );
    }
    model.dispose();
  });
});
