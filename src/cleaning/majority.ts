/** The vote of the majority, ties broken by the classifier, else in favour of the class that is rarer overall, as cleanlab does. */
import type { Annotations } from "./annotations.ts";
import type { ProbabilityMatrix } from "./input.ts";

export function majority(annotations: Annotations, probabilities: ProbabilityMatrix | undefined): Int32Array {
  const { rows, classes } = annotations;
  const overall = new Int32Array(classes);
  for (let row = 0; row < rows; row++) for (const label of annotations.labelsOf(row)) if (label >= 0) overall[label]!++;
  const votes = new Int32Array(classes);
  return Int32Array.from({ length: rows }, (_, row) => {
    votes.fill(0);
    for (const label of annotations.labelsOf(row)) if (label >= 0) votes[label]!++;
    const own = (k: number) => (probabilities ? probabilities.data[row * classes + k]! : 0);
    let best = 0;
    for (let k = 1; k < classes; k++) {
      const better = votes[k]! - votes[best]! || own(k) - own(best) || overall[best]! - overall[k]!;
      if (better > 0) best = k;
    }
    return best;
  });
}
