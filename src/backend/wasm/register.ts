/**
 * The kernels that the WebAssembly back end lacks for training, has only as plain loops, or has wrong, put into its table.
 */
import { tf } from "../tf.ts";
import { avgPoolGrad } from "./avg-pool-gradient.ts";
import { batchNormTraining, batchNormTrainingGrad, fuseBatchNormalization } from "./batch-normalization.ts";
import { conv2DBackpropFilter } from "./conv2d-filter-gradient.ts";
import { conv2DBackpropInput } from "./conv2d-input-gradient.ts";
import { forwardConvolution, forwardDepthwise } from "./convolution-forward.ts";
import { depthwiseConv2dNativeBackpropFilter } from "./depthwise-filter-gradient.ts";
import { depthwiseConv2dNativeBackpropInput } from "./depthwise-input-gradient.ts";
import { withExplicitPadding } from "./explicit-padding.ts";
import { fuseConvolutions } from "./fused-convolution.ts";
import { fuseRelu6, gate, replaceGateGradients } from "./gate.ts";
import { identity } from "./identity.ts";
import type { Kernel, ManyKernel } from "./kernel.ts";
import { transposeFirst } from "./matrix-product.ts";
import { maxPoolGrad } from "./max-pool-gradient.ts";
import { fastMean, fastSum } from "./sum.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

const ADDED: Readonly<Record<string, Kernel | ManyKernel>> = {
  AvgPoolGrad: avgPoolGrad,
  BatchNormTraining: batchNormTraining,
  BatchNormTrainingGrad: batchNormTrainingGrad,
  Conv2DBackpropFilter: conv2DBackpropFilter,
  Conv2DBackpropInput: conv2DBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseConv2dNativeBackpropInput,
  Gate: gate,
  Identity: identity,
  MaxPoolGrad: maxPoolGrad,
  UnsortedSegmentSum: unsortedSegmentSum,
};
const WRAPPED: Readonly<Record<string, (original: Kernel) => Kernel>> = {
  BatchMatMul: transposeFirst,
  _FusedMatMul: transposeFirst,
  Conv2D: forwardConvolution,
  FusedConv2D: forwardConvolution,
  DepthwiseConv2dNative: forwardDepthwise,
  FusedDepthwiseConv2D: withExplicitPadding,
  MaxPool: withExplicitPadding,
  AvgPool: withExplicitPadding,
  Mean: fastMean,
  Sum: fastSum,
};

/** The names of the operations whose kernels `registerWasmKernels` adds or replaces. */
export const wasmKernelNames: readonly string[] = [...Object.keys(ADDED), ...Object.keys(WRAPPED)];

/** On the kernel table itself, since the library may be loaded twice beside one TensorFlow.js. */
const MARK = Symbol.for("cellwright.wasm-kernels");

/** Add the kernels, once a process. The module `@tensorflow/tfjs-backend-wasm` must be loaded; the back end need not be running. */
export function registerWasmKernels(): void {
  const mark = tf.engine() as unknown as Record<symbol, boolean>;
  if (mark[MARK]) return;
  for (const [name, kernel] of Object.entries(ADDED)) register(name, kernel);
  for (const [name, wrap] of Object.entries(WRAPPED)) {
    register(name, wrap(tf.getKernel(name, "wasm").kernelFunc as unknown as Kernel));
  }
  replaceGateGradients();
  fuseRelu6();
  fuseConvolutions();
  fuseBatchNormalization();
  mark[MARK] = true;
}

function register(kernelName: string, kernel: Kernel | ManyKernel): void {
  const stock = tf.getKernel(kernelName, "wasm");
  // The stock kernel's setup binds the WebAssembly function that a wrapped kernel still calls.
  if (stock) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    ...stock,
    kernelName,
    backendName: "wasm",
    kernelFunc: kernel as unknown as tf.KernelFunc,
  });
}
