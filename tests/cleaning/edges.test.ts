// Bad input, degenerate data, and what has no peer: duplicates, rules, losses, the report.

import {
  CleaningReport,
  classHealth,
  confidentJoint,
  confidentThresholds,
  findLabelIssues,
  findOverlappingClasses,
  labelQualityScores,
  lossRanking,
  multiAnnotator,
  multiLabel,
  nearDuplicates,
  objectDetection,
  ontologyViolations,
  outOfDistribution,
  overallHealth,
  splitLeakage,
} from "cellwright/cleaning";
import { fromArrays } from "cellwright/data";
import { displaySymbol } from "cellwright/plot";
import { describe, expect, test } from "vitest";

const code = (name: string) => expect.objectContaining({ code: name });

describe("bad input", () => {
  const functions = {
    confidentThresholds,
    confidentJoint,
    findLabelIssues,
    labelQualityScores,
    findOverlappingClasses,
    classHealth,
    overallHealth,
  };
  test.each(Object.entries(functions))("%s", (_, run) => {
    const p = [
      [0.4, 0.6],
      [0.9, 0.1],
    ];
    expect(() => run([], [])).toThrow(code("CW_EMPTY"));
    expect(() => run([0], p)).toThrow(code("CW_LENGTH_MISMATCH"));
    expect(() => run([0, 2], p)).toThrow(code("CW_LABEL_RANGE"));
    expect(() => run([0, -1], p)).toThrow(code("CW_LABEL_RANGE"));
    expect(() => run([0, 0.5], p)).toThrow(code("CW_LABEL_RANGE"));
    expect(() => run([0, Number.NaN], p)).toThrow(code("CW_LABEL_RANGE"));
    expect(() =>
      run(
        [0, 1],
        [
          [0.4, 0.4],
          [0.9, 0.1],
        ],
      ),
    ).toThrow(code("CW_PROBABILITY"));
    expect(() =>
      run(
        [0, 1],
        [
          [Number.NaN, 0.4],
          [0.9, 0.1],
        ],
      ),
    ).toThrow(code("CW_PROBABILITY"));
    expect(() =>
      run(
        [0, 1],
        [
          [-0.1, 1.1],
          [0.9, 0.1],
        ],
      ),
    ).toThrow(code("CW_PROBABILITY"));
    expect(() => run([0, 0], [[1], [1]])).toThrow(code("CW_SHAPE_MISMATCH"));
    expect(() => run([0, 1], { data: new Float32Array(3), shape: [2, 2] })).toThrow(code("CW_SHAPE_MISMATCH"));
    expect(() => run(undefined as never, p)).toThrow(code("CW_LABEL_RANGE"));
  });

  test("options", () => {
    const run = (options: object) => () =>
      findLabelIssues(
        [0, 1],
        [
          [0.4, 0.6],
          [0.9, 0.1],
        ],
        options,
      );
    for (const wrong of [
      { filterBy: "x" },
      { rankBy: "x" },
      { fracNoise: 2 },
      { minExamplesPerClass: -1 },
      { numToRemovePerClass: [1] },
    ]) {
      expect(run(wrong)).toThrow(code("CW_OPTION"));
    }
    expect(() => labelQualityScores([0], [[1, 0]], { method: "confidenceWeightedEntropy", adjust: true })).toThrow(
      code("CW_OPTION"),
    );
  });

  test("the others", () => {
    expect(() => multiLabel.findLabelIssues([[3]], [[0.1, 0.2, 0.3]])).toThrow(code("CW_LABEL_RANGE"));
    expect(() => outOfDistribution.fromFeatures([[1, 2]])).toThrow(code("CW_EMPTY"));
    expect(() =>
      outOfDistribution.fromFeatures([
        [1, Number.NaN],
        [0, 0],
      ]),
    ).toThrow(code("CW_NOT_FINITE"));
    expect(() => multiAnnotator.majorityVote([[Number.NaN, Number.NaN]])).toThrow(code("CW_UNLABELLED"));
    expect(() => lossRanking([1, Number.NaN])).toThrow(code("CW_NOT_FINITE"));
    expect(() => objectDetection.labelQualityScores([[{ box: [0, 0, 0, 5], class: 0 }]], [[]])).toThrow(code("CW_BOX"));
    expect(() => ontologyViolations([0], [{ rule: "x" } as never])).toThrow(code("CW_OPTION"));
  });
});

test("degenerate data has an answer without NaN", () => {
  const rows = [
    [0.2, 0.8],
    [0.3, 0.7],
  ];
  for (const labels of [
    [0, 0],
    [1, 1],
    [0, 1],
  ]) {
    for (const method of ["selfConfidence", "normalizedMargin", "confidenceWeightedEntropy"] as const) {
      expect(labelQualityScores(labels, rows, { method }).every(Number.isFinite)).toBe(true);
    }
    for (const { probability } of findOverlappingClasses(labels, rows)) expect(probability).toBeGreaterThanOrEqual(0);
    for (const each of classHealth(labels, rows)) expect(Object.values(each).every(Number.isFinite)).toBe(true);
  }
  expect(findLabelIssues([0], [[0.2, 0.8]]).indices.length).toBe(0);
  expect([
    ...outOfDistribution.fromFeatures([
      [1, 1],
      [1, 1],
      [1, 1],
    ]),
  ]).toEqual([1, 1, 1]);
  expect([...outOfDistribution.fromFeatures(Array(4).fill([0, 0, 0, 0]))]).toEqual([1, 1, 1, 1]);
  // One annotator an image: nobody to agree with.
  const { quality } = multiAnnotator.consensus(
    [
      [0, Number.NaN],
      [Number.NaN, 1],
    ],
    rows,
  );
  expect(quality.every(Number.isFinite)).toBe(true);
});

