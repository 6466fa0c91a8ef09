/**
 * The gradients of relu, relu6 and clipping in one pass. TensorFlow.js puts them together from steps, casts, comparisons, choices and products.
 *
 * Gate is an operation of ours: dy where low < x <= high, else 0; with `closed`, where x = low too.
 */
import { tf } from "../tf.ts";
import type { Kernel, WasmBackend } from "./kernel.ts";
import { address, simdKernels } from "./simd/kernels.ts";

export const gate: Kernel = ({ inputs, attrs, backend }) => {
  const { dy, x } = inputs as { dy: tf.TensorInfo; x: tf.TensorInfo };
  const { low, high, closed } = attrs as unknown as { low: number; high: number; closed: boolean };
  const dx = backend.makeOutput(dy.shape, "float32");
  const [gradient, at, out] = [dy, x, dx].map((info) => address(backend, info)) as [number, number, number];
  simdKernels(backend)!.gate(gradient, at, out, tf.util.sizeFromShape(dy.shape), low, high, closed ? 1 : 0);
  return dx;
};

/** `dy` where relu let `x` through; `x` may as well be relu's result. */
export function reluGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return gated(dy, x, 0, Number.POSITIVE_INFINITY, false);
}

function gated(dy: tf.Tensor, x: tf.Tensor, low: number, high: number, closed: boolean): tf.Tensor {
  return tf.engine().runKernel("Gate", { dy, x }, { low, high, closed });
}

/** Whether the library's functions can compute with `tensors`, and no more than `depth` gradients are being recorded. */
export function canFuse(tensors: readonly tf.Tensor[], depth: number): boolean {
  if (tf.getBackend() !== "wasm" || tf.engine().state.gradientDepth > depth) return false;
  if (tensors.some(({ dtype }) => dtype !== "float32")) return false;
  return simdKernels(tf.backend() as unknown as WasmBackend) !== undefined;
}

/** Put the gradients in the place of TensorFlow.js's, which go on serving every other back end and second derivatives. */
export function replaceGateGradients(): void {
  replaceGradient("Relu", () => [0, Number.POSITIVE_INFINITY, false]);
  replaceGradient("Relu6", () => [0, 6, false]);
  replaceGradient("ClipByValue", (attrs) => [attrs.clipValueMin as number, attrs.clipValueMax as number, true]);
}

/** A ReLU layer whose greatest value is 6 as one operation; TensorFlow.js's is relu, then clipping. */
export function fuseRelu6(): void {
  type Relu = tf.layers.Layer & { readonly maxValue: number };
  type Call = (this: Relu, inputs: tf.Tensor | tf.Tensor[], kwargs: object) => tf.Tensor;
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const layer = classNameMap.ReLU![0].prototype as unknown as { call: Call };
  const original = layer.call;
  layer.call = function (inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return this.maxValue === 6 && canFuse([x], 1) ? tf.relu6(x) : original.call(this, inputs, kwargs);
  };
}

function replaceGradient(
  kernelName: string,
  gateOf: (attrs: tf.NamedAttrMap) => [low: number, high: number, closed: boolean],
): void {
  const original = tf.getGradient(kernelName);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    ...original,
    gradFunc: (dy, saved, attrs) => {
      const gradient = dy as tf.Tensor;
      const x = saved[0]!;
      if (!canFuse([gradient, x], 0)) return original.gradFunc(dy, saved, attrs);
      return { x: () => gated(gradient, x, ...gateOf(attrs)) };
    },
  });
}
