/**
 * Sharpen: the distance of a pixel from the smoothed image, times a factor; below 1 it softens. Pillow's ImageEnhance.Sharpness: the
 * smoothing weighs a pixel by 5 and its eight neighbours by 1, and the outermost pixels, which lack neighbours, stay.
 */
import { tf } from "../../backend/tf.ts";
import { perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";
import { kernels } from "../simd/kernels.ts";

export const sharpen: Definition = {
  name: "sharpen",
  unit: "factor",
  identity: 1,
  range: [0, 2],
  pixels: (from, to, { height, width, channels }, factor) => {
    const line = width * channels;
    const own = factor + ((1 - factor) * 4) / 13;
    const around = (1 - factor) / 13;
    if (height < 3 || width < 3) {
      to.set(from);
      return;
    }
    to.set(from.subarray(0, line));
    for (let y = 1; y < height - 1; y++) {
      const row = y * line;
      const [start, end] = [from.byteOffset + (row + channels) * 4, to.byteOffset + (row + channels) * 4];
      kernels.sharpenLine(start, end, line - 2 * channels, line * 4, channels * 4, own, around);
      to.set(from.subarray(row, row + channels), row);
      to.set(from.subarray(row + line - channels, row + line), row + line - channels);
    }
    to.set(from.subarray((height - 1) * line), (height - 1) * line);
  },
  tensors: (images, factors) => {
    const [, height, width, channels] = images.shape;
    if (height < 3 || width < 3) return images.clone();
    const weights = [1, 1, 1, 1, 5, 1, 1, 1, 1].flatMap((weight) => new Array<number>(channels).fill(weight / 13));
    const filter = tf.tensor4d(weights, [3, 3, channels, 1]);
    const inner = images.slice([0, 1, 1, 0], [-1, height - 2, width - 2, channels]);
    const rough = inner.sub(tf.depthwiseConv2d(images, filter, 1, "valid"));
    const margin: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ];
    const added = tf.pad(rough, margin).mul(perImage(factors.map((factor) => factor - 1)));
    return images.add(added).clipByValue(0, 1) as tf.Tensor4D;
  },
};
