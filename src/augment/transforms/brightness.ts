/** Brightness: every pixel times a factor. Pillow's ImageEnhance.Brightness. */
import { linearPixels, perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";

export const brightness: Definition = {
  name: "brightness",
  unit: "factor",
  identity: 1,
  range: [0, 2],
  pixels: (from, to, _frame, factor) => linearPixels(from, to, factor, 0),
  tensors: (images, factors) => images.mul(perImage(factors)).clipByValue(0, 1) as typeof images,
};
