import { compose, type Place, type Point, transforms } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { largestDistance, pictures, read } from "./support.ts";

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

const { elastic } = transforms;
const places: readonly Place[] = Array.from({ length: 30 }, (_, n) => [n / 30, ((7 * n) % 30) / 30]);
const shape = { height: 40, width: 60 };

/** Where each pixel of the result comes from, by an image that holds its own coordinates. */
function shifts(value: number, place: Place, height: number, width: number): { dx: number[]; dy: number[] } {
  const values = new Float32Array(height * width * 2);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) values.set([x, y], 2 * (y * width + x));
  const image = tf.tensor4d(values, [1, height, width, 2]);
  const moved = read(elastic.apply(image, [value], { places: [place] }));
  image.dispose();
  const [dx, dy]: [number[], number[]] = [[], []];
  for (let i = 0; i < moved.length; i += 2) {
    const [x, y] = [(i / 2) % width, Math.floor(i / 2 / width)];
    // What comes from beyond the edges is told by no pixel; near them the edge stands in.
    if (x < 0.15 * width || x > 0.85 * width || y < 0.15 * height || y > 0.85 * height) continue;
    dx.push(moved[i]! - x);
    dy.push(moved[i + 1]! - y);
  }
  return { dx, dy };
}

const deviation = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

describe("the field", () => {
  test("has the deviation that its value says, alike along both axes, without a drift", () => {
    for (const [height, width] of [
      [40, 40],
      [40, 80],
      [90, 60],
    ] as const) {
      const all = Array.from({ length: 60 }, (_, n) => shifts(0.03, [n / 60, 0.5], height, width));
      const expected = 0.03 * Math.min(height, width);
      for (const values of [all.flatMap(({ dx }) => dx), all.flatMap(({ dy }) => dy)]) {
        expect(deviation(values) / expected).toBeGreaterThan(0.88);
        expect(deviation(values) / expected).toBeLessThan(1.12);
        expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(0.2 * expected);
      }
    }
  });

  test("grows in proportion to the value, and has Simard's smoothness", () => {
    const [one, two] = [0.02, 0.04].map((value) => shifts(value, [0.3, 0.6], 58, 58));
    expect(
      largestDistance(
        one!.dx.map((value) => 2 * value),
        two!.dx,
      ),
    ).toBeLessThan(1e-4);
    // For a Gaussian of deviation s, neighbours h apart are as alike as exp(-h² / 4 s²) says; s is 8 of 58 pixels here.
    const wide = 41;
    let [product, square] = [0, 0];
    for (let n = 0; n < 200; n++) {
      const { dx } = shifts(0.02, [n / 200, 0.2], 58, 58);
      const across = Math.round(Math.sqrt(dx.length));
      expect(Math.abs(across - wide)).toBeLessThan(2);
      for (let y = 0; y < across; y += 8) {
        for (let x = 0; x + 8 < across; x += 4) {
          product += dx[y * across + x]! * dx[y * across + x + 8]!;
          square += (dx[y * across + x]! ** 2 + dx[y * across + x + 8]! ** 2) / 2;
        }
      }
    }
    expect(Math.abs(product / square - Math.exp(-1 / 4))).toBeLessThan(0.08);
  });

  test("is named by the place: the same place the same bytes, another place another image", () => {
    const image = pictures(1, 20, 20, 3);
    const at = (place: Place) => read(elastic.apply(image, [0.04], { places: [place] }));
    expect(at([0.1, 0.9])).toEqual(at([0.1, 0.9]));
    expect(largestDistance(at([0.1, 0.9]), at([0.9, 0.1]))).toBeGreaterThan(0.05);
    image.dispose();
  });
});

