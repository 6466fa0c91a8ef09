// Everything that cleanlab has too, on equal input: masks and counts are equal, scores within 1e-12.

import {
  classHealth,
  confidentJoint,
  confidentThresholds,
  estimateLatent,
  findLabelIssues,
  findOverlappingClasses,
  type LabelIssueFilter,
  type LabelIssueOptions,
  type LabelQualityMethod,
  labelQualityScores,
  multiAnnotator,
  multiLabel,
  objectDetection,
  outOfDistribution,
  overallHealth,
  segmentation,
} from "cellwright/cleaning";
import type { Detection, TrueObject } from "cellwright/metrics";
import { describe, expect, test } from "vitest";
import { camel, distance, golden } from "./support.ts";

type Lists = (number | null)[];

interface Classification {
  labels: number[];
  classes: number;
  single: boolean;
  probabilities: number[];
  options: Record<string, number | number[]>;
  thresholds: number[];
  joint: number[][];
  offDiagonals: number[];
  calibrated: number[][];
  latent: [number[], number[][], number[][]];
  issues: Record<string, number[] | null>;
  ranked: Record<string, number[] | null>;
  scores: Record<string, number[]>;
  adjusted: Record<string, number[]>;
}

describe("classification", () => {
  const cases = golden<Classification>("classification").map((wanted) => {
    const data = wanted.single ? Float32Array.from(wanted.probabilities) : Float64Array.from(wanted.probabilities);
    const options = Object.fromEntries(Object.entries(wanted.options).map(([name, value]) => [camel(name), value]));
    const probabilities = { data, shape: [wanted.labels.length, wanted.classes] };
    return { wanted, labels: wanted.labels, probabilities, options: options as LabelIssueOptions };
  });

  test("thresholds, joints, latent estimates", () => {
    for (const { wanted, labels, probabilities } of cases) {
      expect(distance(confidentThresholds(labels, probabilities), wanted.thresholds)).toBeLessThan(1e-12);
      const raw = confidentJoint(labels, probabilities, { calibrate: false, offDiagonals: true });
      expect(raw.joint).toEqual(wanted.joint);
      expect([...raw.offDiagonals]).toEqual(wanted.offDiagonals);
      expect(confidentJoint(labels, probabilities)).toEqual(wanted.calibrated);
      const { prior, noiseMatrix, inverseNoiseMatrix } = estimateLatent(wanted.calibrated, labels);
      expect(distance(prior, wanted.latent[0])).toBeLessThan(1e-12);
      expect(distance(noiseMatrix.flat(), wanted.latent[1].flat())).toBeLessThan(1e-12);
      expect(distance(inverseNoiseMatrix.flat(), wanted.latent[2].flat())).toBeLessThan(1e-12);
    }
  });

  const names = Object.keys(cases[0]!.wanted.issues);
  test.each(names)("masks of %s", (name) => {
    let compared = 0;
    cases.forEach(({ wanted, labels, probabilities, options }, number) => {
      const mask = wanted.issues[name];
      if (!mask) return;
      const filterBy = camel<LabelIssueFilter>(name);
      expect([...findLabelIssues(labels, probabilities, { ...options, filterBy }).mask], `case ${number}`).toEqual(
        mask,
      );
      compared++;
    });
    expect(compared).toBeGreaterThan(25);
  });

  test.each(["self_confidence", "normalized_margin", "confidence_weighted_entropy"])(
    "scores and ranks by %s",
    (name) => {
      const method = camel<LabelQualityMethod>(name);
      cases.forEach(({ wanted, labels, probabilities, options }, number) => {
        const scores = labelQualityScores(labels, probabilities, { method });
        // Float32 logarithms are the C library's there, and differ in the last digit from one to another.
        const entropy = method === "confidenceWeightedEntropy";
        expect(distance(scores, wanted.scores[name]!), `case ${number}`).toBeLessThan(
          wanted.single && entropy ? 1e-7 : 1e-12,
        );
        const ranked = wanted.ranked[name];
        if (ranked && !(wanted.single && entropy)) {
          const { indices } = findLabelIssues(labels, probabilities, { ...options, rankBy: method });
          // Equal entropies may differ in the last bit of a logarithm, and change places then.
          if (entropy) {
            expect(
              distance(
                Array.from(indices, (row) => scores[row]! * 1e12),
                ranked.map((row) => Math.trunc(scores[row]! * 1e12)),
              ),
            ).toBeLessThan(2);
            expect([...indices].sort()).toEqual([...ranked].sort());
          } else expect([...indices], `case ${number}`).toEqual(ranked);
        }
        if (wanted.adjusted[name]) {
          const adjusted = labelQualityScores(labels, probabilities, { method, adjust: true });
          expect(distance(adjusted, wanted.adjusted[name])).toBeLessThan(1e-12);
        }
      });
    },
  );
});

interface Summary {
  labels: number[];
  probabilities: number[][];
  overlapping: number[][] | null;
  classes: number[][] | null;
  overall: number | null;
  lists: number[][];
  several: number[][];
  multiIssues: Record<string, number[] | null>;
  multiRanked: number[] | null;
  multiScores: Record<string, number[]>;
  features: number[][];
  neighbours: number;
  fromFeatures: Lists | null;
  fromProbabilities: [string, boolean, Lists | null][];
}

