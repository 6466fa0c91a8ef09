/**
 * Reading ahead: while a step runs, the pictures of the next batches are decoded and the next batch is augmented.
 *
 * What must happen at the same time is shown by a meeting: one side blocks until the other has got on. Without the overlap it would wait in vain. The threads run the built files: `npm test` builds them first.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randAugment } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { type Dataset, digits, imageFolder } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { type TrainOptions, train } from "cellwright/train";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ThreadSession } from "../../src/backend/graph/index.ts";
import { PictureCache } from "../../src/data/picture-cache.ts";
import { Control } from "../../src/train/parallel/arena.ts";
import { endIdleWorkers } from "../../src/train/parallel/crew.ts";
import { describeWith } from "../support/requirements.ts";
import { bytes, run } from "./support.ts";

const PICTURES = 90;
const SIZE = 12 * 10 * 3;
const settings = { epochs: 2, batchSize: 16, seed: 3 } as const;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cellwright-ahead-"));
  const random = new Random(8);
  for (let i = 0; i < PICTURES; i++) {
    const raw = Uint8Array.from(random.fillUniform(new Float32Array(SIZE)), (value) => 256 * value);
    const path = join(folder, `class ${i % 3}`, `${i}.png`);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(
      path,
      await sharp(raw, { raw: { width: 10, height: 12, channels: 3 } })
        .png()
        .toBuffer(),
    );
  }
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => use("wasm"));
afterEach(() => vi.restoreAllMocks());

const model = () => smallCnn({ inputShape: [12, 10, 3], classes: 3, filters: [4], dense: 0, seed: 1 });

async function weights(data: Dataset, options: Partial<TrainOptions> = {}): Promise<Buffer> {
  const before = tf.memory().numTensors;
  const trained = model();
  await run(trained, data, { ...settings, validation: data.take(20), ...options });
  const result = bytes(trained);
  trained.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

/** Blocks this thread until `met`; false where it waited in vain. */
function meets(met: () => boolean): boolean {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  for (let turn = 0; turn < 4000 && !met(); turn++) Atomics.wait(nothing, 0, 0, 5);
  return met();
}

