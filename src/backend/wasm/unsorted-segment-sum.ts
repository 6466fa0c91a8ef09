/**
 * UnsortedSegmentSum: row i of x is added to row segmentIds[i] of the result; rows whose id is negative or beyond the last segment
 * are left out. It is the gradient of `gather`, so of every embedding look-up.
 */
import { type Kernel, zeros } from "./kernel.ts";

export const unsortedSegmentSum: Kernel = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: (typeof inputs)[string]; segmentIds: (typeof inputs)[string] };
  const segments = attrs.numSegments as number;
  const inner = x.shape.slice(segmentIds.shape.length);
  const size = inner.reduce((product, side) => product * side, 1);
  const result = zeros(backend, [segments, ...inner], x.dtype);
  const ids = backend.typedArrayFromHeap(segmentIds);
  const values = backend.typedArrayFromHeap(x);
  const sums = backend.typedArrayFromHeap(result);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (id < 0 || id >= segments) continue;
    for (let j = 0, from = i * size, to = id * size; j < size; j++) sums[to++]! += values[from++]!;
  }
  return result;
};
