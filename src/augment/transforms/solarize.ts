/**
 * Solarize: pixels from a threshold on are inverted, as in a print that saw light. Pillow's ImageOps.solarize: the threshold is an
 * 8-bit level, and pixels are compared as 8-bit images have them; at 256 nothing is inverted.
 */
import { tf } from "../../backend/tf.ts";
import { constant, levelsOf, perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";
import { kernels } from "../simd/kernels.ts";

export const solarize: Definition = {
  name: "solarize",
  unit: "threshold, in levels of 256",
  identity: 256,
  range: [0, 256],
  pixels: (from, to, _frame, threshold) => {
    // floor(255 x + .5) >= t is x >= (ceil(t) - .5) / 255.
    const edge = threshold === 0 ? Number.NEGATIVE_INFINITY : (Math.ceil(threshold) - 0.5) / 255;
    kernels.solarize(from.byteOffset, to.byteOffset, to.length, edge);
  },
  tensors: (images, thresholds) => {
    const bright = constant((x) => levelsOf(x as tf.Tensor4D).greaterEqual(perImage(thresholds)), images);
    return tf.where(bright, tf.sub(1, images), images) as tf.Tensor4D;
  },
};