test("input is not changed, and a Float32Array is read where it lies", () => {
  const data = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.7, 0.3);
  const copy = data.slice();
  findLabelIssues([0, 1, 1], { data, shape: [3, 2] });
  labelQualityScores([0, 1, 1], { data, shape: [3, 2] }, { adjust: true, method: "normalizedMargin" });
  expect(data).toEqual(copy);
});

test("probabilities one after the other, as a model's evaluation has them, are the same as rows", () => {
  const flat = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.7, 0.3);
  const issues = findLabelIssues([0, 1, 1], flat);
  expect(issues).toEqual(findLabelIssues([0, 1, 1], { data: flat, shape: [3, 2] }));
});

test("near duplicates hang together, and leak from one part to another", () => {
  const features = [
    [0, 0],
    [5, 5],
    [0.01, 0],
    [9, 1],
    [0, 0.02],
    [2, 8],
  ];
  const { sets, mask, pairs } = nearDuplicates(features, { threshold: 0.5, metric: "euclidean" });
  expect(sets).toEqual([[0, 2, 4]]);
  expect([...mask]).toEqual([1, 0, 1, 0, 1, 0]);
  expect(pairs[0]).toMatchObject({ a: 0, b: 2 });
  const first = [
    [0, 0],
    [5, 5],
    [9, 1],
  ];
  expect([
    ...splitLeakage(
      first,
      [
        [4, 4],
        [9, 1],
        [0, 0.01],
      ],
      { metric: "euclidean" },
    ).leaked,
  ]).toEqual([1, 2]);
  expect(nearDuplicates([[1, 2]]).sets).toEqual([]);
});

test("losses and rules", () => {
  expect([...lossRanking([0.1, 2, 0.4, 2]).indices]).toEqual([1, 3, 2, 0]);
  expect([
    ...lossRanking([
      [0, 3, 0],
      [0, 0, 2],
    ]).losses,
  ]).toEqual([0, 1.5, 1]);
  const rules = [
    { rule: "implies", class: 0, implied: 1 },
    { rule: "excludes", classes: [2, 3] },
    { rule: "exactlyOne", classes: [4, 5] },
  ] as const;
  const broken = ontologyViolations([[0, 1, 4], [0, 4], [2, 3, 5], [4, 5], [1]], rules);
  expect(broken.map(({ index, rule }) => [index, rule])).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
  ]);
});

describe("CleaningReport", () => {
  const images = Array.from({ length: 12 }, (_, at) => Uint8Array.from({ length: 4 }, (_, pixel) => 20 * at + pixel));
  const labels = [0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 1, 2];
  const dataset = fromArrays({ images, labels, imageShape: [2, 2, 1], classNames: ["<cat>", "dog", "owl"] });
  const row = (k: number) => [0.05, 0.05, 0.05].map((p, at) => (at === k ? 0.9 : p));
  const probabilities = labels.map((label, at) => row(at === 4 ? 2 : at === 9 ? 1 : label));

  test("proposes, and leaves the data as it is", () => {
    const report = new CleaningReport(dataset, probabilities);
    expect(report.issues.map(({ index, given, suggested }) => [index, given, suggested])).toEqual([
      [4, 1, 2],
      [9, 0, 1],
    ]);
    report.relabel().remove([0]);
    const corrected = report.apply();
    expect([...dataset.labels]).toEqual(labels);
    expect(corrected.size).toBe(11);
    expect([...corrected.labels]).toEqual([0, 0, 1, 2, 1, 2, 2, 2, 1, 1, 2]);
    expect(corrected.image(0)).toEqual(dataset.image(1));
    expect(report.decisions.map(({ step, action, index, from, to }) => [step, action, index, from, to])).toEqual([
      [1, "relabel", 4, 1, 2],
      [1, "relabel", 9, 0, 1],
      [2, "remove", 0, 0, -1],
    ]);
    expect([...report.undo().undo().undo().apply().labels]).toEqual(labels);
  });

  test("refuses decisions that make no sense, and decides nothing then", () => {
    const report = new CleaningReport(dataset, probabilities);
    expect(() => report.relabel([4, 1])).toThrow(code("CW_LABEL_RANGE"));
    expect(() => report.relabel([4], 7)).toThrow(code("CW_LABEL_RANGE"));
    expect(() => report.remove([99])).toThrow(code("CW_INDEX_RANGE"));
    expect(report.decisions).toEqual([]);
    expect(() => report.remove([4]).relabel([4])).toThrow(code("CW_REMOVED"));
  });

  test("shows itself as table, text, JSON and pictures", async () => {
    const report = new CleaningReport(dataset, probabilities);
    const bundle = report[displaySymbol]();
    expect(bundle["text/html"]).toContain("&lt;cat&gt;");
    expect(bundle["text/html"]).not.toContain("<cat>");
    expect(bundle["text/plain"]).toContain("2 of 12 labels are probably wrong");
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({ images: 12, issues: [{ index: 4 }, { index: 9 }] });
    expect(report.grid().toText()).toContain("dog → owl");
    expect(report.figure().toSVG()).toContain("<svg");
    const clean = new CleaningReport(dataset, labels.map(row));
    expect(clean.issues).toEqual([]);
    expect(clean.toText()).toContain("0 of 12");
  });
});