describe("annotations", () => {
  test("points come from where the field says, in all but a fold", () => {
    // A dot, painted and found again.
    const random = new Random(5);
    let far = 0;
    for (const place of places) {
      const [x, y] = [20 + 20 * random.float(), 14 + 12 * random.float()];
      const image = tf.buffer([1, 40, 60, 1]);
      for (let row = 0; row < 40; row++) {
        for (let column = 0; column < 60; column++) {
          image.set(Math.exp(-((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2) / 2), 0, row, column, 0);
        }
      }
      const dot = image.toTensor() as tf.Tensor4D;
      const moved = read(elastic.apply(dot, [0.03], { places: [place] }));
      dot.dispose();
      let [mass, u, v] = [0, 0, 0];
      for (const [i, weight] of moved.entries()) {
        mass += weight;
        u += weight * ((i % 60) + 0.5);
        v += weight * (Math.floor(i / 60) + 0.5);
      }
      const [[point]] = elastic.keypoints([[[x, y]]], [0.03], { ...shape, places: [place] }) as [[Point]];
      far = Math.max(far, Math.hypot(u / mass - point[0], v / mass - point[1]));
    }
    expect(far).toBeLessThan(0.4);
  });

  test("a mask is the inside of its polygon, and of its box's", () => {
    const mask = tf.buffer([1, 40, 60, 1]);
    for (let y = 10; y < 30; y++) for (let x = 15; x < 45; x++) mask.set(1, 0, y, x, 0);
    const masks = mask.toTensor() as tf.Tensor4D;
    const square: Point[] = [
      [15, 10],
      [45, 10],
      [45, 30],
      [15, 30],
    ];
    for (const place of places) {
      const options = { ...shape, places: [place] };
      const moved = read(elastic.mask(masks, [0.05], { places: [place] }));
      const [[polygon]] = elastic.polygons([[square]], [0.05], options) as [[Point[]]];
      const [[box]] = elastic.boxes([[[15, 10, 45, 30]]], [0.05], options) as [[[number, number, number, number]]];
      let wrong = 0;
      const [xs, ys]: [number[], number[]] = [[], []];
      for (const [i, level] of moved.entries()) {
        const [x, y] = [(i % 60) + 0.5, Math.floor(i / 60) + 0.5];
        if (level === 1) {
          xs.push(x);
          ys.push(y);
        }
        if ((level === 1) !== inside(polygon, x, y)) wrong++;
      }
      expect(wrong).toBeLessThan(4);
      for (const [edge, painted] of [
        [box[0], Math.min(...xs) - 0.5],
        [box[1], Math.min(...ys) - 0.5],
        [box[2], Math.max(...xs) + 0.5],
        [box[3], Math.max(...ys) + 0.5],
      ] as const)
        expect(Math.abs(edge - painted)).toBeLessThan(1.01);
    }
    masks.dispose();
  });

  test("at value 0 stay as they are, the same numbers", () => {
    const polygon: Point[] = [
      [1, 2],
      [9, 3],
      [4, 8],
    ];
    expect(elastic.polygons([[polygon]], [0], shape)).toEqual([[polygon]]);
    expect(elastic.keypoints([polygon], [0], shape)).toEqual([polygon]);
  });
});

function inside(polygon: readonly Point[], x: number, y: number): boolean {
  let within = false;
  for (const [i, [x1, y1]] of polygon.entries()) {
    const [x0, y0] = polygon.at(i - 1)!;
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) within = !within;
  }
  return within;
}

test("a policy draws another field for each image, and can say which", () => {
  const policy = compose([{ transform: "elastic", range: [0.03, 0.05] }]);
  const image = pictures(1, 16, 16, 1);
  const images = tf.tile(image, [3, 1, 1, 1]) as tf.Tensor4D;
  const random = new Random(4);
  const together = policy(images, random);
  const changed = read(together);
  const frame = { height: 16, width: 16, channels: 1 };
  for (let n = 0; n < 3; n++) {
    const { value, place } = policy.draw(random.split(n), frame)[0]!;
    const alone = read(elastic.apply(image, [value], { places: [place] }));
    expect(changed.slice(n * 256, (n + 1) * 256)).toEqual(alone);
  }
  expect(largestDistance(changed.slice(0, 256), changed.slice(256, 512))).toBeGreaterThan(0.02);
  tf.dispose([image, images]);
});

test("a gradient flows into the images: each pixel gets what its readers took of it", () => {
  const images = pictures(2, 12, 12, 1);
  const slope = tf.grad((x) => elastic.apply(x as tf.Tensor4D, [0.04, 0], { fill: 0 }).sum())(images);
  const values = read(slope);
  const constant = tf.ones([1, 12, 12, 1]) as tf.Tensor4D;
  const inside = read(elastic.apply(constant, [0.04])).reduce((sum, value) => sum + value, 0);
  expect(values.slice(0, 144).reduce((sum, value) => sum + value, 0)).toBeCloseTo(inside, 3);
  expect(values.slice(144).every((value) => value === 1)).toBe(true);
  tf.dispose([images, constant]);
});
