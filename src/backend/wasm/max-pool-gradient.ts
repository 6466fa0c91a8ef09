/**
 * MaxPoolGrad: the gradient of max pooling goes to the largest element of each window, to the first of equals in row order, as in
 * TensorFlow. "Largest" is found from the first element on by strict comparison, so a NaN in first place keeps the gradient and one
 * further on never takes it.
 */
import { tf } from "../tf.ts";
import { floats, type Kernel, type Shape4, zeros } from "./kernel.ts";

export const maxPoolGrad: Kernel = ({ inputs, attrs, backend }) => {
  const { dy, input } = inputs as { dy: (typeof inputs)[string]; input: (typeof inputs)[string] };
  const info = tf.backend_util.computePool2DInfo(
    input.shape as Shape4,
    attrs.filterSize as [number, number] | number,
    attrs.strides as [number, number] | number,
    1,
    attrs.pad as "valid" | "same" | number,
    attrs.dimRoundingMode as "floor" | "round" | "ceil" | undefined,
  );
  const dx = zeros(backend, input.shape);
  const x = floats(backend, input);
  const gradient = floats(backend, dy);
  const out = floats(backend, dx);
  const { inHeight, inWidth, inChannels: channels, filterHeight, filterWidth } = info;
  const rowStep = inWidth * channels;
  for (let n = 0, q = 0; n < info.batchSize; n++) {
    for (let oy = 0; oy < info.outHeight; oy++) {
      const top = oy * info.strideHeight - info.padInfo.top;
      const y0 = Math.max(0, top);
      const height = Math.min(inHeight, top + filterHeight) - y0;
      for (let ox = 0; ox < info.outWidth; ox++, q += channels) {
        const left = ox * info.strideWidth - info.padInfo.left;
        const x0 = Math.max(0, left);
        const width = Math.min(inWidth, left + filterWidth) - x0;
        const base = ((n * inHeight + y0) * inWidth + x0) * channels;
        if (height === 2 && width === 2) spreadPair(out, x, gradient, base, q, channels, rowStep);
        else if (height > 0 && width > 0) spread(out, x, gradient, base, q, channels, rowStep, height, width);
      }
    }
  }
  return dx;
};

function spread(
  out: Float32Array,
  x: Float32Array,
  gradient: Float32Array,
  base: number,
  q: number,
  channels: number,
  rowStep: number,
  height: number,
  width: number,
): void {
  for (let c = 0; c < channels; c++) {
    let at = base + c;
    let best = x[at]!;
    for (let y = 0, row = base + c; y < height; y++, row += rowStep) {
      for (let i = 0, j = row; i < width; i++, j += channels) {
        if (x[j]! > best) {
          best = x[j]!;
          at = j;
        }
      }
    }
    out[at]! += gradient[q + c]!;
  }
}

/** The window of two by two, unrolled. */
function spreadPair(
  out: Float32Array,
  x: Float32Array,
  gradient: Float32Array,
  base: number,
  q: number,
  channels: number,
  rowStep: number,
): void {
  for (let c = 0; c < channels; c++) {
    let at = base + c;
    let best = x[at]!;
    let j = at + channels;
    if (x[j]! > best) {
      best = x[j]!;
      at = j;
    }
    j = base + c + rowStep;
    if (x[j]! > best) {
      best = x[j]!;
      at = j;
    }
    j += channels;
    if (x[j]! > best) at = j;
    out[at]! += gradient[q + c]!;
  }
}
