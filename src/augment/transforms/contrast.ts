/** Contrast: the distance from the image's mean grey, times a factor. Pillow's ImageEnhance.Contrast, but for its mean's rounding to a whole level. */
import { blended, GREY, greyOf, linearPixels } from "../blending.ts";
import type { Definition, Frame } from "../definition.ts";
import { arena, kernels } from "../simd/kernels.ts";

export const contrast: Definition = {
  name: "contrast",
  unit: "factor",
  identity: 1,
  range: [0, 2],
  chromatic: true,
  pixels: (from, to, frame, factor) => linearPixels(from, to, factor, (1 - factor) * meanGrey(from, frame)),
  tensors: (images, factors) => blended(images, greyOf(images).mean([1, 2, 3], true), factors),
};

function meanGrey(image: Float32Array, frame: Frame): number {
  const { results } = arena(frame);
  // Three sums in turn are those of red, green and blue, or three parts of the grey ones.
  kernels.sums(image.byteOffset, Math.floor(image.length / 3), results.byteOffset);
  const [red, green, blue] = [0, 8, 16].map((at) => results.getFloat64(at, true)) as [number, number, number];
  if (frame.channels === 3) return (GREY[0] * red + GREY[1] * green + GREY[2] * blue) / (image.length / 3);
  let sum = red + green + blue;
  for (let i = image.length - (image.length % 3); i < image.length; i++) sum += image[i]!;
  return sum / image.length;
}
