import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import {
  type LearningData,
  type LearnOptimizationOptions,
  learnOptimizationParams,
  type OptimizationEvent,
  optimizationOptions,
  rangeTestFigure,
} from "cellwright/learn";
import { mlp } from "cellwright/models";
import { Random } from "cellwright/random";
import { evaluate, train } from "cellwright/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const home = mkdtempSync(join(tmpdir(), "cellwright-optimization-"));
afterAll(() => rmSync(home, { recursive: true }));

const model = (seed: number) => mlp({ inputShape: [8, 8, 1], classes: 10, hidden: [16], seed });
const options: LearnOptimizationOptions = { epochs: 30, stepOverhead: 64, seed: 5 };
let data: LearningData;
let learnt: Awaited<ReturnType<typeof learnOptimizationParams>>;
const events: OptimizationEvent[] = [];

beforeAll(async () => {
  await use("wasm");
  const all = (await digits()).shuffle(new Random(2));
  data = { train: all.take(600), validation: all.skip(600).take(200) };
  const before = tf.memory().numTensors;
  learnt = await learnOptimizationParams(model, data, { ...options, onEvent: (event) => events.push(event) });
  expect(tf.memory().numTensors).toBe(before);
});

describe("learning", () => {
  test("decides every field, with a reason, and tells it", () => {
    const { params, report } = learnt;
    expect(report.complete).toBe(true);
    for (const field of [
      "batchSize",
      "epochs",
      "learningRate",
      "learningRateSchedule",
      "optimizer",
      "warmupEpochs",
      "earlyStopping",
    ]) {
      expect(params.reasons[field], field).toMatch(/\w/);
    }
    const told = new Map(
      events.flatMap((event) => (event.type === "optimization" ? [[event.field, event.value]] : [])),
    );
    expect(told.get("batchSize")).toBe(params.batchSize);
    expect(told.get("learningRate")).toBe(params.learningRate);
    expect(report.rangeTests.map(({ optimizer }) => optimizer)).toEqual(["adam", "momentum"]);
    expect(report.noiseScale!.images).toBeGreaterThan(0);
    // The race: a stretch for all, a longer one for two, one winner.
    expect(report.trials.filter(({ kept }) => kept)).toHaveLength(3);
    expect(report.trials.at(-2)).toMatchObject({ learningRate: params.learningRate, kept: true });
  });

  test("runs the schedule to its end and keeps the last weights; with early stopping those of the best epoch", async () => {
    expect(learnt.params.earlyStopping).toBeNull();
    const end = async (earlyStopping: (typeof learnt.params)["earlyStopping"], rate: number) => {
      const params = { ...learnt.params, earlyStopping, learningRate: rate, epochs: 8 };
      const net = model(1);
      const run = train(net, data.train, { ...optimizationOptions(params, 600), seed: 1, validation: data.validation });
      for await (const event of run) if (event.type === "end") return { ...event, loss: await lossOf(net) };
      throw new Error("a run without an end");
    };
    const lossOf = async (net: ReturnType<typeof model>) => {
      const { loss } = await evaluate(net, data.validation);
      net.dispose();
      return loss;
    };
    // So high a rate is at its best early on.
    const whole = await end(null, 0.3);
    expect(whole).toMatchObject({ reason: "completed", bestEpoch: null });
    expect(whole.loss).toBeCloseTo(whole.history.at(-1)!.validation!.loss, 5);
    const stopped = await end({ patience: 2, minDelta: 100 }, 0.3);
    expect(stopped).toMatchObject({ reason: "stopped", bestEpoch: expect.any(Number) });
    expect(stopped.loss).toBeCloseTo(Math.min(...stopped.history.map(({ validation }) => validation!.loss)), 5);
  });

  test("costs no more than it may", () => {
    expect(learnt.report.cost).toBeGreaterThan(0.3);
    expect(learnt.report.cost).toBeLessThanOrEqual(1.5 + 0.02);
  });

  test("finds a rate that trains far better than a hundredth or a hundred times of it", async () => {
    const { params } = learnt;
    const reach = async (learningRate: number) => {
      const net = model(1);
      const run = train(net, data.train, {
        ...optimizationOptions({ ...params, learningRate, epochs: 6 }, 600),
        seed: 1,
        validation: data.validation,
      });
      for await (const _ of run);
      const { loss } = await evaluate(net, data.validation);
      net.dispose();
      return loss;
    };
    const loss = await reach(params.learningRate);
    expect(loss).toBeLessThan(0.5 * (await reach(params.learningRate / 100)));
    expect(loss).toBeLessThan(0.5 * (await reach(Math.min(100 * params.learningRate, 10))));
  });

  test("again gives the same, to the byte", async () => {
    const again = await learnOptimizationParams(model, data, options);
    expect(JSON.stringify(again.params)).toBe(JSON.stringify(learnt.params));
    const timeless = ({ seconds, ...report }: typeof learnt.report) => report;
    expect(JSON.stringify(timeless(again.report))).toBe(JSON.stringify(timeless(learnt.report)));
  });

  test("shows its range tests", () => {
    const figure = rangeTestFigure(learnt.report);
    expect(figure.toText()).toMatch(/range test of adam: .*\nrange test of momentum: /);
    expect(figure.toSVG()).not.toMatch(/NaN|undefined|Infinity/);
    expect(figure.data).toHaveLength(4);
    expect(() => rangeTestFigure({ rangeTests: [] })).toThrow(expect.objectContaining({ code: "CW_OPTION" }));
  });

  test("takes what is given", async () => {
    const { params, report } = await learnOptimizationParams(model, data, {
      epochs: 3,
      batchSize: 16,
      learningRate: 0.01,
      optimizers: ["adamw"],
    });
    expect(params).toMatchObject({ epochs: 3, batchSize: 16, learningRate: 0.01, optimizer: { name: "adamw" } });
    expect(report).toMatchObject({ cost: 0, rangeTests: [], trials: [] });
  });

  test("measures step times where nothing pins them, and a budget in minutes becomes trainings", async () => {
    const { report } = await learnOptimizationParams(model, data, {
      epochs: 30,
      batchSize: 32,
      optimizers: ["adam"],
      budget: { minutes: 10 },
    });
    expect(report.throughput!.times.every(({ seconds }) => seconds > 0)).toBe(true);
    expect(report.complete).toBe(true);
  });
});

