/**
 * Counts from fractions. Calibration makes fractions of examples; pruning needs whole examples, and as many as there were. Each row keeps
 * its (rounded) total: all entries are rounded, halves to even, and as many as the total is off by are moved by one more, those whose
 * rounding moved them furthest the other way. Which of equals is moved is decided by `argsort`.
 */
import { argsort } from "./argsort.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

/** Rounds each row of a K x K matrix in place to whole numbers that sum to the row's rounded total. */
export function roundRows(matrix: Float64Array, classes: number): Float64Array {
  for (let start = 0; start < matrix.length; start += classes) roundRow(matrix.subarray(start, start + classes));
  return matrix;
}

function roundRow(row: Float64Array): void {
  const target = roundHalfEven(pairwiseSum(row, 0, row.length));
  const rounded = row.map(roundHalfEven);
  const missing = target - rounded.reduce((sum, value) => sum + value, 0);
  if (missing !== 0) {
    const order = argsort(row.map((value, k) => value - rounded[k]!));
    const moved = missing > 0 ? order.subarray(order.length - missing) : order.subarray(0, -missing);
    for (const k of moved) rounded[k] = rounded[k]! + Math.sign(missing);
  }
  row.set(rounded);
}

/** To the nearest whole number, halves to the even one: what IEEE 754 and NumPy call rounding. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
