/**
 * AvgPoolGrad: every output hands equal shares of its gradient to the inputs that it averaged.
 *
 * Inputs, not filter elements: the forward pass leaves padding out of the average, so at a padded border the shares are larger. The
 * back end's own kernel divides by the filter's size everywhere, which is not the gradient of its forward pass.
 */
import { tf } from "../tf.ts";
import { spelledOut } from "./explicit-padding.ts";
import { floats, type Kernel, type Shape4, zeros } from "./kernel.ts";
import { address, simdKernels } from "./simd/kernels.ts";

export const avgPoolGrad: Kernel = ({ inputs, attrs, backend }) => {
  const { dy, input } = inputs as { dy: (typeof inputs)[string]; input: (typeof inputs)[string] };
  const info = tf.backend_util.computePool2DInfo(
    input.shape as Shape4,
    attrs.filterSize as [number, number] | number,
    attrs.strides as [number, number] | number,
    1,
    spelledOut(attrs.pad),
    attrs.dimRoundingMode as "floor" | "round" | "ceil" | undefined,
  );
  const dx = zeros(backend, input.shape);
  const simd = simdKernels(backend);
  if (simd) {
    simd.avgPoolGradient(
      address(backend, dy),
      address(backend, dx),
      ...([info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth] as const),
      ...([info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth] as const),
      ...([info.padInfo.top, info.padInfo.left] as const),
    );
    return dx;
  }
  const gradient = floats(backend, dy);
  const out = floats(backend, dx);
  const { inHeight, inWidth, inChannels: channels } = info;
  for (let n = 0, q = 0; n < info.batchSize; n++) {
    for (let oy = 0; oy < info.outHeight; oy++) {
      const top = oy * info.strideHeight - info.padInfo.top;
      const y0 = Math.max(0, top);
      const y1 = Math.min(inHeight, top + info.filterHeight);
      for (let ox = 0; ox < info.outWidth; ox++, q += channels) {
        const left = ox * info.strideWidth - info.padInfo.left;
        const x0 = Math.max(0, left);
        const x1 = Math.min(inWidth, left + info.filterWidth);
        const share = 1 / ((y1 - y0) * (x1 - x0));
        for (let y = y0; y < y1; y++) {
          let at = ((n * inHeight + y) * inWidth + x0) * channels;
          for (let x = x0; x < x1; x++) {
            for (let c = 0; c < channels; c++) out[at++]! += gradient[q + c]! * share;
          }
        }
      }
    }
  }
  return dx;
};
