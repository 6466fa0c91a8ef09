/**
 * Identity: a second name for the same memory, as on TensorFlow.js's other back ends.
 *
 * The WebAssembly back end's own copies the numbers, though it counts references (a reshaped tensor shares memory). Whatever the backward pass will need is
 * kept by this operation, so it runs for most tensors of a training step. Nobody writes to a tensor's memory but the optimizers, and they see to it that it has one name.
 */
import type { Kernel } from "./kernel.ts";

export const identity: Kernel = ({ inputs, backend }) => {
  const { x } = inputs as { x: (typeof inputs)[string] };
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};
