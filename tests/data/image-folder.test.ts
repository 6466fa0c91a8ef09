import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type ImageFolderOptions, imageFolder } from "cellwright/data";
import { Random } from "cellwright/random";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellwright-folder-"));
});
afterEach(() => rm(root, { recursive: true }));

/** A picture of one colour, 4 wide and 3 high unless told. */
function picture(colour: [number, number, number], width = 4, height = 3) {
  const [r, g, b] = colour;
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
}

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(join(root, path, ".."), { recursive: true });
  await writeFile(join(root, path), content);
}

const png = (colour: [number, number, number], width?: number, height?: number) =>
  picture(colour, width, height).png().toBuffer();

const load = (options?: ImageFolderOptions) => imageFolder(root, options);

describe("imageFolder", () => {
  test("reads classes in order, PNG and JPEG, sub-folders, and keeps pixels exactly", async () => {
    await put("dog/b.PNG", await png([0, 255, 51]));
    await put("cat/deep/c.png", await png([255, 0, 0]));
    await put("cat/a.jpeg", await picture([200, 200, 200]).jpeg({ quality: 100 }).toBuffer());
    await put("cat/notes.txt", "not a picture");
    await put("cat/.hidden.png", "not seen");
    await put("loose.png", await png([0, 0, 0]));
    const data = await load();
    expect(data.classNames).toEqual(["cat", "dog"]);
    expect(data.ids).toEqual(["cat/a.jpeg", "cat/deep/c.png", "dog/b.PNG", "loose.png"]);
    expect([...data.labels]).toEqual([0, 0, 1, -1]);
    expect(data.imageShape).toEqual([3, 4, 3]);
    expect([...data.image(2).subarray(0, 6)]).toEqual([0, 1, 0.2, 0, 1, 0.2].map(Math.fround));
    expect([...data.image(0)].every((value) => Math.abs(value - 200 / 255) < 2 / 255)).toBe(true);
    expect(data.problems).toEqual([]);
  });

  test("rows and columns are not mixed up", async () => {
    const bytes = Uint8Array.from({ length: 2 * 3 }, (_, k) => k * 40);
    await put(
      "a/x.png",
      await sharp(bytes, { raw: { width: 3, height: 2, channels: 1 } })
        .png()
        .toBuffer(),
    );
    const data = await load({ channels: 1 });
    expect(data.imageShape).toEqual([2, 3, 1]);
    expect(data.image(0)).toEqual(Float32Array.from(bytes, (byte) => byte / 255));
  });

  test("grey, transparent, 16-bit and palette pictures come out with the channels asked for", async () => {
    const grey = sharp({ create: { width: 2, height: 2, channels: 3, background: "#808080" } });
    await put("a/1-grey.png", await grey.clone().greyscale().toColourspace("b-w").png().toBuffer());
    await put("a/2-alpha.png", await grey.clone().ensureAlpha(0.5).png().toBuffer());
    await put("a/3-deep.png", await grey.clone().toColourspace("rgb16").png().toBuffer());
    await put("a/4-palette.png", await grey.clone().png({ palette: true }).toBuffer());
    for (const channels of [1, 3] as const) {
      const data = await load({ channels });
      expect(data.problems).toEqual([]);
      expect(data.size).toBe(4);
      expect(
        data.images().every((value) => Math.abs(value - 128 / 255) <= 1 / 255),
        `${channels} channels`,
      ).toBe(true);
    }
  });

  test("a camera's orientation is applied", async () => {
    await put("a/turned.jpg", await picture([9, 9, 9], 4, 2).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect((await load()).imageShape).toEqual([4, 2, 3]);
  });

  test("pictures of several sizes are resized, or refused with both sizes named", async () => {
    await put("a/1.png", await png([255, 255, 255], 4, 3));
    await put("a/2.png", await png([255, 255, 255], 8, 8));
    await expect(load()).rejects.toMatchObject({
      code: "CW_IMAGE_SIZE",
      message: expect.stringMatching(/3 x 4.*8 x 8/),
    });
    expect((await load({ size: 5 })).imageShape).toEqual([5, 5, 3]);
    const tall = await load({ size: [6, 2], fit: "contain" });
    expect(tall.imageShape).toEqual([6, 2, 3]);
    expect(tall.image(0)[0]).toBe(0);
    expect((await load({ size: [6, 2], fit: "cover" })).image(0)[0]).toBe(1);
  });

  test("names every file that cannot be read, with its reason, and loads the rest", async () => {
    const whole = await png([1, 2, 3], 64, 64);
    const noise = await sharp(Uint8Array.from(new Random(1).permutation(64 * 64 * 3)), {
      raw: { width: 64, height: 64, channels: 3 },
    })
      .png()
      .toBuffer();
    const jpeg = await sharp(noise).jpeg().toBuffer();
    const flipped = Buffer.from(noise);
    flipped[1000]! ^= 0xff;
    await put("a/good-1.png", whole);
    await put("a/empty.png", "");
    await put("a/truncated.png", noise.subarray(0, 2000));
    await put("a/truncated.jpg", jpeg.subarray(0, jpeg.length >> 1));
    await put("a/flipped.png", flipped);
    await put("a/header-only.png", noise.subarray(0, 8));
    await put("a/text.png", "this is no picture at all");
    await put("a/drawing.png", `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>`);
    await put("a/moving.gif", "GIF89a");
    await put("b/good-2.png", whole);
    const data = await load();
    expect(data.ids).toEqual(["a/good-1.png", "b/good-2.png"]);
    expect([...data.labels]).toEqual([0, 1]);
    expect(data.image(1)).toEqual(data.image(0));
    expect(Object.fromEntries(data.problems.map(({ file, reason }) => [file, reason]))).toEqual({
      "a/drawing.png": expect.stringContaining("neither PNG nor JPEG"),
      "a/empty.png": expect.stringContaining("empty"),
      "a/flipped.png": expect.stringContaining("damaged"),
      "a/header-only.png": expect.stringContaining("damaged"),
      "a/moving.gif": expect.stringContaining("only PNG and JPEG"),
      "a/text.png": expect.stringContaining("neither PNG nor JPEG"),
      "a/truncated.jpg": expect.stringContaining("damaged"),
      "a/truncated.png": expect.stringContaining("damaged"),
    });
    expect(data.take(1).problems.length).toBe(8);
  });

  test.each(["png", "jpeg"] as const)(
    "a %s cut anywhere is a problem or still whole, never half a picture",
    async (format) => {
      const whole = await sharp(Uint8Array.from(new Random(2).permutation(32 * 32 * 3)), {
        raw: { width: 32, height: 32, channels: 3 },
      })
        .toFormat(format)
        .toBuffer();
      await put(`a/0.${format}`, whole);
      for (let cut = 1; cut < whole.length; cut += cut < 20 ? 1 : 97)
        await put(`a/${cut}.${format}`, whole.subarray(0, -cut));
      const data = await load();
      for (let k = 0; k < data.size; k++) expect(data.image(k), data.id(k)).toEqual(data.image(0));
      expect(data.problems.length).toBeGreaterThan(10);
    },
  );

  test("a header that promises gigapixels is refused before they are decoded", async () => {
    const bomb = Buffer.from(await png([0, 0, 0]));
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    await put("a/bomb.png", bomb);
    await put("a/good.png", await png([0, 0, 0]));
    const data = await load();
    expect(data.problems).toEqual([{ file: "a/bomb.png", reason: expect.stringContaining("pixels allowed") }]);
    expect((await load({ maxFileBytes: bomb.length - 1, size: 2 }).catch((error) => error)).code).toBe(
      "CW_IMAGES_UNREADABLE",
    );
  });

  test("a missing folder, a file, an empty folder, and one where nothing can be read are errors", async () => {
    await expect(imageFolder(join(root, "none"))).rejects.toMatchObject({
      code: "CW_FOLDER_MISSING",
      message: expect.stringContaining("none"),
    });
    await expect(load()).rejects.toMatchObject({ code: "CW_FOLDER_EMPTY" });
    await put("a/readme.md", "");
    await expect(load()).rejects.toMatchObject({ code: "CW_FOLDER_EMPTY" });
    await expect(imageFolder(join(root, "a/readme.md"))).rejects.toMatchObject({ code: "CW_FOLDER_MISSING" });
    await put("a/x.png", "x");
    await put("a/y.png", "");
    await expect(load()).rejects.toMatchObject({
      code: "CW_IMAGES_UNREADABLE",
      message: expect.stringMatching(/a\/x\.png.*a\/y\.png/),
    });
  });

  test("links are followed inside the folder only", async () => {
    const outside = await mkdtemp(join(tmpdir(), "cellwright-outside-"));
    try {
      await writeFile(join(outside, "secret.png"), await png([7, 7, 7]));
      await put("a/real.png", await png([1, 1, 1]));
      await symlink(join(root, "a/real.png"), join(root, "a/inside.png"));
      await symlink(join(outside, "secret.png"), join(root, "a/outside.png"));
      await symlink(outside, join(root, "b"));
      await symlink(root, join(root, "a/loop"));
      await symlink(join(root, "gone.png"), join(root, "a/broken.png"));
      const data = await load();
      expect(data.classNames).toEqual(["a"]);
      expect(data.ids).toEqual(["a/inside.png", "a/real.png"]);
      expect(data.problems.map(({ file }) => file)).toEqual(["a/broken.png", "a/loop", "a/outside.png", "b"]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  test("limits on files and bytes hold", async () => {
    for (const name of ["1", "2", "3"]) await put(`a/${name}.png`, await png([0, 0, 0]));
    await expect(load({ maxFiles: 2 })).rejects.toMatchObject({ code: "CW_FOLDER_LARGE" });
    await expect(load({ maxTotalBytes: 3 * 36 - 1 })).rejects.toMatchObject({ code: "CW_FOLDER_LARGE" });
    expect((await load({ maxFiles: 3, maxTotalBytes: 3 * 36 })).size).toBe(3);
  });

  test.each([
    { size: 0 },
    { size: 1.5 },
    { size: [4] },
    { size: 1e9 },
    { channels: 4 },
    { fit: "crop" },
    { maxFiles: 0 },
  ])("refuses the option %j", async (options) => {
    await expect(load(options as unknown as ImageFolderOptions)).rejects.toMatchObject({ code: "CW_OPTION" });
  });

  test("decoded ahead, what the headers tell is told at once", async () => {
    await put("a/good.png", await png([1, 2, 3]));
    await put("a/empty.png", "");
    await put("a/text.jpg", "no picture at all");
    await put("b/large.png", await png([1, 2, 3], 40, 30));
    const ahead = { decode: "ahead", size: 8, maxPixels: 1000 } as const;
    const [now, later] = [await load({ ...ahead, decode: "load" }), await load(ahead)];
    expect(later.problems).toHaveLength(3);
    expect(later.problems).toEqual(now.problems);
    expect(later.images()).toEqual(now.images());
    await expect(load({ decode: "ahead" })).rejects.toMatchObject({ code: "CW_IMAGE_SIZE" });
    const turned = await picture([9, 9, 9], 4, 3).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    await rm(join(root, "b"), { recursive: true });
    await put("a/good.png", turned);
    expect((await load({ decode: "ahead" })).imageShape).toEqual([4, 3, 3]);
    const options = [{ decode: "later" }, { decode: "ahead", cacheBytes: 0 }] as unknown as ImageFolderOptions[];
    for (const wrong of options) await expect(load(wrong)).rejects.toMatchObject({ code: "CW_OPTION" });
  });
});
