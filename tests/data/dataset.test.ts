import { inspect } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { type Dataset, fold, fromArrays } from "cellwright/data";
import { Random } from "cellwright/random";
import { beforeAll, describe, expect, test } from "vitest";
import { CellwrightError } from "../../src/errors.ts";
import golden from "../golden/data/data.json" with { type: "json" };

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Image i is [i, 10 + i] of 255, and its class is i mod 3. */
function small(size = 10): Dataset {
  return fromArrays({
    images: Uint8Array.from({ length: 2 * size }, (_, k) => (k % 2) * 10 + (k >> 1)),
    labels: Array.from({ length: size }, (_, k) => k % 3),
    imageShape: [1, 2, 1],
    classNames: ["a", "b", "c"],
    name: "small",
  });
}

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CellwrightError);
    return (error as CellwrightError).code;
  }
  throw new Error("expected an error");
}

describe("views", () => {
  test("a byte is divided by 255 and rounded to float32 once", () => {
    const data = fromArrays({
      images: Uint8Array.from({ length: 256 }, (_, k) => k),
      labels: [0],
      imageShape: [16, 16, 1],
    });
    expect(data.image(0)).toEqual(Float32Array.from({ length: 256 }, (_, k) => Math.fround(k / 255)));
  });

  test("take, skip and select keep image, label and id together", () => {
    const data = small();
    const view = data.skip(3).take(4).select([3, 0, 0]);
    expect(view.ids).toEqual(["small/6", "small/3", "small/3"]);
    expect([...view.labels]).toEqual([0, 0, 0]);
    expect(view.image(0)).toEqual(data.image(6));
    expect(view.id(1)).toBe("small/3");
    expect(view.images()).toEqual(Float32Array.from([...data.image(6), ...data.image(3), ...data.image(3)]));
    expect([data.take(99).size, data.take(0).size, data.skip(99).size]).toEqual([10, 0, 0]);
  });

  test("shuffle is a permutation, the same for one seed, another for another", () => {
    const data = small(200);
    const once = data.shuffle(new Random(7));
    expect(once.ids).toEqual(data.shuffle(new Random(7)).ids);
    expect(once.ids).not.toEqual(data.shuffle(new Random(8)).ids);
    expect(once.ids).not.toEqual(data.ids);
    expect([...once.ids].sort()).toEqual([...data.ids].sort());
    for (let k = 0; k < 200; k++) expect(once.labels[k]).toBe(Number(once.id(k).slice(6)) % 3);
  });

  test("filter sees label, id and index", () => {
    const data = small();
    expect(data.filter(({ label }) => label === 2).ids).toEqual(["small/2", "small/5", "small/8"]);
    expect(data.filter(({ index, id }) => index > 7 && id !== "small/8").ids).toEqual(["small/9"]);
    expect(data.filter(() => false).size).toBe(0);
  });

  test("a log of a split says in a line each what is there", () => {
    const one = fromArrays({ images: new Float32Array(4), labels: [0], imageShape: [2, 2, 1], name: "tiny" });
    expect(inspect({ one, none: one.take(0) })).toMatch(
      /one: Dataset { tiny: 1 image of 2 × 2 × 1, 1 class },\s+none: Dataset { tiny: 0 images of/,
    );
  });

  test("summary counts classes and unlabelled images", () => {
    const data = fromArrays({ images: new Uint8Array(5), labels: [0, 2, 2, -1, -1], imageShape: [1, 1, 1] });
    expect(data.summary()).toEqual({
      name: "arrays",
      size: 5,
      imageShape: [1, 1, 1],
      classNames: ["0", "1", "2"],
      counts: [1, 0, 2],
      unlabelled: 2,
      problems: 0,
    });
  });

  test("an index out of range, or not whole, is an error", () => {
    for (const index of [-1, 10, 0.5, Number.NaN]) {
      expect(code(() => small().image(index))).toBe("CW_INDEX_RANGE");
      expect(code(() => small().select([0, index]))).toBe("CW_INDEX_RANGE");
    }
    for (const count of [-1, 1.5, Number.NaN]) expect(code(() => small().take(count))).toBe("CW_COUNT");
  });
});

describe("map", () => {
  test("is applied to the images that are read, when they are read, and to nothing else", () => {
    const seen: string[] = [];
    const mapped = small().map((image, { id, index, label }) => {
      seen.push(`${index} ${id} ${label}`);
      return image.map((value) => 1 - value);
    });
    const view = mapped.skip(5).shuffle(new Random(1)).select([1, 0]);
    expect(seen).toEqual([]);
    const image = view.image(1);
    expect(seen).toEqual([`1 ${view.id(1)} ${view.labels[1]}`]);
    const value = Number(view.id(1).slice(6));
    expect([...image]).toEqual([1 - Math.fround(value / 255), 1 - Math.fround((value + 10) / 255)].map(Math.fround));
  });

  test("a function that writes into its image changes neither the data nor another view", () => {
    const data = small();
    const before = data.image(2);
    data.map((image) => image.fill(9)).image(2);
    expect(data.image(2)).toEqual(before);
  });

  test("maps compose in order and may change the shape", () => {
    const data = small()
      .map((image) => Float32Array.of(image[0]!, image[1]!, 1), { imageShape: [1, 1, 3] })
      .map((image) => image.map((value) => value * 2));
    expect(data.imageShape).toEqual([1, 1, 3]);
    expect(data.image(0)[2]).toBe(2);
    const [batch] = data.batch(4);
    expect(batch!.images.shape).toEqual([4, 1, 1, 3]);
    batch!.dispose();
  });

  test("a result of another length is an error that names the image", () => {
    const data = small().map(() => new Float32Array(3));
    expect(() => data.image(4)).toThrow(/small\/4/);
    expect(code(() => data.image(4))).toBe("CW_MAP_SHAPE");
    expect(code(() => small().map((image) => image, { imageShape: [0, 1, 1] }))).toBe("CW_MAP_SHAPE");
  });

  test("what an image draws depends on its id alone, not on order or batch", () => {
    const noisy = (data: Dataset) =>
      data.map((_, { random }) => Float32Array.of(random!.float(), random!.float()), { random: new Random(3) });
    const plain = noisy(small());
    const shuffled = noisy(small().shuffle(new Random(5)));
    for (let k = 0; k < 10; k++) expect(shuffled.image(k)).toEqual(plain.image(plain.ids.indexOf(shuffled.id(k))));
    expect(plain.image(0)).not.toEqual(plain.image(1));
    const twice = noisy(small()).map((image, { random }) => Float32Array.of(image[0]!, random!.float()), {
      random: new Random(3),
    });
    expect(twice.image(0)[0]).not.toBe(twice.image(0)[1]);
  });
});

describe("batch", () => {
  test("cuts the data in order, the rest last, and leaks nothing", () => {
    const data = small().shuffle(new Random(2));
    const tensors = tf.memory().numTensors;
    const ids: string[] = [];
    const sizes: number[] = [];
    for (const batch of data.batch(4)) {
      expect(batch.images.shape).toEqual([batch.size, 1, 2, 1]);
      expect([batch.images.dtype, batch.labels.dtype]).toEqual(["float32", "int32"]);
      expect(batch.images.dataSync()).toEqual(data.images(batch.indices));
      expect([...batch.labels.dataSync()]).toEqual([...batch.indices].map((index) => data.labels[index]));
      ids.push(...batch.ids);
      sizes.push(batch.size);
      expect(tf.memory().numTensors).toBe(tensors + 2);
      batch.dispose();
    }
    expect(ids).toEqual(data.ids);
    expect(sizes).toEqual([4, 4, 2]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test("can be iterated again, and says how many there are", () => {
    const batches = small().batch(3);
    expect(batches.length).toBe(4);
    for (let pass = 0; pass < 2; pass++) {
      let count = 0;
      for (const batch of batches) {
        count++;
        batch[Symbol.dispose]();
      }
      expect(count).toBe(4);
    }
  });

  test("dropRemainder leaves the small last batch out", () => {
    const sizes = (size: number, batchSize: number) =>
      [...small(size).batch(batchSize, { dropRemainder: true })].map((batch) => {
        batch.dispose();
        return batch.size;
      });
    expect(sizes(10, 4)).toEqual([4, 4]);
    expect(sizes(8, 4)).toEqual([4, 4]);
    expect(sizes(3, 4)).toEqual([]);
  });

  test("a loop that stops early, and one that fails while mapping, leave no tensor", () => {
    const tensors = tf.memory().numTensors;
    for (const batch of small().batch(2)) {
      batch.dispose();
      break;
    }
    const broken = small().map((image, { index }) => (index === 5 ? new Float32Array(1) : image));
    expect(() => {
      for (const batch of broken.batch(2)) batch.dispose();
    }).toThrow(CellwrightError);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  test("one image, no image, and more than there are", () => {
    expect([...small(0).batch(4)]).toEqual([]);
    const [only] = small(1).batch(64);
    expect(only!.images.shape).toEqual([1, 1, 2, 1]);
    only!.dispose();
  });

  test("a batch size that is no whole number from 1 on is an error, before anything is read", () => {
    for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(code(() => small().batch(size))).toBe("CW_BATCH_SIZE");
    }
  });

  test("a tensor keeps its values when later batches are made", () => {
    const batches = [...small().batch(5)];
    expect(batches[0]!.images.dataSync()).toEqual(small().images([0, 1, 2, 3, 4]));
    for (const batch of batches) batch.dispose();
  });
});

describe("split", () => {
  test("the fold of an id is Python's", () => {
    for (const [id, expected] of golden.folds) expect(fold(id as string), String(id)).toBe(expected);
  });

  test("parts share no image, lose none, and keep the order", () => {
    const data = small(1000);
    const { train, validation, calibration, test: testPart } = data.split();
    const parts = [train, validation, calibration, testPart];
    expect(parts.flatMap((part) => part.ids).sort()).toEqual([...data.ids].sort());
    for (const [part, folds] of [
      [train, [0, 1, 2, 3, 4, 5, 6]],
      [validation, [7]],
      [calibration, [8]],
      [testPart, [9]],
    ] as const) {
      expect(part.ids.every((id) => (folds as readonly number[]).includes(fold(id)))).toBe(true);
      const numbers = part.ids.map((id) => Number(id.slice(6)));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  });

  test("an image keeps its part when others are taken away or the data is shuffled", () => {
    const all = new Set(small(500).split().test.ids);
    const some = small(500).shuffle(new Random(1)).take(200).split().test.ids;
    expect(some.length).toBeGreaterThan(0);
    expect(some.every((id) => all.has(id))).toBe(true);
  });

  test("nothing splits into four times nothing", () => {
    expect(Object.values(small(0).split()).map((part) => part.size)).toEqual([0, 0, 0, 0]);
  });
});

describe("fromArrays", () => {
  const images = new Float32Array(8);
  const imageShape = [2, 2, 1] as const;

  test("takes one array, an array an image, bytes or floats", () => {
    const nested = fromArrays({ images: [[0, 0.5, 1, 0.25], Float32Array.of(1, 1, 1, 1)], labels: [0, 0], imageShape });
    expect([...nested.image(0)]).toEqual([0, 0.5, 1, 0.25]);
    const bytes = fromArrays({ images: [Uint8Array.of(0, 255, 51, 0)], labels: [0], imageShape });
    expect([...bytes.image(0)]).toEqual([0, 1, Math.fround(0.2), 0]);
    expect(nested.ids).toEqual(["arrays/0", "arrays/1"]);
  });

  test.each([
    ["CW_LABEL_RANGE", { images, labels: [0, 2], imageShape, classNames: ["a", "b"] }],
    ["CW_LABEL_RANGE", { images, labels: [0, -2], imageShape }],
    ["CW_LABEL_RANGE", { images, labels: [0, 0.5], imageShape }],
    ["CW_LABEL_RANGE", { images, labels: [0, Number.NaN], imageShape }],
    ["CW_LABEL_RANGE", { images, labels: [0, 1e9], imageShape }],
    ["CW_LENGTH_MISMATCH", { images, labels: [0], imageShape }],
    ["CW_LENGTH_MISMATCH", { images, labels: [0, 0], imageShape, ids: ["a"] }],
    ["CW_ID_DUPLICATE", { images, labels: [0, 0], imageShape, ids: ["a", "a"] }],
    ["CW_IMAGE_NAN", { images: Float32Array.of(0, 0, 0, 0, 0, Number.NaN, 0, 0), labels: [0, 0], imageShape }],
    ["CW_IMAGE_NAN", { images: [[0, 0, 0, Number.POSITIVE_INFINITY]], labels: [0], imageShape }],
    ["CW_IMAGE_SHAPE", { images: new Float32Array(7), labels: [0], imageShape }],
    ["CW_IMAGE_SHAPE", { images: [[1, 2, 3]], labels: [0], imageShape }],
    ["CW_IMAGE_SHAPE", { images, labels: [0, 0], imageShape: [2, 0, 1] as const }],
  ])("%s", (expected, source) => {
    expect(code(() => fromArrays(source))).toBe(expected);
  });

  test("the error says which image holds the NaN", () => {
    const spoilt = Float32Array.of(0, 0, 0, 0, 0, Number.NaN, 0, 0);
    expect(() => fromArrays({ images: spoilt, labels: [0, 0], imageShape })).toThrow(
      "image 1 holds NaN at its value 1",
    );
  });

  test("later changes to the caller's labels and ids do not reach the data", () => {
    const labels = [0, 1];
    const ids = ["a", "b"];
    const data = fromArrays({ images, labels, imageShape, ids });
    labels[0] = 1;
    ids[0] = "z";
    expect([data.labels[0], data.id(0)]).toEqual([0, "a"]);
  });
});
