import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { murmur2 } from "../../../kernel/debugger/murmur2.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../golden/debugger/murmur2.json", import.meta.url), "utf8"),
) as readonly { text: string; seed: number; hash: number }[];

test.each(golden)("the hash of $text with seed $seed is ipykernel's", ({ text, seed, hash }) => {
  expect(murmur2(text, seed)).toBe(hash);
});
