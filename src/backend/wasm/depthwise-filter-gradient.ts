/**
 * DepthwiseConv2dNativeBackpropFilter: the gradient of a depthwise convolution with respect to its filter.
 *
 *   dw[k, c, m] = sum over images n and outputs o of x[n, o * stride + k * dilation - pad, c] dy[n, o, c * multiplier + m]
 *
 * Every channel is a problem of its own, too thin for a matrix product, so this is a plain loop over the heap. It goes along one row
 * of outputs of one channel, with the sums of a filter's row of taps in local variables: the one form in which the compiler keeps
 * them in registers (four times as fast as adding to an array). Sums are float64.
 */
import { type Axis, convolutionGeometry, requireOutputShape } from "./convolution-geometry.ts";
import { floats, type Kernel, zeros } from "./kernel.ts";
import { depthwiseFilterGradient, isSimdDepthwise } from "./simd/convolution.ts";
import { simdKernels } from "./simd/kernels.ts";

export const depthwiseConv2dNativeBackpropFilter: Kernel = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: (typeof inputs)[string]; dy: (typeof inputs)[string] };
  const filterShape = attrs.filterShape as number[];
  const geometry = convolutionGeometry("DepthwiseConv2dNativeBackpropFilter", x.shape, filterShape, attrs, true);
  requireOutputShape("DepthwiseConv2dNativeBackpropFilter", dy.shape, geometry);
  const { vertical, horizontal, batch, inChannels: channels, outChannels } = geometry;
  const simd = simdKernels(backend);
  if (simd && isSimdDepthwise(geometry)) return depthwiseFilterGradient(backend, simd, x, dy, geometry);
  const multiplier = outChannels / channels;
  const dw = zeros(backend, filterShape);
  const images = floats(backend, x);
  const gradients = floats(backend, dy);
  const sums = new Float64Array(vertical.filter * horizontal.filter * outChannels);
  for (let n = 0; n < batch; n++) {
    for (let ky = 0; ky < vertical.filter; ky++) {
      const rowOfTaps = ky * horizontal.filter * outChannels;
      for (let oy = 0; oy < vertical.output; oy++) {
        const iy = oy * vertical.stride + ky * vertical.dilation - vertical.pad;
        if (iy < 0 || iy >= vertical.input) continue;
        const imageRow = (n * vertical.input + iy) * horizontal.input * channels;
        const gradientRow = (n * vertical.output + oy) * horizontal.output * outChannels;
        for (let q = 0; q < outChannels; q++) {
          const from = imageRow + Math.floor(q / multiplier);
          addRow(sums, rowOfTaps + q, images, from, channels, gradients, gradientRow + q, outChannels, horizontal);
        }
      }
    }
  }
  floats(backend, dw).set(sums);
  return dw;
};

/**
 * Add one row of outputs of one channel to its row of taps.
 *
 * @param at the first tap in `sums`; the others follow `steps` apart, as do the outputs from `atGradient` on.
 * @param from the row's first input in `images`; the others follow `step` apart.
 */
function addRow(
  sums: Float64Array,
  at: number,
  images: Float32Array,
  from: number,
  step: number,
  gradients: Float32Array,
  atGradient: number,
  steps: number,
  axis: Axis,
): void {
  let kx = 0;
  for (; kx + 3 <= axis.filter; kx += 3) {
    // The outputs for which all three taps lie inside the image; the few others are added tap by tap.
    const first = firstOutput(axis, kx);
    const end = endOutput(axis, kx + 2);
    for (let tap = kx; tap < kx + 3; tap++) {
      const own = firstOutput(axis, tap);
      const last = endOutput(axis, tap);
      const head = Math.min(Math.max(first, own), last);
      const tail = Math.max(end, head);
      let sum = dot(images, from, step, gradients, atGradient, steps, axis, tap, own, head);
      if (tail < last) sum += dot(images, from, step, gradients, atGradient, steps, axis, tap, tail, last);
      sums[at + tap * steps]! += sum;
    }
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    const apart = axis.dilation * step;
    let i = from + (first * axis.stride + kx * axis.dilation - axis.pad) * step;
    for (let o = first, g = atGradient + first * steps; o < end; o++, g += steps, i += axis.stride * step) {
      const value = gradients[g]!;
      s0 += images[i]! * value;
      s1 += images[i + apart]! * value;
      s2 += images[i + 2 * apart]! * value;
    }
    sums[at + kx * steps]! += s0;
    sums[at + (kx + 1) * steps]! += s1;
    sums[at + (kx + 2) * steps]! += s2;
  }
  for (; kx < axis.filter; kx++) {
    const own = firstOutput(axis, kx);
    const last = endOutput(axis, kx);
    sums[at + kx * steps]! += dot(images, from, step, gradients, atGradient, steps, axis, kx, own, last);
  }
}

/** The sum of one tap over the outputs from `first` to before `end`. */
function dot(
  images: Float32Array,
  from: number,
  step: number,
  gradients: Float32Array,
  atGradient: number,
  steps: number,
  axis: Axis,
  tap: number,
  first: number,
  end: number,
): number {
  let sum = 0;
  let i = from + (first * axis.stride + tap * axis.dilation - axis.pad) * step;
  for (let o = first, g = atGradient + first * steps; o < end; o++, g += steps, i += axis.stride * step) {
    sum += images[i]! * gradients[g]!;
  }
  return sum;
}

/** The first output whose `tap` lies inside the image. */
function firstOutput(axis: Axis, tap: number): number {
  return Math.max(0, Math.ceil((axis.pad - tap * axis.dilation) / axis.stride));
}

/** The output after the last whose `tap` lies inside the image. */
function endOutput(axis: Axis, tap: number): number {
  return Math.min(axis.output, Math.ceil((axis.input + axis.pad - tap * axis.dilation) / axis.stride));
}