describe("summaries, several labels, outliers", () => {
  const cases = golden<Summary>("summary");

  test("health of the data set and its classes", () => {
    for (const { labels, probabilities, overlapping, classes, overall } of cases) {
      const pairs = findOverlappingClasses(labels, probabilities);
      const rows = pairs.map((pair) => [pair.classA, pair.classB, pair.examples, pair.probability]);
      if (overlapping) expect(distance(rows.flat(), overlapping.flat())).toBeLessThan(1e-12);
      const health = classHealth(labels, probabilities).map((each) => Object.values(each));
      if (classes) expect(distance(health.flat(), classes.flat())).toBeLessThan(1e-12);
      if (overall !== null) expect(overallHealth(labels, probabilities)).toBeCloseTo(overall, 12);
    }
  });

  test("several labels an example", () => {
    for (const { lists, several, multiIssues, multiRanked, multiScores } of cases) {
      const flags = several.map((row, at) => row.map((_, k) => Number(lists[at]!.includes(k))));
      for (const [name, mask] of Object.entries(multiIssues)) {
        if (!mask) continue;
        const options = { filterBy: camel<LabelIssueFilter>(name) };
        expect([...multiLabel.findLabelIssues(lists, several, options).mask]).toEqual(mask);
        expect([...multiLabel.findLabelIssues(flags, several, options).mask]).toEqual(mask);
      }
      if (multiRanked) expect([...multiLabel.findLabelIssues(lists, several).indices]).toEqual(multiRanked);
      for (const [name, scores] of Object.entries(multiScores)) {
        const method = camel<LabelQualityMethod>(name);
        expect(distance(multiLabel.labelQualityScores(lists, several, { method }), scores)).toBeLessThan(1e-12);
      }
    }
  });

  test("out of distribution", () => {
    for (const { labels, probabilities, features, neighbours, fromFeatures, fromProbabilities } of cases) {
      if (fromFeatures) {
        expect(distance(outOfDistribution.fromFeatures(features, { k: neighbours }), fromFeatures)).toBeLessThan(1e-12);
      }
      for (const [name, adjust, scores] of fromProbabilities) {
        const method = camel<"entropy" | "leastConfidence">(name);
        const got = outOfDistribution.fromProbabilities(probabilities, { labels, method, adjust });
        if (scores) expect(distance(got, scores)).toBeLessThan(1e-12);
      }
    }
  });
});

interface People {
  labels: Lists;
  quality: Lists;
  agreement: Lists;
  detail: Lists;
  modelWeight: number;
  annotatorWeights: Lists;
  people: Lists;
  agrees: Lists;
}

interface Annotators {
  labels: Lists[];
  probabilities: number[][];
  others: number[][];
  majority: number[];
  best_quality: People;
  majority_vote: People;
  labelled: Lists;
  unlabelled: Lists;
}

test("consensus, annotators, active learning", () => {
  for (const { labels, probabilities, others, majority, labelled, unlabelled, ...methods } of golden<Annotators>(
    "annotators",
  )) {
    expect([...multiAnnotator.majorityVote(labels, probabilities)]).toEqual(majority);
    for (const [name, wanted] of Object.entries(methods)) {
      const options = { method: camel<"bestQuality" | "majorityVote">(name) };
      const got = multiAnnotator.consensus(labels, probabilities, options);
      expect([...got.labels]).toEqual(wanted.labels);
      expect(distance(got.quality, wanted.quality)).toBeLessThan(1e-12);
      expect(distance(got.agreement, wanted.agreement)).toBeLessThan(1e-12);
      expect(
        distance(
          got.annotatorScores.flatMap((row) => [...row]),
          wanted.detail,
        ),
      ).toBeLessThan(1e-12);
      expect(got.modelWeight).toBeCloseTo(wanted.modelWeight, 12);
      expect(distance(got.annotatorWeights, wanted.annotatorWeights)).toBeLessThan(1e-12);
      const people = multiAnnotator.annotatorQuality(labels, probabilities, options);
      expect(
        distance(
          people.map(({ quality }) => quality),
          wanted.people,
        ),
      ).toBeLessThan(1e-12);
      expect(
        distance(
          people.map(({ agreement }) => agreement),
          wanted.agrees,
        ),
      ).toBeLessThan(1e-12);
    }
    const scores = multiAnnotator.activeLearningScores(labels, probabilities, others);
    expect(distance(scores.labelled, labelled)).toBeLessThan(1e-12);
    expect(distance(scores.unlabelled, unlabelled)).toBeLessThan(1e-12);
  }
});

interface Vision {
  labels: TrueObject[][];
  predictions: Detection[][];
  overlooked: Lists[];
  badlyLocated: Lists[];
  swapped: Lists[];
  images: Lists;
  masks: number[];
  probabilities: number[];
  shape: number[];
  pixelIssues: number[];
  imageScores: Lists;
  pixelScores: Lists;
}

test("boxes and pixels", () => {
  for (const wanted of golden<Vision>("vision")) {
    const boxes = objectDetection.labelQualityScores(wanted.labels, wanted.predictions);
    for (const kind of ["overlooked", "badlyLocated", "swapped"] as const) {
      boxes[kind].forEach((scores, image) => {
        expect(distance(scores, wanted[kind][image]!)).toBeLessThan(1e-12);
      });
    }
    expect(distance(boxes.images, wanted.images)).toBeLessThan(1e-12);
    const probabilities = { data: Float64Array.from(wanted.probabilities), shape: wanted.shape };
    expect([...segmentation.findLabelIssues(wanted.masks, probabilities).mask]).toEqual(wanted.pixelIssues);
    const pixels = segmentation.labelQualityScores(wanted.masks, probabilities);
    expect(distance(pixels.images, wanted.imageScores)).toBeLessThan(1e-12);
    expect(distance(pixels.pixels, wanted.pixelScores)).toBeLessThan(1e-12);
  }
});
