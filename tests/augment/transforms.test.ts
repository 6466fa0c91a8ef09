import { type TransformName, transforms } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { all, codeOf, largestDistance, pictures, read, valueAt } from "./support.ts";

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

const engines = ["host", "device"] as const;
const names = Object.keys(transforms) as TransformName[];

describe.each(names)("%s", (name) => {
  const transform = transforms[name];

  test("says what it is", () => {
    const { range, identity, unit } = transform;
    expect(transform.name).toBe(name);
    expect(unit.length).toBeGreaterThan(0);
    expect(identity >= range[0] && identity <= range[1]).toBe(true);
    expect(Object.isFrozen(transform)).toBe(true);
  });

  test.each(engines)("its identity changes no bit, alone or beside other values (%s)", (engine) => {
    for (const channels of [1, 3]) {
      const images = pictures(3, 7, 6, channels);
      const { identity } = transform;
      const still = read(transform.apply(images, [identity, identity, identity], { engine }));
      const values = [identity, valueAt(name, 1), identity];
      const mixed = read(transform.apply(images, values, { engine }));
      const original = images.dataSync();
      expect(still).toEqual(original);
      const size = 7 * 6 * channels;
      expect(mixed.slice(0, size)).toEqual(original.slice(0, size));
      expect(mixed.slice(2 * size)).toEqual(original.slice(2 * size));
      images.dispose();
    }
  });

  test.each(engines)("an image's result does not depend on the batch (%s)", (engine) => {
    const images = pictures(4, 9, 9, 3);
    const values = [0.2, 0.5, 0.8, 1].map((share) => valueAt(name, share));
    const together = read(transform.apply(images, values, { engine, fill: [0.1, 0.2, 0.3] }));
    for (const [n, value] of values.entries()) {
      const one = images.slice([n, 0, 0, 0], [1, 9, 9, 3]);
      const alone = read(transform.apply(one, [value], { engine, fill: [0.1, 0.2, 0.3] }));
      const size = 9 * 9 * 3;
      expect(largestDistance(alone, together.slice(n * size, (n + 1) * size))).toBeLessThan(1e-6);
      one.dispose();
    }
    images.dispose();
  });

  test("host and device agree", () => {
    for (const channels of [1, 3]) {
      for (const interpolation of ["nearest", "bilinear"] as const) {
        const images = pictures(5, 11, 14, channels);
        const values = [0.13, 0.31, 0.57, 0.79, 1].map((share) => valueAt(name, share));
        const places = values.map((_, n) => [n / 4, 0.3 + n / 10] as const);
        const options = { interpolation, fill: 0.4, places };
        const host = read(transform.apply(images, values, { ...options, engine: "host" }));
        const device = read(transform.apply(images, values, { ...options, engine: "device" }));
        expect(largestDistance(host, device)).toBeLessThan(2e-5);
        images.dispose();
      }
    }
  });

  test("the further from the identity, the further from the image", () => {
    // Turns and hues come back; what moves out of sight is as far as it gets.
    const furthest: Partial<Record<TransformName, number>> = {
      rotate: 0.2,
      rot90: 0.34,
      hue: 0.7,
      shearX: 0.3,
      shearY: 0.3,
      translateX: 0.3,
      translateY: 0.3,
    };
    const images = pictures(1, 24, 24, 3, 3, 0.01);
    const original = images.dataSync();
    let last = 0;
    for (let step = 1; step <= 5; step++) {
      const value = valueAt(name, ((furthest[name] ?? 1) * step) / 5);
      const changed = read(transform.apply(images, [value], { fill: 0.45 }));
      const distance = changed.reduce((sum, pixel, i) => sum + (pixel - original[i]!) ** 2, 0);
      expect(distance).toBeGreaterThanOrEqual(last * 0.98);
      last = distance;
    }
    expect(last).toBeGreaterThan(0);
    images.dispose();
  });

  test.each(engines)("no image, and images of one pixel (%s)", (engine) => {
    const none = tf.zeros([0, 4, 5, 3]) as tf.Tensor4D;
    const nothing = transform.apply(none, [], { engine });
    expect(nothing.shape).toEqual([0, 4, 5, 3]);
    for (const channels of [1, 3]) {
      const dot = tf.fill([2, 1, 1, channels], 0.25) as tf.Tensor4D;
      const values = [valueAt(name, 1), valueAt(name, 0.5)];
      const result = read(transform.apply(dot, values, { engine }));
      expect(result.every((value) => value >= 0 && value <= 1)).toBe(true);
      dot.dispose();
    }
    tf.dispose([none, nothing]);
  });

  test.each(engines)("a pixel that is no number stays in its image, and the input is only read (%s)", (engine) => {
    const images = pictures(2, 8, 8, 3);
    const values = images.dataSync().slice();
    values[8 * 8 * 3 + 100] = Number.NaN;
    const spoilt = tf.tensor4d(values, images.shape);
    const value = valueAt(name, 0.7);
    const result = read(transform.apply(spoilt, [value, value], { engine }));
    const clean = read(transform.apply(images, [value, value], { engine }));
    expect(largestDistance(result.slice(0, 192), clean.slice(0, 192))).toBeLessThan(1e-6);
    expect(spoilt.dataSync()).toEqual(values);
    tf.dispose([images, spoilt]);
  });

  test("bad input is refused with a code", () => {
    const images = pictures(2, 4, 4, 3);
    const { identity, range } = transform;
    const flat = images.flatten() as unknown as tf.Tensor4D;
    const whole = images.toInt();
    expect(codeOf(() => transform.apply(flat, [identity]))).toBe("CW_AUGMENT_SHAPE");
    expect(codeOf(() => transform.apply(whole, [identity, identity]))).toBe("CW_AUGMENT_SHAPE");
    expect(codeOf(() => transform.apply(undefined as unknown as tf.Tensor4D, []))).toBe("CW_AUGMENT_SHAPE");
    expect(codeOf(() => transform.apply(images, [identity]))).toBe("CW_AUGMENT_VALUES");
    expect(codeOf(() => transform.apply(images, [identity, Number.NaN]))).toBe("CW_AUGMENT_VALUES");
    expect(codeOf(() => transform.apply(images, [identity, range[1] + 0.1]))).toBe("CW_AUGMENT_VALUES");
    expect(codeOf(() => transform.apply(images, [range[0] - 0.1, identity]))).toBe("CW_AUGMENT_VALUES");
    const values = [identity, identity];
    expect(codeOf(() => transform.apply(images, values, { fill: [0, 1] }))).toBe("CW_AUGMENT_OPTION");
    expect(codeOf(() => transform.apply(images, values, { fill: Number.NaN }))).toBe("CW_AUGMENT_OPTION");
    expect(codeOf(() => transform.apply(images, values, { places: [[0, 2]] as never }))).toBe("CW_AUGMENT_OPTION");
    const cubic = { interpolation: "cubic" } as never;
    expect(codeOf(() => transform.apply(images, values, cubic))).toBe("CW_AUGMENT_OPTION");
    tf.dispose([images, flat, whole]);
  });
});

