/**
 * The gradient of a convolution with respect to its input, as forward convolutions of the output's gradient.
 *
 *   dx[i] = sum over taps k of dy[(i + pad - k * dilation) / stride] w[k], where the quotient is whole
 *
 * With stride 1 this is one correlation of dy, padded, with the filter flipped. With a larger stride the inputs fall into `stride`
 * phases an axis, by the remainder of i + pad; a phase sees every stride-th tap only, so each is a small dense convolution and no
 * product with an inserted zero is ever taken. The phases' results are then interleaved.
 */
import type { tf } from "../tf.ts";
import type { Axis, ConvolutionGeometry } from "./convolution-geometry.ts";
import { floats, run, viewed, type WasmBackend, zeros } from "./kernel.ts";

/** The inputs of one axis that share the taps `tap`, `tap` + stride, ... */
export interface Phase {
  /** The first input of the phase; the others follow at the stride. */
  readonly first: number;
  readonly count: number;
  readonly tap: number;
  readonly taps: number;
  readonly dilation: number;
  /** Padding of dy before and after. */
  readonly before: number;
  readonly after: number;
  /** Outputs of the padded correlation to pass over, and how many it has in all. */
  readonly skip: number;
  readonly outputs: number;
}

/**
 * The gradient for the input, [batch, height, width, channels].
 *
 * @param blocks the filter as [height, width, a, b], each [a, b] block laid out as `kernel` ("Conv2D" or "DepthwiseConv2dNative")
 *   takes it for the way back: from dy's channels to the input's.
 */
export function transposedConvolution(
  backend: WasmBackend,
  kernel: "Conv2D" | "DepthwiseConv2dNative",
  dy: tf.TensorInfo,
  blocks: tf.TensorInfo,
  geometry: ConvolutionGeometry,
  channels: number,
): tf.TensorInfo {
  const { vertical, horizontal, batch } = geometry;
  const shape = [batch, vertical.input, horizontal.input, channels];
  const rows = phases(vertical);
  const columns = phases(horizontal);
  const only = rows.length === 1 && columns.length === 1;
  if (only && isWhole(rows[0]!) && isWhole(columns[0]!)) {
    return viewed(correlate(backend, kernel, dy, blocks, geometry, rows[0]!, columns[0]!), shape);
  }
  const dx = zeros(backend, shape);
  for (const row of rows) {
    for (const column of columns) {
      if (row.taps === 0 || column.taps === 0) continue;
      const part = correlate(backend, kernel, dy, blocks, geometry, row, column);
      interleave(floats(backend, dx), floats(backend, part), geometry, channels, row, column);
      backend.disposeData(part.dataId);
    }
  }
  return dx;
}

export function phases(axis: Axis): Phase[] {
  const { stride, dilation } = axis;
  const result: Phase[] = [];
  for (let tap = 0; tap < stride; tap++) {
    const first = (((tap - axis.pad) % stride) + stride) % stride;
    const count = Math.ceil((axis.input - first) / stride);
    if (count <= 0) continue;
    const taps = Math.max(0, Math.ceil((axis.filter - tap) / stride));
    const reach = (taps - 1) * dilation;
    const from = (first + axis.pad - tap) / stride; // the output that the phase's first input meets with its first tap
    const before = Math.max(0, reach - from);
    const after = Math.max(0, from + count - axis.output);
    const skip = Math.max(0, from - reach);
    result.push({
      first,
      count,
      tap,
      taps,
      dilation,
      before,
      after,
      skip,
      outputs: axis.output + before + after - reach,
    });
  }
  return result;
}

function isWhole(phase: Phase): boolean {
  return phase.taps > 0 && phase.skip === 0 && phase.outputs === phase.count;
}

/** Correlate dy with the phase's taps, flipped. */
function correlate(
  backend: WasmBackend,
  kernel: "Conv2D" | "DepthwiseConv2dNative",
  dy: tf.TensorInfo,
  blocks: tf.TensorInfo,
  geometry: ConvolutionGeometry,
  row: Phase,
  column: Phase,
): tf.TensorInfo {
  const [, width, a, b] = blocks.shape as [number, number, number, number];
  const filter = backend.makeOutput([row.taps, column.taps, a, b], "float32");
  const from = floats(backend, blocks);
  const to = floats(backend, filter);
  const size = a * b;
  for (let y = 0, at = 0; y < row.taps; y++) {
    const tapY = row.tap + (row.taps - 1 - y) * geometry.vertical.stride;
    for (let x = 0; x < column.taps; x++, at += size) {
      const tapX = column.tap + (column.taps - 1 - x) * geometry.horizontal.stride;
      const start = (tapY * width + tapX) * size;
      to.set(from.subarray(start, start + size), at);
    }
  }
  const out = run(
    backend,
    kernel,
    { x: dy, filter },
    {
      strides: [1, 1],
      dilations: [row.dilation, column.dilation],
      pad: [
        [0, 0],
        [row.before, row.after],
        [column.before, column.after],
        [0, 0],
      ],
      dataFormat: "NHWC",
    },
  );
  backend.disposeData(filter.dataId);
  return out;
}

function interleave(
  dx: Float32Array,
  part: Float32Array,
  geometry: ConvolutionGeometry,
  channels: number,
  row: Phase,
  column: Phase,
): void {
  const { vertical, horizontal, batch } = geometry;
  const step = (horizontal.stride - 1) * channels;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < row.count; y++) {
      let from = ((n * row.outputs + row.skip + y) * column.outputs + column.skip) * channels;
      const inputRow = n * vertical.input + row.first + y * vertical.stride;
      let to = (inputRow * horizontal.input + column.first) * channels;
      for (let x = 0; x < column.count; x++, to += step) {
        for (let c = 0; c < channels; c++) dx[to++] = part[from++]!;
      }
    }
  }
}
