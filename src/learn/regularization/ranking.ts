/**
 * Who wins: the order of candidates by what they lost on the validation images, and what is said of it.
 *
 * A final is shorter than the training, and augmentation pays off late, so where two cannot be told apart the one that augments more is the better bet. But strength alone is no merit: a published policy may be
 * stronger than the labels bear, while pass 1 has seen what lies within the caps. So of those within the error a learnt policy comes before a published one, the stronger of two learnt ones first, and nothing at all last.
 */
import { difference, type Entry, type Result } from "./nodes.ts";

/**
 * Says of each entry how it did at a stage, and returns the winner: after the race the best; in the final, of those within the error, the best bet.
 *
 * @param sorted the best first; at least one
 */
export function rank(sorted: readonly Entry[], stage: number): Entry {
  const best = sorted[0]!;
  const where = stage === 0 ? "of the race" : "of the final";
  const winner = stage === 0 ? best : bestBet(sorted, stage);
  for (const entry of sorted) {
    const against = difference(entry.outcomes[stage], best.outcomes[stage])!;
    const gap = `${nats(against.loss)} ± ${nats(against.standardError)} nats behind ${best.candidate.title}`;
    entry.state = entry === winner ? "kept" : "pruned";
    if (entry !== best) {
      entry.reason =
        entry === winner ? `${gap}, within the error, and ${meritOver(best)}` : `${gap}, the best ${where}`;
    } else if (entry === winner) entry.reason = `the lowest loss ${where}`;
    else {
      entry.reason = `the lowest loss ${where}, but not by more than its standard error, and ${winner.candidate.title} is ${meritOver(best)}`;
    }
  }
  return winner;
}

/** Of those that are behind the first by no more than the standard error of the difference, the one that stands highest; of equals the one with the lower loss. */
function bestBet(sorted: readonly Entry[], stage: number): Entry {
  const [best] = sorted;
  const near = sorted.filter(({ outcomes }) => {
    const against = difference(outcomes[stage], best!.outcomes[stage])!;
    return against.loss <= against.standardError;
  });
  return near.reduce((highest, entry) => (standing(entry) > standing(highest) ? entry : highest));
}

/** Nothing 0, a published policy 1, a learnt one more than that, by its strength. */
function standing({ candidate, strength }: Entry): number {
  const { kind } = candidate.settings.policy;
  if (kind === "none") return 0;
  return kind === "clusters" ? 2 + (strength ?? 0) : 1;
}

function meritOver(best: Entry): string {
  const lost = best.candidate.settings.policy.kind;
  if (lost === "none") return "more than nothing: augmentation pays off late";
  return lost === "clusters" ? "stronger: augmentation pays off late" : "within what the labels bear";
}

/** Sets what is said of a new entry and of the winner so far; whether it is better by more than the standard error, and takes its place. */
export function challenge(entry: Entry, winner: Entry): boolean {
  const against = difference(entry.outcomes[0], winner.outcomes[0]);
  const isBetter = against !== undefined && against.loss < -against.standardError;
  entry.state = isBetter ? "kept" : "pruned";
  if (isBetter) {
    winner.state = "kept";
    winner.reason += `; ${entry.candidate.title} is better still`;
    entry.reason = `better than ${winner.candidate.title} by ${nats(-against.loss)} ± ${nats(against.standardError)}`;
  } else if (against) {
    entry.reason = `no better than ${winner.candidate.title}: ${signed(against.loss)} ± ${nats(against.standardError)} nats`;
  }
  return isBetter;
}

/** For sorting, the lowest loss first; all must have been judged at this stage. */
export const byScore = (stage: number) => (a: Entry, b: Entry) =>
  (a.outcomes[stage] as Result).score.calibratedLoss - (b.outcomes[stage] as Result).score.calibratedLoss;

const nats = (value: number) => value.toFixed(4);
const signed = (value: number) => `${value < 0 ? "" : "+"}${nats(value)}`;
