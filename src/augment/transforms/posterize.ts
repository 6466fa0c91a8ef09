/** Posterize: only the highest bits of each 8-bit level are kept. Pillow's ImageOps.posterize. At 8 bits nothing is done, not even rounding to levels. */
import { levelsOf, perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";
import { kernels } from "../simd/kernels.ts";

export const posterize: Definition = {
  name: "posterize",
  unit: "bits",
  identity: 8,
  range: [1, 8],
  discrete: true,
  pixels: (from, to, _frame, bits) =>
    kernels.posterize(from.byteOffset, to.byteOffset, to.length, 256 - 2 ** (8 - bits)),
  tensors: (images, bits) => {
    const steps = perImage(bits.map((count) => 2 ** (8 - count)));
    return levelsOf(images).div(steps).floor().mul(steps).div(255);
  },
};
