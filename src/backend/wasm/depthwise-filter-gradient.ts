/**
 * DepthwiseConv2dNativeBackpropFilter: the gradient of a depthwise convolution with respect to its filter.
 *
 *   dw[k, c, m] = sum over images n and outputs o of x[n, o * stride + k * dilation - pad, c] dy[n, o, c * multiplier + m]
 *
 * Every channel is a problem of its own, too thin for a matrix product, so this is a plain loop over the heap: rows of outputs
 * outside, taps inside, channels innermost, where x, dy and the sums lie side by side.
 */
import { convolutionGeometry, requireOutputShape } from "./convolution-geometry.ts";
import { floats, type Kernel, zeros } from "./kernel.ts";

export const depthwiseConv2dNativeBackpropFilter: Kernel = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: (typeof inputs)[string]; dy: (typeof inputs)[string] };
  const filterShape = attrs.filterShape as number[];
  const geometry = convolutionGeometry("DepthwiseConv2dNativeBackpropFilter", x.shape, filterShape, attrs, true);
  requireOutputShape("DepthwiseConv2dNativeBackpropFilter", dy.shape, geometry);
  const { vertical, horizontal, batch, inChannels: channels } = geometry;
  const multiplier = filterShape[3]!;
  const dw = zeros(backend, filterShape);
  const images = floats(backend, x);
  const gradients = floats(backend, dy);
  const sums = floats(backend, dw);
  const all = channels * multiplier;
  // float64 sums of one row of outputs keep the error of long float32 sums down.
  const row = new Float64Array(all);
  for (let n = 0; n < batch; n++) {
    for (let ky = 0; ky < vertical.filter; ky++) {
      for (let kx = 0; kx < horizontal.filter; kx++) {
        row.fill(0);
        const offset = kx * horizontal.dilation - horizontal.pad;
        const first = Math.max(0, Math.ceil(-offset / horizontal.stride));
        const end = Math.min(horizontal.output, Math.ceil((horizontal.input - offset) / horizontal.stride));
        for (let oy = 0; oy < vertical.output; oy++) {
          const iy = oy * vertical.stride + ky * vertical.dilation - vertical.pad;
          if (iy < 0 || iy >= vertical.input) continue;
          const imageRow = (n * vertical.input + iy) * horizontal.input;
          const gradientRow = (n * vertical.output + oy) * horizontal.output;
          for (let ox = first; ox < end; ox++) {
            const from = (imageRow + ox * horizontal.stride + offset) * channels;
            const at = (gradientRow + ox) * all;
            if (multiplier === 1) {
              for (let c = 0; c < channels; c++) row[c]! += images[from + c]! * gradients[at + c]!;
            } else {
              for (let c = 0, q = 0; c < channels; c++) {
                const value = images[from + c]!;
                for (let m = 0; m < multiplier; m++, q++) row[q]! += value * gradients[at + q]!;
              }
            }
          }
        }
        const base = (ky * horizontal.filter + kx) * all;
        for (let q = 0; q < all; q++) sums[base + q]! += row[q]!;
      }
    }
  }
  return dw;
};
