/**
 * Equalize: each channel's 256 levels are spread so that their histogram becomes flat, blended with the image by its strength. At 1 it
 * is Pillow's ImageOps.equalize, whole-number arithmetic included: with h the histogram and s = floor((pixels - pixels of the
 * brightest level) / 255), level k becomes floor((floor(s / 2) + h(0) + … + h(k - 1)) / s); a channel of one level stays.
 *
 * The table is a step function of the pixels, so gradients flow through the unchanged share of the image alone.
 */
import { tf } from "../../backend/tf.ts";
import { constant, levelsOf, perImage } from "../blending.ts";
import type { Definition } from "../definition.ts";
import { arena, kernels, LEVELS } from "../simd/kernels.ts";

export const equalize: Definition = {
  name: "equalize",
  unit: "strength",
  identity: 0,
  range: [0, 1],
  choices: [1],
  pixels: (from, to, frame, strength) => {
    const { height, width, channels } = frame;
    const { counts, tables, levels } = arena(frame);
    const pixels = height * width;
    kernels.levels(from.byteOffset, levels, from.length);
    counts.fill(0);
    kernels.histogram(levels, pixels, channels, counts.byteOffset);
    const stays: number[] = [];
    for (let channel = 0; channel < channels; channel++) {
      const range = [channel * LEVELS, (channel + 1) * LEVELS] as const;
      if (!fillTable(counts.subarray(...range), tables.subarray(...range), pixels, strength)) stays.push(channel);
    }
    kernels.lookup(from.byteOffset, levels, to.byteOffset, pixels, channels, tables.byteOffset, 1 - strength);
    for (const channel of stays) for (let i = channel; i < to.length; i += channels) to[i] = from[i]!;
  },
  tensors: (images, strengths) => {
    const whole = constant(equalized, images);
    return images.add(whole.sub(images).mul(perImage(strengths))) as tf.Tensor4D;
  },
};

/** What each level becomes, times `strength`; false where the channel stays. */
function fillTable(histogram: Uint32Array, table: Float32Array, pixels: number, strength: number): boolean {
  let last = LEVELS - 1;
  while (last > 0 && histogram[last] === 0) last--;
  const step = Math.floor((pixels - histogram[last]!) / (LEVELS - 1));
  if (step === 0) return false;
  for (let level = 0, sum = Math.floor(step / 2); level < LEVELS; sum += histogram[level++]!) {
    table[level] = (Math.min(255, Math.floor(sum / step)) / 255) * strength;
  }
  return true;
}

function equalized(images: tf.Tensor): tf.Tensor4D {
  const [count, height, width, channels] = images.shape as [number, number, number, number];
  const pixels = height * width;
  const rows = count * channels;
  // One row a channel of an image. Sums of 0 and 1 and quotients of small whole numbers are exact in float32.
  const levels = levelsOf(images as tf.Tensor4D)
    .transpose([0, 3, 1, 2])
    .reshape([rows, pixels]) as tf.Tensor2D;
  const histogram = tf.denseBincount(levels.toInt(), tf.ones([rows, pixels]) as tf.Tensor2D, LEVELS) as tf.Tensor2D;
  const largest = levels.max(1).toInt() as tf.Tensor1D;
  const brightest = tf.oneHot(largest, LEVELS).toFloat().mul(histogram).sum(1, true);
  const step = tf
    .sub(pixels, brightest)
    .div(LEVELS - 1)
    .floor();
  const sums = histogram.cumsum(1, true).add(step.div(2).floor());
  const table = sums.div(step.maximum(1)).floor().minimum(255).div(255);
  const first = tf.range(0, rows, 1, "int32").mul(tf.scalar(LEVELS, "int32")).reshape([rows, 1]);
  const spread = tf
    .gather(table.flatten(), levels.toInt().add(first).flatten())
    .reshape([count, channels, height, width]);
  const stays = step.equal(0).reshape([count, 1, 1, channels]);
  return tf.where(stays.broadcastTo(images.shape), images, spread.transpose([0, 2, 3, 1])) as tf.Tensor4D;
}
