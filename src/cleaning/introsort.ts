/**
 * Introsort (Musser, "Introspective sorting and selection algorithms", 1997) in the form of the C++ library that NumPy is built with: quicksort
 * with the median of three down to runs of sixteen, heapsort where it does not come forward, insertion sort over all at the end.
 */

const RUN = 16;

/** Sorts the places `order[left]` to `order[right - 1]` by their values. */
export function introsort(values: ArrayLike<number>, order: Int32Array, left: number, right: number): void {
  if (right - left < 2) return;
  quicksort(values, order, left, right, 2 * Math.floor(Math.log2(right - left)));
  for (let at = left + 1; at < right; at++) {
    const place = order[at]!;
    const value = values[place]!;
    let to = at;
    while (to > left && value < values[order[to - 1]!]!) {
      order[to] = order[to - 1]!;
      to--;
    }
    order[to] = place;
  }
}

function quicksort(values: ArrayLike<number>, order: Int32Array, left: number, right: number, rounds: number): void {
  let end = right;
  for (let depth = rounds; end - left > RUN; depth--) {
    if (depth === 0) {
      heapsort(values, order, left, end);
      return;
    }
    medianToFront(values, order, left, left + 1, left + ((end - left) >>> 1), end - 1);
    const cut = partition(values, order, left + 1, end, values[order[left]!]!);
    quicksort(values, order, cut, end, depth - 1);
    end = cut;
  }
}

function swap(order: Int32Array, a: number, b: number): void {
  const place = order[a]!;
  order[a] = order[b]!;
  order[b] = place;
}

function medianToFront(values: ArrayLike<number>, order: Int32Array, to: number, a: number, b: number, c: number) {
  const less = (i: number, j: number) => values[order[i]!]! < values[order[j]!]!;
  if (less(a, b)) swap(order, to, less(b, c) ? b : less(a, c) ? c : a);
  else swap(order, to, less(a, c) ? a : less(b, c) ? c : b);
}

function partition(values: ArrayLike<number>, order: Int32Array, from: number, to: number, pivot: number): number {
  let first = from;
  let last = to;
  for (;;) {
    while (values[order[first]!]! < pivot) first++;
    last--;
    while (pivot < values[order[last]!]!) last--;
    if (first >= last) return first;
    swap(order, first, last);
    first++;
  }
}

function heapsort(values: ArrayLike<number>, order: Int32Array, left: number, right: number): void {
  const count = right - left;
  for (let parent = (count - 2) >> 1; parent >= 0; parent--)
    sift(values, order, left, parent, count, order[left + parent]!);
  for (let end = count - 1; end > 0; end--) {
    const place = order[left + end]!;
    order[left + end] = order[left]!;
    sift(values, order, left, 0, end, place);
  }
}

/** Lets the hole at `from` sink to a leaf along the larger children, then `place` rise from there. */
function sift(values: ArrayLike<number>, order: Int32Array, left: number, from: number, count: number, place: number) {
  let hole = from;
  let child = 2 * hole + 2;
  for (; child < count; child = 2 * hole + 2) {
    if (values[order[left + child]!]! < values[order[left + child - 1]!]!) child--;
    order[left + hole] = order[left + child]!;
    hole = child;
  }
  if (child === count) {
    order[left + hole] = order[left + child - 1]!;
    hole = child - 1;
  }
  while (hole > from) {
    const parent = (hole - 1) >> 1;
    if (!(values[order[left + parent]!]! < values[place]!)) break;
    order[left + hole] = order[left + parent]!;
    hole = parent;
  }
  order[left + hole] = place;
}
