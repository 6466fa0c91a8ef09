/** The nearest points of one point, by looking at all: quick enough for one, on the page too. */

/** Rows of numbers, row after row. */
export interface Rows {
  readonly data: ArrayLike<number>;
  readonly columns: number;
}

/** The k rows nearest to a row, nearest first, of equal distance the earlier ones; rows that are not finite are never among them. */
export function nearest({ data, columns }: Rows, index: number, k: number): number[] {
  const rows = Math.floor(data.length / Math.max(columns, 1));
  const found: number[] = [];
  const distances: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (row === index) continue;
    const limit = found.length < k ? Number.POSITIVE_INFINITY : distances[k - 1]!;
    let square = 0;
    for (let column = 0; column < columns && square < limit; column++) {
      const difference = data[row * columns + column]! - data[index * columns + column]!;
      square += difference * difference;
      if (Number.isNaN(square)) break;
    }
    if (!(square < limit)) continue;
    let place = Math.min(found.length, k - 1);
    while (place > 0 && distances[place - 1]! > square) {
      distances[place] = distances[place - 1]!;
      found[place] = found[place - 1]!;
      place--;
    }
    distances[place] = square;
    found[place] = row;
  }
  return found;
}
