// MurmurHash2 of 32 bits (Austin Appleby), by which JupyterLab names a cell's text: kernel and page compute the name
// independently, so both must agree to the bit. Bytes are UTF-8, words little-endian.

const MULTIPLIER = 0x5bd1e995;

/** The seed that ipykernel chose; any would do, as long as the page is told. */
export const SEED = 0xc70f6907;

/**
 * An unsigned 32-bit hash of a text.
 *
 * @example
 * murmur2("print(1)", SEED); // 3773950048
 */
export function murmur2(text: string, seed: number): number {
  const bytes = Buffer.from(text, "utf8");
  const { length } = bytes;
  const whole = length - (length % 4);
  let hash = seed ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (whole < length) {
    hash = Math.imul(hash ^ bytes.readUIntLE(whole, length - whole), MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) >>> 0;
}
