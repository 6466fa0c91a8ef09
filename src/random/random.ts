/**
 * The one source of randomness of the library: a seeded stream of Philox words that is passed in wherever chance is needed.
 *
 * A stream is a 64-bit key and a 64-bit name, and a position in words. Splitting hashes a label under the parent's key into a new
 * key and name: the child depends on the parent's identity and the label alone, never on how much of the parent was used, so
 * adding a draw in one place moves no other stream. Numbers are made from words by integer and IEEE 754 arithmetic only (see
 * quantile.ts): the same seed gives the same bytes on every engine.
 */
import { CellwrightError } from "../errors.ts";
import { BLOCK_WORDS, philoxBlocks } from "./philox.ts";
import { normalQuantile } from "./quantile.ts";

/** Everything a stream is, as plain JSON. */
export interface RandomState {
  readonly algorithm: "philox4x32-10";
  /** The key, least word first. */
  readonly key: readonly [number, number];
  /** The stream's name within the key: the counter's upper 64 bits. */
  readonly stream: readonly [number, number];
  /** Words drawn so far. */
  readonly position: number;
}

const BUFFER_WORDS = 64;
const TWO_POW_32 = 2 ** 32;
/** Splitting mixes under a key of its own, so that no child's key is ever a word of the parent's output. */
const SPLIT_KEY = 0x73706c74;
const NUMBER_LABEL = 1;
const STRING_LABEL = 2;
/** P(Z <= -2) for a standard normal Z. */
const BELOW_MINUS_TWO = 0.022750131948179209;

const float32 = new Float32Array(1);
const float32Bits = new Int32Array(float32.buffer);

/**
 * A seeded, splittable stream of random numbers (Philox 4x32-10).
 *
 * @throws CW_SEED when `seed` is not an integer from 0 to 2^53 - 1 (as a bigint, to 2^64 - 1). Zero is a seed like any other.
 *
 * @example
 * const random = new Random(7);
 * const order = random.split("shuffle").permutation(60_000);
 * const noise = random.split("noise").fillNormal(new Float32Array(784));
 */
export class Random {
  #key0: number;
  #key1: number;
  #stream0 = 0;
  #stream1 = 0;
  /** Words handed out. */
  #position = 0;
  #buffer: Uint32Array | undefined;
  /** The position of the buffer's first word, and the words in it. */
  #bufferStart = 0;
  #bufferWords = 0;

  constructor(seed: number | bigint) {
    const valid = typeof seed === "bigint" ? seed >= 0n && seed < 2n ** 64n : Number.isSafeInteger(seed) && seed >= 0;
    if (!valid) {
      throw new CellwrightError(
        "CW_SEED",
        `expected a seed that is an integer from 0 to 2^53 - 1 (or a bigint to 2^64 - 1), got ${describe(seed)}; pass such an integer`,
      );
    }
    this.#key0 = Number(typeof seed === "bigint" ? seed & 0xffffffffn : seed % TWO_POW_32);
    this.#key1 = Number(typeof seed === "bigint" ? seed >> 32n : Math.floor(seed / TWO_POW_32));
  }

