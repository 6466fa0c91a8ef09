/**
 * The nodes of a search while it runs: what a piece of training left behind, how two are compared, and how a node is told.
 *
 * Two configurations are compared image by image at the same number of updates: the paired difference has a far smaller error than the two losses have.
 */
import type { Dataset } from "../../data/index.ts";
import type { Candidate } from "./candidates.ts";
import { type Judgement, meanOf } from "./judgement.ts";
import type { Difference, SearchNode, SearchScore } from "./tree.ts";

/** Images listed as helped and as hurt. */
const LISTED = 5;

/** What one piece of training left behind, as the journal keeps it. */
export interface Result {
  readonly score: SearchScore;
  /** Float32, base64: the loss of each judged image. */
  readonly losses: string;
}
export type Outcome = Result | { readonly failed: string };

/** A node that is being built. */
export interface Entry {
  readonly candidate: Candidate;
  readonly outcomes: Outcome[];
  strength: number | null;
  cost: number;
  state: SearchNode["state"];
  reason: string;
}

/**
 * A node as the tree has it.
 *
 * @param entries all nodes so far
 * @param judged the images that were judged
 */
export function nodeOf(entry: Entry, name: string, entries: readonly Entry[], judged: Dataset): SearchNode {
  const { candidate, outcomes, strength, cost, state, reason } = entry;
  const { id, parent, title, settings } = candidate;
  const [first] = outcomes;
  const outcomeOf = (other: string) => entries.find((each) => each.candidate.id === other)?.outcomes[0];
  const none = id === "none" ? undefined : outcomeOf("none");
  const againstParent = parent === null ? undefined : difference(first, outcomeOf(parent));
  const againstNone = difference(first, none);
  return {
    id,
    parent,
    title,
    policyName: name,
    configuration: settings,
    strength,
    scores: outcomes.flatMap((outcome) => ("failed" in outcome ? [] : [outcome.score])),
    ...(againstParent && { againstParent }),
    ...(againstNone && { againstNone }),
    cost,
    state,
    reason,
    ...extremes(first, none, judged),
  };
}

/** The images whose loss fell and rose most. */
function extremes(
  outcome: Outcome | undefined,
  none: Outcome | undefined,
  judged: Dataset,
): Pick<SearchNode, "helped" | "hurt"> {
  if (failed(outcome) || failed(none)) return { helped: [], hurt: [] };
  const [own, other] = [lossesOf(outcome), lossesOf(none)];
  const changes = Array.from(own, (loss, index) => ({ index, change: loss - other[index]! }));
  changes.sort((a, b) => a.change - b.change || a.index - b.index);
  const describe = ({ index, change }: (typeof changes)[number]) => ({ id: judged.id(index), lossChange: change });
  return {
    helped: changes
      .filter(({ change }) => change < 0)
      .slice(0, LISTED)
      .map(describe),
    hurt: changes
      .filter(({ change }) => change > 0)
      .slice(-LISTED)
      .reverse()
      .map(describe),
  };
}

export function scored({ score, losses }: Judgement, steps: number): Result {
  return {
    score: { ...score, steps },
    losses: Buffer.from(losses.buffer, losses.byteOffset, losses.byteLength).toString("base64"),
  };
}

function lossesOf({ losses }: Result): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(losses, "base64")).buffer);
}

export function failed(outcome: Outcome | undefined): outcome is undefined | { readonly failed: string } {
  return outcome === undefined || "failed" in outcome;
}

/** Paired over images; undefined where there is nothing to compare. */
export function difference(own: Outcome | undefined, other: Outcome | undefined): Difference | undefined {
  if (failed(own) || failed(other)) return undefined;
  const others = lossesOf(other);
  const { mean, standardError } = meanOf(lossesOf(own).map((loss, i) => loss - others[i]!));
  return { loss: mean, standardError, accuracy: own.score.accuracy - other.score.accuracy };
}
