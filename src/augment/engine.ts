/**
 * Where pixels are computed.
 *
 * Loops over one image at a time beat batched tensor operations on every processor, since a transform reads and writes the memory once
 * and the next finds the image in the cache. The WebAssembly back end's tensors lie in a heap that JavaScript sees: there
 * images are read and results written in place. On a graphics processor, and while a gradient is being recorded, tensor operations
 * do the work: the recorder must see them.
 */
import { tf } from "../backend/tf.ts";
import { floats, type Kernel, type WasmBackend } from "../backend/wasm/kernel.ts";

/** "host": loops on the processor. "device": tensor operations on the back end. */
export type Engine = "host" | "device";

/** Computes all images: `from` and `to` are whole batches. */
export type BatchLoop = (from: Float32Array, to: Float32Array) => void;

/** The engine for a call now. Gradients can only be recorded on the device, whatever was asked for. */
export function engineFor(asked: Engine | undefined): Engine {
  const recording = (tf.engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0;
  if (recording) return "device";
  if (asked !== undefined) return asked;
  const name = tf.getBackend();
  if (name === "tensorflow") {
    const backend = tf.backend() as unknown as { isUsingGpuDevice?: boolean };
    return backend.isUsingGpuDevice ? "device" : "host";
  }
  return name === "wasm" || name === "cpu" ? "host" : "device";
}

const KERNEL = "CellwrightAugment";

/** A new tensor of the same shape, filled by `loop`. */
export function onHost(images: tf.Tensor4D, loop: BatchLoop): tf.Tensor4D {
  if (tf.getBackend() !== "wasm") {
    const result = new Float32Array(images.size);
    loop(images.dataSync() as Float32Array, result);
    return tf.tensor4d(result, images.shape);
  }
  if (!tf.getKernel(KERNEL, "wasm")) {
    tf.registerKernel({ kernelName: KERNEL, backendName: "wasm", kernelFunc: onHeap as unknown as tf.KernelFunc });
  }
  // The kernel table's attributes are meant to be plain values; a function passes through as it is.
  return tf.engine().runKernel(KERNEL, { images }, { loop } as unknown as tf.NamedAttrMap) as tf.Tensor4D;
}

const onHeap: Kernel = ({ inputs, attrs, backend }: { backend: WasmBackend } & Parameters<Kernel>[0]) => {
  const images = inputs.images!;
  const result = backend.makeOutput(images.shape, "float32");
  (attrs.loop as BatchLoop)(floats(backend, images), floats(backend, result));
  return result;
};
