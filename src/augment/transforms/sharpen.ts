/**
 * Sharpen: the distance of a pixel from the smoothed image, times a factor; below 1 it softens. Pillow's ImageEnhance.Sharpness: the
 * smoothing weighs a pixel by 5 and its eight neighbours by 1, and the outermost pixels, which lack neighbours, stay.
 */
import { tf } from "../../backend/tf.ts";
import { clip, perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";

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
    to.set(from.subarray((height - 1) * line), (height - 1) * line);
    const columns = new Float32Array(line);
    for (let y = 1; y < height - 1; y++) {
      const row = y * line;
      for (let x = 0, i = row; x < line; x++, i++) columns[x] = from[i - line]! + from[i]! + from[i + line]!;
      for (let x = 0; x < channels; x++) {
        to[row + x] = from[row + x]!;
        to[row + line - 1 - x] = from[row + line - 1 - x]!;
      }
      for (let x = channels; x < line - channels; x++) {
        const sum = columns[x - channels]! + columns[x]! + columns[x + channels]!;
        to[row + x] = clip(own * from[row + x]! + around * sum);
      }
    }
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
