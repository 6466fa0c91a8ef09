/**
 * The library's own WebAssembly functions, four numbers at a time, over the memory of TensorFlow.js's own back end: no tensor is copied to be
 * worked on.
 *
 * A small module imports the back end's memory, so a tensor's byte offset on its heap is a pointer to these functions. They hold no data and
 * allocate nothing: scratch is memory of the back end's too. When the memory grows, both modules see it; only JavaScript's views are left behind. Sources and
 * conventions are in scripts/wasm/training. Where the memory cannot be had, or is shared between threads, there are no such functions, and
 * the kernels fall back on those of TensorFlow.js and on plain loops. Every thread has its own back end, and its own instance.
 */
import type { tf } from "../../tf.ts";
import type { WasmBackend } from "../kernel.ts";
import { MODULE } from "./module.ts";

/** A byte offset in the back end's memory. */
export type Pointer = number;

/** How a filter slides over a batch of images, as most functions take it. `top` and `left` may lie outside the image, where it is zero. */
export type Slide = [
  batch: number,
  height: number,
  width: number,
  channels: number,
  top: number,
  left: number,
  rows: number,
  columns: number,
  strideY: number,
  strideX: number,
  tapsY: number,
  tapsX: number,
  dilationY: number,
  dilationX: number,
];

type Pooling = [batch: number, height: number, width: number, channels: number, rows: number, columns: number];
type Windows = [filterHeight: number, filterWidth: number, strideY: number, strideX: number, top: number, left: number];
/** Bytes between two outputs of a row, two rows, two images. */
export type Steps = [pixel: number, row: number, image: number];

/** See scripts/wasm/training. */
export interface SimdKernels {
  packFilters(
    from: Pointer,
    to: Pointer,
    ...sizes: [steps: number, filters: number, stepBytes: number, filterBytes: number, panelBytes: number]
  ): void;
  convolve(
    x: Pointer,
    scratch: Pointer,
    weights: Pointer,
    y: Pointer,
    ...rest: [...Slide, filters: number, ...Steps, low: number, high: number]
  ): void;
  filterGradient(x: Pointer, scratch: Pointer, dy: Pointer, dw: Pointer, ...rest: [...Slide, filters: number]): void;
  padColumns(from: Pointer, to: Pointer, rows: number, columns: number, padded: number): void;
  depthwise(x: Pointer, scratch: Pointer, weights: Pointer, y: Pointer, ...rest: [...Slide, ...Steps]): void;
  depthwiseFilterGradient(x: Pointer, scratch: Pointer, dy: Pointer, dw: Pointer, ...slide: Slide): void;
  maxPoolGradientPairs(x: Pointer, dy: Pointer, dx: Pointer, ...pooling: Pooling): void;
  maxPoolGradient(x: Pointer, dy: Pointer, dx: Pointer, ...rest: [...Pooling, ...Windows]): void;
  avgPoolGradient(dy: Pointer, dx: Pointer, ...rest: [...Pooling, ...Windows]): void;
  gate(dy: Pointer, x: Pointer, dx: Pointer, count: number, low: number, high: number, closed: number): void;
  sumAll(x: Pointer, count: number): number;
  sumColumns(x: Pointer, rows: number, columns: number, sums: Pointer): void;
  sumSquares(x: Pointer, mean: Pointer, rows: number, columns: number, sums: Pointer): void;
  sumProducts(
    dy: Pointer,
    x: Pointer,
    mean: Pointer,
    rows: number,
    columns: number,
    sums: Pointer,
    products: Pointer,
  ): void;
  normalize(x: Pointer, y: Pointer, rows: number, columns: number, mean: Pointer, scale: Pointer, shift: Pointer): void;
  normalizeGradient(
    dy: Pointer,
    x: Pointer,
    dx: Pointer,
    rows: number,
    columns: number,
    mean: Pointer,
    ...scales: [a: Pointer, b: Pointer, c: Pointer]
  ): void;
}

const instances = new WeakMap<object, SimdKernels | null>();
let compiled: WebAssembly.Module | undefined;

/** The functions over a back end's memory; undefined where it cannot be had. */
export function simdKernels(backend: WasmBackend): SimdKernels | undefined {
  const memory = backend.wasm?.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) return undefined;
  let kernels = instances.get(memory);
  if (kernels === undefined) {
    kernels = memory.buffer === backend.wasm?.HEAPU8?.buffer ? instantiate(memory) : null;
    instances.set(memory, kernels);
  }
  return kernels ?? undefined;
}

function instantiate(memory: WebAssembly.Memory): SimdKernels | null {
  try {
    compiled ??= new WebAssembly.Module(Uint8Array.from(atob(MODULE), (byte) => byte.charCodeAt(0)));
    return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as SimdKernels;
  } catch {
    // No vectors on this processor, or memory shared between threads.
    return null;
  }
}

/** Where a tensor's numbers are. */
export function address(backend: WasmBackend, info: tf.TensorInfo): Pointer {
  return backend.typedArrayFromHeap(info).byteOffset;
}

/** Calls `action` with the address of memory for `count` float32 numbers that is good for the call's time. */
export function withScratch<T>(backend: WasmBackend, count: number, action: (scratch: Pointer) => T): T {
  const info = backend.makeOutput([count], "float32");
  try {
    return action(address(backend, info));
  } finally {
    backend.disposeData(info.dataId);
  }
}
