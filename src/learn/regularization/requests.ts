/**
 * What a person asks of a search while it runs: to leave a candidate, or to race a policy of their own.
 *
 * Requests are read between two pieces of work, never inside one. Those that were read are kept in the journal with their place in the search: a search that is resumed hears them again at the same
 * places, and one that was asked nothing is the search without them, to the last byte.
 */
import { CellwrightError } from "../../errors.ts";
import type { Candidate } from "./candidates.ts";
import type { Journal } from "./journal.ts";
import { type RegularizationSettings, regularizationSettings } from "./schema.ts";

/** Race a candidate no further; or race a configuration, made from that of a node. */
export type SearchRequest =
  | { readonly type: "prune"; readonly node: string }
  | {
      readonly type: "enqueue";
      /** The node that it was made from. */
      readonly node: string;
      /** Settings that replace those of the node: all of them or a few. */
      readonly configuration: Readonly<Record<string, unknown>>;
    };

/** What a person hears of a request that was done. */
export const answers: Readonly<Record<SearchRequest["type"], string>> = {
  prune: "pruned: it is raced no further",
  enqueue: "enqueued: it is raced if the budget has room",
};

/** Where requests wait. */
export interface SearchRequests {
  /** Gives what waits, and lets go of it. */
  take(): readonly SearchRequest[];
}

/** The requests of a search, at each place of it where they are read. */
export class Hearing {
  readonly #journal: Journal;
  readonly #source: SearchRequests | undefined;
  #place = 0;

  constructor(journal: Journal, source: SearchRequests | undefined) {
    this.#journal = journal;
    this.#source = source;
  }

  /** What was asked at this place: now, or when an earlier run of the search stood here. */
  async take(): Promise<readonly SearchRequest[]> {
    const name = `requests-${this.#place++}`;
    if (this.#journal.has(name)) return (await this.#journal.once<readonly SearchRequest[]>(name, async () => []))!;
    const asked = this.#source?.take() ?? [];
    return asked.length === 0 ? [] : (await this.#journal.once(name, async () => asked))!;
  }
}

/**
 * The candidate that a person asks for.
 *
 * @param count how many were asked for before
 * @throws CW_REQUEST where the configuration is none, or says the same as the node's
 */
export function askedCandidate(parent: Candidate, configuration: unknown, count: number): Candidate {
  const result = regularizationSettings.safeParse({ ...parent.settings, ...Object(configuration) });
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    const where = path.length > 0 ? `${path.join(".")}: ` : "";
    throw new CellwrightError("CW_REQUEST", `${where}${message.charAt(0).toLowerCase()}${message.slice(1)}`);
  }
  const settings = result.data;
  const title = `yours: ${changesOf(settings, parent.settings).join(", ")}`;
  return { id: `yours ${count + 1}`, parent: parent.id, title, settings };
}

/** What differs, in a few words: "mixup 0.3". */
function changesOf(settings: RegularizationSettings, before: RegularizationSettings): string[] {
  const keys = Object.keys(settings) as (keyof RegularizationSettings)[];
  return keys
    .filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(before[key]))
    .map((key) => {
      const value = settings[key];
      return `${key} ${typeof value === "object" && value !== null ? value.kind : value}`;
    });
}
