/**
 * A tensor's memory, where it may be written in place.
 *
 * On the WebAssembly back end all tensors live on one heap that JavaScript can see, so an update can run over the variables where they are: no operation to start, no tensor to allocate.
 * Tensors may share memory, though: `variable.clone()` is a second name for the same numbers and must not follow the variable. The back end counts the names; where there is more than one,
 * the variable first moves to memory of its own.
 */
import { tf } from "../backend/tf.ts";

interface Heap {
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
  refCount(dataId: object): number;
}

/** The heap of the current back end, where there is one that holds all of `tensors` as float32. */
export function heapOf(tensors: readonly tf.Tensor[]): Heap | undefined {
  if (tf.getBackend() !== "wasm") return undefined;
  const heap = tf.backend() as unknown as Heap;
  return tensors.every(({ dataId, dtype }) => dtype === "float32" && heap.refCount(dataId) > 0) ? heap : undefined;
}

/** Gives each variable that shares its memory a copy of its own. Allocates: take views afterwards. */
export function makeUnique(heap: Heap, variables: readonly tf.Variable[]): void {
  for (const variable of variables) {
    if (heap.refCount(variable.dataId) === 1) continue;
    tf.tidy(() => {
      variable.assign(tf.tensor(heap.typedArrayFromHeap(variable).slice(), variable.shape, "float32"));
    });
  }
}
