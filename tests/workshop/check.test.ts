// What the checker says to typical wrong answers: the specific hint, never the answer, never a stack.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { compose, randAugment } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { type CodeCell, codeCell, createNotebook } from "cellwright/batch";
import { CleaningReport, crossValidatedProbabilities, findLabelIssues } from "cellwright/cleaning";
import { type Dataset, mnist, waveTextures } from "cellwright/data";
import { learnRegularizationParams, trainingRegularizers } from "cellwright/learn";
import { mlp, smallCnn } from "cellwright/models";
import { displaySymbol } from "cellwright/plot";
import { Random } from "cellwright/random";
import { evaluate, type TrainEvent, type TrainOptions, train } from "cellwright/train";
import { mislabelledDigits, type Progress, workshop } from "cellwright/workshop";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectFolder } from "../support/command.ts";

type Answers = Record<string, unknown>;
type Mistake = readonly [what: string, answers: Answers, hint: RegExp];

/** Every hint that was given, by exercise. */
const hints: string[][] = [[], [], [], [], [], []];

async function look(exercise: number, answers: Answers): Promise<Progress> {
  const tensors = tf.memory().numTensors;
  const progress = await workshop.check(exercise, answers).progress;
  expect(tf.memory().numTensors, "tensors").toBe(tensors);
  if (progress.hint !== null) hints[exercise]?.push(progress.hint);
  return progress;
}

/** All of `right` pass as far as `done`; each of the mistakes then gets its hint. */
async function expectHints(exercise: number, done: number, right: Answers, mistakes: readonly Mistake[]) {
  for (const [what, answers, hint] of mistakes) {
    const progress = await look(exercise, { ...right, ...answers });
    expect(progress.hint, what).toMatch(hint);
    expect([what, progress.done, progress.passed]).toEqual([what, done, false]);
  }
}

async function learn(model: tf.LayersModel, data: Dataset, options: TrainOptions) {
  const events: TrainEvent[] = [];
  for await (const event of train(model, data, options)) events.push(event);
  return events;
}

let parts: ReturnType<Dataset["split"]>;
beforeAll(async () => {
  await use("wasm");
  parts = (await mnist()).split();
});

describe("the checker", () => {
  test("an exercise that there is not", async () => {
    for (const number of [0, 6, 1.5, Number.NaN]) {
      const progress = await look(number, {});
      expect(progress.passed).toBe(false);
      expect(progress.hint).toMatch(/exercises 1 to 5; got/);
    }
  });

  test.each([1, 2, 3, 4, 5])("nothing there yet: exercise %i says where to go on", async (number) => {
    const progress = await look(number, {});
    expect([progress.done, progress.steps.length]).toEqual([0, 4]);
    expect(progress.hint).toMatch(/is not there yet|no table of candidates/);
  });

  test.each([1, 2, 3, 4, 5])("whatever the values of exercise %i are, it answers in words", async (number) => {
    const names = [
      "counts model events longEvents bestEpoch testAccuracy",
      "candidates plain accuracyUnder harmful policy augmented",
      "plain learnt rejected ranking learned",
      "probabilities suspects corrected before after",
      "notebook run grid bestRate verified",
    ][number - 1]!.split(" ");
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error("a trap");
        },
      },
    );
    for (const value of [
      null,
      undefined,
      0,
      -1,
      "text",
      [],
      {},
      [{}],
      () => {},
      Symbol("s"),
      Promise.resolve(1),
      new Map(),
      10n,
      trap,
    ]) {
      const progress = await look(number, Object.fromEntries(names.map((name) => [name, value])));
      expect(progress.passed).toBe(false);
      expect(progress.hint!.length).toBeGreaterThan(10);
      expect(progress.hint).not.toMatch(/\n\s+at /);
    }
  });

  test("shows itself as a card and as lines; what comes from values is escaped", async () => {
    const shown = await workshop.check(1, { counts: "<img src=x>" })[displaySymbol]();
    expect(shown["text/plain"]).toMatch(/^Exercise 1: A first classifier: ✓ 0 of 4 steps\n→ Count/);
    expect(shown["text/html"]).toContain("&lt;img");
    expect(shown["text/html"]).not.toContain("<img");
  });

  test("reads the variables that scripts have declared, as cells are", async () => {
    new Script("let counts = [1, 2]").runInThisContext();
    expect((await workshop.check(1).progress).hint).toMatch(/should have ten numbers; it has 2/);
  });
});

