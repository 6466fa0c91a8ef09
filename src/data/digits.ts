/**
 * The digits: scikit-learn's little data set, inside the package, so that an example or a test needs nothing else.
 *
 * 1,797 handwritten digits of 8 x 8; each value counts the black pixels, 0 to 16, in a block of 4 x 4 of the scanned
 * bitmap. E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
 * 1998, doi:10.24432/C50P49, CC BY 4.0.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Dataset } from "./dataset.ts";
import { readIdx } from "./idx.ts";

const side = 8;
const values = side * side;
const darkest = 16;

/**
 * The 1,797 digits of scikit-learn's `load_digits`, in its order: [8, 8, 1], values k/16 in [0, 1], ten classes "0" to
 * "9". Ids are "digits/0000" to "digits/1796".
 *
 * @example
 * const { train, test } = (await digits()).split();
 */
export async function digits(): Promise<Dataset> {
  const table = await readIdx(assetPath("digits.idx2.gz"), { dimensions: 2 });
  const count = table.shape[0]!;
  const pixels = new Uint8Array(count * values);
  const labels = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const start = row * (values + 1);
    pixels.set(table.values.subarray(start, start + values), row * values);
    labels[row] = table.values[start + values]!;
  }
  return new Dataset({
    name: "digits",
    pixels,
    divisor: darkest,
    imageShape: [side, side, 1],
    labels,
    classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
    id: (row) => `digits/${String(row).padStart(4, "0")}`,
    problems: [],
  });
}

/** Beside this file in the sources; from the compiled file in dist/src/data the sources are three folders up. */
function assetPath(name: string): string {
  const places = [`./assets/${name}`, `../../../src/data/assets/${name}`];
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? paths[0]!;
}
