import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parseIdx, readIdx } from "cellwright/data";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellwright-idx-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The layout of the format's own page: magic, sides, values. */
function idx(sides: number[], values: number[], type = 0x08): Uint8Array {
  return Uint8Array.of(
    0,
    0,
    type,
    sides.length,
    ...sides.flatMap((side) => [side >>> 24, (side >>> 16) & 255, (side >>> 8) & 255, side & 255]),
    ...values,
  );
}

const good = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);

describe("parseIdx", () => {
  test("reads shape and values, wherever in its buffer the data lies", () => {
    const shifted = new Uint8Array(good.length + 3);
    shifted.set(good, 3);
    expect(parseIdx(shifted.subarray(3), { dimensions: 3 })).toEqual({
      shape: [2, 1, 3],
      values: Uint8Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(parseIdx(idx([0], []))).toEqual({ shape: [0], values: new Uint8Array(0) });
  });

  test("refuses every proper prefix, and one byte too many", () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => parseIdx(good.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: "CW_IDX_FORMAT" }),
      );
    }
    expect(() => parseIdx(Uint8Array.of(...good, 0))).toThrow(/too long/);
    expect(() => parseIdx(good.subarray(0, -1))).toThrow(/expected 2 x 1 x 3 = 6 values; got 5: the file is cut short/);
  });

  test.each([
    ["another magic", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0), {}, /two zero bytes; got 0x89504e47/],
    ["float values", idx([1], [1], 0x0d), {}, /type 0x0d/],
    ["another number of dimensions", idx([1], [1]), { dimensions: 3 }, /expected 3 dimensions; got 1/],
    ["no dimension", Uint8Array.of(0, 0, 8, 0), {}, /1 to 4 dimensions; got 0/],
    ["200 dimensions", Uint8Array.of(0, 0, 8, 200), {}, /1 to 4 dimensions; got 200/],
    ["a size beyond the limit", idx([0xffffffff, 0xffffffff, 0xffffffff], []), {}, /at most/],
    ["a size beyond the caller's limit", good, { maxValues: 5 }, /at most 5 values/],
  ])("refuses %s", (_, bytes, options, message) => {
    expect(() => parseIdx(bytes, options)).toThrow(message);
  });
});

describe("readIdx", () => {
  test("reads plain and gzipped files alike, whatever they are called", async () => {
    await writeFile(join(folder, "plain"), good);
    await writeFile(join(folder, "packed"), gzipSync(good));
    expect(await readIdx(join(folder, "packed"))).toEqual(await readIdx(join(folder, "plain")));
  });

  test("names the file that is missing, damaged, or unpacks to too much", async () => {
    await expect(readIdx(join(folder, "none"))).rejects.toMatchObject({
      code: "CW_FILE_MISSING",
      message: expect.stringContaining("none"),
    });
    await writeFile(join(folder, "cut.gz"), gzipSync(good).subarray(0, -9));
    await expect(readIdx(join(folder, "cut.gz"))).rejects.toMatchObject({
      code: "CW_IDX_FORMAT",
      message: expect.stringContaining("cut.gz"),
    });
    await writeFile(join(folder, "bomb.gz"), gzipSync(new Uint8Array(1_000_000)));
    await expect(readIdx(join(folder, "bomb.gz"), { maxValues: 1000 })).rejects.toMatchObject({
      code: "CW_IDX_FORMAT",
    });
  });
});
