// The kinds of values that have a view of their own: twenty small files (`kinds.ts`), which cost a start several
// milliseconds and which the first cell of a notebook seldom needs. The evaluator loads them when it is idle, or when the
// first object is shown.

import type { MimeBundle } from "./bundle.ts";

/** Undefined where the value is not of the kind. */
export type Kind = (value: object) => MimeBundle | Promise<MimeBundle> | undefined;

let kinds: readonly Kind[] | undefined;

export function registerKinds(all: readonly Kind[]): void {
  kinds = all;
}

/** `load` loads the file that registers them; it is called once. */
export function registeredKinds(load: () => void): readonly Kind[] {
  if (kinds === undefined) load();
  return kinds!;
}
