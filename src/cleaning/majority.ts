/**
 * The vote of the majority. Ties go to the class that the classifier holds more likely, then to the one that is labelled less often overall,
 * then to the one whose annotators agree more often with the votes that are not tied, then to the lowest: cleanlab's rules, but for the last,
 * where it draws lots.
 */
import type { Annotations } from "./annotations.ts";
import type { ProbabilityMatrix } from "./input.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

export function majority(annotations: Annotations, probabilities: ProbabilityMatrix | undefined): Int32Array {
  const { rows, classes } = annotations;
  const overall = new Int32Array(classes);
  const consensus = new Int32Array(rows).fill(-1);
  const tied = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const votes = new Int32Array(classes);
    for (const label of annotations.labelsOf(row)) if (label >= 0) votes[label]!++;
    votes.forEach((count, k) => {
      overall[k]! += count;
    });
    const leading = highest(Array.from(votes.keys()), (k) => votes[k]!);
    if (leading.length === 1) consensus[row] = leading[0]!;
    else tied.set(row, leading);
  }
  const trust = tied.size > 0 ? trustIn(annotations, consensus) : [];
  const decided = consensus.slice();
  for (const [row, leading] of tied) {
    const trusted = (k: number) => mean(trust.filter((_, annotator) => annotations.labelsOf(row)[annotator] === k));
    let left = leading;
    if (probabilities) left = highest(left, (k) => probabilities.data[row * classes + k]!);
    left = highest(left, (k) => -overall[k]!);
    decided[row] = highest(left, trusted)[0]!;
  }
  return decided;
}

/** Those of the classes with the highest score, in their order; all of them where a score is NaN. */
export function highest(classes: readonly number[], score: (k: number) => number): number[] {
  const scores = classes.map(score);
  const most = Math.max(...scores);
  return Number.isNaN(most) ? [...classes] : classes.filter((_, at) => scores[at] === most);
}

/** How often each annotator gave the label that was voted for without a tie; who gave none of those images a label, as often as the others. */
function trustIn(annotations: Annotations, consensus: Int32Array): number[] {
  const same = new Int32Array(annotations.annotators);
  const judged = new Int32Array(annotations.annotators);
  consensus.forEach((label, row) => {
    if (label < 0) return;
    annotations.labelsOf(row).forEach((own, annotator) => {
      if (own < 0) return;
      judged[annotator]!++;
      same[annotator]! += Number(own === label);
    });
  });
  const shares = Array.from(same, (agreed, annotator) => agreed / judged[annotator]!);
  const usual = mean(shares.filter((share) => !Number.isNaN(share)));
  return shares.map((share) => (Number.isNaN(share) ? usual : share));
}

/** NaN of none. */
function mean(values: readonly number[]): number {
  return pairwiseSum(values, 0, values.length) / values.length;
}
