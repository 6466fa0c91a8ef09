/** Annotators in numbers. */
import type { Annotations } from "./annotations.ts";
import { type Crowdlab, mean } from "./crowdlab.ts";
import { highest } from "./majority.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

/** An annotator in numbers. */
export interface AnnotatorQuality {
  /** The column. */
  readonly annotator: number;
  /** From 0 to 1: the mean score of the annotator's labels, joined with the agreement on images that others labelled too. NaN without a label. */
  readonly quality: number;
  /** The share of the annotator's labels that are the consensus. NaN without a label. */
  readonly agreement: number;
  /**
   * The class whose labels by this annotator are most often not the consensus; of equals the one labelled most often, then the one of images
   * with the surest consensus, then the lowest; -1 without a label.
   */
  readonly worstClass: number;
  /** The number of labels. */
  readonly examples: number;
}

export function annotatorStatistics(annotations: Annotations, result: Crowdlab): AnnotatorQuality[] {
  const { counts, rows, classes } = annotations;
  const { modelWeight, annotatorWeights, consensus } = result;
  const all = Array.from({ length: rows }, (_, row) => row);
  const usual = pairwiseSum(annotatorWeights, 0, annotatorWeights.length) / annotatorWeights.length;
  const share = modelWeight / (modelWeight + usual * mean(all, (row) => counts[row]!));
  return Array.from({ length: annotations.annotators }, (_, annotator) => {
    const own = all.filter((row) => annotations.labelsOf(row)[annotator]! >= 0);
    const label = (row: number) => annotations.labelsOf(row)[annotator]!;
    const agrees = (row: number) => Number(label(row) === consensus[row]);
    if (own.length === 0) {
      return { annotator, quality: Number.NaN, agreement: Number.NaN, worstClass: -1, examples: 0 };
    }
    const shared = own.filter((row) => counts[row]! > 1);
    const score = mean(own, (row) => result.annotatorScores[row]![annotator]!);
    const agreement = mean(own, agrees);
    const quality = shared.length === 0 ? score : share * score + (1 - share) * mean(shared, agrees);
    const labelled = (k: number) => own.filter((row) => label(row) === k);
    let worst = Array.from({ length: classes }, (_, k) => k).filter((k) => labelled(k).length > 0);
    worst = highest(worst, (k) => -mean(labelled(k), agrees));
    worst = highest(worst, (k) => labelled(k).length);
    worst = highest(worst, (k) => mean(labelled(k), (row) => result.quality[row]!));
    const worstClass = worst[0]!;
    return { annotator, quality, agreement, worstClass, examples: own.length };
  });
}
