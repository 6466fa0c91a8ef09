/**
 * The k lowest of many values that are seen one at a time: a binary heap with the largest of them on top (Williams, "Algorithm 232: Heapsort",
 * 1964). Memory is k, and nearly every value is dismissed by one comparison.
 */

export class LowestValues {
  readonly size: number;
  readonly #values: Float64Array;
  readonly #places: Int32Array;
  #count = 0;
  /** A value that was turned away though it equals the largest kept. */
  #equal = Number.NaN;

  constructor(size: number) {
    this.size = size;
    this.#values = new Float64Array(size);
    this.#places = new Int32Array(size);
  }

  /** Whether equals stand on both sides of the edge, so that the places are a matter of order. */
  get tied(): boolean {
    return this.#count === this.size && this.#equal === this.#values[0];
  }

  /** The places of the lowest values, in no order. */
  get places(): Int32Array {
    return this.#places.subarray(0, this.#count);
  }

  /** Takes `value` in if it is among the lowest; returns the largest that is kept, infinity while there is room. */
  offer(value: number, place: number): number {
    if (this.#count < this.size) {
      this.#rise(this.#count++, value, place);
      return this.#count < this.size ? Number.POSITIVE_INFINITY : this.#values[0]!;
    }
    const top = this.#values[0]!;
    if (value >= top) {
      if (value === top) this.#equal = top;
      return top;
    }
    this.#sink(value, place);
    if (this.#values[0] === top) this.#equal = top;
    return this.#values[0]!;
  }

  #rise(from: number, value: number, place: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#values[parent]! >= value) break;
      this.#put(at, parent);
      at = parent;
    }
    this.#values[at] = value;
    this.#places[at] = place;
  }

  #sink(value: number, place: number): void {
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      if (child + 1 < this.size && this.#values[child + 1]! > this.#values[child]!) child++;
      if (this.#values[child]! <= value) break;
      this.#put(at, child);
      at = child;
    }
    this.#values[at] = value;
    this.#places[at] = place;
  }

  #put(to: number, from: number): void {
    this.#values[to] = this.#values[from]!;
    this.#places[to] = this.#places[from]!;
  }
}
