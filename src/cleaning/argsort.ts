/**
 * The order of numbers, equals in NumPy's order.
 *
 * The peer ranks and rounds with `numpy.argsort`, which is not stable: which of two equal fractions is rounded up, which of two equal scores
 * is the last to be named, is decided by how it sorts. Quantised probabilities are full of equals, so to name the same examples we sort the
 * same way: a bitonic network (Batcher, "Sorting networks and their applications", 1968) for up to 256 values, above that a quicksort that
 * partitions eight values at a time from both ends (Bramas, "A novel hybrid quicksort algorithm vectorized using AVX-512", 2017). That is
 * what NumPy does on x86 processors with vectors of 512 bits; networks that leave equals in place do not depend on the vector's width. Where
 * equals keep the quicksort from coming forward, it gives the rest to introsort.
 */
import { introsort } from "./introsort.ts";

const LANES = 8;
const UNROLLED = 4;
const NETWORK = 256;

/** The places of `values`, by rising value. NaN is not expected. */
export function argsort(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, at) => at);
  if (isSorted(values)) return order;
  sortRange(values, order, 0, order.length, 2 * Math.floor(Math.log2(Math.max(2, order.length))));
  return order;
}

/** What is in order already NumPy leaves alone: equal scores all through come in the order of their places. */
function isSorted(values: ArrayLike<number>): boolean {
  for (let at = 1; at < values.length; at++) if (values[at]! < values[at - 1]!) return false;
  return true;
}

function sortRange(values: ArrayLike<number>, order: Int32Array, left: number, right: number, rounds: number): void {
  if (rounds <= 0) {
    introsort(values, order, left, right);
    return;
  }
  if (right - left <= NETWORK) {
    network(values, order, left, right - left);
    return;
  }
  const pivot = choosePivot(values, order, left, right - 1);
  const { border, smallest, largest } = partition(values, order, left, right, pivot);
  if (pivot !== smallest) sortRange(values, order, left, border, rounds - 1);
  if (pivot !== largest) sortRange(values, order, border, right, rounds - 1);
}

const keys = new Float64Array(NETWORK);
const places = new Int32Array(NETWORK);

/** Batcher's bitonic sorter with mirrored first steps, on a power of two of at least eight values; equals stay where they are. */
function network(values: ArrayLike<number>, order: Int32Array, left: number, count: number): void {
  if (count < 2) return;
  let size = LANES;
  while (size < count) size *= 2;
  for (let at = 0; at < size; at++) {
    keys[at] = at < count ? values[order[left + at]!]! : Number.POSITIVE_INFINITY;
    places[at] = at < count ? order[left + at]! : -1;
  }
  for (let run = 2; run <= size; run *= 2) {
    for (let start = 0; start < size; start += run) {
      for (let at = 0; at < run / 2; at++) exchange(start + at, start + run - 1 - at);
    }
    for (let gap = run / 4; gap >= 1; gap /= 2) {
      for (let start = 0; start < size; start += 2 * gap) {
        for (let at = start; at < start + gap; at++) exchange(at, at + gap);
      }
    }
  }
  for (let at = 0; at < count; at++) order[left + at] = places[at]!;
}

function exchange(low: number, high: number): void {
  const key = keys[low]!;
  if (!(keys[high]! < key)) return;
  const place = places[low]!;
  keys[low] = keys[high]!;
  places[low] = places[high]!;
  keys[high] = key;
  places[high] = place;
}

function choosePivot(values: ArrayLike<number>, order: Int32Array, left: number, last: number): number {
  const step = Math.floor((last - left) / LANES);
  const samples = Float64Array.from({ length: LANES }, (_, lane) => values[order[left + (lane + 1) * step]!]!);
  return samples.sort()[LANES / 2]!;
}

/** Values below the pivot to the left, the others to the right, by blocks loaded alternately from both ends. */
function partition(values: ArrayLike<number>, order: Int32Array, from: number, to: number, pivot: number) {
  const block = UNROLLED * LANES;
  let left = from;
  let right = to;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let odd = (right - left) % block; odd > 0; odd--) {
    const place = order[left]!;
    const value = values[place]!;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
    if (value >= pivot) {
      order[left] = order[--right]!;
      order[right] = place;
    } else left++;
  }
  let storeLeft = left;
  let storeRight = right;
  const store = (block: Int32Array) => {
    for (let start = 0; start < block.length; start += LANES) {
      let above = 0;
      for (let at = start; at < start + LANES; at++) {
        const value = values[block[at]!]!;
        if (value < smallest) smallest = value;
        if (value > largest) largest = value;
        if (value >= pivot) above++;
      }
      let high = storeRight - above;
      storeRight = high;
      for (let at = start; at < start + LANES; at++) {
        const place = block[at]!;
        if (values[place]! >= pivot) order[high++] = place;
        else order[storeLeft++] = place;
      }
    }
  };
  const first = order.slice(left, left + block);
  const last = order.slice(right - block, right);
  left += block;
  right -= block;
  while (right > left) {
    if (storeRight - right < left - storeLeft) {
      right -= block;
      store(order.slice(right, right + block));
    } else {
      left += block;
      store(order.slice(left - block, left));
    }
  }
  store(first);
  store(last);
  return { border: storeLeft, smallest, largest };
}
