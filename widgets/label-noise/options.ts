/** What the label-noise widget is made from. */
import type { CleaningReport, DuplicatePair, Features, Probabilities } from "../../src/cleaning/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import type { Selection } from "../selection/model.ts";

/** Tells the page how far a training is. */
export type RetrainProgress = (done: number, total: number, note?: string) => void;

export interface LabelNoiseOptions {
  /**
   * What was found: a report, whose decisions are taken over, or the out-of-sample probabilities of all images, from which the widget
   * ranks by itself and can rank again. `labels` are those to judge; default: the data's.
   */
  readonly report?: CleaningReport | { readonly probabilities: Probabilities; readonly labels?: ArrayLike<number> };
  /** Rank all images, not the probably wrong ones alone. Needs probabilities. Default: false. */
  readonly everything?: boolean;
  /**
   * Features of the images, or the data itself: gives the tabs of outliers and near duplicates. The time grows with the square of the
   * images; for many, pass `outliers` and `duplicates` instead.
   */
  readonly features?: Features;
  /** How typical each image is, lowest first, [N]: `outOfDistribution.fromFeatures(…)`. */
  readonly outliers?: ArrayLike<number>;
  /** Pairs of images that are nearly one: `nearDuplicates(…)`. */
  readonly duplicates?: { readonly pairs: readonly DuplicatePair[] };
  /** Pairs with images of another part: `splitLeakage(data, other)` and that part. */
  readonly leaks?: { readonly pairs: readonly DuplicatePair[]; readonly other: Dataset };
  /** A selection that other widgets share. */
  readonly selection?: Selection;
  /** Trains on the corrected data and gives out-of-sample probabilities of its images; `Retrain` on the page calls it. */
  readonly retrain?: (data: Dataset, signal: AbortSignal, progress: RetrainProgress) => Promise<Probabilities>;
}
