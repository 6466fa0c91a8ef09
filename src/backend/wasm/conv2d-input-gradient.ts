/**
 * Conv2DBackpropInput: the gradient of a convolution with respect to its input (see transposed-convolution.ts). It is also the
 * forward pass of a transposed convolution. The back end's own kernel is a plain loop, about ten times slower.
 */
import { convolutionGeometry, requireOutputShape } from "./convolution-geometry.ts";
import { isEmpty, type Kernel, run, zeros } from "./kernel.ts";
import { convolutionInputGradient } from "./simd/convolution.ts";
import { simdKernels } from "./simd/kernels.ts";
import { transposedConvolution } from "./transposed-convolution.ts";

export const conv2DBackpropInput: Kernel = ({ inputs, attrs, backend }) => {
  const { dy, filter } = inputs as { dy: (typeof inputs)[string]; filter: (typeof inputs)[string] };
  const inputShape = attrs.inputShape as number[];
  const geometry = convolutionGeometry("Conv2DBackpropInput", inputShape, filter.shape, attrs, false);
  requireOutputShape("Conv2DBackpropInput", dy.shape, geometry);
  if (isEmpty(dy, filter)) return zeros(backend, inputShape);
  const simd = simdKernels(backend);
  if (simd) return convolutionInputGradient(backend, simd, dy, filter, geometry);
  const blocks = run(backend, "Transpose", { x: filter }, { perm: [0, 1, 3, 2] });
  const dx = transposedConvolution(backend, "Conv2D", dy, blocks, geometry, geometry.inChannels);
  backend.disposeData(blocks.dataId);
  return dx;
};
