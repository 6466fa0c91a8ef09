import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compose, randAugment, trivialAugment } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { type Dataset, digits } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { optimizer, optimizerNames } from "cellwright/optim";
import { Random } from "cellwright/random";
import { type EndEvent, type StartEvent, type TrainOptions, train } from "cellwright/train";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bytes, run } from "./support.ts";

let folder: string;
let data: Dataset;
let validation: Dataset;
beforeAll(async () => {
  await use("wasm");
  folder = await mkdtemp(join(tmpdir(), "cellwright-checkpoint-"));
  const all = (await digits()).shuffle(new Random(1));
  data = all.take(90);
  validation = all.skip(90).take(40);
});
afterAll(() => rm(folder, { recursive: true }));

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

const build = (seed = 1) =>
  smallCnn({
    inputShape: [8, 8, 1],
    classes: 10,
    filters: [4],
    dense: 8,
    dropout: 0.3,
    batchNorm: true,
    seed,
  });

/** Trains until `stop` updates are done, then leaves as a crash would: without a last save. */
async function crashRun(options: TrainOptions, stop: number): Promise<void> {
  const model = build();
  for await (const event of train(model, data, options)) {
    if (event.type === "step" && event.step === stop) break;
  }
  model.dispose();
}

async function finishRun(
  options: TrainOptions,
  seed = 1,
  on = data,
): Promise<{ weights: Buffer; start: StartEvent; end: EndEvent }> {
  const model = build(seed);
  try {
    const events = await run(model, on, options);
    return { weights: bytes(model), start: events[0] as StartEvent, end: events.at(-1) as EndEvent };
  } finally {
    model.dispose();
  }
}

const finish = finishRun;

describe("a run that was interrupted ends with the bytes of one that was not", () => {
  // 90 images in batches of 20: 5 updates an epoch, the last with 10 images.
  const base = { epochs: 4, batchSize: 20, seed: 9 } as const;
  const plain = optimizerNames.map((optimizer) => [optimizer, { optimizer }] as const);
  const settings: [string, Partial<TrainOptions>][] = [
    ["averages, decay, clipping", { ema: 0.8, weightDecay: 0.1, globalClipNorm: 0.5 }],
    ["averages without the best", { ema: 0.8, keepBest: false }],
    ["mixup and cutmix", { mixup: 0.4, cutmix: 1, labelSmoothing: 0.1 }],
    ["augmentation", { augment: (images, random) => images.mul(random.float()) }],
    ["a plateau", { learningRateSchedule: { name: "plateau", patience: 1, minDelta: 0.5 }, learningRate: 0.01 }],
    ["focus and weights", { focalGamma: 2, classWeights: "balanced" }],
    ["an instance of one's own", { optimizer: "mine" as never }],
  ];
  const cases = [...plain, ...settings].flatMap(([name, options], i) =>
    // Within an epoch, just before its end, at its end, in the last.
    (i === 0 ? [7, 9, 10, 18] : [[7, 18], [9], [10]][i % 3]!).map((stop) => [name, stop, options] as const),
  );
  it.each(cases)("%s, after update %i", async (name, stop, changes) => {
    const options = { ...base, validation, ...changes };
    // Each run needs a fresh one.
    const finish = async (asked: TrainOptions, seed?: number) => {
      if (asked.optimizer !== ("mine" as never)) return finishRun(asked, seed);
      const mine = optimizer("lamb", { ema: 0.5 });
      const result = await finishRun({ ...asked, optimizer: mine }, seed);
      mine.dispose();
      return result;
    };
    const crash = async (asked: TrainOptions, stop: number) => {
      if (asked.optimizer !== ("mine" as never)) return crashRun(asked, stop);
      const mine = optimizer("lamb", { ema: 0.5 });
      await crashRun({ ...asked, optimizer: mine }, stop);
      mine.dispose();
    };
    const whole = await finish(options);
    const path = join(folder, `${name}-${stop}`);
    const saved = { ...options, checkpoint: { path, every: 3 } };
    await crash(saved, stop);
    // Another model seed: its weights must all be replaced.
    const resumed = await finish({ ...saved, resume: true }, 2);
    expect(resumed.start.resumedStep).toBeGreaterThan(0);
    expect(resumed.start.resumedStep).toBeLessThanOrEqual(stop);
    expect(resumed.weights.equals(whole.weights)).toBe(true);
    const figures = ({ history }: EndEvent) => history.map(({ seconds, ...rest }) => rest);
    expect(figures(resumed.end)).toEqual(figures(whole.end));
    expect(resumed.end.bestEpoch).toBe(whole.end.bestEpoch);
  });

  it("after an abort, and through many interruptions", async () => {
    const whole = await finish(base);
    const options = { ...base, checkpoint: { path: join(folder, "aborts") }, resume: true };
    for (let stop = 2; stop < 20; stop += 3) {
      const controller = new AbortController();
      const model = build(stop === 2 ? 1 : stop);
      for await (const event of train(model, data, { ...options, signal: controller.signal })) {
        if (event.type === "step" && event.step === stop) controller.abort();
      }
      model.dispose();
    }
    const resumed = await finish(options);
    expect(resumed.start.resumedStep).toBe(17);
    expect(resumed.weights.equals(whole.weights)).toBe(true);
  });

  it("when it was finished already: at once, with the best weights", async () => {
    const options = { ...base, learningRate: 0.05, validation, checkpoint: { path: join(folder, "done") } };
    const whole = await finish(options);
    const again = await finish({ ...options, resume: true }, 2);
    expect(again.start.resumedStep).toBe(20);
    expect(again.weights.equals(whole.weights)).toBe(true);
    expect(again.end.history).toEqual(whole.end.history);
  });

  it("when it is made longer, under a constant rate", async () => {
    const constant = { ...base, learningRateSchedule: "constant" } as const;
    const whole = await finish(constant);
    const checkpoint = { path: join(folder, "longer") };
    await finish({ ...constant, epochs: 2, checkpoint });
    const longer = await finish({ ...constant, checkpoint, resume: true });
    expect(longer.start.resumedStep).toBe(10);
    expect(longer.weights.equals(whole.weights)).toBe(true);
  });
});

