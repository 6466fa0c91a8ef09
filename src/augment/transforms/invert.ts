/** Invert: the negative, blended with the image by its strength. At 1 it is Pillow's ImageOps.invert; at one half all is grey. */
import { linearPixels, perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";

export const invert: Definition = {
  name: "invert",
  unit: "strength",
  identity: 0,
  range: [0, 1],
  choices: [1],
  pixels: (from, to, _frame, strength) => linearPixels(from, to, 1 - 2 * strength, strength),
  tensors: (images, strengths) =>
    images
      .mul(perImage(strengths.map((strength) => 1 - 2 * strength)))
      .add(perImage(strengths))
      .clipByValue(0, 1) as typeof images,
};
