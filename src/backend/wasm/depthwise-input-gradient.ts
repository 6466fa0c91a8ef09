/**
 * DepthwiseConv2dNativeBackpropInput: the gradient of a depthwise convolution with respect to its input. Each of dy's channels goes
 * back through its own filter, again depthwise (see transposed-convolution.ts); where the depth multiplier is above one, the
 * channels that came from one input channel are summed.
 */
import { convolutionGeometry, requireOutputShape } from "./convolution-geometry.ts";
import { isEmpty, type Kernel, run, type Shape4, viewed, zeros } from "./kernel.ts";
import { depthwiseInputGradient, isSimdDepthwise } from "./simd/convolution.ts";
import { simdKernels } from "./simd/kernels.ts";
import { transposedConvolution } from "./transposed-convolution.ts";

export const depthwiseConv2dNativeBackpropInput: Kernel = ({ inputs, attrs, backend }) => {
  const { dy, filter } = inputs as { dy: (typeof inputs)[string]; filter: (typeof inputs)[string] };
  const inputShape = attrs.inputShape as number[];
  const geometry = convolutionGeometry("DepthwiseConv2dNativeBackpropInput", inputShape, filter.shape, attrs, true);
  requireOutputShape("DepthwiseConv2dNativeBackpropInput", dy.shape, geometry);
  if (isEmpty(dy, filter)) return zeros(backend, inputShape);
  const simd = simdKernels(backend);
  if (simd && isSimdDepthwise(geometry)) return depthwiseInputGradient(backend, simd, dy, filter, geometry);
  const [height, width, channels, multiplier] = filter.shape as Shape4;
  const all = channels * multiplier;
  const blocks = viewed(filter, [height, width, all, 1]);
  const parts = transposedConvolution(backend, "DepthwiseConv2dNative", dy, blocks, geometry, all);
  if (multiplier === 1) return parts;
  const dx = run(
    backend,
    "Sum",
    { x: viewed(parts, [...parts.shape.slice(0, 3), channels, multiplier]) },
    { axis: [4], keepDims: false },
  );
  backend.disposeData(parts.dataId);
  return dx;
};
