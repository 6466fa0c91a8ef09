/**
 * Convolutions and their gradients by the functions of scripts/wasm/training: from TensorFlow.js's tensors and geometry to pointers and steps.
 *
 * A filter of one by one with stride one sees a batch as one tall image: then no tile of outputs is cut short by an image's end.
 */
import type { tf } from "../../tf.ts";
import type { Axis, ConvolutionGeometry } from "../convolution-geometry.ts";
import { floats, viewed, type WasmBackend, zeros } from "../kernel.ts";
import { type Phase, phases } from "../transposed-convolution.ts";
import { address, type Pointer, type SimdKernels, type Slide, type Steps, withScratch } from "./kernels.ts";

/** Filters in a panel of packed weights. */
const LANES = 8;

/** The bounds of an activation: linear, relu, relu6. */
export type Bounds = readonly [low: number, high: number];

/** A batch of images convolved, a bias added where there is one, and cut to `bounds`. */
export function convolution(
  backend: WasmBackend,
  simd: SimdKernels,
  { x, filter, bias }: { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo | undefined },
  geometry: ConvolutionGeometry,
  [low, high]: Bounds,
): tf.TensorInfo {
  const { vertical, horizontal, inChannels: channels, outChannels: filters } = geometry;
  const slide = slideOf(geometry);
  const y = backend.makeOutput([geometry.batch, vertical.output, horizontal.output, filters], "float32");
  const taps = vertical.filter * horizontal.filter;
  const steps: Steps = [
    filters * 4,
    horizontal.output * filters * 4,
    vertical.output * horizontal.output * filters * 4,
  ];
  const weights = packed(backend, filters, taps * channels);
  const size = panelBytes(taps * channels);
  const to = address(backend, weights);
  simd.packFilters(address(backend, filter), to, taps * channels, filters, filters * 4, 4, size);
  if (bias) simd.packFilters(address(backend, bias), to + size - LANES * 4, 1, filters, 0, 4, size);
  withWindow(backend, slide, (scratch) =>
    simd.convolve(address(backend, x), scratch, to, address(backend, y), ...slide, filters, ...steps, low, high),
  );
  backend.disposeData(weights.dataId);
  return y;
}

/** The gradient for the filter. */
export function convolutionFilterGradient(
  backend: WasmBackend,
  simd: SimdKernels,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  geometry: ConvolutionGeometry,
): tf.TensorInfo {
  const { vertical, horizontal, inChannels: channels, outChannels: filters } = geometry;
  const slide = slideOf(geometry);
  const shape = [vertical.filter, horizontal.filter, channels, filters];
  const padded = Math.ceil(filters / LANES) * LANES;
  const rows = vertical.filter * horizontal.filter * channels;
  const wide = zeros(backend, [rows, padded]);
  const gradient = (from: Pointer) =>
    withWindow(backend, slide, (scratch) =>
      simd.filterGradient(address(backend, x), scratch, from, address(backend, wide), ...slide, padded),
    );
  if (padded === filters) {
    gradient(address(backend, dy));
    return viewed(wide, shape);
  }
  const outputs = geometry.batch * vertical.output * horizontal.output;
  withScratch(backend, outputs * padded, (to) => {
    simd.padColumns(address(backend, dy), to, outputs, filters, padded);
    gradient(to);
  });
  const dw = backend.makeOutput(shape, "float32");
  const from = floats(backend, wide);
  const into = floats(backend, dw);
  for (let row = 0; row < rows; row++) {
    for (let f = 0; f < filters; f++) into[row * filters + f] = from[row * padded + f]!;
  }
  backend.disposeData(wide.dataId);
  return dw;
}

/** The gradient for the input: see transposed-convolution.ts. Each phase is written to its own places of the result. */
export function convolutionInputGradient(
  backend: WasmBackend,
  simd: SimdKernels,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  geometry: ConvolutionGeometry,
): tf.TensorInfo {
  const { inChannels: channels, outChannels: filters } = geometry;
  return transposed(backend, geometry, channels, (row, column, slide, steps, offset, dx) => {
    const taps = row.taps * column.taps;
    const weights = packed(backend, channels, taps * filters);
    const to = address(backend, weights);
    const from = address(backend, filter);
    let tap = 0;
    for (const place of tapsOf(geometry, row, column)) {
      const target = to + tap++ * filters * LANES * 4;
      const source = from + place * channels * filters * 4;
      simd.packFilters(source, target, filters, channels, 4, filters * 4, panelBytes(taps * filters));
    }
    withWindow(backend, slide, (scratch) => {
      const out = address(backend, dx) + offset;
      simd.convolve(address(backend, dy), scratch, to, out, ...slide, channels, ...steps, -Infinity, Infinity);
    });
    backend.disposeData(weights.dataId);
  });
}

/** Whether the functions for depthwise convolutions take these sizes. */
export function isSimdDepthwise({ inChannels, outChannels }: ConvolutionGeometry): boolean {
  return inChannels === outChannels && inChannels % 4 === 0;
}

/** A depthwise convolution. */
export function depthwiseConvolution(
  backend: WasmBackend,
  simd: SimdKernels,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  geometry: ConvolutionGeometry,
): tf.TensorInfo {
  const { batch, vertical, horizontal, inChannels: channels } = geometry;
  const slide = slideOf(geometry);
  const y = backend.makeOutput([batch, vertical.output, horizontal.output, channels], "float32");
  const steps: Steps = [
    channels * 4,
    horizontal.output * channels * 4,
    vertical.output * horizontal.output * channels * 4,
  ];
  withWindow(backend, slide, (scratch) =>
    simd.depthwise(address(backend, x), scratch, address(backend, filter), address(backend, y), ...slide, ...steps),
  );
  return y;
}

