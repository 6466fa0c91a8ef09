/** Colour: the distance of a pixel from its own grey, times a factor. Pillow's ImageEnhance.Color. Grey images stay as they are. */
import { blended, clip, GREY, greyOf } from "../blending.ts";
import type { Definition } from "../definition.ts";

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
    const [forRed, forGreen, forBlue] = GREY;
    for (let i = 0; i < to.length; i += 3) {
      const red = from[i]!;
      const green = from[i + 1]!;
      const blue = from[i + 2]!;
      const base = (1 - factor) * (forRed * red + forGreen * green + forBlue * blue);
      to[i] = clip(base + factor * red);
      to[i + 1] = clip(base + factor * green);
      to[i + 2] = clip(base + factor * blue);
    }
  },
  tensors: (images, factors) => (images.shape[3] === 1 ? images.clone() : blended(images, greyOf(images), factors)),
};
