/**
 * Values counted in buckets of equal width between the least and the greatest, as TensorBoard draws them.
 */
import { CellwrightError } from "../../errors.ts";
import type { Histogram } from "./messages.ts";

/**
 * Counts `values` in at most `bins` buckets. A bucket holds what is at least its lower edge and below its upper one, the
 * last its upper edge too. Equal values are one bucket.
 *
 * @throws CW_EMPTY for no values, CW_NOT_FINITE for NaN and infinities
 */
export function histogramOf(values: ArrayLike<number>, bins: number): Histogram {
  if (values.length === 0) throw new CellwrightError("CW_EMPTY", "a histogram needs at least one value; got none");
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let sumOfSquares = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (!Number.isFinite(value)) {
      throw new CellwrightError("CW_NOT_FINITE", `a histogram takes finite values; number ${index} is ${value}`);
    }
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumOfSquares += value * value;
  }
  const whole = { min, max, count: values.length, sum, sumOfSquares };
  // Halves, so that the width of the widest range is still a number.
  const width = (max / 2 - min / 2) * (2 / bins);
  if (width === 0) return { ...whole, limits: [max], counts: [values.length] };
  const limits = Array.from({ length: bins }, (_, bin) => (bin === bins - 1 ? max : min + (bin + 1) * width));
  const counts = new Array<number>(bins).fill(0);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    let bin = Math.min(bins - 1, Math.floor((value - min) / width));
    // The quotient may round over an edge; the comparison with the edge does not.
    while (bin > 0 && value < limits[bin - 1]!) bin--;
    while (bin < bins - 1 && value >= limits[bin]!) bin++;
    counts[bin]!++;
  }
  return { ...whole, limits, counts };
}
