/**
 * What the tabs rank: label issues by the quality of the given label, outliers by how typical an image is, pairs of images by their
 * distance.
 */

import { argMax, confidentJoint } from "../../src/cleaning/confident-joint.ts";
import type { CleaningReport, DuplicatePair } from "../../src/cleaning/index.ts";
import { findLabelIssues } from "../../src/cleaning/label-issues.ts";
import { labelQualityScores } from "../../src/cleaning/label-quality.ts";
import type { Judgement, Proposal } from "./judgement.ts";
import type { Joint, List, ListName } from "./state.ts";

const mostOutliers = 2000;
const mostPairs = 5000;
const shownClasses = 20;
const listedPairs = 300;

interface Row {
  readonly index: number;
  readonly given: number;
  readonly suggested: number;
  readonly confidence: number;
  readonly score: number;
  readonly other?: number;
}

function columns(name: ListName, rows: readonly Row[]): List {
  return {
    name,
    index: Int32Array.from(rows, ({ index }) => index),
    given: Int32Array.from(rows, ({ given }) => given),
    suggested: Int32Array.from(rows, ({ suggested }) => suggested),
    confidence: Float32Array.from(rows, ({ confidence }) => confidence),
    score: Float32Array.from(rows, ({ score }) => score),
    other: Int32Array.from(rows[0]?.other === undefined ? [] : rows, ({ other }) => other!),
  };
}

/**
 * Label issues, or with `everything` all images, by the quality of their labels.
 *
 * @param labels those of the images at `judgement.places`
 */
export function rankIssues(
  labels: Int32Array,
  judgement: Judgement,
  everything: boolean,
): { list: List; joint: Joint } {
  const { places, data, classes } = judgement;
  const probabilities = { data, shape: [places.length, classes] };
  const quality = labelQualityScores(labels, probabilities);
  const { mask, indices } = findLabelIssues(labels, probabilities);
  const order = everything
    ? Int32Array.from(labels.keys()).sort((a, b) => mask[b]! - mask[a]! || quality[a]! - quality[b]! || a - b)
    : indices;
  const rows = Array.from(order, (row): Row => {
    const own = data.slice(row * classes, (row + 1) * classes);
    // An issue's proposal is another class than its own, even where that is the most probable.
    if (mask[row]) own[labels[row]!] = -1;
    const suggested = argMax(own, 0, classes);
    const confidence = own[suggested]!;
    return { index: places[row]!, given: labels[row]!, suggested, confidence, score: quality[row]! };
  });
  return { list: columns("issues", rows), joint: shownJoint(confidentJoint(labels, probabilities)) };
}

/** The issues that a report has found. */
export function reportedIssues({ issues, joint }: CleaningReport): { list: List; joint: Joint } {
  const rows = issues.map((issue): Row => ({ ...issue, score: issue.quality }));
  return { list: columns("issues", rows), joint: shownJoint(joint) };
}

/** The classes that are mixed up most, in their own order, and the most frequent pairs. */
export function shownJoint(joint: readonly (readonly number[])[]): Joint {
  const mixed = new Float64Array(joint.length);
  const pairs: number[][] = [];
  for (const [given, row] of joint.entries()) {
    for (const [truth, count] of row.entries()) {
      if (given === truth || count === 0) continue;
      mixed[given]! += count;
      mixed[truth]! += count;
      pairs.push([given, truth, count]);
    }
  }
  const classes = [...mixed.keys()]
    .sort((a, b) => mixed[b]! - mixed[a]! || a - b)
    .slice(0, shownClasses)
    .sort((a, b) => a - b);
  return {
    classes,
    counts: classes.map((given) => classes.map((truth) => joint[given]![truth]!)),
    pairs: pairs.sort((a, b) => b[2]! - a[2]! || a[0]! - b[0]! || a[1]! - b[1]!).slice(0, listedPairs),
  };
}

/** The least typical images first, those without a score last. `proposal` is what the classifier makes of an image. */
export function rankOutliers(scores: ArrayLike<number>, labels: Int32Array, proposal: Proposal): List {
  const isMissing = (index: number) => Number(Number.isNaN(scores[index]));
  const order = Int32Array.from({ length: scores.length }, (_, index) => index).sort(
    (a, b) => isMissing(a) - isMissing(b) || scores[a]! - scores[b]! || a - b,
  );
  const rows = Array.from(order.subarray(0, mostOutliers), (index): Row => {
    return { index, given: labels[index]!, ...proposal(index), score: scores[index]! };
  });
  return columns("outliers", rows);
}

/** Pairs within the data: the later image is the one to decide on, its partner's label the proposal. */
export function rankDuplicates(pairs: readonly DuplicatePair[], labels: Int32Array): List {
  const rows = pairs.slice(0, mostPairs).map(({ a, b, distance }): Row => {
    const [first, later] = a < b ? [a, b] : [b, a];
    const suggested = labels[first]!;
    return { index: later, given: labels[later]!, suggested, confidence: Number.NaN, score: distance, other: first };
  });
  return columns("duplicates", rows);
}

/** Pairs with images of another part, whose labels are `theirs`. */
export function rankLeaks(pairs: readonly DuplicatePair[], labels: Int32Array, theirs: Int32Array): List {
  const rows = pairs.slice(0, mostPairs).map(({ a, b, distance }): Row => {
    const row = { index: a, given: labels[a]!, suggested: theirs[b]!, confidence: Number.NaN, score: distance };
    return { ...row, other: labels.length + b };
  });
  return columns("leaks", rows);
}
