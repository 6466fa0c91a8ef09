// What random cases hardly meet, against cleanlab: equals beyond a sorting network's size, ties behind ties, classes that nobody has,
// boxes far apart or labelled twice.

import {
  findLabelIssues,
  findOverlappingClasses,
  type LabelIssueFilter,
  multiAnnotator,
  objectDetection,
  outOfDistribution,
  segmentation,
} from "cellwright/cleaning";
import type { Detection, TrueObject } from "cellwright/metrics";
import { expect, test } from "vitest";
import { camel, distance, golden } from "./support.ts";

type Lists = (number | null)[];

interface Boxes {
  overlooked: Lists[];
  swapped: Lists[];
  images: number[];
  mask: number[];
  ranked: number[];
}

interface Corners {
  orders: { labels: number[]; probabilities: number[][]; pairs: [number[], number[]]; ranked: number[] }[];
  absent: { labels: number[]; probabilities: number[][]; remove: number[]; masks: Record<string, number[]> };
  votes: {
    labels: Lists[];
    probabilities: number[][];
    plain: number[];
    others: number[][];
    active: [number[], number[]];
    worst?: number[];
  }[];
  images: { labels: TrueObject[][]; predictions: Detection[][]; checked: Boxes; unchecked: Boxes }[];
  pixels: { masks: number[]; probabilities: number[]; shape: number[]; mask: number[] }[];
  outliers: { features: number[][]; scores: number[] }[];
  entropy: { labels: number[]; probabilities: number[][]; scores: [boolean, number, number, number[]][] };
}

const [corners] = golden<Corners>("corners") as [Corners];

test("equals come in the same order: pairs of classes, and ranked examples beyond 256", () => {
  for (const { labels, probabilities, pairs, ranked } of corners.orders) {
    const order = (asymmetric: boolean) =>
      findOverlappingClasses(labels, probabilities, { asymmetric }).flatMap(({ classA, classB }) => [classA, classB]);
    expect([order(false), order(true)]).toEqual(pairs);
    const options = { filterBy: "predictedNeqGiven", rankBy: "normalizedMargin" } as const;
    expect([...findLabelIssues(labels, probabilities, options).indices]).toEqual(ranked);
  }
});

test("numbers to remove where classes are absent and none need stay", () => {
  const { labels, probabilities, remove, masks } = corners.absent;
  for (const [name, mask] of Object.entries(masks)) {
    const filterBy = camel<LabelIssueFilter>(name);
    const options = { filterBy, numToRemovePerClass: remove, minExamplesPerClass: 0 };
    expect([...findLabelIssues(labels, probabilities, options).mask], name).toEqual(mask);
  }
});

test("votes that are tied, twice and thrice; annotators' worst classes; certain probabilities; one label an image", () => {
  for (const { labels, probabilities, plain, others, active, worst } of corners.votes) {
    expect([...multiAnnotator.majorityVote(labels)]).toEqual(plain);
    const scores = multiAnnotator.activeLearningScores(labels, probabilities, others);
    expect(distance(scores.labelled, active[0])).toBeLessThan(1e-12);
    expect(distance(scores.unlabelled, active[1])).toBeLessThan(1e-12);
    if (worst) {
      const people = multiAnnotator.annotatorQuality(labels, probabilities);
      expect(people.map(({ worstClass }) => worstClass)).toEqual(worst);
    }
  }
});

test("images with wrong boxes are those that cleanlab names, in its order", () => {
  let named = 0;
  for (const { labels, predictions, checked, unchecked } of corners.images) {
    for (const [wanted, overlappingLabelCheck] of [
      [checked, true],
      [unchecked, false],
    ] as const) {
      const scores = objectDetection.labelQualityScores(labels, predictions, { overlappingLabelCheck });
      for (const kind of ["overlooked", "swapped"] as const) {
        scores[kind].forEach((own, image) => {
          expect(distance(own, wanted[kind][image]!)).toBeLessThan(1e-12);
        });
      }
      expect(distance(scores.images, wanted.images)).toBeLessThan(1e-12);
      const issues = objectDetection.findLabelIssues(labels, predictions, { overlappingLabelCheck });
      expect([...issues.mask]).toEqual(wanted.mask);
      expect([...issues.indices]).toEqual(wanted.ranked);
      named += wanted.ranked.length;
      const boxes = labels.map((_, image) =>
        [issues.overlooked, issues.badlyLocated, issues.swapped].some((kind) => kind[image]!.includes(1)),
      );
      expect(boxes.map(Number)).toEqual(wanted.mask);
    }
  }
  expect(named).toBeGreaterThan(20);
});

test("pixels of classes that are never the label", () => {
  for (const { masks, probabilities, shape, mask } of corners.pixels) {
    const data = Float64Array.from(probabilities);
    expect([...segmentation.findLabelIssues(masks, { data, shape }).mask]).toEqual(mask);
  }
});

test("outliers: tiny features, generalised entropy", () => {
  for (const { features, scores } of corners.outliers) {
    expect(distance(outOfDistribution.fromFeatures(features, { k: 2 }), scores)).toBeLessThan(1e-12);
  }
  const { labels, probabilities, scores } = corners.entropy;
  for (const [adjust, topClasses, gamma, wanted] of scores) {
    const options = { labels, method: "generalizedEntropy", adjust, topClasses, gamma } as const;
    expect(distance(outOfDistribution.fromProbabilities(probabilities, options), wanted)).toBeLessThan(1e-12);
  }
});
