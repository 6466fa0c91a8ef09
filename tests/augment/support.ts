import { type TransformName, transforms } from "cellwright/augment";
import { tf } from "cellwright/backend";
import { Random } from "cellwright/random";

export const all = Object.values(transforms);

/** Images of smooth shapes on a grey ground, with some noise, away from 0 and 1. */
export function pictures(
  count: number,
  height: number,
  width: number,
  channels: number,
  seed = 1,
  noise = 0.05,
): tf.Tensor4D {
  const random = new Random(seed);
  const values = random.fillUniform(new Float32Array(count * height * width * channels), -noise, noise);
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let k = 0; k < channels; k++) {
          values[at++]! += 0.45 + 0.3 * Math.sin((x + n) / (1.7 + k) + k) * Math.cos(y / (2.3 + n));
        }
      }
    }
  }
  return tf.tensor4d(values, [count, height, width, channels]);
}

/** A value some share of the way from the identity to the end of the range. */
export function valueAt(name: TransformName, share: number): number {
  const { identity, range, discrete } = transforms[name];
  const end = range[1] === identity ? range[0] : range[1];
  const value = identity + share * (end - identity);
  return discrete ? Math.round(value) : value;
}

/** The numbers of a tensor, which is disposed. */
export function read(tensor: tf.Tensor): Float32Array {
  const values = tensor.dataSync() as Float32Array;
  tensor.dispose();
  return values;
}

export function largestDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
