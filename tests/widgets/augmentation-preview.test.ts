/** The augmentation preview on the kernel's side: what is drawn, what moves with it, and what is shown where an image cannot be. */
import { tf } from "cellwright/backend";
import { digits, fromArrays } from "cellwright/data";
import { AugmentationPreview } from "cellwright/widgets";
import sharp from "sharp";
import { describe, expect, test } from "vitest";

const side = 8;
/** Three images, one bright pixel each at (2, 3). */
const data = fromArrays({
  images: Float32Array.from({ length: 3 * side * side }, (_, at) => Number(at % (side * side) === 3 * side + 2)),
  labels: [0, 1, 0],
  imageShape: [side, side, 1],
  classNames: ["<b>a</b>", "b"],
});

/** Where a tile of a sheet is brightest: x, y. */
async function brightest(png: Uint8Array, tile: number): Promise<[number, number]> {
  const pixels = await sharp(png).extractChannel(0).raw().toBuffer();
  const own = pixels.subarray(tile * side * side, (tile + 1) * side * side);
  const at = own.indexOf(Math.max(...own));
  return [at % side, Math.floor(at / side)];
}

describe("annotations", () => {
  test("boxes, key points and masks are where their pixels are: in strips, in draws, and after every step", async () => {
    const mask = Uint8Array.from({ length: side * side }, (_, at) => Number(at === 3 * side + 2));
    const preview = new AugmentationPreview(data, {
      transforms: ["translateX", "mirror"],
      annotations: () => ({ boxes: [[2, 3, 3, 4]], keypoints: [[2.5, 3.5]], mask }),
      seeds: 4,
    });
    const before = tf.memory().numTensors;
    preview.set({
      steps: [
        { transform: "mirror", probability: 1, range: [1, 1] },
        { transform: "translateY", probability: 1, range: [0.25, 0.25] },
      ],
    });
    await preview.ready();
    expect(tf.memory().numTensors).toBe(before);
    for (const name of ["strips", "draws"] as const) {
      const { tiles, png } = preview.get(name);
      for (const [at, { boxes, points, value, transform }] of tiles.entries()) {
        const [x, y] = points[0]!;
        if (x! < 0 || x! > 1) continue; // it has left the image
        expect([boxes[0]![0]! + boxes[0]![2]!, boxes[0]![1]! + boxes[0]![3]!]).toEqual([
          expect.closeTo(2 * x!, 5),
          expect.closeTo(2 * y!, 5),
        ]);
        // Between two pixels either is the brightest.
        const found = await brightest(png, at);
        expect(Math.abs(found[0] + 0.5 - side * x!), `${name} ${transform} ${value}`).toBeLessThanOrEqual(0.75);
        expect(Math.abs(found[1] + 0.5 - side * y!)).toBeLessThanOrEqual(0.75);
      }
    }
    // Mirrored, then two pixels down.
    expect(preview.get("draws").tiles[0]!.points).toEqual([[5.5 / side, 5.5 / side]]);
  });

  test("a draw step by step: after each step the image, and what it changed", async () => {
    const preview = new AugmentationPreview(data, { transforms: ["mirror"], seeds: 2 });
    expect(preview.get("trace").tiles).toEqual([]);
    const steps = [
      { transform: "mirror", probability: 1, range: [1, 1] as [number, number] },
      { transform: "translateX", probability: 1, range: [-0.25, -0.25] as [number, number] },
    ];
    preview.set({ steps, draw: 1 });
    await preview.ready();
    const { tiles, png } = preview.get("trace");
    expect(tiles.map(({ caption }) => caption)).toEqual([
      "as it is",
      "mirror 1",
      "what it changed",
      "translateX -0.25",
      "what it changed",
    ]);
    expect([await brightest(png, 0), await brightest(png, 1), await brightest(png, 3)]).toEqual([
      [2, 3],
      [5, 3],
      [3, 3],
    ]);
    const { data: pixels } = await sharp(png).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
    const lit = (tile: number) =>
      [...pixels.subarray(tile * side * side, (tile + 1) * side * side).entries()]
        .filter(([, value]) => value > 200)
        .map(([at]) => at % side);
    expect([lit(2), lit(4)]).toEqual([
      [2, 5],
      [3, 5],
    ]);
    // The last of the draws is shown where there are fewer.
    preview.set({ draw: 40 });
    await preview.ready();
    expect(preview.get("trace").tiles).toHaveLength(5);
  });
});

describe("what cannot be shown", () => {
  test("an image that cannot be read is named, and the others are drawn", async () => {
    const broken = data.map((pixels, { index }) => {
      if (index === 1) throw new Error("no JPEG");
      return pixels;
    });
    const preview = new AugmentationPreview(broken, { transforms: ["contrast"] });
    await preview.ready();
    expect(preview.get("problem")).toBe("");
    expect(preview.get("examples").tiles.map(({ caption }) => caption)).toEqual([
      "<b>a</b>",
      "cannot be read",
      "<b>a</b>",
    ]);
    preview.set({ position: 1 });
    await preview.ready();
    expect(preview.get("original").tiles[0]!.caption).toBe("cannot be read");
    expect(preview.get("strips").tiles.every(({ caption }) => caption === "cannot be read")).toBe(true);
  });

  test.each([
    ["no images", () => new AugmentationPreview(data, { indices: [] }), /at least one image/],
    ["no transforms", () => new AugmentationPreview(data, { transforms: [] }), /at least one transform/],
    [
      "a misspelt one",
      () => new AugmentationPreview(data, { transforms: ["rotat" as "rotate"] }),
      /no transform "rotat"; there are .*rotate/,
    ],
    [
      "a name of Object's",
      () => new AugmentationPreview(data, { transforms: ["toString" as "rotate"] }),
      /no transform "toString"/,
    ],
    ["no data", () => new AugmentationPreview(null as never), /expected a Dataset.*got null/],
    ["another thing", () => new AugmentationPreview([1, 2] as never), /expected a Dataset.*got object/],
  ])("%s: an error that says what to do", (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: "CW_WIDGET_DATA", message: expect.stringMatching(message) }));
  });
});

test("where no widget can be: a picture of all strips, large enough to be seen, and words", async () => {
  const preview = new AugmentationPreview((await digits()).take(3), { transforms: ["rotate", "contrast", "mirror"] });
  const bundle = (await preview.snapshot()) as Record<symbol, () => Record<string, string>>;
  const shown = bundle[Symbol.for("Jupyter.display")]!();
  expect(shown["text/plain"]).toMatch(
    /^augmentation preview of digits: 3 transforms\nrotate -90, .*\ncontrast .*\nmirror 0, 1$/,
  );
  const { width, height } = await sharp(Buffer.from(shown["image/png"]!, "base64")).metadata();
  expect(height).toBe(3 * 42);
  expect(width).toBe(11 * 42);
});
