/**
 * Elastic distortion: the image is bent by a smooth random field (Simard, Steinkraus and Platt 2003; see displacement.ts). The value is the standard deviation of the shift along each axis as a fraction of
 * the shorter side; Simard's α = 34, σ = 4 on 29 pixels is .048. The place of an image names its field.
 */
import { tf } from "../../backend/tf.ts";
import type { Definition, Frame, Settings } from "../definition.ts";
import { bendsOf, Displacement } from "../displacement.ts";
import { sampleAt } from "../sampler.ts";

export const elastic: Definition = {
  name: "elastic",
  unit: "standard deviation of the shift, fraction of the shorter side",
  identity: 0,
  range: [0, 0.05],
  bends: (value, place, height, width) => bendsOf(new Displacement(value, place, height, width)),
  pixels: (from, to, frame, value, settings, place) => {
    const { x, y } = sources(frame, 1);
    new Displacement(value, place, frame.height, frame.width).sources(x, y);
    read(from, to, frame, x, y, settings);
  },
  tensors: (images, values, settings, places) => {
    const [count, height, width, channels] = images.shape;
    const { x, y } = sources({ height, width, channels }, count);
    const size = height * width;
    values.forEach((value, n) => {
      const part = (all: Float32Array) => all.subarray(n * size, (n + 1) * size);
      new Displacement(value, places[n]!, height, width).sources(part(x), part(y));
    });
    const shape: [number, number, number] = [count, height, width];
    return sampleAt(images, tf.tensor3d(x, shape), tf.tensor3d(y, shape), settings);
  },
};

function sources({ height, width }: Frame, count: number): { x: Float32Array; y: Float32Array } {
  return { x: new Float32Array(count * height * width), y: new Float32Array(count * height * width) };
}

/** The image at (x, y), by the rules of the affine sampler: fill outside, the edge's colour within half a pixel of it. */
function read(
  from: Float32Array,
  to: Float32Array,
  { height, width, channels }: Frame,
  xs: Float32Array,
  ys: Float32Array,
  { interpolation, fill }: Settings,
): void {
  const nearest = interpolation === "nearest";
  for (let pixel = 0, at = 0; pixel < xs.length; pixel++) {
    const x = xs[pixel]!;
    const y = ys[pixel]!;
    if (!(x >= 0 && x < width && y >= 0 && y < height)) {
      for (let k = 0; k < channels; k++) to[at++] = fill[k]!;
      continue;
    }
    if (nearest) {
      const p = ((y | 0) * width + (x | 0)) * channels;
      for (let k = 0; k < channels; k++) to[at++] = from[p + k]!;
      continue;
    }
    const column = Math.floor(x - 0.5);
    const row = Math.floor(y - 0.5);
    const right = x - 0.5 - column;
    const down = y - 0.5 - row;
    const left = Math.max(0, column) * channels;
    const next = Math.min(width - 1, column + 1) * channels;
    const upper = Math.max(0, row) * width * channels;
    const lower = Math.min(height - 1, row + 1) * width * channels;
    for (let k = 0; k < channels; k++) {
      const p = from[upper + left + k]!;
      const q = from[lower + left + k]!;
      const top = p + right * (from[upper + next + k]! - p);
      to[at++] = top + down * (q + right * (from[lower + next + k]! - q) - top);
    }
  }
}
