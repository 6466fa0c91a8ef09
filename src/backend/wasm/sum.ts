/**
 * Sum and Mean over axes that lie side by side, for float32: the gradient of a bias, the pooling of whole images, a loss.
 *
 * Such a tensor is [outer, reduced, inner]. The back end's own kernels transpose it first unless inner is 1, and then add number by number.
 * Sums go through float64 (scripts/wasm/training/columns.ts).
 */
import { tf } from "../tf.ts";
import { floats, type Kernel, type KernelArguments, type WasmBackend } from "./kernel.ts";
import { address, type SimdKernels, simdKernels } from "./simd/kernels.ts";

/** The back end's kernel `original` for "Sum", given way to where ours can do the work. */
export const fastSum = (original: Kernel): Kernel => reduction(original, () => 1);
/** Likewise for "Mean". */
export const fastMean = (original: Kernel): Kernel => reduction(original, (count) => 1 / count);

function reduction(original: Kernel, scaleOf: (count: number) => number): Kernel {
  return (args: KernelArguments) => {
    const { x } = args.inputs as { x: tf.TensorInfo };
    const simd = simdKernels(args.backend);
    const axes = tf.util.parseAxisParam(args.attrs.axis as number | number[], x.shape).sort((a, b) => a - b);
    const first = axes[0];
    const together = axes.every((axis, i) => axis === first! + i);
    if (!simd || x.dtype !== "float32" || first === undefined || !together) return original(args);
    const size = (from: number, to?: number) => tf.util.sizeFromShape(x.shape.slice(from, to));
    const end = first + axes.length;
    const [outer, reduced, inner] = [size(0, first), size(first, end), size(end)];
    const kept = args.attrs.keepDims ? axes.map(() => 1) : [];
    const shape = [...x.shape.slice(0, first), ...kept, ...x.shape.slice(end)];
    return sums(args.backend, simd, x, [outer, reduced, inner], shape, scaleOf(reduced));
  };
}

function sums(
  backend: WasmBackend,
  simd: SimdKernels,
  x: tf.TensorInfo,
  [outer, reduced, inner]: [number, number, number],
  shape: number[],
  scale: number,
): tf.TensorInfo {
  const result = backend.makeOutput(shape, "float32");
  const exact = float64(backend, inner);
  const from = address(backend, x);
  const out = floats(backend, result);
  for (let i = 0; i < outer; i++) {
    const block = from + i * reduced * inner * 4;
    if (inner === 1) {
      out[i] = simd.sumAll(block, reduced) * scale;
      continue;
    }
    exact.values.fill(0);
    simd.sumColumns(block, reduced, inner, exact.address);
    for (let j = 0; j < inner; j++) out[i * inner + j] = exact.values[j]! * scale;
  }
  exact.dispose();
  return result;
}

/** Memory of the back end for float64 numbers, zeros. The view is good until the next allocation. */
export function float64(
  backend: WasmBackend,
  count: number,
): { readonly values: Float64Array; readonly address: number; dispose(): void } {
  const info = backend.makeOutput([2 * count + 2], "float32");
  const view = floats(backend, info);
  // A tensor's memory is not promised to begin at a multiple of 8 bytes.
  const start = Math.ceil(view.byteOffset / 8) * 8;
  const values = new Float64Array(view.buffer, start, count).fill(0);
  return { values, address: start, dispose: () => backend.disposeData(info.dataId) };
}
