/** The plane of the embedding explorer: what is seen, what is drawn, what is inside, which colour it has. */
import { Random } from "cellwright/random";
import { describe, expect, test } from "vitest";
import { pan, seeAll, toData, toScreen, zoom } from "../../widgets/embedding-explorer/camera.ts";
import { type Known, paletteOf } from "../../widgets/embedding-explorer/colors.ts";
import { nearest } from "../../widgets/embedding-explorer/neighbors.ts";
import { emptyCanvas, PADDING, pixel, rasterize } from "../../widgets/embedding-explorer/raster.ts";
import { combine, invert, pointAt, pointsInBox, pointsInside } from "../../widgets/embedding-explorer/regions.ts";

const size = { width: 400, height: 300 };
const uniform = (count: number, seed = 1) => {
  const values = new Float32Array(count);
  new Random(seed).fillUniform(values);
  return values;
};

describe("the camera", () => {
  test("sees every point that has a place", () => {
    const points = Float32Array.of(-5, 2, 90, 3, Number.NaN, Number.NaN, 4, -40);
    const camera = seeAll(points, size);
    for (const at of [0, 2, 6]) {
      const [x, y] = toScreen(camera, size, points[at]!, points[at + 1]!);
      expect(x).toBeGreaterThanOrEqual(20);
      expect(x).toBeLessThanOrEqual(380);
      expect(y).toBeGreaterThanOrEqual(20);
      expect(y).toBeLessThanOrEqual(280);
    }
  });

  test.each([
    ["no point", []],
    ["one point", [3, 4]],
    ["points in one place", [3, 4, 3, 4]],
    ["points without a place", [Number.NaN, Number.NaN]],
    ["tiny differences", [1e-30, 0, 2e-30, 0]],
    ["huge differences", [-3e38, 0, 3e38, 0]],
  ])("is finite for %s", (_, values) => {
    expect(Object.values(seeAll(Float32Array.from(values), size)).every(Number.isFinite)).toBe(true);
  });

  test("what is under the pointer stays there when it zooms; pixels and data map both ways", () => {
    const camera = { x: 2, y: -1, scale: 30 };
    const before = toData(camera, size, 37, 210);
    const after = toData(zoom(camera, size, 3.7, 37, 210), size, 37, 210);
    expect(after[0]).toBeCloseTo(before[0], 9);
    expect(after[1]).toBeCloseTo(before[1], 9);
    const [x, y] = toScreen(pan(camera, 10, -6), size, ...before);
    expect([x, y].map(Math.round)).toEqual([47, 204]);
  });
});

describe("regions", () => {
  test("a polygon of a circle holds the points within the radius, a self-crossing star leaves its middle out", () => {
    const points = uniform(4000).map((value) => 2 * value - 1);
    const circle = Array.from({ length: 720 }, (_, at) =>
      at % 2 === 0 ? 0.5 * Math.cos((at * Math.PI) / 360) : 0.5 * Math.sin(((at - 1) * Math.PI) / 360),
    );
    const expected = Array.from({ length: 2000 }, (_, i) => i).filter(
      (i) => Math.hypot(points[2 * i]!, points[2 * i + 1]!) < 0.4999,
    );
    const inside = [...pointsInside(points, circle)];
    expect(inside.length).toBeGreaterThan(300);
    expect(expected.filter((i) => !inside.includes(i))).toEqual([]);
    expect(inside.every((i) => Math.hypot(points[2 * i]!, points[2 * i + 1]!) <= 0.5)).toBe(true);
    const star = [0, 1, 0.6, -0.8, -0.95, 0.3, 0.95, 0.3, -0.6, -0.8];
    expect([...pointsInside(Float32Array.of(0, 0, 0, 0.8), star)]).toEqual([1]);
  });

  test("fewer than three corners hold nothing; points without a place are nowhere", () => {
    const points = Float32Array.of(0, 0, Number.NaN, Number.NaN);
    expect(pointsInside(points, [0, 0, 1, 1])).toHaveLength(0);
    expect([...pointsInside(points, [-1, -1, 1, -1, 1, 1, -1, 1])]).toEqual([0]);
    expect([...pointsInBox(points, [1, 1, -1, -1])]).toEqual([0]);
    expect(invert(points, [])).toEqual([0]);
    expect(pointAt(points, 0.1, 0, 0.2)).toBe(0);
    expect(pointAt(points, 1, 0, 0.2)).toBe(-1);
  });

  test.each([
    ["replace", [3, 4]],
    ["add", [1, 2, 3, 4]],
    ["subtract", [1, 2]],
    ["intersect", [3]],
  ] as const)("%s", (operation, expected) => {
    expect(combine([3, 1, 2], Int32Array.of(4, 3), operation)).toEqual(expected);
  });
});

