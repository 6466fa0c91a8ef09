import { type Point, type Polygon, type TransformName, transforms } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { codeOf, read, valueAt } from "./support.ts";

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

const size = { height: 20, width: 30 };
// Elastic bends, and has tests of its own.
const moving = Object.values(transforms).filter(({ kind, name }) => kind === "geometry" && name !== "elastic");
const still = Object.values(transforms).filter(({ kind }) => kind !== "geometry");
const random = new Random(11);
const somewhere = (): Point => [30 * random.float(), 20 * random.float()];

test("eight transforms move pixels along straight lines", () => {
  expect(moving.map(({ name }) => name)).toEqual([
    "mirror",
    "rot90",
    "rotate",
    "shearX",
    "shearY",
    "translateX",
    "translateY",
    "zoom",
  ]);
});

describe.each(moving.map(({ name }) => name))("%s", (name) => {
  const transform = transforms[name];
  /** The value that undoes `value`. */
  const back = (value: number): number => {
    if (name === "zoom") return 1 / value;
    if (name === "rot90") return (4 - value) % 4;
    return name === "mirror" ? value : -value;
  };

  test("there and back again", () => {
    for (let share = 0.1; share <= 1; share += 0.1) {
      const value = valueAt(name, share);
      const points = [somewhere(), somewhere(), somewhere()];
      const there = transform.keypoints([points], [value], size);
      const again = transform.keypoints(there, [back(value)], size)[0]!;
      for (const [k, [x, y]] of points.entries()) {
        expect(again[k]![0]).toBeCloseTo(x, 9);
        expect(again[k]![1]).toBeCloseTo(y, 9);
      }
    }
  });

  test("points go where the pixels go", () => {
    const value = name === "rot90" || name === "mirror" ? 1 : valueAt(name, 0.15);
    const images = tf.buffer([1, 21, 31, 1]);
    for (const [y, x] of [
      [9, 14],
      [9, 15],
      [10, 14],
      [10, 15],
    ] as const)
      images.set(1, 0, y, x, 0);
    const bright = images.toTensor() as tf.Tensor4D;
    const moved = read(transform.apply(bright, [value]));
    let mass = 0;
    let [x, y] = [0, 0];
    for (const [i, weight] of moved.entries()) {
      mass += weight;
      x += weight * ((i % 31) + 0.5);
      y += weight * (Math.floor(i / 31) + 0.5);
    }
    const [point] = transform.keypoints([[[15, 10]]], [value], { height: 21, width: 31 })[0]!;
    expect(Math.abs(x / mass - point![0])).toBeLessThan(0.15);
    expect(Math.abs(y / mass - point![1])).toBeLessThan(0.15);
    bright.dispose();
  });

  test("a box holds its moved corners, a clipped one the image alone", () => {
    for (let share = 0.1; share <= 1; share += 0.15) {
      const value = valueAt(name, share);
      const [a, b] = [somewhere(), somewhere()];
      const box = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])] as const;
      const [[around]] = transform.boxes([[box]], [value], { ...size, clip: false }) as [[typeof box]];
      const corners = transform.keypoints([[a, b, [a[0], b[1]], [b[0], a[1]]]], [value], size)[0]!;
      expect(Math.min(...corners.map(([x]) => x))).toBeCloseTo(around[0], 9);
      expect(Math.max(...corners.map(([, y]) => y))).toBeCloseTo(around[3], 9);
      const [[clipped]] = transform.boxes([[box]], [value], size) as [[typeof box]];
      expect(clipped[0] >= 0 && clipped[1] >= 0 && clipped[2] <= 30 && clipped[3] <= 20).toBe(true);
    }
  });

  test("a moved mask is the moved polygon", () => {
    const value = name === "rot90" || name === "mirror" ? 1 : valueAt(name, 0.2);
    const polygon: Polygon = [
      [6, 4],
      [26, 4],
      [26, 18],
      [6, 18],
    ];
    const mask = tf.buffer([1, 20, 30, 1]);
    for (let y = 4; y < 18; y++) for (let x = 6; x < 26; x++) mask.set(1, 0, y, x, 0);
    const masks = mask.toTensor() as tf.Tensor4D;
    const moved = read(transform.mask(masks, [value]));
    const [[outline]] = transform.polygons([[polygon]], [value], size) as [[Polygon]];
    expect(moved.every((level) => level === 0 || level === 1)).toBe(true);
    const covered = moved.reduce((sum, level) => sum + level, 0);
    expect(Math.abs(covered - area(outline))).toBeLessThan(12);
    masks.dispose();
  });
});

test("what leaves the image becomes empty, in its place", () => {
  const away = [1];
  const boxes = transforms.translateX.boxes(
    [
      [
        [0, 0, 5, 5],
        [-40, 2, 20, 10],
      ],
    ],
    away,
    size,
  );
  expect(boxes).toEqual([
    [
      [0, 0, 0, 0],
      [0, 2, 30, 10],
    ],
  ]);
  const square: Polygon = [
    [0, 0],
    [5, 0],
    [5, 5],
  ];
  expect(transforms.translateX.polygons([[square]], away, size)).toEqual([[[]]]);
});

test("a clipped polygon is what lies in the image", () => {
  const diamond: Polygon = [
    [0, -10],
    [10, 0],
    [0, 10],
    [-10, 0],
  ];
  const [[cut]] = transforms.rotate.polygons([[diamond]], [0], size) as [[Polygon]];
  expect(area(cut)).toBeCloseTo(50, 9);
});

test("colours and cutout move nothing", () => {
  for (const { name, boxes, polygons, keypoints, mask } of still) {
    const value = [valueAt(name, 0.8)];
    expect(boxes([[[1, 2, 3, 4]]], value, size)).toEqual([[[1, 2, 3, 4]]]);
    expect(keypoints([[[1, 2]]], value, size)).toEqual([[[1, 2]]]);
    expect(polygons([[]], value, size)).toEqual([[]]);
    const masks = tf.ones([1, 3, 3, 1]) as tf.Tensor4D;
    expect(read(mask(masks, value)).every((level) => level === 1)).toBe(true);
    masks.dispose();
  }
});

test("annotations are checked", () => {
  const name: TransformName = "rotate";
  expect(codeOf(() => transforms[name].boxes([[]], [], size))).toBe("CW_AUGMENT_VALUES");
  expect(codeOf(() => transforms[name].keypoints([[]], [3], { height: 0, width: 5 }))).toBe("CW_AUGMENT_OPTION");
});

/** The shoelace formula. */
function area(polygon: Polygon): number {
  let twice = 0;
  for (const [k, [x, y]] of polygon.entries()) {
    const [p, q] = polygon.at(k - 1)!;
    twice += p * y - x * q;
  }
  return Math.abs(twice) / 2;
}
