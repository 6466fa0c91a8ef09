/**
 * Blur: a Gaussian of the given standard deviation, as three passes of an extended box along each axis (Gwosdek et al., "Theoretical
 * foundations of Gaussian convolution by extended box filtering", 2011), which is Pillow's ImageFilter.GaussianBlur. A box of length
 * 2 (l + a) + 1 has l whole pixels to each side and one more of weight a; beyond the edge the edge's colour goes on.
 *
 * As tensors the passes along one axis are one product with a banded matrix, which has a gradient everywhere.
 */
import { tf } from "../../backend/tf.ts";
import type { Definition } from "../definition.ts";
import { arena, kernels, MARGIN } from "../simd/kernels.ts";

const PASSES = 3;

export const blur: Definition = {
  name: "blur",
  unit: "standard deviation, in pixels",
  identity: 0,
  range: [0, 5],
  pixels: (from, to, frame, deviation) => {
    const { height, width, channels } = frame;
    const { whole, weight, edge } = boxOf(deviation);
    const { wide } = arena(frame);
    const line = width * channels;
    const start = MARGIN * channels;
    // Each row between copies of its outermost pixels. A row's last vector hangs over into the next one, which is written later.
    for (let y = 0; y < height; y++) {
      const row = to.subarray(y * line, (y + 1) * line);
      for (let pass = 0; pass < PASSES; pass++) {
        wide.set(pass === 0 ? from.subarray(y * line, (y + 1) * line) : row, start);
        for (let x = 0; x < start; x++) {
          wide[x] = wide[start + (x % channels)]!;
          wide[start + line + x] = wide[line + (x % channels) + start - channels]!;
        }
        kernels.box(wide.byteOffset + start * 4, row.byteOffset, line, channels * 4, whole, weight, edge);
      }
    }
    // The image between copies of its first and last rows.
    const top = MARGIN * line;
    for (let pass = 0; pass < PASSES; pass++) {
      wide.set(to, top);
      for (let y = 1; y <= MARGIN; y++) {
        wide.copyWithin(top - y * line, top, top + line);
        wide.copyWithin(top + (height - 1 + y) * line, top + (height - 1) * line, top + height * line);
      }
      kernels.box(wide.byteOffset + top * 4, to.byteOffset, to.length, line * 4, whole, weight, edge);
    }
  },
  tensors: (images, deviations) => {
    const [count, height, width, channels] = images.shape;
    const columns = images.reshape([count, height, width * channels]);
    const down = tf.matMul(matrices(deviations, height), columns).reshape([count, height, width, channels]);
    const across = down.transpose([0, 2, 1, 3]).reshape([count, width, height * channels]);
    const both = tf.matMul(matrices(deviations, width), across).reshape([count, width, height, channels]);
    return both.transpose([0, 2, 1, 3]) as tf.Tensor4D;
  },
};

interface Box {
  /** Whole pixels to each side. */
  readonly whole: number;
  /** The weight of each whole pixel, and of the one beyond on each side. */
  readonly weight: number;
  readonly edge: number;
}

/** Equations 7, 11 and 14 of the paper: three such boxes together have the wanted variance exactly. */
function boxOf(deviation: number): Box {
  const variance = (deviation * deviation) / PASSES;
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const share = ((2 * whole + 1) * (whole * (whole + 1) - 3 * variance)) / (6 * (variance - (whole + 1) * (whole + 1)));
  const weight = 1 / (2 * (whole + share) + 1);
  return { whole, weight, edge: weight * share };
}

/** One pass down the columns of `height` rows of `line` numbers. */
function boxRows(
  from: Float32Array,
  to: Float32Array,
  height: number,
  line: number,
  { whole, weight, edge }: Box,
): void {
  const last = height - 1;
  const sums = new Float64Array(line);
  const start = (y: number): number => (y < 0 ? 0 : y > last ? last : y) * line;
  for (let y = -whole; y <= whole; y++) {
    const row = start(y);
    for (let x = 0; x < line; x++) sums[x]! += from[row + x]!;
  }
  for (let y = 0; y < height; y++) {
    const row = y * line;
    const before = start(y - whole - 1);
    const after = start(y + whole + 1);
    const leaving = start(y - whole);
    for (let x = 0; x < line; x++) {
      const next = from[after + x]!;
      const sum = sums[x]!;
      to[row + x] = weight * sum + edge * (from[before + x]! + next);
      sums[x] = sum + next - from[leaving + x]!;
    }
  }
}

/** [N, side, side]: what three passes do to a line of `side` pixels. */
function matrices(deviations: readonly number[], side: number): tf.Tensor3D {
  const all = new Float32Array(deviations.length * side * side);
  for (const [n, deviation] of deviations.entries()) {
    const box = boxOf(deviation);
    // The unit matrix as `side` rows of numbers; a pass down its columns is a product from the left.
    let matrix = new Float32Array(side * side);
    for (let i = 0; i < side; i++) matrix[i * side + i] = 1;
    for (let pass = 0; pass < PASSES; pass++) {
      const next = new Float32Array(side * side);
      boxRows(matrix, next, side, side, box);
      matrix = next;
    }
    all.set(matrix, n * side * side);
  }
  return tf.tensor3d(all, [deviations.length, side, side]);
}
