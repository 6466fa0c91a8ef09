/**
 * Autocontrast: each channel is stretched until its darkest pixel is 0 and its brightest 1, blended with the image by its strength.
 * At 1 it is Pillow's ImageOps.autocontrast without a cut-off. A channel of one colour stays as it is.
 */
import { tf } from "../../backend/tf.ts";
import { constant, linearChannels, perImage } from "../blending.ts";
import type { Definition, Frame } from "../definition.ts";
import { arena, kernels } from "../simd/kernels.ts";

export const autocontrast: Definition = {
  name: "autocontrast",
  unit: "strength",
  identity: 0,
  range: [0, 1],
  choices: [1],
  pixels: (from, to, frame, strength) => {
    const { channels } = frame;
    const scales: number[] = [];
    const shifts: number[] = [];
    const extents = channels === 3 ? threeExtents(from, frame) : undefined;
    for (let channel = 0; channel < channels; channel++) {
      const [low, high] = extents?.[channel] ?? oneExtent(from, channel, channels);
      const stretch = high > low ? 1 / (high - low) : 1;
      scales.push(1 - strength + strength * stretch);
      shifts.push(high > low ? -strength * low * stretch : 0);
    }
    linearChannels(from, to, scales, shifts);
  },
  tensors: (images, strengths) => {
    const low = images.min([1, 2], true);
    const extent = images.max([1, 2], true).sub(low);
    const flat = constant((x) => x!.lessEqual(0), extent);
    const stretched = images.sub(low).div(tf.where(flat, tf.onesLike(extent), extent));
    const whole = tf.where(flat.broadcastTo(images.shape), images, stretched);
    return images.add(whole.sub(images).mul(perImage(strengths))).clipByValue(0, 1) as tf.Tensor4D;
  },
};

type Extent = readonly [low: number, high: number];

function threeExtents(image: Float32Array, frame: Frame): readonly Extent[] {
  const { results } = arena(frame);
  kernels.extent(image.byteOffset, image.length, results.byteOffset);
  return [0, 4, 8].map((at) => [results.getFloat32(at, true), results.getFloat32(at + 12, true)]);
}

function oneExtent(image: Float32Array, channel: number, channels: number): Extent {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = channel; i < image.length; i += channels) {
    const value = image[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
