import { averagePrecision, brierScore, logLoss, rocAuc, rocAucPerClass, topKAccuracy } from "cellwright/metrics";
import { describe, expect, test } from "vitest";
import golden from "../golden/metrics/metrics.json" with { type: "json" };
import { code, expectClose, shapes } from "./support.ts";

describe("as scikit-learn", () => {
  test.each(golden.binary.map((expected, index) => ({ ...expected, index })))(
    "two classes, case $index",
    (expected) => {
      const { labels } = expected;
      const pairs = expected.scores.map((score) => [1 - score, score]);
      for (const scores of [expected.scores, Float64Array.from(expected.scores), ...shapes(pairs)]) {
        expectClose(rocAuc(labels, scores), expected.auc);
        expectClose(averagePrecision(labels, scores), expected.averagePrecision);
        expectClose(logLoss(labels, scores), expected.logLoss);
        expectClose(brierScore(labels, scores), expected.brier);
      }
      // An order has no scale: logits will do.
      expectClose(
        rocAuc(
          labels,
          expected.scores.map((score) => 30 * score - 10),
        ),
        expected.auc,
      );
    },
  );

  test.each(golden.multi.map((expected, index) => ({ ...expected, index })))(
    "many classes, case $index",
    (expected) => {
      const { labels } = expected;
      for (const scores of shapes(expected.probabilities)) {
        for (const average of ["macro", "weighted", "micro"] as const) {
          expectClose(rocAuc(labels, scores, { average }), expected.auc[average]);
          expectClose(averagePrecision(labels, scores, { average }), expected.averagePrecision[average]);
        }
        rocAucPerClass(labels, scores).forEach((area, k) => {
          expectClose(area, expected.aucPerClass[k]!);
        });
        expectClose(logLoss(labels, scores), expected.logLoss);
        expectClose(brierScore(labels, scores), expected.brier);
      }
      for (const [index, accuracy] of expected.topK.entries()) {
        expectClose(topKAccuracy(labels, expected.untied, { k: index + 1 }), accuracy);
      }
      expect(topKAccuracy(labels, expected.untied, { k: 100 })).toBe(1);
    },
  );
});

test("a tie counts half, exactly", () => {
  expect(rocAuc([1, 0, 0, 0], [0.5, 0.5, 0.1, 0.9])).toBe(0.5);
  expect(rocAuc([1, 0, 0], [7, 7, 7])).toBe(0.5);
  expect(rocAuc([1, 0, 0], [7, 7, 6])).toBe(0.75);
  expect(averagePrecision([1, 0, 0, 0], [7, 7, 7, 7])).toBe(0.25);
});

test("of equal scores the first class is the higher", () => {
  const scores = [[0.5, 0.5, 0]];
  expect(topKAccuracy([0], scores, { k: 1 })).toBe(1);
  expect(topKAccuracy([1], scores, { k: 1 })).toBe(0);
  expect(topKAccuracy([1], scores, { k: 2 })).toBe(1);
});

test("a class without images, or with all of them, has no area and is left out of the mean", () => {
  const scores = [
    [0.8, 0.1, 0.1],
    [0.2, 0.7, 0.1],
    [0.6, 0.3, 0.1],
  ];
  expect(rocAucPerClass([0, 1, 0], scores)).toEqual([1, 1, Number.NaN]);
  expect(rocAuc([0, 1, 0], scores)).toBe(1);
  expect(averagePrecision([0, 1, 0], scores)).toBe(1);
  expect(rocAuc([0, 0, 0], scores)).toBeNaN();
  expect(rocAuc([1], [0.3])).toBeNaN();
  expect(averagePrecision([0], [0.3])).toBeNaN();
});

test("images without a label are left out", () => {
  expect(rocAuc([0, -1, 1], [0.1, 0.9, 0.5])).toBe(1);
  expect(
    topKAccuracy(
      [-1, 1],
      shapes([
        [1, 0],
        [0, 1],
      ])[0]!,
      { k: 1 },
    ),
  ).toBe(1);
  expect(topKAccuracy([-1], [[1, 0]])).toBeNaN();
  expect(
    logLoss(
      [-1, 1],
      [
        [1, 0],
        [0.5, 0.5],
      ],
    ),
  ).toBeCloseTo(Math.log(2), 14);
  expect(
    rocAuc(
      [0, -1, 1, 2],
      [
        [1, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
        [0, 0, 1],
      ],
      { average: "micro" },
    ),
  ).toBe(1);
});

test("a probability of 0 costs as much as the epsilon of its array", () => {
  expect(logLoss([1], [[1, 0]])).toBeCloseTo(52 * Math.LN2, 10);
  expect(logLoss([1], Float32Array.of(1, 0))).toBeCloseTo(23 * Math.LN2, 10);
});

test.each([
  ["CW_EMPTY", () => rocAuc([], [])],
  ["CW_EMPTY", () => logLoss([], { data: [], shape: [0, 3] })],
  ["CW_EMPTY", () => logLoss([-1], [[0.5, 0.5]])],
  ["CW_NOT_FINITE", () => rocAuc([0, 1], [0.1, Number.NaN])],
  ["CW_NOT_FINITE", () => topKAccuracy([0], [[1, Number.POSITIVE_INFINITY]])],
  ["CW_PROBABILITY", () => logLoss([0, 1], [0.1, Number.NaN])],
  ["CW_PROBABILITY", () => logLoss([0], [[2, -1]])],
  ["CW_PROBABILITY", () => logLoss([0], [[0.3, 0.3]])],
  ["CW_PROBABILITY", () => brierScore([0], [[5.5, 1.2]])],
  ["CW_LENGTH_MISMATCH", () => rocAuc([0, 1], [[0.1, 0.9]])],
  ["CW_SHAPE_MISMATCH", () => rocAuc([0, 1], [0.1, 0.9, 0.5])],
  ["CW_SHAPE_MISMATCH", () => rocAuc([0, 1], [[0.1, 0.9], [1]])],
  ["CW_SHAPE_MISMATCH", () => rocAuc([0, 1], { data: [1, 2, 3], shape: [2, 2] })],
  ["CW_SHAPE_MISMATCH", () => rocAuc([0, 1], { data: [1, 2], shape: [2] })],
  ["CW_SHAPE_MISMATCH", () => rocAuc([0, 1], null as never)],
  ["CW_SHAPE_MISMATCH", () => rocAuc([0, 1], {} as never)],
  ["CW_LABEL_RANGE", () => rocAuc([0, 2], [0.1, 0.9])],
  ["CW_LABEL_RANGE", () => logLoss([0, -2], [0.1, 0.9])],
  ["CW_OPTION", () => rocAuc([0, 1, 2], new Float64Array(9), { average: "none" as never })],
  ["CW_OPTION", () => topKAccuracy([0], [[1, 0]], { k: 0 })],
])("%s: %s", (expected, run) => {
  expect(code(run)).toBe(expected);
});
