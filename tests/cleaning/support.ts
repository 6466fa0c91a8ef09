import { readFileSync } from "node:fs";

/** A golden file of tests/golden/cleanlab. */
export function golden<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../golden/cleanlab/${name}.json`, import.meta.url), "utf8"));
}

/** The largest distance between two lists; null stands for NaN; infinity for lists of different length. */
export function distance(got: ArrayLike<number>, wanted: readonly (number | null)[]): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  wanted.forEach((value, at) => {
    const gap = value === null ? (Number.isNaN(got[at]) ? 0 : Number.POSITIVE_INFINITY) : Math.abs(got[at]! - value);
    if (!(gap <= most)) most = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
  });
  return most;
}

/** prune_by_class → pruneByClass. */
export const camel = <T extends string>(name: string) =>
  name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()) as T;
