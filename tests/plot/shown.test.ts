/** Results of the library as the value of a cell: a line, a table or a picture; and a program sees nothing of it. */
import { inspect } from "node:util";
import { tf } from "cellwright/backend";
import { crossValidatedProbabilities, findLabelIssues, softmaxRegression } from "cellwright/cleaning";
import { digits, fromArrays } from "cellwright/data";
import { learnArchitectureParams, learnDataParams, parseParams } from "cellwright/learn";
import { pca, tsne } from "cellwright/manifold";
import { mlp } from "cellwright/models";
import { displaySymbol, type MimeBundle } from "cellwright/plot";
import { evaluate, type TrainEvent, train } from "cellwright/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { factsBundle } from "../../src/plot/facts.ts";

const shown = async (value: unknown) =>
  (await (value as Record<symbol, () => MimeBundle>)[displaySymbol]!()) as Record<string, string>;

let tensors = 0;
beforeAll(async () => {
  await tf.setBackend("cpu");
  tensors = tf.memory().numTensors;
});
afterAll(() => expect(tf.memory().numTensors).toBe(tensors));

const small = async () => (await digits()).take(60);

describe("a training", () => {
  test("is a bar, a line for each epoch, a learning curve at its end", async () => {
    const data = await small();
    const model = mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 });
    const events: TrainEvent[] = [];
    for await (const event of train(model, data, { epochs: 2, seed: 1, validation: data })) events.push(event);
    model.dispose();
    const of = (type: string) => events.findLast((event) => event.type === type);
    expect((await shown(of("step")))["text/html"]).toContain('<progress value="4" max="4">');
    expect((await shown(of("epoch")))["text/plain"]).toMatch(
      /^epoch 2 of 2: loss \d\.\d{3}, accuracy [\d.]+ %; validation loss/,
    );
    const end = await shown(of("end"));
    expect(end["text/plain"]).toMatch(/^completed after 2 epochs in [\d.]+ s, the weights of epoch \d\nepoch 2 of 2/);
    expect(end["image/svg+xml"]).toContain("<svg");
    expect(structuredClone(of("end"))).toEqual(of("end"));
    expect(Object.getOwnPropertySymbols({ ...of("end") })).toEqual([]);
  });

  test("that is stopped before its first epoch says so, without a picture", async () => {
    const model = mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 });
    const events: TrainEvent[] = [];
    for await (const event of train(model, await small(), { epochs: 1, signal: AbortSignal.abort() }))
      events.push(event);
    model.dispose();
    expect(await shown(events.at(-1))).toEqual({
      "text/plain": expect.stringMatching(/^stopped by hand after 0 epochs in/),
    });
  });
});

test("an evaluation is its figures and the names of what else is there", async () => {
  const data = await small();
  const model = mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 });
  const evaluation = await evaluate(model, data);
  model.dispose();
  expect((await shown(evaluation))["text/plain"]).toBe(
    `60 images of digits\naccuracy  ${(100 * evaluation.accuracy).toFixed(2)} %\nloss      ${evaluation.loss.toFixed(4)} nats\nhas also  predictions, probabilities, labels`,
  );
});

test("an embedding in the plane is its points by class, another one its size", async () => {
  const data = await small();
  const counts = data.summary().counts.map((count, label) => `${label}: ${count}`);
  expect((await shown(await tsne(data, { perplexity: 5, iterations: 20 })))["text/plain"]).toBe(
    ["t-SNE: 60 points", ...counts].join("\n"),
  );
  expect((await shown(await pca(data)))["image/svg+xml"]).toContain("Principal components");
  expect(await shown(await pca(data, { components: 3 }))).toEqual({
    "text/plain": "Principal components: 60 rows of 3 values",
  });
  expect((await shown(await pca([[0, 1], [1, 0], [2, 5]])))["text/plain"]).toMatch(/3 points\npoints: 3$/); // biome-ignore format: three rows
});

test("params are a table with reasons, a learner's result is its params; JSON has neither", async () => {
  const learnt = await learnDataParams(await small());
  const { "text/plain": text, "text/html": html } = await shown(learnt);
  expect(text).toMatch(/^DataParams\ntask +multiClass {2}one class of 10 an image\n/);
  expect(html).toContain("<b>DataParams</b><table>");
  expect((await shown(parseParams(JSON.parse(JSON.stringify(learnt.params)))))["text/plain"]).toBe(text);
  const model = mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 });
  expect((await shown(await learnArchitectureParams(model)))["text/plain"]).toMatch(/^ArchitectureParams\n/);
  model.dispose();
});

test("out-of-sample probabilities and label issues are a line", async () => {
  const data = await small();
  const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { folds: 2, seed: 1 });
  expect((await shown(probabilities))["text/plain"]).toBe(
    "out-of-sample probabilities of 60 images for 10 classes, from 2 folds",
  );
  const certain = Float32Array.from({ length: 60 }, (_, i) => (i % 2 ? 0.01 : 0.99));
  const labels = Array.from({ length: 30 }, (_, i) => Number(i < 2));
  expect((await shown(findLabelIssues(labels, certain, { filterBy: "predictedNeqGiven" })))["text/plain"]).toBe(
    "2 of 30 labels are probably wrong; the worst first: 0, 1",
  );
});

test("batches are a line, and are not made to be shown", async () => {
  const images = new Float32Array(4);
  const data = fromArrays({ images, labels: [0, 0, 0, 0], imageShape: [1, 1, 1], name: "tiny" });
  const before = tf.memory().numTensors;
  expect((await shown(data.batch(3)))["text/plain"]).toBe("2 batches of 3 of tiny: 4 images of 1 × 1 × 1, 1 class");
  expect(tf.memory().numTensors).toBe(before);
});

test("a log of tensors and models says what they are", () => {
  const tensor = tf.zeros([2, 3], "int32");
  const model = mlp({ inputShape: [2, 2, 1], classes: 2, hidden: [3], seed: 1 });
  expect(inspect({ tensor })).toBe("{ tensor: Tensor { int32 [2, 3] } }");
  expect(inspect([model])).toBe(`[ LayersModel { ${model.name}: ${model.countParams()} parameters } ]`);
  tensor.dispose();
  expect(inspect(tensor)).toBe("Tensor { int32 [2, 3], disposed }");
  model.dispose();
});

test("facts keep their markup to themselves, and none is an empty table", () => {
  expect(factsBundle([["<b>", "a & b", "<i>"]], "<u>")).toEqual({
    "text/html":
      '<b>&lt;u&gt;</b><table><tbody><tr><th style="text-align: left">&lt;b&gt;</th><td style="text-align: left">a &amp; b</td><td style="text-align: left">&lt;i&gt;</td></tr></tbody></table>',
    "text/plain": "<u>\n<b>  a & b  <i>",
  });
  expect(factsBundle([])).toEqual({ "text/html": "<table><tbody></tbody></table>", "text/plain": "" });
});
