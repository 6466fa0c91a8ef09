/**
 * MaxPoolGrad: the gradient of max pooling goes to the largest element of each window, to the first of equals in row order, as in
 * TensorFlow. "Largest" is found from the first element on by strict comparison, so a NaN in first place keeps the gradient and one
 * further on never takes it.
 *
 * The common case, windows of two by two side by side, has a loop of its own without branches on the data, which the processor could
 * not predict: the elements are compared with the pooled value as integers, and the gradient's bits are masked into place (three
 * times as fast).
 */
import { tf } from "../tf.ts";
import { spelledOut } from "./explicit-padding.ts";
import { floats, type Kernel, type Shape4, type WasmBackend, zeros } from "./kernel.ts";
import { address, type SimdKernels, simdKernels } from "./simd/kernels.ts";

export const maxPoolGrad: Kernel = ({ inputs, attrs, backend }) => {
  const { dy, input, output } = inputs as Record<"dy" | "input" | "output", (typeof inputs)[string]>;
  const info = tf.backend_util.computePool2DInfo(
    input.shape as Shape4,
    attrs.filterSize as [number, number] | number,
    attrs.strides as [number, number] | number,
    1,
    spelledOut(attrs.pad),
    attrs.dimRoundingMode as "floor" | "round" | "ceil" | undefined,
  );
  const { inHeight, inWidth, inChannels: channels, filterHeight, filterWidth } = info;
  const side = filterHeight === 2 && filterWidth === 2 && info.strideHeight === 2 && info.strideWidth === 2;
  const inside =
    info.outHeight * 2 <= inHeight && info.outWidth * 2 <= inWidth && info.padInfo.top + info.padInfo.left === 0;
  const simd = simdKernels(backend);
  if (simd) return bySimd(backend, simd, input, dy, info, side && inside);
  const dx = zeros(backend, input.shape);
  const x = floats(backend, input);
  const gradient = floats(backend, dy);
  const out = floats(backend, dx);
  const rowStep = inWidth * channels;
  if (side && inside) {
    const heap = new Int32Array(out.buffer);
    const [atX, atOut, atGradient, atPooled] = [x, out, gradient, floats(backend, output)].map(
      (view) => view.byteOffset / 4,
    ) as [number, number, number, number];
    let q = 0;
    for (let n = 0; n < info.batchSize; n++) {
      for (let oy = 0; oy < info.outHeight; oy++) {
        let base = (n * inHeight + oy * 2) * rowStep;
        for (let ox = 0; ox < info.outWidth; ox++, base += 2 * channels, q += channels) {
          pair(heap, atX + base, atOut + base, atGradient + q, atPooled + q, channels, rowStep);
        }
      }
    }
    return dx;
  }
  for (let n = 0, q = 0; n < info.batchSize; n++) {
    for (let oy = 0; oy < info.outHeight; oy++) {
      const top = oy * info.strideHeight - info.padInfo.top;
      const y0 = Math.max(0, top);
      const height = Math.min(inHeight, top + filterHeight) - y0;
      for (let ox = 0; ox < info.outWidth; ox++, q += channels) {
        const left = ox * info.strideWidth - info.padInfo.left;
        const x0 = Math.max(0, left);
        const width = Math.min(inWidth, left + filterWidth) - x0;
        const base = ((n * inHeight + y0) * inWidth + x0) * channels;
        if (height > 0 && width > 0) spread(out, x, gradient, base, q, channels, rowStep, height, width);
      }
    }
  }
  return dx;
};

function bySimd(
  backend: WasmBackend,
  simd: SimdKernels,
  input: tf.TensorInfo,
  dy: tf.TensorInfo,
  info: ReturnType<typeof tf.backend_util.computePool2DInfo>,
  pairs: boolean,
): tf.TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = info;
  const covered = pairs && outHeight * 2 === inHeight && outWidth * 2 === inWidth;
  const dx = covered ? backend.makeOutput(input.shape, "float32") : zeros(backend, input.shape);
  const [x, gradient, out] = [input, dy, dx].map((one) => address(backend, one)) as [number, number, number];
  if (pairs) {
    simd.maxPoolGradientPairs(x, gradient, out, batchSize, inHeight, inWidth, inChannels, outHeight, outWidth);
  } else {
    simd.maxPoolGradient(
      x,
      gradient,
      out,
      ...([batchSize, inHeight, inWidth, inChannels, outHeight, outWidth] as const),
      ...([info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth] as const),
      ...([info.padInfo.top, info.padInfo.left] as const),
    );
  }
  return dx;
}

function spread(
  out: Float32Array,
  x: Float32Array,
  gradient: Float32Array,
  base: number,
  q: number,
  channels: number,
  rowStep: number,
  height: number,
  width: number,
): void {
  for (let c = 0; c < channels; c++) {
    let at = base + c;
    let best = x[at]!;
    for (let y = 0, row = base + c; y < height; y++, row += rowStep) {
      for (let i = 0, j = row; i < width; i++, j += channels) {
        if (x[j]! > best) {
          best = x[j]!;
          at = j;
        }
      }
    }
    out[at]! += gradient[q + c]!;
  }
}

/**
 * One window of two by two, all channels, on the heap as 32-bit integers: `at` the window in x, `to` in the result, `g` in the
 * output's gradient, `y` in the output.
 */
function pair(heap: Int32Array, at: number, to: number, g: number, y: number, channels: number, rowStep: number): void {
  for (const end = at + channels; at < end; at++, to++, g++, y++) {
    const largest = heap[y]!;
    const gradient = heap[g]!;
    const x0 = heap[at]!;
    const x1 = heap[at + channels]!;
    const x2 = heap[at + rowStep]!;
    const x3 = heap[at + rowStep + channels]!;
    let not0 = differs(x0, largest);
    let not1 = differs(x1, largest);
    let not2 = differs(x2, largest);
    if ((isNaNBits(x0) | isNaNBits(x1) | isNaNBits(x2) | isNaNBits(x3)) !== 0) {
      // What the pooled value is then depends on the order of the comparisons.
      const place = placeOfLargest(x0, x1, x2, x3);
      not0 = place === 0 ? 0 : -1;
      not1 = place === 1 ? 0 : -1;
      not2 = place === 2 ? 0 : -1;
    }
    heap[to] = gradient & ~not0;
    heap[to + channels] = gradient & not0 & ~not1;
    heap[to + rowStep] = gradient & not0 & not1 & ~not2;
    heap[to + rowStep + channels] = gradient & not0 & not1 & not2;
  }
}

/** All ones where two float32 numbers, given as bits, differ; zero where they are equal, as the two zeros are. */
function differs(a: number, b: number): number {
  const bits = a ^ b;
  const zero = (a | b) << 1;
  return ((bits | (0 - bits)) & (zero | (0 - zero))) >> 31;
}

/** All ones for a NaN, zero for any other number. */
function isNaNBits(bits: number): number {
  return (0x7f800000 - (bits & 0x7fffffff)) >> 31;
}

function placeOfLargest(...window: [number, number, number, number]): number {
  const values = new Float32Array(Int32Array.from(window).buffer);
  let place = 0;
  for (let i = 1; i < 4; i++) if (values[i]! > values[place]!) place = i;
  return place;
}
