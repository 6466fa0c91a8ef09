/**
 * Conv2DBackpropFilter: the gradient of a convolution with respect to its filter, as matrix products.
 *
 *   dw[k, c, f] = sum over images n and outputs o of x[n, o * stride + k * dilation - pad, c] dy[n, o, f]
 *
 * For each tap k and channel c, the inputs that the outputs met make one long row; the rows times dy, [outputs, filters], are dw.
 * With the image as the innermost axis, x as [channels, height, width, images], a row consists of whole runs of x: making the
 * matrix is copying memory. Rows are made in groups that stay within a few megabytes, and dy, the right-hand side of every product,
 * is packed by the back end once. (The same sum as a forward convolution, with channels as the batch and the stride as dilation, was
 * measured 1.2 to 3 times as slow, most for filters of 1x1, where XNNPACK's tiles of outputs stay nearly empty.)
 */
import type { tf } from "../tf.ts";
import {
  type Axis,
  type ConvolutionGeometry,
  convolutionGeometry,
  requireOutputShape,
} from "./convolution-geometry.ts";
import { floats, isEmpty, type Kernel, run, viewed, type WasmBackend, zeros } from "./kernel.ts";
import { convolutionFilterGradient } from "./simd/convolution.ts";
import { simdKernels } from "./simd/kernels.ts";

/** Numbers in one group of rows: 4 MB. */
const GROUP = 1 << 20;

export const conv2DBackpropFilter: Kernel = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: (typeof inputs)[string]; dy: (typeof inputs)[string] };
  const filterShape = attrs.filterShape as number[];
  const geometry = convolutionGeometry("Conv2DBackpropFilter", x.shape, filterShape, attrs, false);
  requireOutputShape("Conv2DBackpropFilter", dy.shape, geometry);
  if (isEmpty(x, dy)) return zeros(backend, filterShape);
  const simd = simdKernels(backend);
  if (simd) return convolutionFilterGradient(backend, simd, x, dy, geometry);

  const { vertical, horizontal, batch, inChannels: channels, outChannels: filters } = geometry;
  const outputs = vertical.output * horizontal.output * batch;
  const images = run(backend, "Transpose", { x }, { perm: [3, 1, 2, 0] });
  const gradients = run(backend, "Transpose", { x: dy }, { perm: [1, 2, 0, 3] });
  const right = viewed(gradients, [outputs, filters]);
  const taps = vertical.filter * horizontal.filter;
  const multiply = (left: tf.TensorInfo): tf.TensorInfo =>
    run(backend, "BatchMatMul", { a: left, b: right }, { transposeA: false, transposeB: false });

  let dw: tf.TensorInfo;
  if (taps === 1 && isIdentity(vertical) && isIdentity(horizontal)) {
    dw = multiply(viewed(images, [channels, outputs]));
  } else {
    dw = backend.makeOutput([taps * channels, filters], "float32");
    const group = Math.min(taps, Math.max(1, Math.floor(GROUP / (channels * outputs))));
    for (let first = 0; first < taps; first += group) {
      const count = Math.min(group, taps - first);
      const left = rowsOfTaps(backend, images, geometry, first, count);
      const part = multiply(left);
      floats(backend, dw).set(floats(backend, part), first * channels * filters);
      backend.disposeData(left.dataId);
      backend.disposeData(part.dataId);
    }
  }
  backend.disposeData(images.dataId);
  backend.disposeData(gradients.dataId);
  return viewed(dw, filterShape);
};

/** Each output takes the input of its own number. */
function isIdentity(axis: Axis): boolean {
  return axis.stride === 1 && axis.pad === 0 && axis.input === axis.output;
}

/** The inputs that each output met with each of `count` taps, as [taps and channels, outputs and images]. */
function rowsOfTaps(
  backend: WasmBackend,
  images: tf.TensorInfo,
  { vertical, horizontal, batch, inChannels: channels }: ConvolutionGeometry,
  first: number,
  count: number,
): tf.TensorInfo {
  const rows = backend.makeOutput([count * channels, vertical.output * horizontal.output * batch], "float32");
  const to = floats(backend, rows);
  const from = floats(backend, images);
  // Moving within one view of the heap needs no object for every run.
  const heap = new Float32Array(to.buffer);
  const source = from.byteOffset / 4;
  let at = to.byteOffset / 4;
  const run = horizontal.output * batch;
  for (let tap = first; tap < first + count; tap++) {
    const offsetY = Math.floor(tap / horizontal.filter) * vertical.dilation - vertical.pad;
    const offsetX = (tap % horizontal.filter) * horizontal.dilation - horizontal.pad;
    // The outputs before `begin` and from `end` on met padding.
    const begin = Math.min(horizontal.output, Math.max(0, Math.ceil(-offsetX / horizontal.stride)));
    const end = Math.max(
      begin,
      Math.min(horizontal.output, Math.ceil((horizontal.input - offsetX) / horizontal.stride)),
    );
    for (let c = 0; c < channels; c++) {
      for (let oy = 0; oy < vertical.output; oy++, at += run) {
        const iy = oy * vertical.stride + offsetY;
        if (iy < 0 || iy >= vertical.input || begin === end) {
          heap.fill(0, at, at + run);
          continue;
        }
        const row = source + (c * vertical.input + iy) * horizontal.input * batch;
        if (begin > 0) heap.fill(0, at, at + begin * batch);
        if (end < horizontal.output) heap.fill(0, at + end * batch, at + run);
        let start = row + (begin * horizontal.stride + offsetX) * batch;
        if (horizontal.stride === 1) {
          heap.copyWithin(at + begin * batch, start, start + (end - begin) * batch);
          continue;
        }
        for (let ox = begin; ox < end; ox++, start += horizontal.stride * batch) {
          for (let n = 0, q = at + ox * batch; n < batch; n++) heap[q + n] = heap[start + n]!;
        }
      }
    }
  }
  return rows;
}
