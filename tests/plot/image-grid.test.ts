import { fromArrays } from "cellwright/data";
import { displaySymbol, fontsWork, imageGrid, learningCurve } from "cellwright/plot";
import { Random } from "cellwright/random";
import sharp from "sharp";
import { describe, expect, test } from "vitest";

const code = (run: () => unknown) => {
  try {
    run();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** The pictures inside the HTML, decoded by a decoder that is not ours. */
async function pictures(html: string) {
  const sources = [...html.matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map((match) => match[1]!);
  return Promise.all(
    sources.map(async (base64) => {
      const { data, info } = await sharp(Buffer.from(base64, "base64")).raw().toBuffer({ resolveWithObject: true });
      return { pixels: [...data], width: info.width, height: info.height, channels: info.channels };
    }),
  );
}

const grey = fromArrays({
  images: Float32Array.of(0, 1, 0.5, 0.2, -1, 7, 0, 0, 1, 1, 1, 1),
  labels: [0, 1, -1],
  imageShape: [2, 2, 1],
  classNames: ["cat", `<img src=x onerror="alert('x')">`],
  ids: ["a", `b"><script>`, "c"],
});

describe("imageGrid", () => {
  test("every pixel becomes a square, black 0 and white 255, and what lies outside is cut off", async () => {
    const html = imageGrid(grey, { scale: 2 }).toHTML();
    const [first, second, third] = await pictures(html);
    expect([first!.width, first!.height]).toEqual([4, 4]);
    const values = (picture: typeof first) => {
      const at = (x: number, y: number) => picture!.pixels[(y * picture!.width + x) * picture!.channels];
      return [at(0, 0), at(3, 1), at(1, 2), at(2, 3)];
    };
    expect(values(first)).toEqual([0, 255, 128, 51]);
    expect(values(second)).toEqual([0, 255, 0, 0]);
    expect(values(third)).toEqual([255, 255, 255, 255]);
    expect([...html.matchAll(/width="4" height="4"/g)].length).toBe(3);
  });

  test("colour pictures keep their channels, rows and columns", async () => {
    const images = Float32Array.from(new Random(1).permutation(2 * 3 * 3), (value) => value / 255);
    const [picture] = await pictures(imageGrid({ images, imageShape: [2, 3, 3] }, { scale: 1 }).toHTML());
    expect(picture).toEqual({
      pixels: Array.from(images, (value) => Math.round(value * 255)),
      width: 3,
      height: 2,
      channels: 3,
    });
  });

  test("captions and names are escaped, and every picture has a text for those who cannot see it", () => {
    const html = imageGrid(grey).toHTML();
    expect(html).not.toMatch(/<script|<img src=x|onerror="/);
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(&#39;x&#39;)&quot;&gt;");
    expect([...html.matchAll(/alt="[^"]+"/g)].length).toBe(3);
    expect(html).toContain(`alt="c"`);
    expect(html).not.toMatch(/<(style|script|link)/);
  });

  test("rows, captions and indices", () => {
    const listed = imageGrid(grey, { columns: 2, indices: [2, 0, 0], captions: ["x", "y", "z"] });
    expect([...listed.toHTML().matchAll(/<tr>/g)].length).toBe(2);
    expect(listed.toText()).toBe("3 of 3 images of arrays, 2 x 2, grey\nx  y\nz");
    expect(imageGrid(grey, { indices: [2, 0], captions: (index) => `no. ${index}` }).toText()).toContain(
      "no. 2  no. 0",
    );
    expect(imageGrid(grey).toText()).toContain("cat");
    const none = imageGrid(grey, { indices: [] });
    expect(none.toHTML()).not.toContain("<img");
    expect(none.toSVG()).not.toMatch(/NaN|Infinity/);
  });

  test("a large data set shows its first 24 images, and large images are reduced to their means", async () => {
    expect((await pictures(imageGrid({ images: new Float32Array(100), imageShape: [1, 1, 1] }).toHTML())).length).toBe(
      24,
    );
    const images = Float32Array.from({ length: 300 * 200 }, (_, k) => (k % 2 === 0 ? 0.2 : 0.6));
    const [picture] = await pictures(imageGrid({ images, imageShape: [300, 200, 1] }).toHTML());
    expect([picture!.width, picture!.height]).toEqual([50, 75]);
    expect(picture!.pixels.every((value) => Math.abs(value - 102) <= 1)).toBe(true);
    const strip = imageGrid({ images: new Float32Array(1000), imageShape: [1, 1000, 1] });
    expect(strip.tileSize).toEqual([1000, 1]);
  });

  test("shows itself as HTML, PNG and text", async () => {
    const grid = imageGrid(grey, { scale: 32 });
    const bundle = await grid[displaySymbol]();
    expect(Object.keys(bundle).sort()).toEqual(["image/png", "text/html", "text/plain"]);
    // The first picture of the PNG: its right upper pixel is white, its left upper one black.
    const { data, info } = await sharp(Buffer.from(bundle["image/png"] as string, "base64"))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number) => data[(y * info.width + x) * info.channels];
    expect([at(14 + 16, 14 + 16), at(14 + 48, 14 + 16)]).toEqual([0, 255]);
  });

  test.each([
    ["CW_INDEX_RANGE", () => imageGrid(grey, { indices: [3] })],
    ["CW_INDEX_RANGE", () => imageGrid(grey, { indices: [Number.NaN] })],
    ["CW_LENGTH_MISMATCH", () => imageGrid(grey, { captions: ["one"] })],
    ["CW_OPTION", () => imageGrid(grey, { columns: 0 })],
    ["CW_OPTION", () => imageGrid(grey, { scale: 0.5 })],
    ["CW_IMAGE_CHANNELS", () => imageGrid({ images: new Float32Array(8), imageShape: [2, 2, 2] })],
    ["CW_IMAGE_SHAPE", () => imageGrid({ images: new Float32Array(7), imageShape: [2, 2, 1] })],
    ["CW_GRID_LARGE", () => imageGrid(grey, { indices: new Array(1001).fill(0) })],
  ])("%s", (expected, run) => {
    expect(code(run)).toBe(expected);
  });
});

describe("PNG twins", () => {
  test("have text in them, and the size asked for", async () => {
    expect(await fontsWork()).toBe(true);
    const figure = learningCurve([{ epoch: 1, loss: 1 }], { width: 300, height: 200 });
    expect(await sharp(await figure.toPNG()).metadata()).toMatchObject({ width: 600, height: 400 });
    await expect(figure.toPNG({ scale: 0 })).rejects.toMatchObject({ code: "CW_SCALE" });
    await expect(figure.toPNG({ scale: 100 })).rejects.toMatchObject({ code: "CW_SCALE" });
  });
});