describe("a run that stops", () => {
  test("is partial, goes on, and comes to the same", async () => {
    const resume = join(home, "stopped");
    for (const moment of [1, 3, 7]) {
      const abort = new AbortController();
      let told = 0;
      const onEvent = ({ type }: OptimizationEvent) => type !== "optimization" && ++told === moment && abort.abort();
      const before = tf.memory().numTensors;
      const { report, params } = await learnOptimizationParams(model, data, {
        ...options,
        resume,
        signal: abort.signal,
        onEvent,
      });
      expect(report.complete).toBe(false);
      expect(params.learningRate).toBeGreaterThan(0);
      expect(tf.memory().numTensors).toBe(before);
    }
    const { params } = await learnOptimizationParams(model, data, { ...options, resume });
    expect(params).toEqual(learnt.params);
    await expect(learnOptimizationParams(model, data, { ...options, seed: 6, resume })).rejects.toMatchObject({
      code: "CW_SEARCH_MISMATCH",
    });
  });
});

describe("is refused", () => {
  test.each([
    [{ budget: { trainings: 0.1 } }, "CW_BUDGET", /at least 0.5 trainings/],
    [{ budget: { minutes: 0 } }, "CW_BUDGET", /positive number/],
    [{ epochs: 0 }, "CW_LEARN_OPTION", /epochs must be a whole number from 1 on; got 0/],
    [{ learningRate: -1 }, "CW_LEARN_OPTION", /learningRate must be a positive number; got -1/],
    [{ optimizers: [] }, "CW_LEARN_OPTION", /list of names/],
  ])("%j", async (changes, code, message) => {
    await expect(learnOptimizationParams(model, data, { ...options, ...changes })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
