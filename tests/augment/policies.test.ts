import { compose, type Operation, type Policy, randAugment, transforms, trivialAugment } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { codeOf, largestDistance, pictures, read } from "./support.ts";

beforeAll(async () => {
  await use("wasm");
});
let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

const frame = { height: 32, width: 32, channels: 3 };
const draws = (policy: Policy, count: number): Operation[] => {
  const random = new Random(5);
  return Array.from({ length: count }, (_, n) => policy.draw(random.split(n), frame)).flat();
};

const policies: [string, Policy][] = [
  ["randAugment", randAugment({ n: 3, m: 15 })],
  ["trivialAugment", trivialAugment()],
  [
    "compose",
    compose([
      { transform: "mirror", probability: 0.5 },
      { transform: transforms.rotate, range: [-20, 20] },
      { transform: "cutout", values: [0.25, 0.5] },
      randAugment({ n: 1 }),
    ]),
  ],
];

describe.each(policies)("%s", (_, policy) => {
  test("the same seed gives the same bytes, another seed others; the input is only read", () => {
    const images = pictures(16, 12, 10, 3);
    const original = images.dataSync().slice();
    const one = read(policy(images, new Random(3)));
    expect(read(policy(images, new Random(3)))).toEqual(one);
    expect(read(policy(images, new Random(4)))).not.toEqual(one);
    expect(images.dataSync()).toEqual(original);
    images.dispose();
  });

  test("an image's draws do not depend on the batch, nor its pixels on the engine", () => {
    const images = pictures(8, 12, 10, 3);
    const few = images.slice([0, 0, 0, 0], [3, 12, 10, 3]);
    const all = read(policy(images, new Random(3)));
    expect(read(policy(few, new Random(3)))).toEqual(all.slice(0, 3 * 360));
    tf.dispose([images, few]);
  });

  test("images of no data set: an empty batch", () => {
    const none = tf.zeros([0, 8, 8, 3]) as tf.Tensor4D;
    const result = policy(none, new Random(1));
    expect(result.shape).toEqual([0, 8, 8, 3]);
    expect(result).not.toBe(none);
    tf.dispose([none, result]);
  });

  test("every value is within its transform's range", () => {
    for (const { transform, value, place } of draws(policy, 500)) {
      const [low, high] = transforms[transform].range;
      expect(value >= low && value <= high).toBe(true);
      expect(place.every((share) => share >= 0 && share < 1)).toBe(true);
    }
  });

  test("as a map over a data set, and as a batch of grey images", async () => {
    const data = (await digits()).take(20);
    const augmented = data.map(policy.map(data.imageShape), { random: new Random(7) });
    expect(augmented.images()).toEqual(augmented.images());
    expect(augmented.images()).not.toEqual(data.images());
    expect(augmented.image(3)).toEqual(augmented.select([3]).image(0));
    expect(codeOf(() => data.map(policy.map(data.imageShape)).image(0))).toBe("CW_AUGMENT_OPTION");
  });
});

test("host and device agree about a policy", () => {
  const images = pictures(32, 14, 14, 3);
  const policy = (engine: "host" | "device"): Policy =>
    compose(
      [
        { transform: "rotate", range: [-20, 20], probability: 0.5 },
        { transform: "brightness", range: [0.5, 1.5], probability: 0.5 },
        { transform: "blur", range: [0.5, 2], probability: 0.5 },
      ],
      { engine, fill: [0.1, 0.5, 0.9] },
    );
  const host = read(policy("host")(images, new Random(2)));
  expect(largestDistance(host, read(policy("device")(images, new Random(2))))).toBeLessThan(2e-5);
  images.dispose();
});

test("on the plain JavaScript back end too", async () => {
  const images = pictures(4, 8, 8, 3);
  const expected = read(randAugment()(images, new Random(2)));
  await use("cpu");
  expect(read(randAugment()(images, new Random(2)))).toEqual(expected);
  await use("wasm");
  images.dispose();
});

test("RandAugment: fourteen operations, the identity among them, each as likely, at the paper's strengths", () => {
  const operations = draws(randAugment({ n: 2, m: 30 }), 7000);
  const counts = new Map<string, number>();
  for (const { transform } of operations) counts.set(transform, (counts.get(transform) ?? 0) + 1);
  expect(counts.size).toBe(13);
  // 14,000 draws from 14: 1000 each, standard deviation 30.5.
  for (const count of [...counts.values(), 14_000 - operations.length])
    expect(Math.abs(count - 1000)).toBeLessThan(150);
  const extremes = (name: string): number[] => {
    const values = operations.filter(({ transform }) => transform === name).map(({ value }) => value);
    return [...new Set(values)].toSorted((a, b) => a - b);
  };
  expect(extremes("rotate")).toEqual([-30, 30]);
  expect(extremes("posterize")).toEqual([4]);
  expect(extremes("solarize")).toEqual([0]);
  expect(extremes("shearX")).toEqual([-0.3, 0.3]);
  expect(extremes("brightness").map((value) => Math.round(value * 10) / 10)).toEqual([0.1, 1.9]);
  expect(extremes("translateY")[1]).toBeCloseTo(150 / 331, 12);
  for (const { transform, value } of draws(randAugment({ n: 2, m: 0 }), 500)) {
    if (transform !== "equalize" && transform !== "autocontrast")
      expect(value).toBeCloseTo(transforms[transform].identity, 12);
  }
});