test("what sees colours refuses two channels; the rest takes any number", () => {
  const images = pictures(1, 5, 5, 2);
  for (const { name, chromatic, apply } of all) {
    if (chromatic) expect(codeOf(() => apply(images, [valueAt(name, 0.5)]))).toBe("CW_AUGMENT_SHAPE");
    else expect(read(apply(images, [valueAt(name, 0.5)])).length).toBe(50);
  }
  expect(all.filter(({ chromatic }) => chromatic).map(({ name }) => name)).toEqual(["color", "contrast", "hue"]);
  images.dispose();
});

test("hue and colour leave grey as it is", () => {
  const grey = pictures(2, 6, 6, 1);
  const rgb = tf.tile(grey, [1, 1, 1, 3]);
  for (const name of ["hue", "color"] as const) {
    const values = [valueAt(name, 0.4), valueAt(name, 1)];
    expect(read(transforms[name].apply(grey, values))).toEqual(grey.dataSync());
    expect(largestDistance(read(transforms[name].apply(rgb, values)), rgb.dataSync())).toBeLessThan(2e-7);
  }
  tf.dispose([grey, rgb]);
});

test("a full turn of the hue, in two halves, and two mirrors come home", () => {
  const images = pictures(1, 6, 6, 3);
  const half = transforms.hue.apply(images, [180]);
  expect(largestDistance(read(transforms.hue.apply(half, [180])), images.dataSync())).toBeLessThan(1e-6);
  const mirrored = transforms.mirror.apply(images, [1]);
  expect(read(transforms.mirror.apply(mirrored, [1]))).toEqual(images.dataSync());
  tf.dispose([images, half, mirrored]);
});

test("cutout fills one square about its place, cut off at the edges", () => {
  const images = tf.ones([2, 8, 10, 1]) as tf.Tensor4D;
  const places = [
    [0.5, 0.5],
    [0, 0],
  ] as const;
  for (const engine of engines) {
    const result = read(transforms.cutout.apply(images, [0.4, 0.4], { places, engine }));
    const hidden = [...result.keys()].filter((i) => result[i] === 0);
    const expected = [2, 3, 4, 5].flatMap((y) => [3, 4, 5, 6].map((x) => y * 10 + x));
    expect(hidden).toEqual([...expected, 80, 81, 90, 91]);
  }
  images.dispose();
});
