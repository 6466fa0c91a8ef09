/**
 * Adam's update in WebAssembly SIMD, four numbers at a time, over the memory of TensorFlow.js's own back end.
 *
 * JavaScript divides and takes roots in float64, one number at a time, and these two are what Adam's loop waits for. The function below is the same loop in float32. It is small enough to be put together here, byte by byte (WebAssembly
 * core specification 2.0, section 5; one instruction a line), so that no compiler is needed. Where the back end's memory cannot be had, or is shared between threads, there is none and the JavaScript loop runs.
 */

/** Updates `count` numbers, a multiple of four: byte offsets of value, gradient, mean, square; then what the value is multiplied by first, 1 - β₁, 1 - β₂, α, ε. */
export type AdamKernel = (
  value: number,
  gradient: number,
  mean: number,
  square: number,
  count: number,
  kept: number,
  rate1: number,
  rate2: number,
  alpha: number,
  epsilon: number,
) => void;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const load = (address: number) => [...get(address), 0xfd, 0x00, 2, 0];
const store = [0xfd, 0x0b, 2, 0];
const splat = (local: number) => [...get(local), 0xfd, 0x13];
const [root, plus, minus, times, over] = [0xe3, 0xe4, 0xe5, 0xe6, 0xe7].map((code) => [0xfd, code, 0x01]) as [
  number[],
  number[],
  number[],
  number[],
  number[],
];

// Parameters 0 to 9 as in `AdamKernel`, then locals.
const [VALUE, GRADIENT, MEAN, SQUARE, END] = [0, 1, 2, 3, 4];
const [KEPT, RATE1, RATE2, ALPHA, EPSILON] = [10, 11, 12, 13, 14];
const [g, m, v] = [15, 16, 17];

const body = [
  // The constants, each in all four lanes.
  ...[KEPT, RATE1, RATE2, ALPHA, EPSILON].flatMap((local, i) => [...splat(5 + i), ...set(local)]),
  // END = VALUE + 4 · count
  ...[...get(VALUE), ...get(END), 0x41, 2, 0x74, 0x6a, ...set(END)],
  ...[0x02, 0x40, 0x03, 0x40], // block, loop
  ...[...get(VALUE), ...get(END), 0x4f, 0x0d, 1], // leave where VALUE >= END
  ...[...load(GRADIENT), ...set(g)],
  // m ← m + (1 - β₁)(g - m)
  ...[...load(MEAN), ...set(m)],
  ...[...get(m), ...get(RATE1), ...get(g), ...get(m), ...minus, ...times, ...plus, ...set(m)],
  ...[...get(MEAN), ...get(m), ...store],
  // v ← v + (1 - β₂)(g² - v)
  ...[...load(SQUARE), ...set(v)],
  ...[...get(v), ...get(RATE2), ...get(g), ...get(g), ...times, ...get(v), ...minus, ...times, ...plus, ...set(v)],
  ...[...get(SQUARE), ...get(v), ...store],
  // w ← kept · w - α m / (√v + ε)
  ...[...get(VALUE), ...load(VALUE), ...get(KEPT), ...times],
  ...[...get(ALPHA), ...get(m), ...times, ...get(v), ...root, ...get(EPSILON), ...plus, ...over, ...minus, ...store],
  // The four pointers move on by 16 bytes.
  ...[VALUE, GRADIENT, MEAN, SQUARE].flatMap((pointer) => [...get(pointer), 0x41, 16, 0x6a, ...set(pointer)]),
  ...[0x0c, 0, 0x0b, 0x0b, 0x0b], // again; end of loop, block, function
];

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const length = (size: number) => [(size & 0x7f) | 0x80, size >> 7];
  const section = (id: number, content: number[]) => [id, ...length(content.length), ...content];
  const parameters = [I32, I32, I32, I32, I32, F32, F32, F32, F32, F32];
  const locals = [1, 8, V128];
  const code = [...locals, ...body];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters.length, ...parameters, 0]),
    ...section(2, [1, ...name("tf"), ...name("memory"), 0x02, 0x00, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("adam"), 0x00, 0]),
    ...section(10, [1, ...length(code.length), ...code]),
  ]);
}

const kernels = new WeakMap<object, AdamKernel | null>();

/** The kernel over a back end's memory; undefined where it cannot be had. */
export function adamKernel(memory: WebAssembly.Memory | undefined): AdamKernel | undefined {
  if (memory === undefined) return undefined;
  let kernel = kernels.get(memory);
  if (kernel === undefined) {
    kernel = instantiate(memory);
    kernels.set(memory, kernel);
  }
  return kernel ?? undefined;
}

function instantiate(memory: WebAssembly.Memory): AdamKernel | null {
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { tf: { memory } });
    return instance.exports.adam as AdamKernel;
  } catch {
    return null;
  }
}
