/**
 * Which part of the data an image belongs to, from its name alone.
 *
 * fold = md5(id) mod 10: folds 0-6 train, 7 validates, 8 calibrates, 9 tests. A hash of the name needs no list and no
 * seed, is the same on every machine, and an image keeps its part when others are added or taken away, so that a test
 * image can never wander into training.
 */
import { hash } from "node:crypto";

/** The four parts of a split, in the order of their folds. */
export type PartName = "train" | "validation" | "calibration" | "test";

/** The part that each of the ten folds belongs to. */
export const partOfFold: readonly PartName[] = [
  ...Array<PartName>(7).fill("train"),
  "validation",
  "calibration",
  "test",
];

/**
 * The fold of an id, 0 to 9: the md5 digest of its UTF-8 bytes, read as one big-endian integer, modulo 10; in Python
 * `int(hashlib.md5(id.encode()).hexdigest(), 16) % 10`.
 *
 * @example
 * fold("mnist/train/00000"); // 0 to 9, the same on every machine
 */
export function fold(id: string): number {
  const digest = hash("md5", id, "hex");
  const word = (at: number) => Number.parseInt(digest.slice(at, at + 8), 16);
  // 2^32 = 6 (mod 10), and every power of 6 ends in 6: only the last of the four words counts by itself.
  return (6 * (word(0) + word(8) + word(16)) + word(24)) % 10;
}