describe("the raster", () => {
  const scene = (points: Float32Array, chosen?: Uint8Array) => ({
    points,
    styles: new Uint8Array(points.length >> 1),
    colors: Uint32Array.of(pixel([200, 0, 0])),
    shapes: Uint8Array.of(0),
    chosen,
    faded: pixel([220, 220, 220]),
    background: pixel([255, 255, 255]),
    radius: 4,
  });
  const at = (canvas: ReturnType<typeof emptyCanvas>, x: number, y: number) =>
    canvas.pixels[(y + PADDING) * (canvas.width + 2 * PADDING) + x + PADDING]!;

  test("a disc of the right area, in its place, and its edge in between", () => {
    const canvas = emptyCanvas(100, 80);
    expect(rasterize(canvas, scene(Float32Array.of(10, 5)), { x: 0, y: 0, scale: 2 })).toBe(1);
    expect(at(canvas, 70, 30)).toBe(pixel([200, 0, 0]));
    let area = 0;
    for (const value of canvas.pixels) area += (255 - ((value >>> 8) & 255)) / 255;
    expect(area).toBeCloseTo(Math.PI * 16, -0.5);
  });

  test("points at the border, outside it and without a place draw nothing where they should not", () => {
    const canvas = emptyCanvas(50, 50);
    const points = Float32Array.of(-25, 25, 24.9, -24.9, 60, 0, Number.NaN, Number.NaN);
    expect(rasterize(canvas, scene(points), { x: 0, y: 0, scale: 1 })).toBe(2);
  });

  test("what is chosen lies above what is not, whatever their order", () => {
    const canvas = emptyCanvas(20, 20);
    rasterize(canvas, scene(Float32Array.of(0, 0, 0, 0), Uint8Array.of(1, 0)), { x: 0, y: 0, scale: 1 });
    expect(at(canvas, 10, 10)).toBe(pixel([200, 0, 0]));
    rasterize(canvas, scene(Float32Array.of(0, 0), Uint8Array.of(0)), { x: 0, y: 0, scale: 1 });
    expect(at(canvas, 10, 10)).toBe(pixel([220, 220, 220]));
  });
});

describe("colours", () => {
  const known = (more: Partial<Known> = {}): Known => ({
    points: new Float32Array(8),
    labels: new Int32Array(0),
    predictions: new Int32Array(0),
    scores: new Float32Array(0),
    losses: new Float32Array(0),
    tags: new Uint8Array(0),
    classNames: ["a", "b"],
    ...more,
  });
  const look = ({ styles, colors, shapes }: ReturnType<typeof paletteOf>) =>
    [...styles].map((style) => `${colors[style]} ${shapes[style]}`);

  test("thirty-five classes look different, a thousand have a name each, and no label is grey", () => {
    const labels = Int32Array.from({ length: 1001 }, (_, at) => at - 1);
    const palette = paletteOf(known({ points: new Float32Array(2002), labels }), "label", 0);
    const looks = look(palette);
    expect(new Set(looks.slice(1, 36)).size).toBe(35);
    expect(looks.slice(1)).not.toContain(looks[0]);
    expect(palette.classes.map(({ name }) => name).slice(0, 3)).toEqual(["a", "b", "class 2"]);
    expect(palette.classes.at(-1)).toMatchObject({ value: -1, name: "no label", count: 1 });
  });

  test("a quantity from low to high, equal values in one colour, none for no number; a huge loss does not flatten the rest", () => {
    const scores = Float32Array.of(0, 1, 0.5, Number.NaN);
    const palette = paletteOf(known({ scores }), "score", 0);
    expect([...palette.styles]).toEqual([1, 64, 33, 0]);
    expect(palette.range).toEqual([0, 1]);
    const flat = paletteOf(known({ scores: new Float32Array(4).fill(2) }), "score", 0);
    expect(new Set(flat.styles).size).toBe(1);
    const losses = Float32Array.from({ length: 200 }, (_, at) => (at === 7 ? 1e6 : at / 200));
    expect(paletteOf(known({ points: new Float32Array(400), losses }), "loss", 0).range![1]).toBeLessThan(1);
  });

  test("one label of several; what is not known is one colour", () => {
    const tags = Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 0);
    expect([...paletteOf(known({ tags }), "tag", 1).styles]).toEqual([0, 1, 1, 0]);
    expect(paletteOf(known({ tags }), "tag", 1).classes[0]).toMatchObject({ name: "b", count: 2 });
    expect(new Set(look(paletteOf(known(), "loss", 0))).size).toBe(1);
  });
});

test("nearest rows are those that sorting all distances gives", () => {
  const data = uniform(300 * 5, 3);
  const distance = (a: number, b: number) =>
    Math.hypot(...Array.from({ length: 5 }, (_, column) => data[5 * a + column]! - data[5 * b + column]!));
  const others = Array.from({ length: 300 }, (_, row) => row).filter((row) => row !== 17);
  const sorted = others.sort((a, b) => distance(17, a) - distance(17, b));
  expect(nearest({ data, columns: 5 }, 17, 12)).toEqual(sorted.slice(0, 12));
  expect(nearest({ data: [1], columns: 1 }, 0, 12)).toEqual([]);
});
