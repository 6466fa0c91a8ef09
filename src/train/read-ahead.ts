/**
 * One batch ahead: the next is read while the one in hand is computed.
 *
 * Batches are read in their order and one at a time, so what is drawn while reading is the same as without. A mistake in reading is kept until its batch is asked for: the update before it is finished and told first.
 */
import type { Batch } from "../data/index.ts";

/** Reads batches, and makes something of each. */
export class ReadAhead<T extends { readonly batch: Batch }> {
  readonly #batches: AsyncIterator<Batch>;
  readonly #make: (batch: Batch, index: number) => T;
  #skipped: number;
  #made = 0;
  #held: Promise<T | undefined> | undefined;

  /** @param skipped so many batches are read and left out */
  constructor(batches: AsyncIterable<Batch>, skipped: number, make: (batch: Batch, index: number) => T) {
    this.#batches = batches[Symbol.asyncIterator]();
    this.#make = make;
    this.#skipped = skipped;
  }

  /** Begins to read the next batch, before it is asked for; resolves when it is there. What is wrong with it is told to who takes it. */
  next(): Promise<unknown> {
    this.#held = this.#read();
    return this.#held.catch(() => {});
  }

  /** What was made of the next batch, now the caller's to dispose; undefined behind the last. Throws what went wrong with it. */
  take(): Promise<T | undefined> {
    const held = this.#held ?? this.#read();
    this.#held = undefined;
    return held;
  }

  /** Frees a batch that nobody took. */
  async dispose(): Promise<void> {
    const held = await this.#held?.catch(() => undefined);
    held?.batch.dispose();
    this.#held = undefined;
    await this.#batches.return?.();
  }

  async #read(): Promise<T | undefined> {
    for (; this.#skipped > 0; this.#skipped--) (await this.#batches.next()).value?.dispose();
    const { value: batch, done } = await this.#batches.next();
    if (done) return undefined;
    try {
      return this.#make(batch, this.#made++);
    } catch (error) {
      batch.dispose();
      throw error;
    }
  }
}
