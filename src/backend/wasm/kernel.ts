/**
 * What a kernel of the WebAssembly back end is made of.
 *
 * TensorFlow.js keeps a table of kernels by operation and back end; a kernel takes tensor infos and returns new ones. The kernels of
 * this folder are put together from kernels that the back end already has (its convolutions and products run XNNPACK's SIMD code)
 * and from plain loops over its heap where no such kernel fits. Infos made on the way are freed by whoever made them.
 */
import { CellwrightError } from "../../errors.ts";
import { tf } from "../tf.ts";

/** The part of tfjs-backend-wasm's `BackendWasm` that kernels use. */
export interface WasmBackend {
  /** Memory for a tensor; its contents are whatever was there before. */
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  /** A view of a tensor's memory. The next allocation may grow the heap and detach it: allocate first, then look. */
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  disposeData(dataId: object): boolean;
  /** One more tensor has this memory. */
  incRef(dataId: object): void;
  /** The module of TensorFlow.js, as Emscripten made it. */
  readonly wasm?: { readonly asm?: { readonly memory?: unknown }; readonly HEAPU8?: Uint8Array };
}

export interface KernelArguments {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: WasmBackend;
}

export type Kernel = (args: KernelArguments) => tf.TensorInfo;
/** A kernel with several results. */
export type ManyKernel = (args: KernelArguments) => tf.TensorInfo[];

export type Shape4 = [number, number, number, number];

/** Run a kernel of the WebAssembly back end by its name. */
export function run(
  backend: WasmBackend,
  name: string,
  inputs: Record<string, tf.TensorInfo>,
  attrs: Record<string, unknown>,
): tf.TensorInfo {
  const kernel = tf.getKernel(name, "wasm").kernelFunc as unknown as Kernel;
  return kernel({ inputs, attrs, backend });
}

/** The same memory under another shape: not a new tensor, nothing to free. */
export function viewed(info: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  return { dataId: info.dataId, dtype: info.dtype, shape };
}

/** A view of a float32 tensor's memory, good until the next allocation. */
export function floats(backend: WasmBackend, info: tf.TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(info) as Float32Array;
}

/** A tensor of zeros. */
export function zeros(backend: WasmBackend, shape: number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
  const info = backend.makeOutput(shape, dtype);
  backend.typedArrayFromHeap(info).fill(0);
  return info;
}

export function isEmpty(...infos: tf.TensorInfo[]): boolean {
  return infos.some((info) => info.shape.includes(0));
}

/** @throws CW_DATA_FORMAT unless the operation's channels come last. */
export function requireChannelsLast(operation: string, dataFormat: unknown): void {
  if (dataFormat !== undefined && dataFormat !== "NHWC") {
    throw new CellwrightError(
      "CW_DATA_FORMAT",
      `${operation} on the wasm back end: expected data format "NHWC" (channels last), got ${JSON.stringify(dataFormat)}; transpose the images or build the model with dataFormat "channelsLast"`,
    );
  }
}
