/**
 * The sizes of a two-dimensional convolution, from the attributes that TensorFlow.js hands to its kernels.
 *
 * Along one axis, output o takes inputs o * stride + k * dilation - pad over the filter's taps k. The gradients are convolutions
 * with the roles of these numbers exchanged.
 */
import { CellwrightError } from "../../errors.ts";
import { tf } from "../tf.ts";
import { spelledOut } from "./explicit-padding.ts";
import { requireChannelsLast, type Shape4 } from "./kernel.ts";

/** One axis of a convolution. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly filter: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before the first input. */
  readonly pad: number;
}

export interface ConvolutionGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly vertical: Axis;
  readonly horizontal: Axis;
}

interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: unknown;
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat?: unknown;
}

/**
 * The geometry of the forward convolution of an `inputShape` batch by a `filterShape` filter.
 *
 * @throws CW_DATA_FORMAT when channels do not come last; CW_CONVOLUTION when an axis has both a stride and a dilation above one.
 */
export function convolutionGeometry(
  operation: string,
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: Readonly<Record<string, unknown>>,
  depthwise: boolean,
): ConvolutionGeometry {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attrs as unknown as ConvolutionAttributes;
  requireChannelsLast(operation, dataFormat);
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as Shape4,
    filterShape as Shape4,
    strides,
    dilations ?? 1,
    spelledOut(pad),
    dimRoundingMode,
    depthwise,
  );
  const vertical: Axis = {
    input: info.inHeight,
    output: info.outHeight,
    filter: info.filterHeight,
    stride: info.strideHeight,
    dilation: info.dilationHeight,
    pad: info.padInfo.top,
  };
  const horizontal: Axis = {
    input: info.inWidth,
    output: info.outWidth,
    filter: info.filterWidth,
    stride: info.strideWidth,
    dilation: info.dilationWidth,
    pad: info.padInfo.left,
  };
  for (const axis of [vertical, horizontal]) {
    if (axis.stride > 1 && axis.dilation > 1) {
      throw new CellwrightError(
        "CW_CONVOLUTION",
        `${operation}: expected a stride or a dilation of 1, got stride ${axis.stride} and dilation ${axis.dilation}; use one of them at a time`,
      );
    }
  }
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    vertical,
    horizontal,
  };
}

/** @throws CW_CONVOLUTION unless the gradient that came in has the shape of the convolution's output. */
export function requireOutputShape(operation: string, dy: readonly number[], geometry: ConvolutionGeometry): void {
  const { batch, vertical, horizontal, outChannels } = geometry;
  const expected = [batch, vertical.output, horizontal.output, outChannels];
  if (expected.some((side, axis) => side !== dy[axis])) {
    throw new CellwrightError(
      "CW_CONVOLUTION",
      `${operation}: expected a gradient of shape [${expected}], got [${dy}]; check the padding (give it for each side where height and width differ)`,
    );
  }
}
