/** Colour: the distance of a pixel from its own grey, times a factor. Pillow's ImageEnhance.Color. Grey images stay as they are. */
import { blended, GREY, greyOf } from "../blending.ts";
import type { Definition } from "../definition.ts";
import { kernels } from "../simd/kernels.ts";

export const color: Definition = {
  name: "color",
  unit: "factor",
  identity: 1,
  range: [0, 2],
  chromatic: true,
  pixels: (from, to, { channels }, factor) => {
    if (channels === 1) {
      to.set(from);
      return;
    }
    kernels.color(from.byteOffset, to.byteOffset, to.length / 3, factor, ...GREY);
  },
  tensors: (images, factors) => (images.shape[3] === 1 ? images.clone() : blended(images, greyOf(images), factors)),
};
