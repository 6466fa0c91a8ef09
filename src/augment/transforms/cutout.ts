/**
 * Cutout: a square is filled (DeVries and Taylor, "Improved regularization of convolutional neural networks with Cutout", 2017). The
 * value is its side as a fraction of the image's width; its middle is the image's place, and it may reach beyond the edges.
 * Annotations stay: what is hidden is still there.
 */
import { tf } from "../../backend/tf.ts";
import type { Definition, Place } from "../definition.ts";

export const cutout: Definition = {
  name: "cutout",
  unit: "fraction of the width",
  identity: 0,
  range: [0, 1],
  pixels: (from, to, { height, width, channels }, value, { fill }, place) => {
    to.set(from);
    const [left, top, right, bottom] = square(value, place, height, width);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) to.set(fill, (y * width + x) * channels);
    }
  },
  tensors: (images, values, { fill }, places) => {
    const [count, height, width, channels] = images.shape;
    const hidden = new Uint8Array(count * height * width);
    for (const [n, value] of values.entries()) {
      const [left, top, right, bottom] = square(value, places[n]!, height, width);
      for (let y = top; y < bottom; y++)
        hidden.fill(1, (n * height + y) * width + left, (n * height + y) * width + right);
    }
    const mask = tf.tensor4d(hidden, [count, height, width, 1], "bool");
    const filled = tf.tensor1d(fill).reshape([1, 1, 1, channels]);
    return tf.where(mask.broadcastTo(images.shape), filled.broadcastTo(images.shape), images) as tf.Tensor4D;
  },
};

/** Left, top, right, bottom of what lies in the image. */
function square(value: number, [x, y]: Place, height: number, width: number): [number, number, number, number] {
  const side = Math.round(value * width);
  const left = Math.round(x * width - side / 2);
  const top = Math.round(y * height - side / 2);
  const within = (edge: number, end: number): number => Math.min(end, Math.max(0, edge));
  return [within(left, width), within(top, height), within(left + side, width), within(top + side, height)];
}
