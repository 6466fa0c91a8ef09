/**
 * Models of one output, and of several labels an image: training, evaluation, and what does not fit.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listBackends, tf, use } from "cellwright/backend";
import { type Dataset, fromArrays } from "cellwright/data";
import { averagePrecision, multiLabelScores } from "cellwright/metrics";
import { initializeWeights } from "cellwright/models";
import { Random } from "cellwright/random";
import { type EndEvent, evaluate, multiLabelLoss, type StartEvent, type TrainOptions, train } from "cellwright/train";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bytes, run } from "./support.ts";

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

const code = (name: string, message: RegExp = /./) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) });

/** Images of noise, bright in the corners of the classes that they are of. */
function corners(count: number, seed = 1): { images: Float32Array; rows: number[][] } {
  const random = new Random(seed);
  const images = random.fillUniform(new Float32Array(count * 16), 0, 0.4);
  const rows = Array.from({ length: count }, (_, n) =>
    [0, 3, 12].map((corner, k) => {
      const on = random.float() < [0.5, 0.3, 0.2][k]! ? 1 : 0;
      images[n * 16 + corner]! += 0.5 * on;
      return on;
    }),
  );
  return { images, rows };
}

const classNames = ["left", "right", "below"];
function labelled(count: number, seed?: number): Dataset {
  const { images, rows } = corners(count, seed);
  return fromArrays({ images, labels: rows, imageShape: [4, 4, 1], classNames, name: "corners" });
}
/** The first question alone: one of two classes. */
function halves(count: number, seed?: number): Dataset {
  const { images, rows } = corners(count, seed);
  return fromArrays({ images, labels: rows.map(([left]) => left!), imageShape: [4, 4, 1], classNames: ["no", "yes"] });
}

type Ending = "sigmoid" | "softmax" | "linear";
function model(units: number, activation: Ending, seed = 1): tf.LayersModel {
  const made = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [4, 4, 1] }),
      tf.layers.dense({ units: 8, activation: "tanh" }),
      tf.layers.dense({ units, activation }),
    ],
  });
  initializeWeights(made, new Random(seed));
  return made;
}

const options = { epochs: 16, batchSize: 25, seed: 1, learningRate: 0.05 } as const;
const ended = async (made: tf.LayersModel, data: Dataset, more: Partial<TrainOptions> = {}) =>
  (await run(made, data, { ...options, ...more })).at(-1) as EndEvent;

describe("data of several labels", () => {
  it("carries its rows through every view, and counts them", () => {
    const data = labelled(40);
    const { rows } = corners(40);
    const view = data.shuffle(new Random(3)).take(20).skip(5);
    expect(view.targets).toHaveLength(45);
    for (const [i, id] of view.ids.entries()) {
      expect([...view.targets!.slice(3 * i, 3 * i + 3)]).toEqual(rows[Number(id.split("/")[1])]);
    }
    expect(data.summary()).toMatchObject({
      unlabelled: 0,
      counts: [0, 1, 2].map((k) => rows.reduce((sum, row) => sum + row[k]!, 0)),
    });
    const [batch] = data.select([7, 2]).batch(2);
    expect(batch!.targets!.arraySync()).toEqual([rows[7], rows[2]]);
    expect([...batch!.labels.dataSync()]).toEqual([-1, -1]);
    batch!.dispose();
    expect(halves(5).targets).toBeUndefined();
    expect(data.split().train.targets!.length).toBe(data.split().train.size * 3);
  });

  it("is checked where it comes in", () => {
    const images = new Uint8Array(2);
    const make = (labels: number[][], names?: string[]) =>
      fromArrays({ images, labels, imageShape: [1, 1, 1], ...(names && { classNames: names }) });
    expect(
      make([
        [0, 1],
        [0, 0],
      ]).classNames,
    ).toEqual(["0", "1"]);
    expect(() => make([[0, 1], [1]])).toThrow(code("CW_LABEL_RANGE", /rows of 2 numbers.*image 1 has 1/));
    expect(() =>
      make([
        [0, 1],
        [0, 2],
      ]),
    ).toThrow(code("CW_LABEL_RANGE", /image 1 has 2 for class 1/));
    expect(() =>
      make(
        [
          [0, 1],
          [0, 1],
        ],
        ["a"],
      ),
    ).toThrow(code("CW_LABEL_RANGE", /rows of 1 numbers/));
    expect(() => make([[0, 1]])).toThrow(code("CW_LENGTH_MISMATCH"));
  });
});

