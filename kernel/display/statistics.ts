// What a list of numbers is like at a glance: least, greatest, mean, what is not finite, and a line of blocks that follows
// its course.

const { isFinite, Math, Number } = globalThis;

export interface Statistics {
  readonly least: number;
  readonly greatest: number;
  readonly mean: number;
  /** How many are NaN. */
  readonly nan: number;
  /** How many are infinite. */
  readonly infinite: number;
}

/** Of the finite values; NaN where there are none. */
export function statistics(values: ArrayLike<number | bigint>): Statistics {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let mean = 0;
  let finite = 0;
  let nan = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = Number(values[index]);
    if (!isFinite(value)) {
      if (Number.isNaN(value)) nan += 1;
      continue;
    }
    finite += 1;
    mean += (value - mean) / finite;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  const infinite = values.length - finite - nan;
  if (finite === 0) return { least: Number.NaN, greatest: Number.NaN, mean: Number.NaN, nan, infinite };
  return { least, greatest, mean, nan, infinite };
}

export function describeStatistics({ least, greatest, mean, nan, infinite }: Statistics): string {
  const parts = isFinite(least) ? [`min ${short(least)}`, `mean ${short(mean)}`, `max ${short(greatest)}`] : [];
  if (nan > 0) parts.push(`${nan} NaN`);
  if (infinite > 0) parts.push(`${infinite} infinite`);
  return parts.join(", ");
}

/** At most five significant digits. */
export function short(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}` : `${Number(value.toPrecision(5))}`;
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** The means of up to `width` stretches of equal length. */
export function sparkline(values: ArrayLike<number | bigint>, { least, greatest }: Statistics, width = 40): string {
  const columns = Math.min(width, values.length);
  let line = "";
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    let sum = 0;
    let finite = 0;
    for (let index = from; index < to; index += 1) {
      const value = Number(values[index]);
      if (!isFinite(value)) continue;
      sum += value;
      finite += 1;
    }
    if (finite === 0) line += " ";
    else if (greatest === least) line += BLOCKS[0];
    else line += BLOCKS[Math.min(7, Math.floor(((sum / finite - least) / (greatest - least)) * 8))];
  }
  return line;
}
