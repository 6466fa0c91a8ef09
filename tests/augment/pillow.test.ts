import { readFileSync } from "node:fs";
import { type TransformName, transforms } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

interface Golden {
  readonly fill: number;
  readonly images: readonly { readonly shape: [number, number, number]; readonly pixels: string }[];
  readonly cases: readonly {
    readonly image: number;
    readonly transform: TransformName;
    readonly value: number;
    readonly interpolation?: "nearest" | "bilinear";
    readonly pixels: string;
  }[];
  readonly blur: readonly { readonly image: number; readonly value: number; readonly pixels: number[] }[];
  readonly hue: {
    readonly rows: number;
    readonly cases: readonly { readonly value: number; readonly pixels: number[] }[];
  };
}

const golden: Golden = JSON.parse(readFileSync(new URL("../golden/augment/augment.json", import.meta.url), "utf8"));
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));

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

/** Pillow rounds to whole levels after each of a blur's six passes, by up to half a level; others round once or twice. */
const tolerance = (name: TransformName): number => (name === "blur" ? 6 * 0.5 : 1);

const names = [...new Set(golden.cases.map(({ transform }) => transform))];

describe.each(["host", "device"] as const)("as Pillow does, on the %s", (engine) => {
  test.each(names)("%s: every pixel within a level", (name) => {
    for (const { image, value, interpolation, pixels } of golden.cases.filter(({ transform }) => transform === name)) {
      const { shape, pixels: source } = golden.images[image]!;
      const values = tf.tidy(() => {
        const images = tf.tensor4d(
          Float32Array.from(bytes(source), (level) => level / 255),
          [1, ...shape],
        );
        const options = { fill: golden.fill / 255, engine, ...(interpolation && { interpolation }) };
        return transforms[name].apply(images, [value], options).dataSync();
      });
      const expected = bytes(pixels);
      let worst = 0;
      let at = 0;
      let wrong = 0;
      for (const [i, level] of expected.entries()) {
        const distance = Math.abs(Math.round(values[i]! * 255) - level);
        if (distance > 1) wrong++;
        if (distance > worst) {
          worst = distance;
          at = i;
        }
      }
      expect(
        worst,
        `${name} ${value} ${interpolation ?? ""} of image ${image} at ${at}: ${values[at]! * 255} for ${expected[at]}; ${wrong} wrong`,
      ).toBeLessThanOrEqual(tolerance(name));
    }
  });

  test("blur: three extended boxes along each axis, in float64", () => {
    for (const { image, value, pixels: expected } of golden.blur) {
      const { shape, pixels } = golden.images[image]!;
      const values = tf.tidy(() => {
        const images = tf.tensor4d(
          Float32Array.from(bytes(pixels), (level) => level / 255),
          [1, ...shape],
        );
        return transforms.blur.apply(images, [value], { engine }).dataSync();
      });
      for (const [i, wanted] of expected.entries()) expect(Math.abs(values[i]! - wanted)).toBeLessThan(2e-6);
    }
  });

  test("hue: the hexcone's, in float64", () => {
    const { shape, pixels } = golden.images[0]!;
    const rows = bytes(pixels).slice(0, golden.hue.rows * shape[1] * 3);
    for (const { value, pixels: expected } of golden.hue.cases) {
      const values = tf.tidy(() => {
        const images = tf.tensor4d(
          Float32Array.from(rows, (level) => level / 255),
          [1, golden.hue.rows, shape[1], 3],
        );
        return transforms.hue.apply(images, [value], { engine }).dataSync();
      });
      for (const [i, wanted] of expected.entries()) expect(Math.abs(values[i]! - wanted)).toBeLessThan(3e-6);
    }
  });
});
