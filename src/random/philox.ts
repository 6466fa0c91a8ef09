/**
 * Philox 4x32-10, a counter-based generator: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
 *
 * The generator is a keyed mixing of a counter, ten rounds of multiply and exclusive-or. Nothing is carried from one block to the
 * next, so the n-th number of any stream can be had without the n-1 before it: streams split, save and restore at no cost, and the
 * same key and counter give the same words on every machine. The words equal Random123's published known answers (tests/random).
 *
 * JavaScript has no 64-bit integer product outside BigInt, so the high half of a 32x32 product is put together from 16-bit halves;
 * every intermediate stays within 32 bits, where `Math.imul` compiles to one machine instruction.
 */

/** Words in one block of output. */
export const BLOCK_WORDS = 4;

const MULTIPLIER_0_LOW = 0x1f53;
const MULTIPLIER_0_HIGH = 0xd251;
const MULTIPLIER_0 = 0xd2511f53 | 0;
const MULTIPLIER_1_LOW = 0x8d57;
const MULTIPLIER_1_HIGH = 0xcd9e;
const MULTIPLIER_1 = 0xcd9e8d57 | 0;
const WEYL_0 = 0x9e3779b9 | 0; // the golden ratio
const WEYL_1 = 0xbb67ae85 | 0; // the square root of three, less one
const ROUNDS = 10;

/**
 * Write `blocks` consecutive blocks, of four 32-bit words each, to `out` from its start.
 *
 * The 128-bit counter of the first block is (`counter0`, `counter1`, `counter2`, `counter3`), least word first; the lower 64 bits
 * count up from block to block.
 */
export function philoxBlocks(
  out: Uint32Array,
  blocks: number,
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
): void {
  let low = counter0 | 0;
  let high = counter1 | 0;
  for (let block = 0, at = 0; block < blocks; block++, at += 4) {
    let x0 = low;
    let x1 = high;
    let x2 = counter2 | 0;
    let x3 = counter3 | 0;
    let k0 = key0 | 0;
    let k1 = key1 | 0;
    for (let round = 0; round < ROUNDS; round++) {
      const a = x0 & 0xffff;
      const b = x0 >>> 16;
      const cross0 = (Math.imul(MULTIPLIER_0_HIGH, a) + (Math.imul(MULTIPLIER_0_LOW, a) >>> 16)) | 0;
      const carry0 = (Math.imul(MULTIPLIER_0_LOW, b) + (cross0 & 0xffff)) | 0;
      const high0 = (Math.imul(MULTIPLIER_0_HIGH, b) + (cross0 >>> 16) + (carry0 >>> 16)) | 0;
      const c = x2 & 0xffff;
      const d = x2 >>> 16;
      const cross1 = (Math.imul(MULTIPLIER_1_HIGH, c) + (Math.imul(MULTIPLIER_1_LOW, c) >>> 16)) | 0;
      const carry1 = (Math.imul(MULTIPLIER_1_LOW, d) + (cross1 & 0xffff)) | 0;
      const high1 = (Math.imul(MULTIPLIER_1_HIGH, d) + (cross1 >>> 16) + (carry1 >>> 16)) | 0;
      const low0 = Math.imul(MULTIPLIER_0, x0);
      const low1 = Math.imul(MULTIPLIER_1, x2);
      x0 = high1 ^ x1 ^ k0;
      x1 = low1;
      x2 = high0 ^ x3 ^ k1;
      x3 = low0;
      k0 = (k0 + WEYL_0) | 0;
      k1 = (k1 + WEYL_1) | 0;
    }
    out[at] = x0;
    out[at + 1] = x1;
    out[at + 2] = x2;
    out[at + 3] = x3;
    low = (low + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
  }
}
