/**
 * The kernel that TensorFlow.js's WebGPU back end has wrong, put right.
 *
 * AvgPool leaves padding out of its averages; its gradient there divides by the filter's size everywhere, so at a padded border it is
 * too small. What is missing is one factor for each output, the filter's size over the number of inputs seen, by which the incoming
 * gradient is multiplied first.
 */
import { tf } from "./tf.ts";

interface WebGpuBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array): tf.TensorInfo;
  disposeData(dataId: object): boolean;
}

type Kernel = (call: {
  inputs: Readonly<Record<string, tf.TensorInfo>>;
  attrs: Readonly<Record<string, unknown>>;
  backend: WebGpuBackend;
}) => tf.TensorInfo;

/** On the kernel table itself, since the library may be loaded twice beside one TensorFlow.js. */
const MARK = Symbol.for("cellwright.webgpu-kernels");

/** Replaces the kernel, once a process. TensorFlow.js's WebGPU package must be loaded. */
export function registerWebGpuKernels(): void {
  const mark = tf.engine() as unknown as Record<symbol, boolean>;
  if (mark[MARK]) return;
  const stock = tf.getKernel("AvgPoolGrad", "webgpu");
  const kernel = avgPoolGrad(stock.kernelFunc as unknown as Kernel, stockKernel("Multiply"));
  tf.unregisterKernel("AvgPoolGrad", "webgpu");
  tf.registerKernel({ ...stock, kernelFunc: kernel as unknown as tf.KernelFunc });
  mark[MARK] = true;
}

const stockKernel = (name: string) => tf.getKernel(name, "webgpu").kernelFunc as unknown as Kernel;

function avgPoolGrad(stock: Kernel, multiply: Kernel): Kernel {
  return ({ inputs, attrs, backend }) => {
    const { dy, input } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo };
    const factors = shares(input.shape, attrs);
    if (factors.values.every((factor) => factor === 1)) return stock({ inputs, attrs, backend });
    const factor = backend.makeTensorInfo(factors.shape, "float32", factors.values);
    const scaled = multiply({ inputs: { a: dy, b: factor }, attrs: {}, backend });
    const dx = stock({ inputs: { dy: scaled, input }, attrs, backend });
    for (const { dataId } of [factor, scaled]) backend.disposeData(dataId);
    return dx;
  };
}

/** The filter's size over the number of inputs that each output sees, [1, height, width, 1]; the geometry is the stock kernel's. */
function shares(shape: number[], attrs: Readonly<Record<string, unknown>>): { shape: number[]; values: Float32Array } {
  const info = tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attrs.filterSize as [number, number] | number,
    attrs.strides as [number, number] | number,
    1,
    attrs.pad as "valid" | "same" | number,
  );
  const seen = (outputs: number, inputs: number, stride: number, pad: number, filter: number) =>
    Array.from({ length: outputs }, (_, output) => {
      const first = output * stride - pad;
      return Math.min(inputs, first + filter) - Math.max(0, first);
    });
  const { padInfo, filterHeight, filterWidth, outHeight, outWidth } = info;
  const tall = seen(outHeight, info.inHeight, info.strideHeight, padInfo.top, filterHeight);
  const wide = seen(outWidth, info.inWidth, info.strideWidth, padInfo.left, filterWidth);
  const size = filterHeight * filterWidth;
  return {
    shape: [1, outHeight, outWidth, 1],
    values: Float32Array.from(tall.flatMap((height) => wide.map((width) => size / (height * width)))),
  };
}
