import { digitScenes, digits, type Scene } from "cellwright/data";
import { boxShapeMask, boxShapes, learnBoxShape } from "cellwright/learn";
import { Random } from "cellwright/random";
import { describe, expect, test } from "vitest";

type Inside = (x: number, y: number) => boolean;
const planted: Record<string, Inside> = {
  rectangle: () => true,
  ellipse: (x, y) => x * x + y * y <= 1,
  // Two bars of a sixth of the box each.
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 1 / 6,
};

/** Scenes with shapes of one kind: light on dark, with noise. */
function scenesOf(inside: Inside, count: number, random: Random): Scene[] {
  const size = 64;
  return Array.from({ length: count }, (_, n) => {
    const own = random.split(n);
    const [width, height] = [16 + own.integer(20), 16 + own.integer(20)];
    const [left, top] = [own.integer(size - width), own.integer(size - height)];
    const image = new Float32Array(size * size);
    const mask = new Uint8Array(size * size);
    for (let at = 0; at < image.length; at++) {
      const x = (2 * ((at % size) + 0.5 - left)) / width - 1;
      const y = (2 * (Math.floor(at / size) + 0.5 - top)) / height - 1;
      const own1 = Math.abs(x) < 1 && Math.abs(y) < 1 && inside(x, y);
      if (own1) mask[at] = 1;
      image[at] = (own1 ? 0.7 : 0.2) + 0.1 * own.normal();
    }
    return { image, size, mask, objects: [{ label: 0, box: [left, top, left + width, top + height] }] };
  });
}

describe("learnBoxShape recovers what was planted", () => {
  describe.each(["masks", "pixels"] as const)("by %s", (by) => {
    test.each(Object.keys(planted))("%s", (name) => {
      const shape = learnBoxShape(scenesOf(planted[name]!, 40, new Random(4)), { by });
      expect(shape.name).toBe(name);
      expect(shape.scores).toHaveLength(11);
      const best = shape.scores.find((tried) => tried.shape === shape.shape)!;
      expect(shape.scores.every(({ score }) => score <= best.score)).toBe(true);
      if (by === "masks") expect(best.score).toBeGreaterThan(name === "cross" ? 0.8 : 0.97);
    });
  });

  test("between the ellipse and the rectangle: a shape between them", () => {
    const between = scenesOf((x, y) => Math.abs(x) ** 5 + Math.abs(y) ** 5 <= 1, 40, new Random(4));
    expect(learnBoxShape(between).shape).toBe(0.2);
    expect(learnBoxShape(between, { by: "pixels" }).shape).toBe(0.2);
  });
});

test("areas fall from the box to the cross, as geometry has it", () => {
  // By hand: of the ellipse in its box π / 4; of a cross whose arms are a wide, a · 2 · (1 - a / 2) but for their rounded ends.
  for (const [shape, area] of [
    [0, 1],
    [0.5, Math.PI / 4],
    [0.9, 0.2 * Math.SQRT1_2 * 2 * (1 - 0.1 * Math.SQRT1_2)],
  ] as const) {
    const mask = boxShapeMask(shape, 300, 200);
    expect(mask.reduce((sum, value) => sum + value, 0) / mask.length).toBeCloseTo(area, 1.5);
  }
  const areas = boxShapes.map((shape) => boxShapeMask(shape, 50, 50).reduce((a, b) => a + b, 0));
  expect(areas).toEqual([...areas].sort((a, b) => b - a));
});

describe("digitScenes", async () => {
  const source = await digits();
  const scenes = await digitScenes(50, new Random(2), { size: 40, objects: 4, source });

  test("boxes are tight around the masks and do not touch; the same seed draws the same scenes", async () => {
    for (const { mask, objects, size, image } of scenes) {
      expect(objects.length).toBeGreaterThanOrEqual(1);
      objects.forEach(({ box, label }, place) => {
        const own = Array.from(mask.keys()).filter((at) => mask[at] === place + 1);
        const columns = own.map((at) => at % size);
        const rows = own.map((at) => Math.floor(at / size));
        expect([Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1]).toEqual(box);
        expect(label).toBeGreaterThanOrEqual(0);
        expect(own.every((at) => image[at]! > 0.2)).toBe(true);
      });
    }
    expect(scenes.some(({ objects }) => objects.length > 2)).toBe(true);
    const again = await digitScenes(50, new Random(2), { size: 40, objects: 4, source });
    expect(again).toEqual(scenes);
  });

  test("digits fill their boxes less than rectangles do: the search says so", async () => {
    const shape = learnBoxShape(await digitScenes(60, new Random(3)));
    expect(shape.shape).toBeGreaterThan(0);
    expect(Math.max(...shape.scores.map(({ score }) => score))).toBeGreaterThan(shape.scores[0]!.score);
  });

  test("what cannot be: an error that says why", async () => {
    await expect(digitScenes(1, new Random(1), { size: 4, source })).rejects.toMatchObject({ code: "CW_OPTION" });
    await expect(digitScenes(1.5, new Random(1), { source })).rejects.toMatchObject({ code: "CW_COUNT" });
    expect(() => learnBoxShape([])).toThrow(/at least one object/);
    expect(() => boxShapeMask(-1, 3, 3)).toThrow(/from 0 to 1/);
  });
});