describe("binary cross-entropy of each class", () => {
  const [z, q] = [
    [
      [2, -1, -0.5],
      [0.3, 3, 1],
    ],
    [
      [1, 0, 1],
      [0, 0, 1],
    ],
  ];
  const value = (settings: Parameters<typeof multiLabelLoss>[0], logits = z, labels = q) =>
    tf.tidy(() => multiLabelLoss(settings)(tf.tensor2d(logits), tf.tensor2d(labels)).dataSync()[0]!);

  it("is Keras's", () => {
    // Keras 3: BinaryCrossentropy(from_logits=True), with label_smoothing=.2; BinaryFocalCrossentropy with gamma 2 and .5.
    expect(value({})).toBeCloseTo(0.9384117722511292, 6);
    expect(value({ labelSmoothing: 0.2 })).toBeCloseTo(0.9417451620101929, 6);
    expect(value({ focalGamma: 2 })).toBeCloseTo(0.5787892937660217, 6);
    expect(value({ focalGamma: 0.5 })).toBeCloseTo(0.7933658361434937, 6);
  });

  it("counts a yes as much as its class weighs, and stays finite for any logit", () => {
    const classWeights = [3, 1, 0.5];
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    const each = z.map((row, i) => row.map((x, k) => (q[i]![k] ? classWeights[k]! * softplus(-x) : softplus(x))));
    expect(value({ classWeights })).toBeCloseTo(each.flat().reduce((sum, loss) => sum + loss, 0) / 6, 6);
    const slope = tf.tidy(() => {
      const loss = multiLabelLoss({ focalGamma: 0.5, labelSmoothing: 0.1 });
      const grad = tf.grad((x) => loss(x as tf.Tensor2D, tf.tensor2d([[1, 0, 1, 0]])));
      return [...grad(tf.tensor2d([[300, 300, -300, -300]])).dataSync()];
    });
    expect(slope.every(Number.isFinite)).toBe(true);
    expect(value({}, [[300, -300, 0]], [[0, 1, 1]])).toBeCloseTo((600 + Math.log(2)) / 3, 3);
  });
});

