import { tf, use } from "cellwright/backend";
import { digits, fromArrays } from "cellwright/data";
import { AmbiguousDataError, type DataOptions, learnDataParams, type RawData } from "cellwright/learn";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

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

const random = new Random(5);
const floats = (count: number) => random.fillUniform(new Float32Array(count));
/** n images of 6 x 4, one channel, fractions. */
const images = (n: number) => ({ images: floats(n * 24), imageShape: [6, 4] });
const cycle = (n: number, k: number) => Array.from({ length: n }, (_, i) => i % k);
const oneHot = (labels: readonly number[], k: number) =>
  labels.map((label) => Array.from({ length: k }, (_, i) => Number(i === label)));
const learn = async (data: RawData, options?: DataOptions) => (await learnDataParams(data, options)).params;

async function questions(data: RawData): Promise<AmbiguousDataError> {
  const error = await learnDataParams(data).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AmbiguousDataError);
  return error as AmbiguousDataError;
}

describe("a Dataset", () => {
  test("says it all by itself, with reasons", async () => {
    const { params, report } = await learnDataParams(await digits());
    expect(report.questions).toEqual([]);
    expect(params).toMatchObject({
      kind: "DataParams",
      version: 2,
      task: "multiClass",
      numClasses: 10,
      imageCount: 1797,
      imageShape: [8, 8, 1],
      imageRange: [0, 1],
      imageDtype: "float32",
      channelsLast: true,
      labelStructure: "classIndex",
      labelSparse: true,
      labelShape: [],
      boundingBoxFormat: null,
    });
    // scikit-learn's description of the set: about 180 a class.
    expect(params.classCounts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    const explained = [
      "task",
      "numClasses",
      "imageShape",
      "imageRange",
      "channelsLast",
      "labelStructure",
      "labelSparse",
    ];
    for (const field of explained) expect(params.reasons[field], field).toMatch(/\w/);
  });

  test("of two classes is binary", async () => {
    const data = (await digits()).filter(({ label }) => label < 2);
    const two = fromArrays({
      images: data.images(),
      labels: data.labels,
      imageShape: [8, 8, 1],
      classNames: ["0", "1"],
    });
    expect((await learnDataParams(two)).params).toMatchObject({ task: "binary", numClasses: 2 });
  });

  test("of one class, or of none, is refused", async () => {
    const data = await digits();
    await expect(learnDataParams(data.filter(({ label }) => label === 3))).rejects.toMatchObject({
      code: "CW_ONE_CLASS",
    });
    await expect(learnDataParams(data.take(0))).rejects.toMatchObject({ code: "CW_EMPTY_DATASET" });
  });
});

describe("labels", () => {
  test.each([
    [
      "a column of 0 and 1",
      cycle(40, 2),
      { task: "binary", numClasses: 2, labelStructure: "classIndex", labelSparse: true },
    ],
    ["[n, 1] of 0 and 1", cycle(40, 2).map((label) => [label]), { task: "binary", labelShape: [1] }],
    ["class indices", cycle(40, 5), { task: "multiClass", numClasses: 5 }],
    [
      "one-hot rows",
      oneHot(cycle(40, 4), 4),
      { task: "multiClass", numClasses: 4, labelStructure: "oneHot", labelSparse: false },
    ],
    [
      "rows with several 1",
      [...oneHot(cycle(40, 4), 4).slice(1), [1, 1, 0, 0]],
      { task: "multiLabel", labelStructure: "multiHot" },
    ],
    ["rows with no 1", [...oneHot(cycle(40, 2), 2).slice(1), [0, 0]], { task: "multiLabel", numClasses: 2 }],
    [
      "probabilities",
      cycle(40, 2).map((label) => [0.1 + 0.8 * label, 0.9 - 0.8 * label]),
      { task: "binary", labelStructure: "probabilities", labelDtype: "float32" },
    ],
  ])("as %s", async (_, labels, expected) => {
    expect(await learn({ ...images(40), labels })).toMatchObject(expected);
  });

  test("as tensors", async () => {
    const pixels = tf.tensor3d(floats(240), [10, 6, 4]);
    const labels = tf.tensor1d(cycle(10, 3), "int32");
    try {
      expect(await learn({ images: pixels, labels })).toMatchObject({
        task: "multiClass",
        imageShape: [6, 4, 1],
        labelDtype: "int32",
      });
    } finally {
      tf.dispose([pixels, labels]);
    }
  });

  test("in two columns with one 1 each are asked about: binary, or two labels", async () => {
    const data = { ...images(40), labels: oneHot(cycle(40, 2), 2) };
    const error = await questions(data);
    expect(error.code).toBe("CW_AMBIGUOUS_DATA");
    expect(error.questions).toEqual([expect.objectContaining({ field: "task", choices: ["binary", "multiLabel"] })]);
    expect(error.message).toMatch(/Answer with the option task: "binary" or "multiLabel"/);
    expect(await learn(data, { task: "binary" })).toMatchObject({ task: "binary", labelStructure: "oneHot" });
    expect(await learn(data, { task: "multiLabel" })).toMatchObject({ task: "multiLabel", labelStructure: "multiHot" });
    const assumed = await learnDataParams(data, { whenAmbiguous: "assume" });
    expect(assumed.params).toMatchObject({ task: "binary", reasons: { task: expect.stringMatching(/^assumed: /) } });
    expect(assumed.report.questions).toEqual(error.questions);
  });

  test("in a few one-hot rows are asked about, in many they are not", async () => {
    expect((await questions({ ...images(9), labels: oneHot(cycle(9, 3), 3) })).questions[0]!.choices).toEqual([
      "multiClass",
      "multiLabel",
    ]);
    expect((await learn({ ...images(60), labels: oneHot(cycle(60, 3), 3) })).task).toBe("multiClass");
  });

  test.each([
    ["of another number", cycle(9, 2), "CW_LENGTH_MISMATCH"],
    ["below 0", [...cycle(9, 2), -2], "CW_LABEL_RANGE"],
    ["of one class", Array(10).fill(1), "CW_ONE_CLASS"],
    ["that are no labels", cycle(10, 2).map((label) => [label, 7, 3]), "CW_LABELS"],
    ["of uneven rows", [[0, 1], [1]], "CW_ARRAY_SHAPE"],
    ["with NaN", [...cycle(9, 2), Number.NaN], "CW_ARRAY_SHAPE"],
  ])("%s are refused", async (_, labels, code) => {
    await expect(learn({ ...images(10), labels: labels as number[] })).rejects.toMatchObject({ code });
  });

  test("of the size of the image are masks; 255 does not count", async () => {
    const mask = (value: number) => Array.from({ length: 6 }, () => [0, value, 1, 1]);
    const params = await learn({ ...images(2), labels: [mask(2), mask(255)] });
    expect(params).toMatchObject({
      task: "segmentation",
      numClasses: 3,
      classCounts: [12, 24, 6],
      labelStructure: "mask",
    });
    expect(params.reasons.classCounts).toMatch(/255/);
  });
});

describe("images", () => {
  const labels = cycle(4, 2);
  test.each([
    ["bytes", Uint8Array.from({ length: 96 }, (_, i) => (i * 7) % 256), [0, 255], "uint8"],
    ["fractions", floats(96), [0, 1], "float32"],
    ["both signs", floats(96).map((value) => 2 * value - 1), [-1, 1], "float32"],
    ["bytes as floats", floats(96).map((value) => Math.round(255 * value)), [0, 255], "float32"],
  ])("of %s", async (_, pixels, imageRange, imageDtype) => {
    expect(await learn({ images: pixels, imageShape: [6, 4], labels })).toMatchObject({ imageRange, imageDtype });
  });

  test("that have been standardised keep the range they have", async () => {
    const { imageRange, reasons } = await learn({
      images: floats(96).map((value) => 6 * value - 3),
      imageShape: [6, 4],
      labels,
    });
    expect(imageRange[0]).toBeLessThan(-1);
    expect(reasons.imageRange).toMatch(/standardised/);
  });

  test("of small whole numbers are asked about: dark bytes, or a smaller range", async () => {
    const dark = Uint8Array.from({ length: 96 }, (_, i) => i % 17);
    const error = await questions({ images: dark, imageShape: [6, 4], labels });
    expect(error.questions).toEqual([
      expect.objectContaining({
        field: "imageRange",
        choices: [
          [0, 255],
          [0, 16],
        ],
      }),
    ]);
    const zeroOne = { images: dark.map((value) => value % 2), imageShape: [6, 4], labels };
    expect((await questions(zeroOne)).questions[0]!.choices).toEqual([
      [0, 1],
      [0, 255],
    ]);
    expect((await learn(zeroOne, { imageRange: [0, 1] })).imageRange).toEqual([0, 1]);
  });

  test.each([
    [[6, 4, 3], [6, 4, 3], true],
    [[3, 6, 8], [6, 8, 3], false],
    [[1, 28, 28], [28, 28, 1], false],
    [[6, 4], [6, 4, 1], true],
  ])("of %j", async (imageShape, expected, channelsLast) => {
    const size = imageShape.reduce((product, side) => product * side, 1);
    expect(await learn({ images: floats(4 * size), imageShape, labels })).toMatchObject({
      imageShape: expected,
      channelsLast,
    });
  });

  test.each([[[3, 6, 3]], [[5, 6, 7]]])("of %j are asked about: which side are the channels?", async (imageShape) => {
    const size = imageShape.reduce((product, side) => product * side, 1);
    const data = { images: floats(4 * size), imageShape, labels };
    expect((await questions(data)).questions).toEqual([
      expect.objectContaining({ field: "channelsLast", choices: [true, false] }),
    ]);
    expect(await learn(data, { channelsLast: false })).toMatchObject({
      imageShape: [imageShape[1], imageShape[2], imageShape[0]],
    });
  });

  test("that are none, or no numbers, are refused", async () => {
    await expect(learn({ images: new Float32Array(0), imageShape: [6, 4], labels: [] })).rejects.toMatchObject({
      code: "CW_EMPTY_DATASET",
    });
    const broken = floats(96);
    broken[50] = Number.NaN;
    await expect(learn({ images: broken, imageShape: [6, 4], labels })).rejects.toMatchObject({ code: "CW_IMAGE_NAN" });
    await expect(learn({ images: floats(95), imageShape: [6, 4], labels })).rejects.toMatchObject({
      code: "CW_ARRAY_SHAPE",
    });
  });
});

describe("boxes", () => {
  // Images of 60 x 100: the second coordinate of a box with rows first cannot be told from the first unless it leaves the height.
  const scene = { images: floats(3 * 6000), imageShape: [60, 100] };
  const corners = [
    [
      [70, 10, 95, 30],
      [5, 5, 15, 50],
    ],
    [],
    [[50, 20, 99, 59]],
  ];
  const convert = (change: (box: number[]) => number[]) => corners.map((boxes) => boxes.map(change));

  test.each([
    ["xyxy", corners],
    ["yxyx", convert(([a, b, c, d]) => [b!, a!, d!, c!])],
    ["xywh", convert(([a, b, c, d]) => [a!, b!, c! - a!, d! - b!])],
    ["cxcywh", convert(([a, b, c, d]) => [(a! + c!) / 2, (b! + d!) / 2, c! - a!, d! - b!])],
  ])("in the order %s are told apart, or asked about with that order among the choices", async (order, labels) => {
    const { params, report } = await learnDataParams({ ...scene, labels }, { whenAmbiguous: "assume" });
    expect(params).toMatchObject({ task: "detection", numClasses: 1, classCounts: [3], labelShape: [null, 4] });
    const choices = report.questions[0]?.choices ?? [params.boundingBoxFormat];
    expect(choices).toContainEqual({ order, normalized: false });
    expect(choices.length).toBeLessThanOrEqual(2);
  });

  test("of corners settle it", async () => {
    const params = await learn({ ...scene, labels: corners });
    expect(params.boundingBoxFormat).toEqual({ order: "xyxy", normalized: false });
    expect(params.reasons.labelStructure).toMatch(/1 images without one/);
  });

  test("as fractions, in square images: rows or columns first is asked", async () => {
    const labels = [[[0.6, 0.2, 0.9, 0.8]], [[0.5, 0.1, 0.7, 0.95]], [[0.8, 0.6, 1, 1]]];
    const error = await questions({ images: floats(300), imageShape: [10, 10], labels });
    expect(error.questions[0]!.choices).toEqual([
      { order: "xyxy", normalized: true },
      { order: "yxyx", normalized: true },
    ]);
    const params = await learn(
      { images: floats(300), imageShape: [10, 10], labels },
      { boundingBoxFormat: { order: "yxyx", normalized: true } },
    );
    expect(params.boundingBoxFormat).toEqual({ order: "yxyx", normalized: true });
  });

  test("with classes", async () => {
    const labels = corners.map((boxes, i) => boxes.map((box) => [...box, i]));
    expect(await learn({ ...scene, labels })).toMatchObject({
      numClasses: 3,
      classCounts: [2, 0, 1],
      labelShape: [null, 5],
    });
  });

  test("of which there is none are asked about", async () => {
    const error = await questions({ ...scene, labels: [[], [], []] });
    expect(error.questions[0]).toMatchObject({
      field: "boundingBoxFormat",
      question: expect.stringMatching(/No image has a box/),
    });
  });

  test("that fit no order, or are no numbers, are refused", async () => {
    await expect(learn({ ...scene, labels: [[[500, 500, 10, 10]], [], []] })).rejects.toMatchObject({ code: "CW_BOX" });
    await expect(learn({ ...scene, labels: [[[1, 2, Number.NaN, 4]], [], []] })).rejects.toMatchObject({
      code: "CW_BOX",
    });
    await expect(learn({ ...scene, labels: [[[1, 2, 3, 4]]] })).rejects.toMatchObject({ code: "CW_LENGTH_MISMATCH" });
  });
});