describe("exercise 1", () => {
  const network = (seed = 7) => smallCnn({ inputShape: [28, 28, 1], classes: 10, filters: [4, 8], dense: 16, seed });
  const right: Answers = {};
  let data: { train: Dataset; validation: Dataset; test: Dataset };

  beforeAll(async () => {
    data = { train: parts.train.take(1000), validation: parts.validation.take(500), test: parts.test.take(2000) };
    right.counts = data.train.summary().counts;
    const model = network();
    right.events = await learn(model, data.train, {
      epochs: 8,
      batchSize: 32,
      learningRate: 0.004,
      seed: 7,
      validation: data.validation,
    });
    right.model = model;
    const large = mlp({ inputShape: [28, 28, 1], classes: 10, hidden: [64], seed: 7 });
    right.longEvents = await learn(large, data.train.take(60), {
      epochs: 30,
      batchSize: 10,
      learningRate: 0.006,
      seed: 7,
      validation: data.validation,
    });
    large.dispose();
    right.bestEpoch = best((epoch) => epoch.validation!.loss);
    right.testAccuracy = (await evaluate(model, data.test)).accuracy;
  });

  type Epoch = Extract<TrainEvent, { type: "epoch" }>;
  const best = (value: (epoch: Epoch) => number) =>
    (right.longEvents as TrainEvent[])
      .filter((event) => event.type === "epoch")
      .reduce((a, b) => (value(b) < value(a) ? b : a)).epoch;

  test("what is right passes", async () => {
    const progress = await look(1, right);
    expect([progress.done, progress.hint, progress.passed]).toEqual([4, null, true]);
  });

  test("counts", async () => {
    const counts = right.counts as number[];
    await expectHints(1, 0, right, [
      ["empty", { counts: [] }, /still empty/],
      ["a number", { counts: 1000 }, /list of numbers.*the number 1000/],
      ["nine", { counts: counts.slice(1) }, /ten numbers; it has 9/],
      ["of another part", { counts: data.validation.summary().counts }, /add up to 500, and data.train has 1000/],
      ["shares", { counts: counts.map((count) => count / 1000) }, /shares/],
      ["shifted", { counts: [...counts.slice(1), counts[0]] }, /their places are not/],
      [
        "one moved",
        { counts: counts.map((count, digit) => count + (digit === 0 ? 1 : digit === 1 ? -1 : 0)) },
        /2 of the ten counts/,
      ],
    ]);
    expect((await look(1, { ...right, counts: Int32Array.from(counts) })).done).toBe(4);
  });

  test("training", async () => {
    const weak = network();
    const weakEvents = await learn(weak, data.train, {
      epochs: 1,
      batchSize: 32,
      seed: 7,
      validation: data.validation,
    });
    const silent = (right.events as TrainEvent[]).map((event) =>
      event.type === "epoch" ? { ...event, validation: undefined } : event,
    );
    const wide = smallCnn({ inputShape: [32, 32, 1], classes: 10, filters: [4], dense: 8 });
    await expectHints(1, 1, right, [
      ["no value", { model: undefined }, /model has no value yet/],
      ["no model", { model: { accuracy: 1 } }, /should be a model.*an object/],
      ["never iterated", { model: network(), events: [] }, /has not been trained.*alone does nothing/],
      ["made anew", { model: network() }, /made anew/],
      ["too short", { model: weak, events: weakEvents }, /85.0 % are wanted.*rising/],
      ["events forgotten", { events: [] }, /events is empty/],
      ["no validation", { events: silent }, /nothing of the validation/],
      ["another shape", { model: wide }, /Looking at this step failed: .*32/],
    ]);
  });

  test("the best epoch", async () => {
    const bestEpoch = right.bestEpoch as number;
    const byLoss = best((epoch) => epoch.loss);
    const byAccuracy = best((epoch) => -epoch.validation!.accuracy);
    expect(new Set([bestEpoch, bestEpoch - 1, byLoss, byAccuracy]).size).toBe(4);
    await expectHints(1, 2, right, [
      ["untouched", { bestEpoch: 0 }, /still 0/],
      ["a text", { bestEpoch: "3" }, /should be a number; it is the text/],
      ["beyond", { bestEpoch: 31 }, /from 1 to 30/],
      ["half", { bestEpoch: 2.5 }, /number of an epoch/],
      ["from 0", { bestEpoch: bestEpoch - 1 }, /count from 0/],
      ["training loss", { bestEpoch: byLoss }, /training images is lowest.*which curve/],
      ["accuracy", { bestEpoch: byAccuracy }, /close calls/],
      ["anything", { bestEpoch: 1 }, /another epoch's is lower/],
      ["not run", { longEvents: [] }, /no long training/],
    ]);
  });

  test("the accuracy", async () => {
    const on = async (part: Dataset) => (await evaluate(right.model as tf.LayersModel, part)).accuracy;
    const accuracy = right.testAccuracy as number;
    await expectHints(1, 3, right, [
      ["untouched", { testAccuracy: 0 }, /still 0/],
      ["percent", { testAccuracy: 100 * accuracy }, /percentage/],
      ["on training data", { testAccuracy: await on(data.train) }, /learnt from.*Which part/],
      ["on validation data", { testAccuracy: await on(data.validation) }, /flatters/],
      ["rounded", { testAccuracy: accuracy + 0.0011 }, /without rounding/],
      ["made up", { testAccuracy: 0.5 }, /measures something else/],
    ]);
  });

  test("no hint tells the answer", () => {
    const answers = [
      `epoch ${right.bestEpoch}`,
      `${right.testAccuracy}`,
      (right.counts as number[]).join(", "),
      ...(right.counts as number[]).map((count) => ` ${count} `),
    ];
    expectSilence(1, answers);
  });
});

describe("exercise 2", () => {
  const candidates = {
    mirror: { transform: "mirror", value: 1 },
    "half turn": { transform: "rotate", value: 180 },
    "turn by 12°": { transform: "rotate", value: 12 },
    "shift right": { transform: "translateX", value: 0.1 },
  } as const;
  const network = () => smallCnn({ inputShape: [28, 28, 1], classes: 10, filters: [4, 8], dense: 16, seed: 7 });
  const options = { epochs: 16, batchSize: 32, learningRate: 0.003, seed: 7 };
  const right: Answers = { candidates, harmful: ["half turn", "mirror"] };
  const under = async (images: Dataset) => {
    const entries = Object.entries(candidates).map(async ([name, { transform, value }]) => {
      const policy = compose([{ transform, values: [value] }]);
      const changed = images.map(policy.map([28, 28, 1]), { random: new Random(7) });
      return [name, (await evaluate(right.plain as tf.LayersModel, changed)).accuracy] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  const gentle = compose([
    { transform: "rotate", range: [-12, 12] },
    { transform: "translateX", range: [-0.1, 0.1] },
    { transform: "translateY", range: [-0.1, 0.1] },
  ]);

  beforeAll(async () => {
    const [plain, augmented] = [network(), network()];
    await learn(plain, parts.train.take(300), options);
    await learn(augmented, parts.train.take(300), { ...options, epochs: 30, augment: gentle });
    Object.assign(right, { plain, augmented, policy: gentle });
    right.accuracyUnder = await under(parts.test.take(2000));
  });

  test("what is right passes", async () => {
    expect(await look(2, right)).toMatchObject({ done: 4, hint: null });
  });

  test("the accuracy on changed images", async () => {
    const table = right.accuracyUnder as Record<string, number>;
    const clean = (await evaluate(right.plain as tf.LayersModel, parts.test.take(2000))).accuracy;
    const all = (value: unknown) => Object.fromEntries(Object.keys(candidates).map((name) => [name, value]));
    await expectHints(2, 0, right, [
      ["empty", { accuracyUnder: {} }, /still empty/],
      [
        "one left out",
        { accuracyUnder: { ...all(0.5), mirror: undefined, "half turn": 0.1 } },
        /should be a share from 0 to 1; it is a undefined|should be a share/,
      ],
      ["too few", { accuracyUnder: { mirror: table.mirror } }, /1 of 4 candidates: half turn/],
      ["whole evaluations", { accuracyUnder: all({ accuracy: 0.5 }) }, /take the accuracy/],
      ["unchanged images", { accuracyUnder: all(clean) }, /not the changed images/],
      ["training images", { accuracyUnder: await under(parts.train.take(300)) }, /knows by heart/],
      ["made up", { accuracyUnder: all(0.123) }, /another accuracy/],
      ["not trained", { plain: undefined }, /plain has no value/],
    ]);
  });

  test("what destroys the label", async () => {
    await expectHints(2, 1, right, [
      ["empty", { harmful: [] }, /still empty/],
      ["unknown", { harmful: ["flip"] }, /"flip", which is none of/],
      ["twice", { harmful: ["mirror", "mirror"] }, /twice/],
      ["by the table", { harmful: ["mirror", "half turn", "shift right"] }, /1 leaves every digit readable/],
      ["one forgotten", { harmful: ["half turn"] }, /1 more does/],
    ]);
  });

  test("the policy", async () => {
    const of = (transform: "rotate" | "mirror" | "translateX", range?: readonly [number, number]) =>
      compose([
        { transform, ...(range && { range }) },
        { transform: "brightness", range: [0.8, 1.2] },
      ]);
    await expectHints(2, 2, right, [
      ["a list", { policy: [] }, /made by compose.*a list of 0/],
      ["empty", { policy: compose([]) }, /still empty/],
      ["mirrored", { policy: of("mirror") }, /uses mirror.*same label/],
      ["turned all around", { policy: of("rotate") }, /draws rotate with values as far as -?1[78]\d.*Narrow/],
      ["shifted out", { policy: of("translateX", [-0.8, 0.8]) }, /draws translateX/],
      ["one transform", { policy: compose([{ transform: "rotate", range: [-5, 5] }]) }, /rotate alone/],
      [
        "next to nothing",
        {
          policy:
            of("rotate", [-0.01, 0.01]) &&
            compose([
              { transform: "rotate", range: [0, 0.1] },
              { transform: "zoom", range: [1, 1.001] },
            ]),
        },
        /next to nothing/,
      ],
    ]);
    expect((await look(2, { ...right, policy: randAugment({ n: 1, m: 3 }) })).done).toBe(4);
  });

  test("the training", async () => {
    const { plain } = right;
    const worse = network();
    await learn(worse, parts.train.take(300), { ...options, epochs: 4, augment: gentle });
    const alike = network();
    await learn(alike, parts.train.take(300), options);
    await expectHints(2, 3, right, [
      ["the same", { augmented: plain }, /the same model/],
      ["untrained", { augmented: network() }, /not been trained yet/],
      ["without the policy", { augmented: alike }, /exactly as many/],
      ["too short", { augmented: worse }, /worse/],
    ]);
  });

  test("no hint tells the answer", () => {
    expectSilence(
      2,
      Object.values(right.accuracyUnder as Record<string, number>).map((value) => `${value}`),
    );
  });
});

describe("exercise 3", () => {
  const network = () => smallCnn({ inputShape: [16, 16, 1], classes: 5, filters: [8, 16], dense: 32, seed: 7 });
  const optimization = { epochs: 30, batchSize: 32, learningRate: 0.004, learningRateSchedule: "cosine" } as const;
  const right: Answers = {};
  let train: Dataset;
  let learnt: Awaited<ReturnType<typeof learnRegularizationParams>>;
  const ranked = (value: (node: (typeof learnt.report.tree.nodes)[number]) => number) =>
    [...learnt.report.tree.nodes].sort((a, b) => value(a) - value(b)).map(({ id }) => id);

  beforeAll(async () => {
    const random = new Random(7);
    train = waveTextures(600, random.split("train"));
    const validation = waveTextures(400, random.split("validation"));
    learnt = await learnRegularizationParams(network(), { train, validation }, { optimization, seed: 7 });
    const [plain, learned] = [network(), network()];
    await learn(plain, train, { ...optimization, epochs: 3, seed: 7 });
    await learn(learned, train, { ...optimization, epochs: 30, ...trainingRegularizers(learnt.params), seed: 7 });
    const rejected = learnt.report.tree.probe.decisions
      .filter(({ admitted }) => !admitted)
      .map(({ transform }) => transform);
    const ranking = ranked((node) => node.scores[0]!.calibratedLoss);
    Object.assign(right, { learnt, plain, learned, rejected, ranking });
  });

  test("what is right passes", async () => {
    expect(await look(3, right)).toMatchObject({ done: 4, hint: null });
  });

  test("the search", async () => {
    const { params, report } = learnt;
    await expectHints(3, 0, right, [
      ["no value", { learnt: undefined }, /learnt has no value yet/],
      ["not awaited", { learnt: Promise.resolve(learnt) }, /must be awaited/],
      ["the report alone", { learnt: report }, /params and report together/],
      ["stopped", { learnt: { params, report: { ...report, complete: false } } }, /stopped before its end/],
      [
        "hardly begun",
        { learnt: { params, report: { ...report, tree: { ...report.tree, nodes: report.tree.nodes.slice(0, 2) } } } },
        /Only 2 policies/,
      ],
    ]);
  });

  test("what was not admitted", async () => {
    const { decisions } = learnt.report.tree.probe;
    const names = (wanted: boolean) =>
      decisions.filter(({ admitted }) => admitted === wanted).map(({ transform }) => transform);
    await expectHints(3, 1, right, [
      ["empty", { rejected: [] }, /still empty/],
      ["a text", { rejected: "rotate" }, /list of names/],
      ["unknown", { rejected: ["cartwheel"] }, /none of the transforms/],
      ["the admitted", { rejected: names(true) }, /the others/],
      ["all", { rejected: [...names(true), ...names(false)] }, /admitted, if at some magnitudes/],
      ["one forgotten", { rejected: names(false).slice(1) }, /1 more was not admitted|still empty/],
    ]);
  });

  test("where all was admitted, nothing is the right answer", async () => {
    const { params, report } = learnt;
    const decisions = report.tree.probe.decisions.map((decision) => ({ ...decision, admitted: true }));
    const tree = { ...report.tree, probe: { ...report.tree.probe, decisions } };
    const answers = { ...right, learnt: { params, report: { ...report, tree } } };
    expect((await look(3, { ...answers, rejected: [] })).done).toBe(4);
    expect((await look(3, answers)).hint).toMatch(/the others/);
  });

  test("the ranking", async () => {
    const ranking = right.ranking as string[];
    await expectHints(3, 2, right, [
      ["empty", { ranking: [] }, /still empty/],
      ["titles", { ranking: learnt.report.tree.nodes.map(({ title }) => `${title}!`) }, /none of the policies/],
      ["the finalists", { ranking: ranking.slice(0, 2) }, /2 of the 6/],
      ["the worst first", { ranking: [...ranking].reverse() }, /other way round/],
      ["by accuracy", { ranking: ranked((node) => -node.scores[0]!.accuracy) }, /order by accuracy/],
      ["swapped", { ranking: [...ranking.slice(0, 2), ...ranking.slice(2).reverse()] }, /another order|order by/],
    ]);
  });

  test("the training", async () => {
    const { plain } = right;
    const alike = network();
    await learn(alike, train, { ...optimization, epochs: 3, seed: 7 });
    await expectHints(3, 3, right, [
      ["the same", { learned: plain }, /the same model/],
      ["untrained", { learned: network() }, /not been trained yet/],
      ["without what was learnt", { learned: alike }, /exactly as many/],
      ["no gain", { plain: right.learned, learned: plain }, /1 point more|not been trained/],
    ]);
  });

  test("no hint tells the answer", () => {
    expectSilence(3, [(right.ranking as string[]).join(", "), (right.rejected as string[]).join(", ")]);
  });
});

describe("exercise 4", () => {
  const network = ({ seed }: { seed: number }) => mlp({ inputShape: [28, 28, 1], classes: 10, hidden: [48], seed });
  const training = { epochs: 5, batchSize: 32, learningRate: 0.002 };
  const right: Answers = {};
  let noisy: Dataset;

  const decided = (threshold: number) => {
    const report = new CleaningReport(noisy, right.probabilities as never);
    const sure = (wanted: boolean) =>
      report.issues.filter(({ confidence }) => confidence >= threshold === wanted).map(({ index }) => index);
    return report.relabel(sure(true)).remove(sure(false)).apply();
  };

  beforeAll(async () => {
    noisy = await mislabelledDigits();
    right.probabilities = await crossValidatedProbabilities(network, noisy, { folds: 4, seed: 1, train: training });
    right.suspects = findLabelIssues(noisy.labels, right.probabilities as never).indices;
    right.corrected = decided(0.7);
    const [before, after] = [network({ seed: 3 }), network({ seed: 3 })];
    await learn(before, noisy, { ...training, epochs: 16, seed: 3 });
    await learn(after, right.corrected as Dataset, { ...training, epochs: 16, seed: 3 });
    Object.assign(right, { before, after });
  });

  test("a fifth of the labels are wrong, the same ones each time; the pictures are MNIST's", async () => {
    const again = await mislabelledDigits();
    expect(again.labels).toEqual(noisy.labels);
    const clean = parts.train.take(1500);
    expect(noisy.ids).toEqual(clean.ids);
    expect(noisy.image(17)).toEqual(clean.image(17));
    const wrong = [...noisy.labels].filter((label, index) => label !== clean.labels[index]).length;
    expect(wrong / noisy.size).toBeGreaterThan(0.18);
    expect(wrong / noisy.size).toBeLessThan(0.22);
  });

  test("what is right passes", async () => {
    expect(await look(4, right)).toMatchObject({ done: 4, hint: null });
  });

  test("the probabilities", async () => {
    const seen = network({ seed: 1 });
    await learn(seen, noisy, { ...training, epochs: 20, seed: 1 });
    const { probabilities: data } = await evaluate(seen, noisy);
    await expectHints(4, 0, right, [
      ["not awaited", { probabilities: Promise.resolve() }, /await is missing/],
      ["something else", { probabilities: [1, 2] }, /crossValidatedProbabilities returns; it is a list of 2/],
      [
        "of fewer images",
        { probabilities: { data: data.subarray(0, 1000), shape: [100, 10] } },
        /shape is \[100, 10\]/,
      ],
      [
        "of labels it was trained on",
        { probabilities: { data, shape: [1500, 10] } },
        /have learnt them.*not trained on it/,
      ],
      [
        "untrained",
        { probabilities: { data: new Float32Array(15_000).fill(0.1), shape: [1500, 10] } },
        /trained for a few epochs/,
      ],
    ]);
  });

  test("the suspects", async () => {
    const suspects = [...(right.suspects as Uint32Array)];
    const report = new CleaningReport(noisy, right.probabilities as never);
    await expectHints(4, 1, right, [
      ["empty", { suspects: [] }, /still empty/],
      ["booleans", { suspects: suspects.map(() => true) }, /mask of true and false/],
      ["issues", { suspects: report.issues }, /its place in the data/],
      ["out of range", { suspects: [...suspects, 1500] }, /from 0 to 1499.*the number 1500/],
      ["the worst ten", { suspects: suspects.slice(0, 10) }, /Some that are missing/],
      ["everything", { suspects: [...noisy.labels.keys()] }, /innocent/],
    ]);
  });

  test("the corrected data", async () => {
    const thinned = noisy.take(600);
    await expectHints(4, 2, right, [
      ["no data set", { corrected: [] }, /should be a data set; it is a list/],
      ["as before", { corrected: noisy }, /labels of before/],
      ["thinned out", { corrected: thinned }, /900 images are gone/],
      [
        "worse",
        { corrected: noisy.relabel(noisy.labels.map((label, index) => (index % 3 ? label : (label + 1) % 10))) },
        /more harm than good/,
      ],
      ["other images", { corrected: parts.test.take(1500) }, /not in the data at hand/],
    ]);
  });

  test("what it is worth", async () => {
    const { before, after } = right;
    await expectHints(4, 3, right, [
      ["the same", { after: before }, /the same model/],
      ["untrained", { after: network({ seed: 3 }) }, /not been trained yet/],
      ["exchanged", { before: after, after: before }, /on the labels as they came/],
    ]);
  });

  test("no hint tells the answer", () => {
    const truth = parts.train.take(1500).labels;
    const wrong = [...noisy.labels.keys()].filter((index) => noisy.labels[index] !== truth[index]);
    expectSilence(
      4,
      wrong.filter((index) => index > 100 && index < 1490).map((index) => ` ${index} `),
    );
  });
});

describe("exercise 5", () => {
  const cell = (source: string, tags: string[] = []) => codeCell(source, { tags });
  const declared = "let learningRate = 0.003;\nlet seed = 1;";
  const hand = cell('report("accuracy", 0.9);');
  const point = (learningRate: number, seed: number, accuracy: number) =>
    ({ parameters: { learningRate, seed }, status: "completed", results: { accuracy }, error: null }) as const;
  // The single best run is of .1, the best mean of .01.
  const points = [
    point(0.1, 1, 0.95),
    point(0.1, 2, 0.6),
    point(0.01, 1, 0.9),
    point(0.01, 2, 0.89),
    point(0.001, 1, 0.5),
  ];
  const folder = mkdtempSync(join(tmpdir(), "cellwright-workshop-"));
  const htmlPath = join(folder, "one.html");
  const run = {
    status: "completed",
    results: { accuracy: 0.9 },
    failure: null,
    htmlPath,
    notebook: { metadata: { papermill: { parameters: { learningRate: 0.01 } } } },
  };
  const right: Answers = {
    notebook: createNotebook([cell(declared, ["parameters"]), hand]),
    run,
    grid: { points },
    bestRate: 0.01,
    verified: { same: true, status: "completed", cells: 2, differences: [] },
  };
  beforeAll(() => writeFileSync(htmlPath, "<p>report</p>"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("what is right passes", async () => {
    expect(await look(5, right)).toMatchObject({ done: 4, hint: null });
  });

  test("the notebook", async () => {
    const of = (...cells: CodeCell[]) => ({ notebook: createNotebook(cells) });
    await expectHints(5, 0, right, [
      ["a text", { notebook: "train.ipynb" }, /createNotebook returns; it is the text/],
      ["empty", of(), /no cells/],
      ["no tag", of(cell(declared), hand), /carries the tag/],
      ["two tags", of(cell(declared, ["parameters"]), cell("let x = 1", ["parameters"]), hand), /More than one/],
      ["no seed", of(cell("let learningRate = 1", ["parameters"]), hand), /should declare seed:/],
      ["another cell's tag", of(cell(declared), cell("1", ["parameters"]), hand), /declare learningRate and seed/],
      ["no result", of(cell(declared, ["parameters"])), /hands over the accuracy/],
    ]);
  });

  test("the run", async () => {
    const failure = { ename: "ReferenceError", evalue: "seeed is not defined" };
    await expectHints(5, 1, right, [
      ["not awaited", { run: Promise.resolve(run) }, /await is missing/],
      ["a path", { run: "runs/one.ipynb" }, /runNotebook returns/],
      ["failed", { run: { ...run, status: "failed", failure } }, /seeed is not defined.*Mend/],
      ["nothing handed over", { run: { ...run, results: {} } }, /no accuracy/],
      ["no parameters", { run: { ...run, notebook: { metadata: {} } } }, /from outside/],
      ["no report", { run: { ...run, htmlPath: null } }, /no report yet/],
      ["a report that is gone", { run: { ...run, htmlPath: join(folder, "gone.html") } }, /no report yet/],
    ]);
  });

  test("the grid", async () => {
    const of = (wanted: (each: (typeof points)[number]) => boolean) => ({ grid: { points: points.filter(wanted) } });
    const failed = { ...points[0], status: "failed", error: "Error: no" };
    await expectHints(5, 2, right, [
      ["no grid", { grid: points }, /runGrid returns; it is a list/],
      ["a failed point", { grid: { points: [...points, failed] } }, /is failed: Error: no/],
      ["one rate", of(({ parameters }) => parameters.learningRate === 0.1), /compares nothing/],
      ["one seed", of(({ parameters }) => parameters.seed === 1), /luck/],
      ["untouched", { bestRate: 0 }, /still 0/],
      ["another rate", { bestRate: 0.5 }, /one of the grid's/],
      ["the luckiest", { bestRate: 0.1 }, /best single run/],
      ["the worst", { bestRate: 0.001 }, /on average/],
    ]);
  });

  test("the verification", async () => {
    const differences = [{ cell: 3, source: "report('accuracy', accuracy)", of: "x", saved: "a", now: "b" }];
    const answer = (own: object) => ({ verified: { same: false, status: "completed", differences: [], ...own } });
    await expectHints(5, 3, right, [
      ["not awaited", { verified: Promise.resolve() }, /await is missing/],
      ["a boolean", { verified: true }, /verifyRun returns/],
      ["differs", answer({ differences }), /differs in cell 3.*whatever the seed/],
      ["a file differs", answer({}), /a file/],
      ["failed", answer({ status: "failed" }), /did not come to its end/],
    ]);
  });

  test("no hint tells the answer", () => {
    expectSilence(5, ["0.01", "Math.random", "new Random", "verifyRun(", "runGrid("]);
  });
});

/** No hint of an exercise contains an answer, or a line of its solution that the exercise does not have. */
function expectSilence(number: number, answers: readonly string[]) {
  const read = (path: string) =>
    JSON.parse(readFileSync(join(projectFolder, "notebooks/workshop", path), "utf8")).cells.flatMap(
      (cell: { source: string | string[] }) => [cell.source].flat().join("").split("\n"),
    );
  const given = new Set(read(`exercise-${number}.ipynb`));
  const lines = read(`solutions/exercise-${number}.ipynb`).filter((line: string) => !given.has(line));
  const statements = lines
    .flatMap((line: string) => line.split(/[;{}]/))
    .map((each: string) => each.trim())
    .filter((each: string) => each.length > 12);
  expect(statements.length).toBeGreaterThan(2);
  expect(hints[number]!.length).toBeGreaterThan(15);
  for (const hint of hints[number]!)
    for (const answer of [...answers, ...statements]) expect(hint).not.toContain(answer);
}
