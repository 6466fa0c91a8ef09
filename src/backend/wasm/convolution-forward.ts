/**
 * Conv2D, FusedConv2D and DepthwiseConv2dNative: the forward pass, with bias and relu in the same tile (scripts/wasm/training/convolution.ts).
 *
 * Measured at 1.5 times the speed of the back end's own on the shapes of small networks, which besides packs and keeps a filter by its tensor's number: in
 * training that is a new one every step. Where packing the filter would cost more than a small part of the work, as for one image with few pixels and many
 * channels, the back end's kernel, which keeps it, is left to do the work.
 */
import type { tf } from "../tf.ts";
import { convolutionGeometry } from "./convolution-geometry.ts";
import { withExplicitPadding } from "./explicit-padding.ts";
import { isEmpty, type Kernel } from "./kernel.ts";
import { type Bounds, convolution, depthwiseConvolution, isSimdDepthwise } from "./simd/convolution.ts";
import { simdKernels } from "./simd/kernels.ts";

/** Fewer outputs a filter are not worth packing it. */
const LEAST_OUTPUTS = 64;

const BOUNDS: Readonly<Record<string, Bounds>> = {
  linear: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  relu: [0, Number.POSITIVE_INFINITY],
  relu6: [0, 6],
};

/** The bounds of an activation that is cut off and nothing else; undefined for any other. */
export function boundsOf(activation: unknown): Bounds | undefined {
  return BOUNDS[(activation as string | undefined) ?? "linear"];
}

/** The back end's kernel `original`, given way to where ours can do the work. */
export function forwardConvolution(original: Kernel): Kernel {
  const otherwise = withExplicitPadding(original);
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { x, filter, bias } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo };
    const bounds = boundsOf(attrs.activation);
    const simd = simdKernels(backend);
    const plain = x.dtype === "float32" && filter.dtype === "float32" && (!bias || isVector(bias, filter.shape[3]!));
    const last = attrs.dataFormat === undefined || attrs.dataFormat === "NHWC";
    if (!simd || !bounds || !plain || !last || isEmpty(x, filter)) return otherwise(args);
    const geometry = convolutionGeometry("Conv2D", x.shape, filter.shape, attrs, false);
    const outputs = geometry.batch * geometry.vertical.output * geometry.horizontal.output;
    if (outputs < LEAST_OUTPUTS) return otherwise(args);
    return convolution(backend, simd, { x, filter, bias }, geometry, bounds);
  };
}

/** "DepthwiseConv2dNative": the back end's kernel `original`, given way to where ours can do the work. */
export function forwardDepthwise(original: Kernel): Kernel {
  const otherwise = withExplicitPadding(original);
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { x, filter } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo };
    const simd = simdKernels(backend);
    const plain = x.dtype === "float32" && filter.dtype === "float32";
    const last = attrs.dataFormat === undefined || attrs.dataFormat === "NHWC";
    if (!simd || !plain || !last || isEmpty(x, filter)) return otherwise(args);
    const geometry = convolutionGeometry("DepthwiseConv2dNative", x.shape, filter.shape, attrs, true);
    return isSimdDepthwise(geometry) ? depthwiseConvolution(backend, simd, x, filter, geometry) : otherwise(args);
  };
}

function isVector(bias: tf.TensorInfo, size: number): boolean {
  return bias.dtype === "float32" && bias.shape.length === 1 && bias.shape[0] === size;
}
