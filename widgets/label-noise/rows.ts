/** Which rows of a ranking are shown, and in which order. Plain functions of the state: a page of 70,000 rows asks them at each filter. */
import { statusOf } from "./decisions.ts";
import type { Filter, List, Sort } from "./state.ts";

export interface RowContext {
  readonly ids: readonly string[];
  readonly classNames: readonly string[];
  readonly decisions: ReadonlyMap<number, number>;
}

/** Places in the list, filtered and sorted; equal rows stay in the order of the ranking. */
export function shownRows(list: List, filter: Filter, sort: Sort, context: RowContext): Int32Array {
  const rows = Int32Array.from(list.index.keys()).filter(filterOf(list, filter, context));
  if (sort.by === "rank") return sort.descending ? rows.reverse() : rows;
  const compare = comparison(list, sort.by, context);
  const sign = sort.descending ? -1 : 1;
  return rows.sort((a, b) => sign * compare(a, b) || a - b);
}

function filterOf(list: List, filter: Filter, { ids, classNames, decisions }: RowContext): (row: number) => boolean {
  const tests: ((row: number) => boolean)[] = [];
  if (filter.given !== null) tests.push((row) => list.given[row] === filter.given);
  if (filter.suggested !== null) tests.push((row) => list.suggested[row] === filter.suggested);
  if (filter.status !== "") tests.push((row) => statusOf(decisions.get(list.index[row]!)) === filter.status);
  if (filter.only !== null) {
    const only = new Set(filter.only);
    tests.push((row) => only.has(list.index[row]!));
  }
  const text = filter.text.trim().toLowerCase();
  if (text !== "") {
    const classes = classNames.map((name) => name.toLowerCase().includes(text));
    tests.push(
      (row) =>
        classes[list.given[row]!] === true ||
        classes[list.suggested[row]!] === true ||
        ids[list.index[row]!]!.toLowerCase().includes(text),
    );
  }
  return (row) => tests.every((test) => test(row));
}

function comparison(list: List, by: Exclude<Sort["by"], "rank">, { ids, classNames, decisions }: RowContext) {
  // What is no number comes last.
  const byNumber = (column: ArrayLike<number>) => (a: number, b: number) =>
    Number(Number.isNaN(column[a])) - Number(Number.isNaN(column[b])) || column[a]! - column[b]! || 0;
  if (by === "confidence" || by === "score") return byNumber(list[by]);
  const order = new Intl.Collator("en", { numeric: true });
  if (by === "id") return (a: number, b: number) => order.compare(ids[list.index[a]!]!, ids[list.index[b]!]!);
  if (by === "status") {
    return byNumber(Uint8Array.from(list.index, (index) => statuses.indexOf(statusOf(decisions.get(index)))));
  }
  // Names are compared once a class, not once a pair of rows; no label comes first.
  const place = new Int32Array(classNames.length);
  const sorted = [...classNames.keys()].sort((a, b) => order.compare(classNames[a]!, classNames[b]!));
  for (const [at, label] of sorted.entries()) place[label] = at;
  return byNumber(Int32Array.from(list[by], (label) => place[label] ?? -1));
}

const statuses = ["undecided", "relabel", "keep", "drop"];
