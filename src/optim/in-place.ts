/**
 * Tensors' memory, where JavaScript can see it.
 *
 * On the WebAssembly back end all tensors live on one heap, so an update can run over gradients and slots where they are: no operation to start, no tensor to allocate. Two things must be minded. Tensors may share memory:
 * `variable.clone()` is a second name for the same numbers and must not follow the variable. And the back end packs weights for its products once and finds the packed form again by the tensor's number: numbers that
 * change under it would go unseen. A variable is therefore copied to fresh memory and updated there; a slot, which is in no product, is copied only where its memory has a second name.
 */
import { tf } from "../backend/tf.ts";

/** The part of the WebAssembly back end that updates use. */
export interface Heap {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
  refCount(dataId: object): number;
  readonly wasm: { readonly asm?: { readonly memory?: WebAssembly.Memory } };
}

/** The heap of the current back end, where there is one that holds all of `tensors` as float32. */
export function heapOf(tensors: readonly tf.Tensor[]): Heap | undefined {
  if (tf.getBackend() !== "wasm") return undefined;
  const heap = tf.backend() as unknown as Heap;
  return tensors.every(({ dataId, dtype }) => dtype === "float32" && heap.refCount(dataId) > 0) ? heap : undefined;
}

/** The memory behind the heap, where the back end shows it. */
export function memoryOf(heap: Heap, view: Float32Array): WebAssembly.Memory | undefined {
  const memory = heap.wasm?.asm?.memory;
  return memory instanceof WebAssembly.Memory && memory.buffer === view.buffer ? memory : undefined;
}

/** Moves a variable to a copy of its memory. Allocates, so views of the heap must be taken afterwards. */
export function renew(heap: Heap, variable: tf.Variable): void {
  const info = heap.makeOutput(variable.shape, "float32");
  heap.typedArrayFromHeap(info).set(heap.typedArrayFromHeap(variable));
  const copy = tf.engine().makeTensorFromTensorInfo(info);
  variable.assign(copy);
  copy.dispose();
}

/** Whether a variable's memory has another name. */
export function isShared(heap: Heap, variable: tf.Variable): boolean {
  return heap.refCount(variable.dataId) > 1;
}
