// autofit for every task that can be trained: one of two classes from one output, and several classes an image.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tf, use } from "cellwright/backend";
import { type Dataset, fromArrays } from "cellwright/data";
import { type AutofitResult, autofit, learnDataParams, loadParams, reportMarkdown } from "cellwright/learn";
import { Random } from "cellwright/random";
import { evaluate } from "cellwright/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const home = mkdtempSync(join(tmpdir(), "cellwright-tasks-"));
afterAll(() => rmSync(home, { recursive: true }));
beforeAll(async () => {
  await use("wasm");
});

/** Images of four quarters, each bright or dark: where it is bright says which classes an image is of. */
function quarters(count: number, labelOf: (bright: number[]) => number | number[], seed: number): Dataset {
  const random = new Random(seed);
  const drawn = Array.from({ length: count }, () => [0, 1, 2, 3].map(() => Number(random.float() < 0.4)));
  const images = Float32Array.from({ length: count * 64 }, (_, i) => {
    const [row, column] = [Math.floor((i % 64) / 8), i % 8];
    const bright = drawn[Math.floor(i / 64)]![2 * Math.floor(row / 4) + Math.floor(column / 4)]!;
    return Math.min(1, Math.max(0, 0.35 + 0.3 * bright + 0.2 * random.normal()));
  });
  const labels = drawn.map(labelOf) as number[] | number[][];
  return fromArrays({ images, labels, imageShape: [8, 8, 1], name: `quarters-${seed}` });
}

const model =
  (outputs: number, activation: "sigmoid" | "linear" = "sigmoid") =>
  (seed: number) => {
    const kernel = (offset: number) => tf.initializers.glorotUniform({ seed: 1 + 2 * seed + offset });
    return tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [8, 8, 1] }),
        tf.layers.dense({ units: 16, activation: "relu", kernelInitializer: kernel(0) }),
        tf.layers.dense({ units: outputs, activation, kernelInitializer: kernel(1) }),
      ],
    });
  };
const parts = (labelOf: (bright: number[]) => number | number[]) => ({
  train: quarters(300, labelOf, 1),
  validation: quarters(150, labelOf, 2),
  test: quarters(200, labelOf, 3),
});
const options = { epochs: 20, batchSize: 32, seed: 7, budget: { trainings: 4.5 } };

describe("several classes an image", () => {
  const data = parts((bright) => bright);
  const folder = join(home, "several");
  let run: AutofitResult;
  let leaked = 0;
  beforeAll(async () => {
    const before = tf.memory().numTensors;
    run = await autofit(model(4), data, { ...options, folder });
    leaked = tf.memory().numTensors - before - run.model.weights.length;
  });
  afterAll(() => run.model.dispose());

  test("are learnt from end to end", async () => {
    expect(run.complete).toBe(true);
    expect(leaked).toBe(0);
    expect(run.dataParams).toMatchObject({ task: "multiLabel", labelStructure: "multiHot", labelShape: [4] });
    expect(run.dataParams!.classCounts).toEqual(data.train.summary().counts);
    expect(run.architectureParams!.task).toBe("multiLabel");
    const { accuracy, loss, multiLabel } = await evaluate(run.model, data.test);
    expect(run.report.test).toMatchObject({ accuracy, loss });
    expect(run.report.test!.multiLabel).toEqual({
      macroF1: multiLabel!.macro.f1,
      meanAveragePrecision: multiLabel!.meanAveragePrecision,
    });
    expect(accuracy).toBeGreaterThan(0.92);
    expect(reportMarkdown(run.report)).toMatch(
      /test \(200 images\) \| \d+\.\d\d % of labels right, mean average precision 0\.\d+/,
    );
    expect(await loadParams(join(folder, "report.json"), "TrainingReport")).toEqual(run.report);
  });

  test("what moves a class to another place is rejected", () => {
    expect(run.regularizationParams).toMatchObject({ mirror: false, rot90: false });
    expect(run.regularizationParams!.reasons.mirror).toMatch(/^mirror lowers the accuracy by/);
    expect(run.report.cost.regularization).toBeLessThanOrEqual(2);
  });

  test("again: the same bytes", async () => {
    const again = await autofit(model(4), data, options);
    expect(JSON.stringify(again.regularizationParams)).toBe(JSON.stringify(run.regularizationParams));
    const bytes = (net: tf.LayersModel) => net.getWeights().map((weight) => [...weight.dataSync()]);
    expect(bytes(again.model)).toEqual(bytes(run.model));
    again.model.dispose();
  });

  test("and plain scores do as well", async () => {
    const plain = await autofit(model(4, "linear"), data, { ...options, budget: { trainings: 2.5 } });
    expect(plain.report.test!.accuracy).toBeGreaterThan(0.93);
    plain.model.dispose();
  });
});

test("one of two classes, from one output", async () => {
  const data = parts(([first]) => first!);
  const run = await autofit(model(1), data, options);
  expect(run.dataParams!.task).toBe("binary");
  expect(run.report.test!.accuracy).toBeGreaterThan(0.93);
  // What is in the first quarter decides: a mirror image says nothing of it.
  expect(run.regularizationParams).toMatchObject({ mirror: false, rot90: false });
  const drop = Number(/by ([\d.]+) %/.exec(run.regularizationParams!.reasons.mirror!)![1]);
  expect(drop).toBeGreaterThan(20);
  run.model.dispose();
});

describe("what cannot be trained is refused before it costs anything", () => {
  const data = parts((bright) => bright);
  test.each(["detection", "segmentation"] as const)("%s", async (task) => {
    const { params } = await learnDataParams(data.train);
    await expect(autofit(model(4), data, { ...options, dataParams: { ...params, task } })).rejects.toMatchObject({
      code: "CW_TASK",
      message: `autofit trains models that give each image one class, or several; it cannot train for ${task} yet`,
    });
  });

  test("a task that the labels are not of", async () => {
    const { params } = await learnDataParams(data.train);
    const asked = { ...options, dataParams: { ...params, task: "multiClass" as const } };
    await expect(autofit(model(4), data, asked)).rejects.toMatchObject({
      code: "CW_TASK",
      message: expect.stringMatching(/the task of dataParams is multiClass, but the labels of quarters-1 are rows/),
    });
  });

  test("the same classes on every image; a model that ends in softmax", async () => {
    const same = quarters(20, () => [1, 0, 1, 0], 1);
    await expect(autofit(model(4), { train: same, validation: same }, options)).rejects.toMatchObject({
      code: "CW_ONE_CLASS",
      message: expect.stringMatching(/the same classes on every image/),
    });
    const softmax = () =>
      tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape: [8, 8, 1] }),
          tf.layers.dense({ units: 4, activation: "softmax", kernelInitializer: "zeros" }),
        ],
      });
    const before = tf.memory().numTensors;
    await expect(autofit(softmax, data, options)).rejects.toMatchObject({ code: "CW_TASK" });
    expect(tf.memory().numTensors).toBe(before);
  });
});
