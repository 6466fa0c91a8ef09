/**
 * The warm model: trained without augmentation until it can be asked.
 *
 * A fifth of a training will do where the task is learnt in it. A model that knows next to nothing, as after few updates on a hard task, says nothing about transforms, and a race from there is about who learns faster. So it is trained on, up to
 * twice as long, and the race has fewer candidates for it.
 */
import type { Dataset } from "../../data/index.ts";
import { choicesOf } from "../choices.ts";
import { lengths, warmUpdates } from "./budget.ts";
import type { Journal } from "./journal.ts";
import { type Result, scored } from "./nodes.ts";
import type { Piece, Trainee } from "./trainee.ts";

/** Lengths in trainings; the share of what there is to know beyond guessing that is enough. */
const LONGER = { step: 0.1, most: 0.4 };
const ENOUGH = 1 / 3;

/** After how many updates the model is judged: at the last it is warm enough whatever it knows. */
export function warmMoments(steps: number): number[] {
  const moments: number[] = [];
  for (let length: number = lengths.warm; length < LONGER.most + 1e-9; length += LONGER.step) {
    moments.push(warmUpdates(steps, length));
  }
  return [...new Set(moments)];
}

/** What the warm model answers, and how often it was judged; undefined where it was aborted. The journal keeps its snapshot as "warm". */
export async function warmUp(
  trainee: Trainee,
  journal: Journal,
  judged: Dataset,
): Promise<{ readonly outcome: Result; readonly judgements: number } | undefined> {
  const moments = warmMoments(trainee.steps);
  const { chance } = choicesOf(judged);
  const outcome = await journal.once("warm", async () => {
    let piece: Piece | undefined;
    for (const updates of moments) {
      piece = await trainee.continue(piece?.snapshot, updates);
      if (!piece) return undefined;
      if (piece.judgement.score.accuracy - chance >= ENOUGH * (1 - chance)) break;
    }
    await journal.keep("warm", piece!.snapshot);
    return scored(piece!.judgement, piece!.snapshot.step);
  });
  return outcome && { outcome, judgements: 1 + moments.indexOf(outcome.score.steps) };
}
