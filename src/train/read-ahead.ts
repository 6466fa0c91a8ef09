/**
 * One batch ahead: the next is read while the one in hand is computed.
 *
 * Batches are read in their order and one at a time, so what is drawn while reading is the same as without. A mistake in reading is kept until its batch is asked for: the update before it is finished and told first.
 */
import type { Batch } from "../data/index.ts";

/** Reads batches, and makes something of each. */
export class ReadAhead<T extends { readonly batch: Batch }> {
  readonly #batches: Iterator<Batch>;
  readonly #make: (batch: Batch, index: number) => T;
  #made = 0;
  #held: { readonly made: T | undefined } | { readonly error: unknown } | undefined;

  /** @param skipped so many batches are read and left out */
  constructor(batches: Iterable<Batch>, skipped: number, make: (batch: Batch, index: number) => T) {
    this.#batches = batches[Symbol.iterator]();
    this.#make = make;
    for (let i = 0; i < skipped; i++) this.#batches.next().value?.dispose();
  }

  /** Reads the next batch now, before it is asked for. */
  next(): void {
    try {
      this.#held = { made: this.#read() };
    } catch (error) {
      this.#held = { error };
    }
  }

  /** What was made of the next batch, now the caller's to dispose; undefined behind the last. Throws what went wrong with it. */
  take(): T | undefined {
    const held = this.#held ?? { made: this.#read() };
    this.#held = undefined;
    if ("error" in held) throw held.error;
    return held.made;
  }

  /** Frees a batch that nobody took. */
  dispose(): void {
    if (this.#held && "made" in this.#held) this.#held.made?.batch.dispose();
    this.#held = undefined;
    this.#batches.return?.();
  }

  #read(): T | undefined {
    const { value: batch, done } = this.#batches.next();
    if (done) return undefined;
    try {
      return this.#make(batch, this.#made++);
    } catch (error) {
      batch.dispose();
      throw error;
    }
  }
}
