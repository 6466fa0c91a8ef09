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
    const turn = degrees / 60;
    for (let i = 0; i < to.length; i += 3) {
      const red = from[i]!;
      const green = from[i + 1]!;
      const blue = from[i + 2]!;
      const largest = Math.max(red, green, blue);
      const chroma = largest - Math.min(red, green, blue);
      let sixths = turn;
      if (chroma > 0) {
        if (largest === red) sixths += (green - blue) / chroma;
        else if (largest === green) sixths += 2 + (blue - red) / chroma;
        else sixths += 4 + (red - green) / chroma;
      }
      to[i] = channel(largest, chroma, sixths + 5);
      to[i + 1] = channel(largest, chroma, sixths + 3);
      to[i + 2] = channel(largest, chroma, sixths + 1);
    }
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

function channel(largest: number, chroma: number, phased: number): number {
  const k = phased - 6 * Math.floor(phased / 6);
  const share = Math.min(k, 4 - k);
  return largest - chroma * (share < 0 ? 0 : share > 1 ? 1 : share);
}