const backends = listBackends().filter(({ name, installed }) => installed && (name === "wasm" || name === "tfjs-node"));
describe.each(backends.map(({ name }) => name))("several labels an image, on %s", (backend) => {
  beforeAll(async () => {
    await use(backend);
  });

  it.each(["sigmoid", "linear"] as const)("are learnt by a model that ends in %s", async (ending) => {
    const made = model(3, ending);
    const { history } = await ended(made, labelled(400), { validation: labelled(200, 2) });
    const last = history.at(-1)!;
    expect(last.validation!.loss).toBeLessThan(0.6 * history[0]!.validation!.loss);
    expect(last.validation!.accuracy).toBeGreaterThan(0.9);
    const test = labelled(300, 3);
    const result = await evaluate(made, test, { logits: true });
    expect(result.task).toBe("multiLabel");
    expect([...result.labels]).toEqual([...test.targets!]);
    const { multiLabel } = result;
    const shaped = { data: result.probabilities, shape: [300, 3] };
    expect(multiLabel).toEqual(multiLabelScores({ data: result.labels, shape: [300, 3] }, shaped));
    expect(multiLabel!.macro.f1).toBeGreaterThan(0.7);
    expect(multiLabel!.micro.f1).toBeGreaterThan(0.8);
    expect(multiLabel!.meanAveragePrecision).toBeGreaterThan(0.85);
    expect(result.accuracy).toBeCloseTo(1 - multiLabel!.hammingLoss, 12);
    const column = (values: ArrayLike<number>, k: number) => Array.from({ length: 300 }, (_, i) => values[3 * i + k]!);
    for (let k = 0; k < 3; k++) {
      const own = averagePrecision(column(result.labels, k), column(result.probabilities, k));
      expect(multiLabel!.averagePrecision[k]).toBeCloseTo(own, 12);
    }
    let loss = 0;
    for (const [i, logit] of result.logits.entries()) {
      expect(result.probabilities[i]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6);
      expect(result.predictions[i]).toBe(logit >= 0 ? 1 : 0);
      loss += Math.log1p(Math.exp(result.labels[i] ? -logit : logit)) / 900;
    }
    expect(result.loss).toBeCloseTo(loss, 6);
    made.dispose();
  });

  it("take every regularizer, each of which changes the run", async () => {
    const seen = new Set<string>();
    const settings: Partial<TrainOptions>[] = [
      {},
      { labelSmoothing: 0.1 },
      { classWeights: [1, 2, 3] },
      { classWeights: "balanced" },
      { focalGamma: 2 },
      { mixup: 0.4 },
      { cutmix: 1 },
      { mixup: 0.4, cutmix: 1, labelSmoothing: 0.1, classWeights: "balanced", focalGamma: 1 },
    ];
    for (const setting of settings) {
      const made = model(3, "sigmoid");
      const { history } = await ended(made, labelled(100), { ...setting, epochs: 4 });
      expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss * 1.05);
      seen.add(bytes(made).toString("base64"));
      made.dispose();
    }
    expect(seen.size).toBe(settings.length);
  });

  it("are compiled where steps are", async () => {
    const results: Float32Array[] = [];
    for (const compile of [false, true]) {
      for (const [made, data] of [
        [model(3, "sigmoid"), labelled(100)],
        [model(1, "sigmoid"), halves(100)],
      ] as const) {
        const events = await run(made, data, {
          ...options,
          epochs: 10,
          batchSize: 30,
          compile,
          mixup: 0.2,
          labelSmoothing: 0.1,
        });
        expect(events[0] as StartEvent).toMatchObject({ compiled: compile && backend === "tfjs-node" });
        const raw = bytes(made);
        results.push(new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length)));
        made.dispose();
      }
    }
    for (const k of [0, 1]) {
      for (const [i, weight] of results[k + 2]!.entries()) expect(weight).toBeCloseTo(results[k]![i]!, 4);
    }
  });
});

describe("one output for two classes", () => {
  beforeAll(async () => {
    await use("wasm");
  });

  it("is learnt, and judged like two outputs", async () => {
    for (const ending of ["sigmoid", "linear"] as const) {
      const made = model(1, ending);
      await ended(made, halves(300), { validation: halves(100, 2) });
      const test = halves(200, 3);
      const result = await evaluate(made, test, { logits: true, task: "binary" });
      expect(result).toMatchObject({ task: "binary" });
      expect(result.accuracy).toBeGreaterThan(0.85);
      expect(result.probabilities).toHaveLength(400);
      for (let i = 0; i < 200; i++) {
        const [no, yes] = [result.probabilities[2 * i]!, result.probabilities[2 * i + 1]!];
        expect(no + yes).toBeCloseTo(1, 6);
        expect(yes).toBeCloseTo(1 / (1 + Math.exp(-result.logits[2 * i + 1]!)), 6);
        expect(result.predictions[i]).toBe(yes > no ? 1 : 0);
      }
      made.dispose();
    }
  });

  it("moves as Keras's binary cross-entropy says: the gradient of one SGD step", async () => {
    const data = halves(30);
    const made = model(1, "sigmoid");
    const before = made.getWeights().map((weight) => [...weight.dataSync()]);
    const { probabilities } = await evaluate(made, data);
    const sgd = { optimizer: "sgd", learningRate: 1, learningRateSchedule: "constant" } as const;
    await run(made, data, { epochs: 1, batchSize: 30, ...sgd, labelSmoothing: 0.2 });
    // The slope of the last bias is the mean of p - q, q smoothed towards a half.
    const expected =
      data.labels.reduce((sum, label, i) => sum + probabilities[2 * i + 1]! - (0.8 * label + 0.1), 0) / 30;
    expect(made.getWeights().at(-1)!.dataSync()[0]! - before.at(-1)![0]!).toBeCloseTo(-expected, 6);
    made.dispose();
  });

  it("takes mixing, weights and focus", async () => {
    const made = model(1, "sigmoid");
    const { history } = await ended(made, halves(200), {
      mixup: 0.2,
      classWeights: "balanced",
      focalGamma: 2,
      labelSmoothing: 0.1,
    });
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
    made.dispose();
  });
});

