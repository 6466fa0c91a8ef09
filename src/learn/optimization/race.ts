/**
 * The race: every candidate runs the first stretch of the training that it would make, the best two a longer one.
 *
 * Each begins anew from the same weights, so a stretch is a function of the candidate alone, and a race that was interrupted goes on behind the last stretch that was run.
 */
import { CellwrightError } from "../../errors.ts";
import type { Candidate } from "./candidates.ts";
import type { Trial } from "./events.ts";
import { JUDGEMENTS } from "./trial.ts";

/** Lengths in trainings. */
const STRETCH = { most: 0.15, leastSteps: 10 };
const FINAL = { candidates: 2, times: 2.5 };
/** A higher rate must be better by this share of the loss: near its edge a rate may still break, later in the run. */
const CLEARLY = 0.05;

/** Where a race is run. */
export interface RaceTrack {
  /** What may be spent, in trainings. */
  readonly left: number;
  /** Images that go through in one training. */
  readonly training: number;
  readonly batchSize: number;
  /** Images that a candidate is judged on. */
  readonly judged: number;
  /** The validation loss of a candidate after so many updates, each stretch once; null where it diverged. */
  readonly run: (candidate: Candidate, steps: number) => Promise<number | null>;
  readonly report: (trial: Trial) => void;
}

interface Result {
  readonly candidate: Candidate;
  readonly loss: number;
}

/**
 * The winner, with the reason; where the budget is too short for a race, the first candidate.
 *
 * @throws CW_RANGE_TEST where every candidate diverged
 */
export async function race(candidates: readonly Candidate[], track: RaceTrack): Promise<Candidate> {
  const { left, training, batchSize, judged } = track;
  const [first] = candidates;
  if (candidates.length === 1) return first!;
  const steps = (share: number) => Math.round((share * training) / batchSize);
  const lengthFor = (count: number) => {
    const judging = (JUDGEMENTS * (count + FINAL.candidates) * judged) / 3 / training;
    return Math.min(STRETCH.most, (left - judging) / (count + FINAL.candidates * FINAL.times));
  };
  let count = candidates.length;
  while (count > 2 && steps(lengthFor(count)) < STRETCH.leastSteps) count--;
  const length = lengthFor(count);
  if (steps(length) < STRETCH.leastSteps) {
    const why = `the budget leaves ${Math.max(0, left).toFixed(2)} trainings, too few for a race`;
    return { ...first!, reason: `${first!.reason}; ${why}` };
  }
  const stretch = async (field: readonly Candidate[], share: number, kept: number): Promise<Candidate[]> => {
    const results: Result[] = [];
    for (const candidate of field) {
      const loss = (await track.run(candidate, steps(share))) ?? Number.POSITIVE_INFINITY;
      results.push({ candidate, loss });
    }
    const ranked = results.sort((a, b) => a.loss - b.loss);
    if (kept === 1) preferLower(ranked);
    const winners = ranked.slice(0, kept).filter(({ loss }) => Number.isFinite(loss));
    for (const [place, result] of ranked.entries())
      track.report(trialOf(result, share, place, winners.length, kept === 1));
    return winners.map(({ candidate }) => candidate);
  };
  const finalists = await stretch(candidates.slice(0, count), length, FINAL.candidates);
  const [winner] = finalists.length > 1 ? await stretch(finalists, length * FINAL.times, 1) : finalists;
  if (!winner) {
    const least = Math.min(...candidates.map(({ learningRate }) => learningRate));
    throw new CellwrightError(
      "CW_RANGE_TEST",
      `every candidate diverged, down to learning rate ${least}: check that the images are scaled to about 0 to 1`,
    );
  }
  const reason = `best validation loss after ${(100 * length * FINAL.times).toFixed(0)} % of a training; ${winner.reason}`;
  return { ...winner, reason };
}

function trialOf({ candidate, loss }: Result, length: number, place: number, kept: number, last: boolean): Trial {
  const { optimizer, learningRate } = candidate;
  const won = last ? "the lowest loss of the longer stretch, or as good at a lower rate" : `among the best ${kept}`;
  const finite = Number.isFinite(loss);
  const reason = !finite ? "its loss became no number" : place < kept ? won : `${place} did better`;
  return { optimizer, learningRate, length, loss: finite ? loss : null, kept: place < kept, reason };
}

/** Brings to the front, of the results that are about as good as the best, the one with the lowest rate of its optimizer. */
function preferLower(ranked: Result[]): void {
  const [best] = ranked;
  const alike = ranked.filter(
    ({ candidate, loss }) =>
      candidate.optimizer === best!.candidate.optimizer && loss <= best!.loss * (1 + CLEARLY) && Number.isFinite(loss),
  );
  const lowest = alike.sort((a, b) => a.candidate.learningRate - b.candidate.learningRate)[0];
  if (lowest && lowest !== best) ranked.unshift(...ranked.splice(ranked.indexOf(lowest), 1));
}
