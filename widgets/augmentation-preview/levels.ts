/**
 * A cluster's level as the length of a beginning: of a magnitude table sorted by how far the predictions move, level k admits the first `counts[k]` entries.
 *
 * Both halves of the preview read the boundaries off these lengths, so nothing is imported here.
 */

/** Neighbours in a table that the same level admits first; `level` is null beyond the last. */
export interface Band {
  readonly level: number | null;
  readonly from: number;
  readonly to: number;
}

/** The lowest level that admits the entry at a place; null where none does. */
export function leastLevel(counts: readonly number[], place: number): number | null {
  const level = counts.findIndex((count) => place < count);
  return level < 0 ? null : level;
}

/** Whether a level admits the entry at a place. */
export function admits(counts: readonly number[], level: number, place: number): boolean {
  return place < (counts[level] ?? 0);
}

/** A table of so many entries, cut where another level begins. */
export function bandsOf(counts: readonly number[], entries: number): Band[] {
  const bands: Band[] = [];
  for (let place = 0; place < entries; place++) {
    const level = leastLevel(counts, place);
    const last = bands.at(-1);
    if (last !== undefined && last.level === level) bands[bands.length - 1] = { ...last, to: place + 1 };
    else bands.push({ level, from: place, to: place + 1 });
  }
  return bands;
}
