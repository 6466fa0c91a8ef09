import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tf, use } from "cellwright/backend";
import { fromArrays } from "cellwright/data";
import {
  type AutofitEvent,
  type AutofitOptions,
  type AutofitResult,
  autofit,
  autofitEvents,
  loadParams,
  presets,
  reportMarkdown,
  reportTable,
} from "cellwright/learn";
import { mlp } from "cellwright/models";
import { displaySymbol } from "cellwright/plot";
import { Random } from "cellwright/random";
import { evaluate, loadModel } from "cellwright/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setting } from "./setting.ts";

const home = mkdtempSync(join(tmpdir(), "cellwright-autofit-"));
const first = join(home, "first");
let made: Awaited<ReturnType<typeof setting>>;
let result: AutofitResult;
const events: AutofitEvent[] = [];
let leaked = 0;

beforeAll(async () => {
  await use("wasm");
  made = await setting();
  const before = tf.memory().numTensors;
  result = await autofit(made.model, made.data, {
    ...made.options,
    folder: first,
    onEvent: (event) => events.push(event),
  });
  leaked = tf.memory().numTensors - before - result.model.weights.length;
});
afterAll(() => {
  result.model.dispose();
  rmSync(home, { recursive: true });
});

/** Everything in a run's folder that does not speak of time or place, by file. */
function bytesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true }) as string[];
  const hash = (text: Buffer | string) => createHash("sha256").update(text).digest("hex");
  const timeless = (_: string, value: unknown, name = _) =>
    name === "seconds" || name === "model" ? undefined : value;
  return Object.fromEntries(
    files
      .filter((name) => /^(data|architecture|optimization|regularization|report|run)\.json$|^model\//.test(name))
      .sort()
      .map((name) => {
        const content = readFileSync(join(folder, name));
        if (name !== "report.json") return [name, hash(content)];
        return [name, JSON.stringify(JSON.parse(content.toString()), timeless)];
      }),
  );
}

const small = (seed: number) => mlp({ inputShape: [8, 8, 1], classes: 10, hidden: [8], seed });
/** Everything given but the training. */
async function given(changes: object = {}): Promise<AutofitOptions> {
  const optimizationParams = { ...result.optimizationParams!, epochs: 3, ...changes };
  return { optimizationParams, regularizationParams: presets.none() };
}

describe("a run", () => {
  test("ends with a trained model, and params and a report that say why", async () => {
    expect(result.complete).toBe(true);
    const { report } = result;
    expect(report).toMatchObject({
      complete: true,
      stoppedAt: null,
      images: { train: 300, validation: 120, test: 100 },
    });
    expect(report.test!.accuracy).toBeGreaterThan(0.8);
    const { accuracy } = await evaluate(result.model, made.data.test);
    expect(report.test!.accuracy).toBe(accuracy);
    // The schedule was run to its end.
    expect(report.history).toHaveLength(12);
    expect(report.bestEpoch).toBeNull();
    expect(report.validation!.loss).toBeCloseTo(report.history.at(-1)!.validation!.loss, 5);
    expect(report.policyName).toMatch(/^\w+ \w+ \w+$/);
    expect(report.device).toMatchObject({ backend: "wasm" });
    expect(result.dataParams!.task).toBe("multiClass");
    expect(result.architectureParams!.reasons.task).toMatch(/\w/);
    for (const field of ["batchSize", "learningRate", "optimizer", "epochs"]) {
      expect(result.optimizationParams!.reasons[field], field).toMatch(/\w/);
    }
    expect(result.sslParams).toBeNull();
  });

  test("stays within its budget", () => {
    const { optimization, regularization, training } = result.report.cost;
    expect(optimization).toBeGreaterThan(0.3);
    expect(optimization + regularization).toBeLessThanOrEqual(3 + 1e-6);
    expect(training).toBeLessThanOrEqual(1);
  });

  test("tells each decision as it is taken, in the order of the steps", () => {
    const starts = events.flatMap((event) => (event.type === "stageStart" ? [event.stage] : []));
    expect(starts).toEqual(["data", "architecture", "optimization", "regularization", "training"]);
    expect(events.find(({ type }) => type === "stageSkipped")).toMatchObject({ stage: "ssl" });
    const types = new Set(events.map(({ type }) => type));
    for (const type of ["plan", "decision", "optimization", "regularization", "training"])
      expect(types).toContain(type);
    const rate = events.find((event) => event.type === "decision" && event.field === "learningRate");
    expect(rate).toMatchObject({ value: result.optimizationParams!.learningRate, known: false });
    expect(events.at(-1)).toEqual({ type: "end", report: result.report });
  });

  test("leaves no tensor but the model's weights", () => {
    expect(leaked).toBe(0);
  });

  test("leaves a folder with params, model and report", async () => {
    expect(await loadParams(join(first, "optimization.json"), "OptimizationParams")).toEqual(result.optimizationParams);
    expect(await loadParams(join(first, "report.json"), "TrainingReport")).toEqual(result.report);
    const saved = await loadModel(join(first, "model"));
    const { accuracy } = await evaluate(saved, made.data.validation);
    saved.dispose();
    expect(accuracy).toBe(result.report.validation!.accuracy);
    expect(readFileSync(join(first, "report.md"), "utf8")).toBe(reportMarkdown(result.report));
  });

  test("that is called again gives what is there, and trains nothing", async () => {
    const told: AutofitEvent[] = [];
    const model = made.model(99);
    const again = await autofit(model, made.data, {
      ...made.options,
      folder: first,
      onEvent: (event) => told.push(event),
    }).catch((error: unknown) => error);
    expect(again).toMatchObject({ complete: true, report: result.report });
    expect(told.filter(({ type }) => type === "training" || type === "stageStart")).toEqual([]);
    const { accuracy } = await evaluate(model, made.data.test);
    expect(accuracy).toBe(result.report.test!.accuracy);
    model.dispose();
  });
});