test("TrivialAugment: one operation or none, 31 strengths, both ways, the wide space", () => {
  const random = new Random(5);
  const policy = trivialAugment();
  const operations: Operation[] = [];
  for (let n = 0; n < 14_000; n++) {
    const drawn = policy.draw(random.split(n), frame);
    expect(drawn.length).toBeLessThanOrEqual(1);
    operations.push(...drawn);
  }
  expect(Math.abs(operations.length - 13_000)).toBeLessThan(150);
  const rotations = operations.filter(({ transform }) => transform === "rotate").map(({ value }) => value + 0);
  expect(new Set(rotations).size).toBe(61);
  expect(Math.max(...rotations)).toBe(135);
  const shifts = operations.filter(({ transform }) => transform === "translateX").map(({ value }) => value);
  expect(Math.min(...shifts)).toBe(-1);
  const bits = operations.filter(({ transform }) => transform === "posterize").map(({ value }) => value);
  expect([Math.min(...bits), Math.max(...bits)]).toEqual([2, 8]);
  const standard = draws(trivialAugment({ space: "standard" }), 5000);
  expect(Math.max(...standard.filter(({ transform }) => transform === "rotate").map(({ value }) => value))).toBe(30);
});

test("probability and order of composed steps", () => {
  const policy = compose([
    { transform: "mirror", probability: 0.25 },
    { transform: "rot90" },
    { transform: "invert", probability: 0 },
    { transform: "posterize", range: [3, 5] },
  ]);
  const operations = draws(policy, 4000);
  const of = (name: string): number[] =>
    operations.filter(({ transform }) => transform === name).map(({ value }) => value);
  // 4,000 draws at one quarter: 1000, standard deviation 27.
  expect(Math.abs(of("mirror").length - 1000)).toBeLessThan(140);
  expect(of("invert")).toEqual([]);
  expect(new Set(of("mirror"))).toEqual(new Set([1]));
  expect(new Set(of("rot90"))).toEqual(new Set([1, 2, 3]));
  expect(new Set(of("posterize"))).toEqual(new Set([3, 4, 5]));
  const inverted = compose([{ transform: "brightness", values: [0] }, { transform: "invert" }]);
  const images = pictures(2, 4, 4, 1);
  expect(read(inverted(images, new Random(1))).every((value) => value === 1)).toBe(true);
  const nothing = compose([])(images, new Random(1));
  expect(nothing.dataSync()).toEqual(images.dataSync());
  tf.dispose([images, nothing]);
});

test("bad policies are refused with a code", () => {
  const refused = (step: object): string | undefined => codeOf(() => compose([step as never]));
  expect(codeOf(() => compose("mirror" as never))).toBe("CW_AUGMENT_STEP");
  expect(refused({ transform: "twirl" })).toBe("CW_AUGMENT_STEP");
  expect(refused({ transform: "toString" })).toBe("CW_AUGMENT_STEP");
  expect(refused({ transform: "mirror", probability: 1.5 })).toBe("CW_AUGMENT_STEP");
  expect(refused({ transform: "rotate", range: [0, 1], values: [1] })).toBe("CW_AUGMENT_STEP");
  expect(refused({ transform: "rotate", range: [5, -5] })).toBe("CW_AUGMENT_STEP");
  expect(refused({ transform: "rotate", values: [] })).toBe("CW_AUGMENT_STEP");
  expect(refused({ transform: "rotate", range: [0, 400] })).toBe("CW_AUGMENT_VALUES");
  expect(refused({ transform: "rotate", values: [Number.NaN] })).toBe("CW_AUGMENT_VALUES");
  expect(codeOf(() => randAugment({ n: -1 }))).toBe("CW_AUGMENT_OPTION");
  expect(codeOf(() => randAugment({ m: 31 }))).toBe("CW_AUGMENT_OPTION");
  expect(codeOf(() => randAugment({ interpolation: "cubic" as never }))).toBe("CW_AUGMENT_OPTION");
  expect(codeOf(() => trivialAugment({ space: "narrow" as never }))).toBe("CW_AUGMENT_OPTION");
  const flat = tf.zeros([4, 4]) as unknown as tf.Tensor4D;
  expect(codeOf(() => randAugment()(flat, new Random(1)))).toBe("CW_AUGMENT_SHAPE");
  flat.dispose();
});

test("an image too large for any memory is refused with a code", () => {
  const image = new Float32Array(1);
  const change = compose([{ transform: "invert" }]).map([40_000, 40_000, 1]);
  const context = { index: 0, id: "large", label: 0, random: new Random(1) };
  expect(codeOf(() => change(image, context))).toBe("CW_AUGMENT_MEMORY");
  const small = compose([{ transform: "invert" }]).map([1, 1, 1]);
  expect([...small(Float32Array.of(0.25), context)]).toEqual([0.75]);
});