describe("the file", () => {
  const options = (name: string): TrainOptions & { checkpoint: { path: string } } => ({
    epochs: 2,
    batchSize: 30,
    seed: 3,
    checkpoint: { path: join(folder, name, "run.checkpoint") },
  });
  const fails = (attempt: Promise<unknown>, code: string, message: RegExp) =>
    expect(attempt).rejects.toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));

  it("and the one that it replaced are alone in their folder: nothing half-written stays", async () => {
    const it = options("alone");
    await finish({ ...it, epochs: 1 });
    expect(await readdir(join(folder, "alone"))).toEqual(["run.checkpoint"]);
    await finish(it);
    expect(await readdir(join(folder, "alone"))).toEqual(["run.checkpoint", "run.checkpoint.previous"]);
    expect((await stat(it.checkpoint.path)).size).toBeGreaterThan(1000);
  });

  it("must be there when it is named; with resume: true a run may be the first", async () => {
    const it = options("first");
    await fails(finish({ ...it, resume: join(folder, "nowhere") }), "CW_CHECKPOINT_MISSING", /nowhere/);
    expect((await finish({ ...it, resume: true })).start.resumedStep).toBe(0);
    expect((await finish({ ...it, resume: it.checkpoint.path })).start.resumedStep).toBe(6);
  });

  it("belongs to one run: what differs is named, and the model is left alone", async () => {
    const it = options("mismatch");
    await finish(it);
    const changes: [Partial<TrainOptions>, RegExp][] = [
      [{ batchSize: 45 }, /batchSize was 30, is 45/],
      [{ seed: 4 }, /seed was 3, is 4/],
      [{ epochs: 3 }, /epochs was 2, is 3/],
      [{ learningRate: 0.5 }, /optimizer was .*0\.002.*, is .*0\.5/],
      [{ optimizer: "sgd" }, /optimizer was .*adam.*, is .*sgd/],
      [{ labelSmoothing: 0.1 }, /loss was crossEntropy\(0\), is crossEntropy\(0\.1\)/],
      [{ validation }, /validation set was none, is another/],
      [{ keepBest: false }, /keepBest was true, is false/],
      [{ weightDecay: 0.1 }, /optimizer was .*weightDecay":0,.*weightDecay":0.1/],
      [{ globalClipNorm: 1 }, /optimizer was .*, is .*globalNorm/],
      [{ focalGamma: 2 }, /loss was .* is crossEntropy\(0\) focal\(2\)/],
      [{ mixup: 0.2 }, /mixup was 0, is 0.2/],
      [{ cutmix: 1 }, /cutmix was 0, is 1/],
      [{ classWeights: Array.from({ length: 10 }, (_, k) => k) }, /loss was .* is crossEntropy\(0\) weights\(0,1,2/],
      [{ ema: 0.9 }, /optimizer was .*, is .*"ema":0.9/],
      [{ loss: (logits) => logits.mean() as tf.Scalar }, /loss was .* is a function/],
      [{ augment: (images) => images }, /augment was none, is "a function"/],
      [{ augment: randAugment({ n: 1 }) }, /augment was none, is .*"randAugment","n":1,"m":9/],
      [{ learningRateSchedule: "polynomial" }, /learningRateSchedule was cosine, is polynomial/],
    ];
    for (const [change, message] of changes) {
      await fails(finish({ ...it, ...change, resume: true }), "CW_CHECKPOINT_MISMATCH", message);
    }
    const brighter = data.map((image) => image.map((value) => value / 2));
    await fails(finish({ ...it, resume: true }, 1, brighter), "CW_CHECKPOINT_MISMATCH", /the training set is another/);
    await fails(
      finish({ ...it, resume: true }, 1, data.shuffle(new Random(5))),
      "CW_CHECKPOINT_MISMATCH",
      /training set/,
    );
    const other = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [4], dense: 9 });
    const before = bytes(other);
    await fails(run(other, data, { ...it, resume: true }), "CW_CHECKPOINT_MISMATCH", /the model is another/);
    expect(bytes(other).equals(before)).toBe(true);
    other.dispose();
  });

  it("holds the augmentation: another policy is another run", async () => {
    const augment = (range: [number, number]) =>
      compose([{ transform: "rotate", range }, trivialAugment()], { fill: 0.5 });
    const it = { ...options("policy"), augment: augment([-5, 5]) };
    await finish(it);
    expect((await finish({ ...it, augment: augment([-5, 5]), resume: true })).start.resumedStep).toBe(6);
    await fails(
      finish({ ...it, augment: augment([-5, 6]), resume: true }),
      "CW_CHECKPOINT_MISMATCH",
      /augment was .*"rotate","probability":1,"range":\[-5,5\].*"trivialAugment","space":"wide".*"fill":0.5.* is .*\[-5,6\]/,
    );
    const { augment: _, ...without } = it;
    await fails(finish({ ...without, resume: true }), "CW_CHECKPOINT_MISMATCH", /augment was .* is none/);
  });

  it("gives way to the one before it where it is damaged, with a warning", async () => {
    const it = { ...options("fallback"), epochs: 3 };
    const whole = await finish(it);
    const { path } = it.checkpoint;
    const bytes = await readFile(path);
    for (const damaged of [bytes.subarray(0, 1000), Buffer.alloc(0), Buffer.concat([bytes.subarray(1), bytes])]) {
      await writeFile(path, damaged);
      const resumed = await finish({ ...it, resume: true }, 2);
      // The save before the last: two epochs of three updates.
      expect(resumed.start.resumedStep).toBe(6);
      expect(resumed.start.warnings).toEqual([
        expect.stringMatching(/not a whole checkpoint .*run\.checkpoint\.previous$/),
      ]);
      expect(resumed.weights.equals(whole.weights)).toBe(true);
    }
    const flipped = Buffer.from(bytes);
    flipped[7] = "2".charCodeAt(0);
    await writeFile(path, flipped);
    await rm(`${path}.previous`);
    await fails(finish({ ...it, resume: true }), "CW_CHECKPOINT_CORRUPT", /checkpoint of version 2, and .* version 1/);
    // The file itself decides whether there is a run to go on with.
    await rm(path);
    await writeFile(`${path}.previous`, bytes);
    expect((await finish({ ...it, resume: true })).start.resumedStep).toBe(0);
  });

  it("is refused wherever it is cut or changed", async () => {
    const it = options("corrupt");
    await finish({ ...it, checkpoint: { ...it.checkpoint, every: 6 } });
    await rm(`${it.checkpoint.path}.previous`);
    const whole = await readFile(it.checkpoint.path);
    const damaged = [0, 4, 8, 43, 44, 200, whole.length - 1].map((length) => whole.subarray(0, length));
    for (const at of [0, 10, 41, 60, whole.length - 1]) {
      const copy = Buffer.from(whole);
      copy[at]! ^= 1;
      damaged.push(copy);
    }
    for (const bytes of damaged) {
      await writeFile(it.checkpoint.path, bytes);
      await fails(finish({ ...it, resume: true }), "CW_CHECKPOINT_CORRUPT", /not a whole checkpoint/);
    }
    await fails(finish({ ...it, resume: folder }), "CW_CHECKPOINT_CORRUPT", /cannot read/);
  });
});