describe("what does not fit says both sides", () => {
  const tries = (units: number, ending: Ending, data: Dataset, more: Partial<TrainOptions> = {}) => {
    const made = model(units, ending);
    try {
      train(made, data, { ...options, ...more });
    } finally {
      made.dispose();
    }
  };

  it("model, labels and task", async () => {
    const [several, single] = [labelled(20), halves(20)];
    expect(() => tries(3, "softmax", several)).toThrow(
      code("CW_TASK", /ends? in sigmoid.* 3 outputs that end in softmax/),
    );
    expect(() => tries(2, "sigmoid", several)).toThrow(code("CW_LABEL_RANGE", /2 numbers a row .* have 3/));
    expect(() => tries(3, "sigmoid", single)).toThrow(
      code("CW_MODEL_OUTPUT", /3 outputs that end in sigmoid.*rows of 0 and 1/),
    );
    expect(() => tries(1, "softmax", single)).toThrow(code("CW_MODEL_OUTPUT", /one output with sigmoid/));
    expect(() => tries(2, "softmax", single, { task: "binary" })).toThrow(
      code("CW_TASK", /"binary" takes .* has 2 outputs/),
    );
    expect(() => tries(1, "sigmoid", single, { task: "multiClass" })).toThrow(code("CW_TASK", /has 1 output /));
    expect(() => tries(3, "sigmoid", several, { task: "multiClass" })).toThrow(
      code("CW_TASK", /rows of 0 and 1.*"multiClass"/),
    );
    expect(() => tries(2, "softmax", single, { task: "multiLabel" })).toThrow(code("CW_TASK", /are single classes/));
    expect(() => tries(2, "softmax", single, { task: "several" as never })).toThrow(code("CW_TASK", /got "several"/));
    expect(() => tries(3, "sigmoid", several, { validation: single })).toThrow(
      code("CW_TASK", /validation set .* rows of 0 and 1/),
    );
    expect(() => tries(2, "softmax", single, { validation: several })).toThrow(
      code("CW_TASK", /validation set .* single classes/),
    );
    expect(() => tries(3, "sigmoid", several, { classWeights: [1, 2] })).toThrow(code("CW_CLASS_WEIGHTS", /3 numbers/));
    const three = fromArrays({ images: new Uint8Array(48), labels: [0, 1, 2], imageShape: [4, 4, 1] });
    expect(() => tries(1, "sigmoid", three)).toThrow(code("CW_LABEL_RANGE", /from 0 to 1 .* has 2/));
    const made = model(3, "softmax");
    await expect(evaluate(made, several)).rejects.toThrow(code("CW_TASK"));
    made.dispose();
  });

  it("and a checkpoint of other labels", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cellwright-labels-"));
    const checkpoint = { path: join(folder, "run") };
    const made = model(3, "linear");
    await ended(made, labelled(50), { epochs: 1, learningRateSchedule: "constant", checkpoint });
    const more = { epochs: 2, learningRateSchedule: "constant", checkpoint, resume: true } as const;
    await expect(ended(made, labelled(50, 9), more)).rejects.toThrow(code("CW_CHECKPOINT_MISMATCH", /training set/));
    expect((await ended(made, labelled(50), more)).history).toHaveLength(2);
    made.dispose();
    await rm(folder, { recursive: true });
  });
});
