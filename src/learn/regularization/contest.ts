/**
 * Who is in the race: those that wait, those that were tried, those that a person has left out, and who is ahead.
 */
import { CellwrightError } from "../../errors.ts";
import type { Candidate } from "./candidates.ts";
import type { CandidateState, RegularizationEvent } from "./events.ts";
import { type Entry, failed } from "./nodes.ts";
import { byScore, rank } from "./ranking.ts";

/** The reason of what a person has pruned. */
const byHand = "pruned by you";

/** A candidate whose turn has not come. */
export interface Waiting {
  readonly candidate: Candidate;
  readonly strength: number | null;
  /** Whether a person asked for it: it is raced where the budget has room. */
  readonly asked: boolean;
}

export class Contest {
  readonly entries: Entry[] = [];
  readonly waiting: Waiting[] = [];
  winner: Entry | undefined;
  readonly #left = new Set<Entry>();
  readonly #onEvent: (event: RegularizationEvent) => void;

  constructor(onEvent: (event: RegularizationEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Every candidate so far. */
  get candidates(): Candidate[] {
    return [...this.entries, ...this.waiting].map(({ candidate }) => candidate);
  }

  /** What was decided, as the tree lists it: in its order, but no child before its parent. */
  get listed(): Entry[] {
    const entries = new Map(this.entries.map((entry) => [entry.candidate.id, entry]));
    const listed = new Set<Entry>();
    const add = (entry: Entry) => {
      const parent = entries.get(entry.candidate.parent ?? "");
      if (parent && !listed.has(parent)) add(parent);
      listed.add(entry);
    };
    this.entries.forEach(add);
    return [...listed];
  }

  /** Those that have a score at `stage` and were not left out by hand, the best first. */
  sound(stage: number): Entry[] {
    return this.entries
      .filter((entry) => !failed(entry.outcomes[stage]) && !this.#left.has(entry))
      .sort(byScore(stage));
  }

  /** Whoever is best at `stage` is ahead now. Those that were compared. */
  rank(stage: number): readonly Entry[] {
    const sound = this.sound(stage);
    if (sound.length === 0) {
      throw new CellwrightError(
        "CW_LOSS_NAN",
        "no candidate could be trained, not even without regularization: learn the learning rate first, or lower it",
      );
    }
    this.winner = rank(sound, stage);
    return sound;
  }

  /** A candidate waits for its turn. */
  await(candidate: Candidate, strength: number | null, asked = false): void {
    this.waiting.push({ candidate, strength, asked });
    this.announce(candidate, "waiting");
  }

  /** Tells where a candidate is that has no scores yet. */
  announce({ id, parent, title, settings }: Candidate, state: CandidateState): void {
    this.#onEvent({ type: "candidate", id, parent, title, configuration: settings, state });
  }

  /** The candidate whose turn it is; those that were asked for only where there is room. */
  next(hasRoom: boolean): Waiting | undefined {
    const at = this.waiting.findIndex(({ asked }) => hasRoom || !asked);
    return at === -1 ? undefined : this.waiting.splice(at, 1)[0];
  }

  /**
   * A person leaves a candidate: one that waits is not tried, one that was tried goes no further and cannot win.
   *
   * @returns the nodes that have changed, the pruned one first
   * @throws CW_REQUEST where there is nothing to prune
   */
  prune(id: string): readonly Entry[] {
    if (id === "none") {
      throw new CellwrightError("CW_REQUEST", "none stays: it is what the others are measured against");
    }
    const waits = this.waiting.findIndex(({ candidate }) => candidate.id === id);
    if (waits !== -1) return [this.#leave(this.waiting.splice(waits, 1)[0]!, byHand)];
    const entry = this.entries.find(({ candidate }) => candidate.id === id);
    if (!entry) throw new CellwrightError("CW_REQUEST", `there is no candidate ${JSON.stringify(id)}`);
    if (this.#left.has(entry)) throw new CellwrightError("CW_REQUEST", "it is out of the race already");
    if (this.sound(0).every((other) => other === entry) && this.winner === entry) {
      throw new CellwrightError("CW_REQUEST", "it stays: nothing else could be trained");
    }
    this.#left.add(entry);
    const others = this.winner === entry ? this.rank(this.sound(1).length > 0 ? 1 : 0) : [];
    Object.assign(entry, { state: "pruned", reason: byHand });
    return [entry, ...others];
  }

  /** Those that wait when all is done. */
  dismiss(): readonly Entry[] {
    return this.waiting.splice(0).map((waiting) => this.#leave(waiting, "not raced: the budget had no room for it"));
  }

  #leave({ candidate, strength }: Waiting, reason: string): Entry {
    const entry: Entry = { candidate, outcomes: [], strength, cost: 0, state: "pruned", reason };
    this.entries.push(entry);
    this.#left.add(entry);
    return entry;
  }
}
