/**
 * Hue: a turn around the colour circle of the HSV hexcone (Smith, "Color gamut transform pairs", SIGGRAPH 1978), saturation and
 * value kept. Positive degrees turn red to yellow to green. Grey images, and grey pixels, stay as they are.
 *
 * With V the largest and C the largest less the smallest channel, the channel of phase n (red 5, green 3, blue 1) of hue h, counted in
 * sixths of the circle, is V - C max(0, min(k, 4 - k, 1)) with k = (n + h) mod 6: one formula without branches.
 */
import { tf } from "../../backend/tf.ts";
import { constant } from "../blending.ts";
import type { Definition } from "../definition.ts";
import { kernels } from "../simd/kernels.ts";

const PHASES = [5, 3, 1] as const;

export const hue: Definition = {
  name: "hue",
  unit: "degrees",
  identity: 0,
  range: [-180, 180],
  chromatic: true,
  pixels: (from, to, { channels }, degrees) => {
    if (channels === 1) {
      to.set(from);
      return;
    }
    kernels.hue(from.byteOffset, to.byteOffset, to.length / 3, degrees / 60);
  },
  tensors: (images, values) => {
    if (images.shape[3] === 1) return images.clone();
    const [red, green, blue] = tf.split(images, 3, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const largest = images.max(3, true);
    const chroma = largest.sub(images.min(3, true));
    const colored = constant((x) => x!.greater(0), chroma);
    const safe = tf.where(colored, chroma, tf.onesLike(chroma));
    const ofRed = green.sub(blue).div(safe);
    const ofGreen = blue.sub(red).div(safe).add(2);
    const ofBlue = red.sub(green).div(safe).add(4);
    const isRed = constant((x, y) => x!.equal(y!), red, largest);
    const isGreen = constant((x, y) => x!.equal(y!), green, largest);
    const sixths = tf.where(isRed, ofRed, tf.where(isGreen, ofGreen, ofBlue));
    const turns = tf.tensor4d(
      values.map((degrees) => degrees / 60),
      [values.length, 1, 1, 1],
    );
    const turned = tf.where(colored, sixths, tf.zerosLike(sixths)).add(turns);
    const channels = PHASES.map((phase) => {
      const phased = turned.add(phase);
      const k = phased.sub(phased.div(6).floor().mul(6));
      return largest.sub(chroma.mul(tf.minimum(k, tf.sub(4, k)).clipByValue(0, 1)));
    });
    return tf.concat(channels, 3) as tf.Tensor4D;
  },
};
