/**
 * How well a detector knows each class: its average precision, the area under the precision-recall curve made non-increasing, averaged over
 * the ten overlaps from 0.5 to 0.95 that count as a hit. ObjectLab (Tkachenko, Thyagarajan, Mueller 2023, section 4) sets its thresholds by
 * it: what a poor detector contradicts is hardly evidence. Unlike COCO's (`metrics`) the area is exact, not read off at 101 recalls.
 *
 * Precisions and means are float32 and equal scores in the order of `argsort`, as in the peer: thresholds are compared with scores.
 */
import type { Detection, DetectionBox, TrueObject } from "../metrics/index.ts";
import { argsort } from "./argsort.ts";
import { overlap } from "./box-similarity.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

const f32 = Math.fround;
const FIRST = 0.5;
const LAST = 0.95;
const COUNT = 10;
const STEP = (LAST - FIRST) / (COUNT - 1);
const overlaps = Array.from({ length: COUNT }, (_, place) => (place < COUNT - 1 ? place * STEP + FIRST : LAST));

/** The average precision of each class that occurs, from 0 to 1; 0 where it is not predicted or not there. */
export function averagePrecisions(
  labels: readonly (readonly TrueObject[])[],
  predictions: readonly (readonly Detection[])[],
): Map<number, number> {
  const classes = new Set([...labels.flat(), ...predictions.flat()].map((object) => object.class));
  return new Map(Array.from(classes, (kind) => [kind, averagePrecision(labels, predictions, kind)]));
}

function averagePrecision(
  labels: readonly (readonly TrueObject[])[],
  predictions: readonly (readonly Detection[])[],
  kind: number,
): number {
  const images = labels.map((own, image) => {
    const truth = own.filter((label) => label.class === kind).map(({ box }) => box);
    const predicted = predictions[image]!.filter((object) => object.class === kind);
    return new Matches(truth, predicted);
  });
  const there = images.reduce((sum, { truth }) => sum + truth.length, 0);
  const order = argsort(images.flatMap(({ predicted }) => predicted.map(({ score }) => -score)));
  const areas = overlaps.map((least) => {
    const hits = images.flatMap((image) => image.hits(least));
    return areaUnder(
      Array.from(order, (at) => hits[at]!),
      there,
    );
  });
  return f32(pairwiseSum(areas, 0, COUNT, 1, true) / COUNT);
}

/** The boxes of one class in one image, and which labelled box each predicted one lies on best. */
class Matches {
  readonly truth: readonly DetectionBox[];
  readonly predicted: readonly Detection[];
  readonly #order: Int32Array;
  readonly #best: readonly { readonly label: number; readonly overlap: number }[];

  constructor(truth: readonly DetectionBox[], predicted: readonly Detection[]) {
    this.truth = truth;
    this.predicted = predicted;
    this.#order = argsort(predicted.map(({ score }) => -score));
    this.#best = predicted.map(({ box }) => {
      const all = truth.map((label) => overlap(box, label));
      const most = all.reduce((high, value) => Math.max(high, value), 0);
      return { label: all.indexOf(most), overlap: most };
    });
  }

  /** Whether each predicted box is the first, by score, to lie on its labelled box by at least `least`. */
  hits(least: number): boolean[] {
    const taken = new Set<number>();
    const result = this.predicted.map(() => false);
    for (const at of this.#order) {
      const { label, overlap: most } = this.#best[at]!;
      if (label < 0 || most < least || taken.has(label)) continue;
      taken.add(label);
      result[at] = true;
    }
    return result;
  }
}

/** The area under the curve of hits by falling score. */
function areaUnder(hits: readonly boolean[], there: number): number {
  const recall = [0];
  const precision = [0];
  let right = 0;
  hits.forEach((hit, at) => {
    right += Number(hit);
    recall.push(there > 0 ? right / there : 0);
    precision.push(f32(right / (at + 1)));
  });
  recall.push(1);
  precision.push(0);
  for (let at = precision.length - 1; at > 0; at--) precision[at - 1] = Math.max(precision[at - 1]!, precision[at]!);
  const steps: number[] = [];
  for (let at = 1; at < recall.length; at++) {
    if (recall[at] !== recall[at - 1]) steps.push((recall[at]! - recall[at - 1]!) * precision[at]!);
  }
  return f32(pairwiseSum(steps, 0, steps.length));
}