  /**
   * The child stream named `label`. It is independent of the parent and of every other child; the parent does not advance; the
   * same label gives the same child, always from its beginning. The number 1 and the string "1" name different children.
   *
   * @throws CW_RANDOM_LABEL when a numeric label is not a safe integer.
   *
   * @example
   * for (let epoch = 0; epoch < 3; epoch++) random.split("epoch").split(epoch).permutation(10);
   */
  split(label: string | number): Random {
    const state = Uint32Array.of(this.#stream0, this.#stream1, 0, 0);
    const absorb = (w0: number, w1: number, w2: number, w3: number): void => {
      philoxBlocks(
        state,
        1,
        this.#key0 ^ SPLIT_KEY,
        this.#key1,
        state[0]! ^ w0,
        state[1]! ^ w1,
        state[2]! ^ w2,
        state[3]! ^ w3,
      );
    };
    if (typeof label === "number") {
      if (!Number.isSafeInteger(label)) {
        throw new CellwrightError(
          "CW_RANDOM_LABEL",
          `expected a label that is a string or a safe integer, got ${label}; name the stream by one of these`,
        );
      }
      absorb(0, 0, NUMBER_LABEL, 0);
      absorb(label % TWO_POW_32, Math.floor(label / TWO_POW_32), 0, 0);
    } else {
      // The length goes in first, so that no label's words are the beginning of another's.
      absorb(0, 0, STRING_LABEL, label.length);
      const pair = (at: number): number => label.charCodeAt(at) | 0 | ((label.charCodeAt(at + 1) | 0) << 16);
      for (let at = 0; at < label.length; at += 8) absorb(pair(at), pair(at + 2), pair(at + 4), pair(at + 6));
    }
    return Random.#of(state[0]!, state[1]!, state[2]!, state[3]!, 0);
  }

  /** The next word: an integer from 0 to 2^32 - 1. */
  uint32(): number {
    const at = this.#position - this.#bufferStart;
    if (at >= 0 && at < this.#bufferWords) {
      this.#position++;
      return this.#buffer![at]!;
    }
    // A short first buffer keeps streams that are split off for a few draws cheap.
    const words = this.#buffer === undefined ? BLOCK_WORDS : BUFFER_WORDS;
    if (this.#buffer === undefined || this.#buffer.length < words) this.#buffer = new Uint32Array(words);
    const block = Math.floor(this.#position / BLOCK_WORDS);
    this.#blocks(this.#buffer, words / BLOCK_WORDS, block);
    this.#bufferStart = block * BLOCK_WORDS;
    this.#bufferWords = words;
    return this.#buffer[this.#position++ - this.#bufferStart]!;
  }

  /** A number from [0, 1), uniform over the multiples of 2^-53. Two words. */
  float(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /** A standard normal number, by the inverse of the distribution function; |z| < 8.3. Two words. */
  normal(): number {
    const high = this.uint32();
    const low = this.uint32();
    // One bit for the sign and 52 for a probability in (0, 1/2): both tails are resolved alike.
    const z = normalQuantile(((high >>> 1) * 0x200000 + (low >>> 11) + 0.5) / 0x20000000000000);
    return (high & 1) === 0 ? z : -z;
  }

  /**
   * An integer from 0 to `n` - 1, each equally likely: words that would favour the small ones are drawn again.
   *
   * @throws CW_RANDOM_RANGE when `n` is not an integer from 1 to 2^53 - 1.
   */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new CellwrightError(
        "CW_RANDOM_RANGE",
        `expected a count of at least 1 to draw an integer below, got ${describe(n)}; pass a positive integer`,
      );
    }
    if (n <= TWO_POW_32) {
      const limit = TWO_POW_32 - (TWO_POW_32 % n);
      for (;;) {
        const word = this.uint32();
        if (word < limit) return word % n;
      }
    }
    const limit = 0x20000000000000 - (0x20000000000000 % n);
    for (;;) {
      const draw = this.float() * 0x20000000000000;
      if (draw < limit) return draw % n;
    }
  }

  /** The integers from 0 to `n` - 1 in random order, every order equally likely (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    if (!Number.isSafeInteger(n) || n < 0 || n > TWO_POW_32) {
      throw new CellwrightError(
        "CW_RANDOM_RANGE",
        `expected a count from 0 to 2^32 to permute, got ${describe(n)}; pass a non-negative integer`,
      );
    }
    const order = new Uint32Array(n);
    for (let i = 1; i < n; i++) {
      const j = this.integer(i + 1);
      order[i] = order[j]!;
      order[j] = i;
    }
    return order;
  }

  /** A new array of the same elements in random order. */
  shuffle<T>(array: readonly T[]): T[] {
    return Array.from(this.permutation(array.length), (from) => array[from]!);
  }

  /** Fill with uniform numbers from [`low`, `high`), in steps of 2^-24 of the range. One word an element. Returns `out`. */
  fillUniform(out: Float32Array, low = 0, high = 1): Float32Array {
    checkFinite("low", low);
    checkFinite("high", high);
    const scale = (high - low) / 0x1000000;
    // Rounding to float32 may reach `high`, which is excluded.
    const last = high > low ? largestFloat32Below(high) : Number.POSITIVE_INFINITY;
    this.#fill(out, (word) => Math.min(low + (word >>> 8) * scale, last));
    return out;
  }

  /** Fill with normal numbers of the given mean and standard deviation; |z| < 6.4. One word an element. Returns `out`. */
  fillNormal(out: Float32Array, mean = 0, std = 1): Float32Array {
    checkFinite("mean", mean);
    checkFinite("std", std);
    this.#fill(out, (word) => mean + std * normalQuantile((word + 0.5) / TWO_POW_32));
    return out;
  }

  /** Fill with normal numbers conditioned on |z| <= 2, so their own deviation is .8796 `std`. One word an element. Returns `out`. */
  fillTruncatedNormal(out: Float32Array, mean = 0, std = 1): Float32Array {
    checkFinite("mean", mean);
    checkFinite("std", std);
    const scale = (1 - 2 * BELOW_MINUS_TWO) / TWO_POW_32;
    this.#fill(out, (word) => mean + std * normalQuantile(BELOW_MINUS_TWO + (word + 0.5) * scale));
    return out;
  }

  /** The stream as plain JSON; `Random.restore` continues it. */
  save(): RandomState {
    return {
      algorithm: "philox4x32-10",
      key: [this.#key0, this.#key1],
      stream: [this.#stream0, this.#stream1],
      position: this.#position,
    };
  }

  /**
   * The stream that `save` described, at the position where it was.
   *
   * @throws CW_RANDOM_STATE when `state` is not such a description.
   *
   * @example
   * const copy = Random.restore(JSON.parse(JSON.stringify(random.save())));
   */
  static restore(state: RandomState): Random {
    const isWord = (word: unknown): boolean =>
      Number.isInteger(word) && (word as number) >= 0 && (word as number) < TWO_POW_32;
    const isPair = (pair: unknown): boolean => Array.isArray(pair) && pair.length === 2 && pair.every(isWord);
    if (
      state?.algorithm !== "philox4x32-10" ||
      !isPair(state.key) ||
      !isPair(state.stream) ||
      !Number.isSafeInteger(state.position) ||
      state.position < 0
    ) {
      throw new CellwrightError(
        "CW_RANDOM_STATE",
        `expected a state written by Random.save() for philox4x32-10, got ${JSON.stringify(state)}; pass what save() returned`,
      );
    }
    return Random.#of(state.key[0], state.key[1], state.stream[0], state.stream[1], state.position);
  }

  static #of(key0: number, key1: number, stream0: number, stream1: number, position: number): Random {
    const random = new Random(0);
    random.#key0 = key0;
    random.#key1 = key1;
    random.#stream0 = stream0;
    random.#stream1 = stream1;
    random.#position = position;
    return random;
  }

  /** Pass the next words through `convert` into `out`: the same words that as many calls of uint32() would return. */
  #fill(out: Float32Array, convert: (word: number) => number): void {
    let at = 0;
    while (at < out.length && this.#position % BLOCK_WORDS !== 0) out[at++] = convert(this.uint32());
    const scratch = new Uint32Array(Math.min(1024, Math.ceil((out.length - at) / BLOCK_WORDS) * BLOCK_WORDS));
    while (at < out.length) {
      const words = Math.min(scratch.length, out.length - at);
      this.#blocks(scratch, Math.ceil(words / BLOCK_WORDS), this.#position / BLOCK_WORDS);
      for (let i = 0; i < words; i++) out[at + i] = convert(scratch[i]!);
      at += words;
      this.#position += words;
    }
  }

  #blocks(out: Uint32Array, blocks: number, first: number): void {
    const high = Math.floor(first / TWO_POW_32);
    philoxBlocks(out, blocks, this.#key0, this.#key1, first % TWO_POW_32, high, this.#stream0, this.#stream1);
  }
}

function largestFloat32Below(value: number): number {
  float32[0] = value;
  if (float32[0]! < value) return float32[0]!;
  if (float32[0] === 0) return -(2 ** -149);
  float32Bits[0]! += float32[0]! > 0 ? -1 : 1;
  return float32[0]!;
}

function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) {
    throw new CellwrightError("CW_RANDOM_RANGE", `expected a finite ${name}, got ${describe(value)}; pass a number`);
  }
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : `${String(value)} (${typeof value})`;
}
