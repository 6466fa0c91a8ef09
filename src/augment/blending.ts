/**
 * What most colour operations come down to: a blend x' = base + factor (x - base) of a pixel with a duller picture of itself, cut to
 * [0, 1] (Haeberli and Voorhies, "Image processing by interpolation and extrapolation", 1994; Pillow's ImageEnhance).
 */
import { tf } from "../backend/tf.ts";
import { kernels } from "./simd/kernels.ts";

/** The weights of red, green and blue in a pixel's grey: ITU-R BT.601, as in Pillow's conversion to "L". */
export const GREY: readonly [number, number, number] = [19595 / 65536, 38470 / 65536, 7471 / 65536];

/** to = from · scale + shift, cut to [0, 1]. */
export function linearPixels(from: Float32Array, to: Float32Array, scale: number, shift: number): void {
  kernels.linear(from.byteOffset, to.byteOffset, to.length, scale, scale, scale, shift, shift, shift);
}

/** The same with a scale and a shift for each channel. */
export function linearChannels(from: Float32Array, to: Float32Array, scales: number[], shifts: number[]): void {
  const channels = scales.length;
  if (channels === 1 || channels === 3) {
    const [s0, s1 = s0, s2 = s0] = scales as [number, number?, number?];
    const [o0, o1 = o0, o2 = o0] = shifts as [number, number?, number?];
    kernels.linear(from.byteOffset, to.byteOffset, to.length, s0, s1, s2, o0, o1, o2);
    return;
  }
  for (let channel = 0; channel < channels; channel++) {
    const scale = scales[channel]!;
    const shift = shifts[channel]!;
    for (let i = channel; i < to.length; i += channels) {
      const value = from[i]! * scale + shift;
      to[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
  }
}

/** One value an image, in the shape that broadcasts over its pixels. */
export function perImage(values: readonly number[]): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(values), [values.length, 1, 1, 1]);
}

/** base + factor (images - base), cut to [0, 1]. */
export function blended(images: tf.Tensor4D, base: tf.Tensor, factors: readonly number[]): tf.Tensor4D {
  return base.add(images.sub(base).mul(perImage(factors))).clipByValue(0, 1) as tf.Tensor4D;
}

/** The grey of each pixel, [N, height, width, 1]. */
export function greyOf(images: tf.Tensor4D): tf.Tensor4D {
  if (images.shape[3] === 1) return images;
  return images.mul(tf.tensor1d([...GREY])).sum(3, true);
}

/** The 8-bit level, 0 to 255, as a whole number in float32; no gradient. */
export function levelsOf(images: tf.Tensor4D): tf.Tensor4D {
  return images.mul(255).add(0.5).floor().clipByValue(0, 255) as tf.Tensor4D;
}

/** `f` of some tensors, taken as a constant when gradients are computed: masks and tables, whose steps have no slope. */
export function constant<T extends tf.Tensor>(f: (...inputs: tf.Tensor[]) => T, ...inputs: tf.Tensor[]): T {
  const custom = tf.customGrad((...args) => {
    const tensors = args.slice(0, inputs.length) as tf.Tensor[];
    return { value: f(...tensors), gradFunc: () => tensors.map((tensor) => tf.zerosLike(tensor)) };
  });
  return custom(...inputs) as T;
}
