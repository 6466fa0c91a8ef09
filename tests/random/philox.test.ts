import { readFileSync } from "node:fs";
import { Random } from "cellwright/random";
import { describe, expect, test } from "vitest";
import { philoxBlocks } from "../../src/random/philox.ts";
import { normalQuantile, portableLog } from "../../src/random/quantile.ts";

const golden = JSON.parse(readFileSync(new URL("../golden/random/random.json", import.meta.url), "utf8")) as {
  streams: { seed: string; block: number; words: number[] }[];
  quantiles: [number, number][];
};

describe("Philox 4x32-10", () => {
  // Random123's published known answers: counter, key, output.
  const ones = 0xffffffff;
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as [number[], number[], number[]][])("counter %j, key %j", (counter, key, expected) => {
    const out = new Uint32Array(4);
    philoxBlocks(out, 1, key[0]!, key[1]!, counter[0]!, counter[1]!, counter[2]!, counter[3]!);
    expect([...out]).toEqual(expected);
  });

  test.each(golden.streams)("seed $seed from block $block equals Python's integers", ({ seed, block, words }) => {
    const { key, stream } = new Random(BigInt(seed)).save();
    const random = Random.restore({ algorithm: "philox4x32-10", key, stream, position: block * 4 });
    expect(words.map(() => random.uint32())).toEqual(words);
  });
});

describe("the normal quantile", () => {
  test.each(golden.quantiles)("of %d", (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(z)));
    if (p > 1e-3) expect(Math.abs(normalQuantile(1 - p) + z)).toBeLessThan(1e-12);
  });

  test("its logarithm is within an ulp of Math.log's", () => {
    for (let x = 2 ** -54; x < 1e6; x *= 1.000713) {
      expect(Math.abs(portableLog(x) - Math.log(x))).toBeLessThanOrEqual(2.3e-16 * Math.max(1, Math.abs(Math.log(x))));
    }
    expect(portableLog(1)).toBe(0);
  });
});
