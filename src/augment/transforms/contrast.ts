/** Contrast: the distance from the image's mean grey, times a factor. Pillow's ImageEnhance.Contrast, but for its mean's rounding to a whole level. */
import { blended, GREY, greyOf, linearPixels } from "../blending.ts";
import type { Definition } from "../definition.ts";

export const contrast: Definition = {
  name: "contrast",
  unit: "factor",
  identity: 1,
  range: [0, 2],
  chromatic: true,
  pixels: (from, to, { channels }, factor) => linearPixels(from, to, factor, (1 - factor) * meanGrey(from, channels)),
  tensors: (images, factors) => blended(images, greyOf(images).mean([1, 2, 3], true), factors),
};

function meanGrey(image: Float32Array, channels: number): number {
  if (channels === 1) {
    let sum = 0;
    for (let i = 0; i < image.length; i++) sum += image[i]!;
    return sum / image.length;
  }
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let i = 0; i < image.length; i += 3) {
    red += image[i]!;
    green += image[i + 1]!;
    blue += image[i + 2]!;
  }
  return (GREY[0] * red + GREY[1] * green + GREY[2] * blue) / (image.length / 3);
}