describe("a folder decoded ahead", () => {
  const ahead = (pictures: number) => imageFolder(folder, { decode: "ahead", cacheBytes: pictures * SIZE });

  test("has the pictures of one decoded when it was loaded, in any order, whatever is kept", async () => {
    const whole = await imageFolder(folder);
    const order = new Random(4).permutation(PICTURES);
    for (const pictures of [1, 2, 7, 50, PICTURES]) {
      const data = await ahead(pictures);
      expect(data.summary()).toEqual(whole.summary());
      expect(data.images()).toEqual(whole.images());
      expect(data.images(order)).toEqual(whole.images(order));
      expect(data.images([5, 5, 4, 5])).toEqual(whole.images([5, 5, 4, 5]));
    }
  });

  test("trains to the same bytes, in this thread and in others, when the memory holds less than a batch too", async () => {
    const expected = await weights(await imageFolder(folder), { deterministic: true });
    for (const [pictures, workers] of [
      [PICTURES, 0],
      [48, 2],
      [5, 0],
    ] as const) {
      expect((await weights(await ahead(pictures), { deterministic: true, workers })).equals(expected)).toBe(true);
    }
    await endIdleWorkers();
  });

  test("has the next batches decoded while a step holds this thread", async () => {
    const announced: number[][] = [];
    let cache: PictureCache | undefined;
    const announce = PictureCache.prototype.announce;
    vi.spyOn(PictureCache.prototype, "announce").mockImplementation(function (this: PictureCache, rows) {
      cache = this;
      announced.push([...rows]);
      return announce.call(this, rows);
    });
    const data = await ahead(64);
    const steps = Math.ceil(PICTURES / settings.batchSize);
    const met: boolean[] = [];
    // In the middle of a step: batches 0 to this one are there; the next two have been asked for.
    const loss = (logits: tf.Tensor2D, labels: tf.Tensor) => {
      expect(announced).toHaveLength(Math.min(met.length + 3, steps));
      met.push(meets(() => announced.slice(met.length).every((rows) => rows.every((row) => cache!.has(row)))));
      return tf.losses.softmaxCrossEntropy(tf.oneHot(labels as tf.Tensor1D, 3), logits) as tf.Scalar;
    };
    await weights(data, { epochs: 1, loss, validation: undefined });
    expect(met).toEqual(new Array(steps).fill(true));
  });

  test("what fits in is decoded once, the rest once an epoch", async () => {
    const data = await ahead(60);
    let cache: PictureCache | undefined;
    const { read } = PictureCache.prototype;
    vi.spyOn(PictureCache.prototype, "read").mockImplementation(function (this: PictureCache, ...args) {
      cache = this;
      read.apply(this, args);
    });
    const counts: number[] = [];
    for (let epoch = 0; epoch < 6; epoch++) {
      const before = cache?.decoded ?? 0;
      for await (const batch of data.shuffle(new Random(epoch)).batch(4)) batch.dispose();
      counts.push(cache!.decoded - before);
    }
    expect(counts[0]).toBe(PICTURES);
    for (const count of counts.slice(1)) {
      expect(count).toBeGreaterThanOrEqual(PICTURES - 60);
      // Of those that fit in, the last few changed places.
      expect(count).toBeLessThan(PICTURES - 60 + 15);
    }
  });

  test("a picture damaged behind its header is named by the step that reads it; batches left alone free their room", async () => {
    const path = join(folder, "class 1", "damaged.png");
    const whole = await sharp({ create: { width: 10, height: 12, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    writeFileSync(path, whole.subarray(0, whole.length - 20));
    try {
      const data = await ahead(40);
      expect(data.size).toBe(PICTURES + 1);
      await expect(weights(data)).rejects.toMatchObject({
        code: "CW_IMAGES_UNREADABLE",
        message: expect.stringContaining("class 1/damaged.png cannot be read: the PNG is damaged"),
      });
      const good = data.filter(({ id }) => !id.includes("damaged"));
      expect(good.size).toBe(PICTURES);
      for (let turn = 0; turn < 10; turn++) {
        for await (const batch of good.batch(16)) {
          batch.dispose();
          break;
        }
      }
      await weights(good);
    } finally {
      rmSync(path);
    }
  });
});

describe("the next batch is augmented while a step is computed", () => {
  const augment = randAugment({ n: 2, m: 9 });
  let data: Dataset;
  beforeAll(async () => {
    data = (await digits()).take(220);
  });

  /** Trains, and whenever a batch is augmented beside a step holds this thread until `isDone` says that the step was done by others. */
  async function meet(options: Partial<TrainOptions>, isDone: () => boolean): Promise<void> {
    let log: string[] = [];
    let epoch: string | undefined;
    const waiting = (images: tf.Tensor4D, random: Random) => {
      log.push("augment");
      if (epoch && log.length > 1) expect(meets(isDone)).toBe(true);
      return augment(images, random);
    };
    const trained = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [6, 8], dense: 12, seed: 2 });
    for await (const { type } of train(trained, data, { ...settings, batchSize: 32, augment: waiting, ...options })) {
      if (type === "step") log.push("step");
      if (type === "start" || type === "epoch") {
        if (type === "epoch") expect(log.join(" ")).toBe(epoch);
        log = [];
        epoch = `augment${" augment step".repeat(6)} step`;
      }
    }
    trained.dispose();
  }

  test("by workers on WebAssembly", async () => {
    let control: Int32Array | undefined;
    const { notify } = Atomics;
    vi.spyOn(Atomics, "notify").mockImplementation((array, index, count) => {
      if (index === Control.limit) control = array as unknown as Int32Array;
      return notify(array, index, count);
    });
    await meet({ workers: 2 }, () => Atomics.load(control!, Control.done) === Atomics.load(control!, Control.limit));
    await endIdleWorkers();
  });

  describeWith(["tfjs-node"], "on TensorFlow's own library", () => {
    test("by the thread of the compiled step", async () => {
      await use("tfjs-node");
      const { load } = ThreadSession;
      let session: ThreadSession | undefined;
      vi.spyOn(ThreadSession, "load").mockImplementation(async (...args) => {
        session = await load.apply(ThreadSession, args);
        return session;
      });
      await meet({ compile: true }, () => session!.isDone);
    });
  });
});