/** The gradient of a depthwise convolution for its filter, [height, width, channels, 1]. */
export function depthwiseFilterGradient(
  backend: WasmBackend,
  simd: SimdKernels,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  geometry: ConvolutionGeometry,
): tf.TensorInfo {
  const { vertical, horizontal, inChannels: channels } = geometry;
  const slide = slideOf(geometry);
  const dw = zeros(backend, [vertical.filter, horizontal.filter, channels, 1]);
  withWindow(backend, slide, (scratch) =>
    simd.depthwiseFilterGradient(address(backend, x), scratch, address(backend, dy), address(backend, dw), ...slide),
  );
  return dw;
}

/** The gradient of a depthwise convolution for its input. */
export function depthwiseInputGradient(
  backend: WasmBackend,
  simd: SimdKernels,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  geometry: ConvolutionGeometry,
): tf.TensorInfo {
  const { inChannels: channels } = geometry;
  return transposed(backend, geometry, channels, (row, column, slide, steps, offset, dx) => {
    const weights = backend.makeOutput([row.taps * column.taps, channels], "float32");
    const from = floats(backend, filter);
    const to = floats(backend, weights);
    let at = 0;
    for (const place of tapsOf(geometry, row, column)) {
      to.set(from.subarray(place * channels, (place + 1) * channels), at);
      at += channels;
    }
    withWindow(backend, slide, (scratch) => {
      const out = address(backend, dx) + offset;
      simd.depthwise(address(backend, dy), scratch, address(backend, weights), out, ...slide, ...steps);
    });
    backend.disposeData(weights.dataId);
  });
}

/** Bytes in a panel of `steps` rows of weights and one of biases. */
function panelBytes(steps: number): number {
  return (steps + 1) * LANES * 4;
}

/** Memory for packed weights, the biases 0. */
function packed(backend: WasmBackend, filters: number, steps: number): tf.TensorInfo {
  return zeros(backend, [Math.ceil(filters / LANES), steps + 1, LANES]);
}

function slideOf({ batch, vertical, horizontal, inChannels }: ConvolutionGeometry): Slide {
  const pointwise = isPointwise(vertical) && isPointwise(horizontal);
  const images = pointwise ? batch : 1;
  return [
    batch / images,
    vertical.input * images,
    horizontal.input,
    inChannels,
    -vertical.pad,
    -horizontal.pad,
    vertical.output * images,
    horizontal.output,
    vertical.stride,
    horizontal.stride,
    vertical.filter,
    horizontal.filter,
    vertical.dilation,
    horizontal.dilation,
  ];
}

function isPointwise({ filter, stride, pad, input, output }: Axis): boolean {
  return filter === 1 && stride === 1 && pad === 0 && input === output;
}

/** With scratch memory for one image and its padding. */
function withWindow<T>(backend: WasmBackend, slide: Slide, action: (scratch: Pointer) => T): T {
  const [, height, width, channels, top, left, rows, columns, strideY, strideX, tapsY, tapsX, gapY, gapX] = slide;
  const windowRows = (rows - 1) * strideY + (tapsY - 1) * gapY + 1;
  const windowColumns = (columns - 1) * strideX + (tapsX - 1) * gapX + 1;
  const inside = top >= 0 && left >= 0 && top + windowRows <= height && left + windowColumns <= width;
  return withScratch(backend, inside ? 1 : windowRows * windowColumns * channels, action);
}

/** The result of a transposed convolution, filled phase by phase. */
function transposed(
  backend: WasmBackend,
  geometry: ConvolutionGeometry,
  channels: number,
  fill: (row: Phase, column: Phase, slide: Slide, steps: Steps, offset: number, dx: tf.TensorInfo) => void,
): tf.TensorInfo {
  const { vertical, horizontal, batch, outChannels } = geometry;
  const shape = [batch, vertical.input, horizontal.input, channels];
  const rows = phases(vertical);
  const columns = phases(horizontal);
  const whole = [...rows, ...columns].every(({ taps }) => taps > 0);
  const dx = whole ? backend.makeOutput(shape, "float32") : zeros(backend, shape);
  const pixel = channels * 4;
  const line = horizontal.input * pixel;
  const pointwise = isPointwise(vertical) && isPointwise(horizontal);
  const images = pointwise ? batch : 1;
  for (const row of rows) {
    for (const column of columns) {
      if (row.taps === 0 || column.taps === 0) continue;
      const slide: Slide = [
        batch / images,
        vertical.output * images,
        horizontal.output,
        outChannels,
        row.skip - row.before,
        column.skip - column.before,
        row.count * images,
        column.count,
        1,
        1,
        row.taps,
        column.taps,
        row.dilation,
        column.dilation,
      ];
      const steps: Steps = [horizontal.stride * pixel, vertical.stride * line, vertical.input * line];
      fill(row, column, slide, steps, row.first * line + column.first * pixel, dx);
    }
  }
  return dx;
}

/** The numbers of a phase's taps in the filter, last first. */
function* tapsOf({ vertical, horizontal }: ConvolutionGeometry, row: Phase, column: Phase): Generator<number> {
  for (let y = row.taps - 1; y >= 0; y--) {
    for (let x = column.taps - 1; x >= 0; x--) {
      yield (row.tap + y * vertical.stride) * horizontal.filter + column.tap + x * horizontal.stride;
    }
  }
}
