/** The phases of the interpolated repulsion ("fft"): see scripts/wasm/manifold/grid.ts. */
import { float, type Phase, type Threads } from "./threads/threads.ts";

/** Bands of rows that charges are spread in. */
const BANDS = 16;
/** Beyond so many points the embedding may need the largest grid, whose memory is four times that of the next. */
const MANY = 150_000;

/** @param descent the record of the descent; @param chunks its number of chunks */
export function gridPhases(threads: Threads, descent: number, chunks: number, points: number): Phase[] {
  const largest = points > MANY ? 4096 : 2048;
  const { pointer: state } = threads.record({
    descent,
    size: 0,
    largest,
    bands: BANDS,
    fields: threads.allocate(8 * largest * largest),
    kernel: threads.allocate(4 * (largest / 2 + 4) * largest),
    scratch: threads.allocate(64 * largest * threads.count),
    twiddles3: threads.float32(2 * 3072, twiddles(3072)).pointer,
    twiddles2: threads.float32(2 * 4096, twiddles(4096)).pointer,
    x: float(0),
    y: float(0),
    spacing: float(0),
  });
  const phase = (kernel: string, count: number): Phase => ({ kernel, chunks: count, state });
  return [
    phase("chooseGrid", 1),
    phase("spreadCharges", BANDS),
    phase("kernelRows", largest / 8 + 1),
    phase("kernelColumns", largest / 4),
    phase("forwardRows", largest / 4),
    phase("convolveColumns", largest / 2),
    phase("backwardRows", largest / 4),
    phase("readForces", chunks),
  ];
}

/** cos and sin of 2π i / count. */
function twiddles(count: number): Float32Array {
  const table = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    table[2 * i] = Math.cos((2 * Math.PI * i) / count);
    table[2 * i + 1] = Math.sin((2 * Math.PI * i) / count);
  }
  return table;
}