describe("a run that stops", () => {
  test("at random moments, killed, ends with the bytes of the run that was not", { timeout: 240_000 }, async () => {
    const folder = join(home, "killed");
    const child = fileURLToPath(new URL("autofit-child.ts", import.meta.url));
    const node = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
    const random = new Random(Date.now());
    for (let round = 0; round < 3; round++) {
      const running = spawn(node, [child, folder], { stdio: ["ignore", "pipe", "inherit"] });
      // Some while a file is written: many are written right before or after an event.
      const moment = 30 + random.integer(90 + 80 * round);
      let told = 0;
      await new Promise<void>((done) => {
        running.stdout.on("data", (text: Buffer) => {
          told += text.toString().split("\n").length - 1;
          if (told >= moment) running.kill("SIGKILL");
        });
        running.on("exit", () => done());
      });
    }
    await new Promise<void>((done, fail) => {
      execFile(node, [child, folder], { maxBuffer: 1e8 }, (error) => (error ? fail(error) : done()));
    });
    const killed = bytesOf(folder);
    expect(Object.keys(killed)).toContain("model/model.json");
    expect(killed).toEqual(bytesOf(first));
  });

  test.each(["optimization", "regularization", "training"] as const)(
    "by its signal in the step %s says that it is partial, and goes on",
    async (stage) => {
      const folder = join(home, `aborted-${stage}`);
      const abort = new AbortController();
      let told = 0;
      const partial = await autofit(made.model, made.data, {
        ...made.options,
        folder,
        signal: abort.signal,
        onEvent: (event) => {
          if (event.type === stage && ++told === 3) abort.abort();
        },
      });
      expect(partial).toMatchObject({
        complete: false,
        report: { complete: false, stoppedAt: stage, test: null, model: null },
      });
      expect(reportMarkdown(partial.report)).toMatch(`partial: stopped in the step ${stage}`);
      expect(existsSync(join(folder, "report.json"))).toBe(false);
      partial.model.dispose();
      const whole = await autofit(made.model, made.data, { ...made.options, folder });
      whole.model.dispose();
      expect(bytesOf(folder)).toEqual(bytesOf(first));
    },
  );

  test("before it began has nothing but what costs nothing", async () => {
    const partial = await autofit(made.model, made.data, { ...made.options, signal: AbortSignal.abort() });
    expect(partial).toMatchObject({
      complete: false,
      optimizationParams: null,
      report: { stoppedAt: "optimization", history: [] },
    });
    expect(partial.dataParams!.numClasses).toBe(10);
    partial.model.dispose();
  });

  test("can be edited: the steps behind follow", async () => {
    const folder = join(home, "edited");
    const abort = new AbortController();
    const options = { ...(await given()), folder };
    const { optimizationParams: _, ...learning } = options;
    const partial = await autofit(small, made.data, {
      ...learning,
      epochs: 12,
      batchSize: 32,
      seed: 1,
      signal: abort.signal,
      onEvent: (event) => event.type === "stageEnd" && event.stage === "optimization" && abort.abort(),
    });
    expect(partial.complete).toBe(false);
    partial.model.dispose();
    const path = join(folder, "optimization.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"epochs": \d+/, '"epochs": 2'));
    const whole = await autofit(small, made.data, { ...learning, epochs: 12, batchSize: 32, seed: 1 });
    expect(whole.report.history).toHaveLength(2);
    whole.model.dispose();
  });

  test("is not mistaken for another", async () => {
    await expect(autofit(made.model, made.data, { ...made.options, seed: 8, folder: first })).rejects.toMatchObject({
      code: "CW_RUN_MISMATCH",
      message: expect.stringContaining("seed was 7, is 8"),
    });
    const folder = join(home, "damaged");
    await autofit(small, made.data, { ...(await given()), folder }).then(({ model }) => model.dispose());
    writeFileSync(join(folder, "run.json"), "{");
    await expect(autofit(small, made.data, { ...(await given()), folder })).rejects.toMatchObject({
      code: "CW_RUN_CORRUPT",
    });
  });
});

describe("params that are passed", () => {
  test("are used as they are; a model that is passed is trained in place", async () => {
    const model = small(3);
    const told: AutofitEvent[] = [];
    const run = await autofit(model, made.data, { ...(await given()), onEvent: (event) => told.push(event) });
    expect(run.model).toBe(model);
    expect(run.report).toMatchObject({
      complete: true,
      cost: { optimization: 0, regularization: 0, training: 1 },
      techniques: [],
    });
    expect(told.flatMap((event) => (event.type === "stageSkipped" ? [event.stage] : []))).toEqual([
      "optimization",
      "regularization",
      "ssl",
    ]);
    model.dispose();
  });

  test("that are none are refused", async () => {
    const options = await given({ batchSize: 0 });
    await expect(autofit(small, made.data, options)).rejects.toMatchObject({
      code: "CW_PARAMS",
      message: "OptimizationParams in optimizationParams: batchSize must be at least 1; got 0",
    });
  });

  test("with a rate that makes the loss no number: one error that says what to do, and the folder stays usable", async () => {
    const folder = join(home, "diverged");
    const wild = await given({
      learningRate: 1e30,
      optimizer: { name: "sgd" },
      learningRateSchedule: { name: "constant" },
      warmupEpochs: 0,
    });
    await expect(autofit(small, made.data, { ...wild, folder })).rejects.toMatchObject({
      code: "CW_LOSS_NAN",
      message: expect.stringMatching(/lower learningRate/),
    });
    expect(existsSync(join(folder, "training.checkpoint"))).toBe(false);
  });
});

describe("what cannot be run is refused before it costs anything", () => {
  const pixels = new Random(1).fillUniform(new Float32Array(20 * 64));
  const set = (labels: number[], classNames?: string[]) =>
    fromArrays({
      images: pixels.slice(0, labels.length * 64),
      labels,
      imageShape: [8, 8, 1],
      ...(classNames && { classNames }),
    });
  const names = Array.from({ length: 10 }, (_, k) => `${k}`);

  test.each([
    [
      "one class only",
      () => ({ train: set([3, 3, 3], names), validation: set([3], names) }),
      "CW_ONE_CLASS",
      /one class only, "3"/,
    ],
    [
      "fewer images than classes",
      () => ({ train: set([1, 2, 3], names), validation: set([1], names) }),
      "CW_FEW_IMAGES",
      /3 images for 10 classes/,
    ],
    [
      "an empty validation split",
      () => ({ train: made.data.train, validation: made.data.train.take(0) }),
      "CW_EMPTY_VALIDATION",
      /validation set/,
    ],
    [
      "no images",
      () => ({ train: made.data.train.take(0), validation: made.data.validation }),
      "CW_EMPTY_DATASET",
      /no images/,
    ],
    ["no data", () => ({}) as never, "CW_DATASET", /\{ train, validation \}/],
  ])("%s", async (_, data, code, message) => {
    const before = tf.memory().numTensors;
    await expect(autofit(small, data(), made.options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a model whose output does not fit the labels", async () => {
    const before = tf.memory().numTensors;
    const seven = () => mlp({ inputShape: [8, 8, 1], classes: 7, hidden: [4] });
    const failed = autofit(seven, made.data, made.options);
    await expect(failed).rejects.toMatchObject({ code: "CW_LABEL_RANGE", message: expect.stringMatching(/7 outputs/) });
    const twelve = () => mlp({ inputShape: [8, 8, 1], classes: 12, hidden: [4] });
    await expect(autofit(twelve, made.data, made.options)).rejects.toMatchObject({ code: "CW_MODEL_OUTPUT" });
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    [{ trainings: 0.5 }, /at least one training.*0.5 trainings/],
    [{ trainings: Number.NaN }, /positive number/],
    [{ minutes: 1e-9 }, /one training of 12 epochs takes about/],
  ])("a budget of %j", async (budget, message) => {
    await expect(autofit(small, made.data, { ...made.options, budget })).rejects.toMatchObject({
      code: "CW_BUDGET",
      message: expect.stringMatching(message),
    });
  });

  test("a budget for the training alone trains with usual values, and says so", async () => {
    const run = await autofit(small, made.data, { epochs: 2, seed: 1, budget: { trainings: 1 } });
    expect(run.report.warnings).toEqual([
      expect.stringMatching(/learn the optimization/),
      expect.stringMatching(/no regularization/),
    ]);
    expect(run.report.cost).toEqual({ optimization: 0, regularization: 0, training: 1 });
    run.model.dispose();
  });
});

describe("a report", () => {
  test("shows itself as a table, its text escaped", async () => {
    const bundle = (await reportTable({ ...result.report, policyName: "<b>bold</b>" })[displaySymbol]()) as Record<
      string,
      string
    >;
    expect(bundle["text/html"]).toContain("&lt;b&gt;bold");
    expect(bundle["text/plain"]).toMatch(/validation \(120 images\)\s+\d+\.\d+ % accuracy/);
  });

  test("as Markdown keeps its table whole whatever a name holds", () => {
    const markdown = reportMarkdown({ ...result.report, policyName: "a | b\nc <d>" });
    expect(markdown).toContain("| policy | a \\| b c &lt;d> |");
  });
});

describe("the events as an iterable", () => {
  test("are those that a listener is told, and the result is what it returns", async () => {
    const options = await given();
    const told: string[] = [];
    const heard = await autofit(small, made.data, { ...options, onEvent: ({ type }) => told.push(type) });
    heard.model.dispose();
    const run = autofitEvents(small, made.data, options);
    const read: string[] = [];
    let next = await run.next();
    for (; !next.done; next = await run.next()) read.push(next.value.type);
    expect(read).toEqual(told);
    expect(read.at(-1)).toBe("end");
    expect(next.value.report.test).toEqual(heard.report.test);
    next.value.model.dispose();
  });

  test("end with the loop that reads them: nothing goes on, nothing stays", async () => {
    const options = await given({ epochs: 1000 });
    const before = tf.memory().numTensors;
    const epochs: number[] = [];
    for await (const event of autofitEvents(small, made.data, options)) {
      if (event.type === "training" && event.event.type === "epoch") epochs.push(event.event.epoch);
      if (epochs.length === 2) break;
    }
    expect(epochs).toEqual([1, 2]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("throw what the run throws", async () => {
    const events = autofitEvents(small, made.data, { ...made.options, budget: { trainings: 0 } });
    await expect(events.next()).rejects.toMatchObject({ code: "CW_BUDGET" });
  });
});
