/** Posterize: only the highest bits of each 8-bit level are kept. Pillow's ImageOps.posterize. At 8 bits nothing is done, not even rounding to levels. */
import { levelsOf, perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";

export const posterize: Definition = {
  name: "posterize",
  unit: "bits",
  identity: 8,
  range: [1, 8],
  discrete: true,
  pixels: (from, to, _frame, bits) => {
    const mask = 256 - 2 ** (8 - bits);
    for (let i = 0; i < to.length; i++) {
      const value = from[i]!;
      const level = value <= 0 ? 0 : value >= 1 ? 255 : (value * 255 + 0.5) | 0;
      to[i] = Number.isNaN(value) ? value : (level & mask) / 255;
    }
  },
  tensors: (images, bits) => {
    const steps = perImage(bits.map((count) => 2 ** (8 - count)));
    return levelsOf(images).div(steps).floor().mul(steps).div(255);
  },
};
