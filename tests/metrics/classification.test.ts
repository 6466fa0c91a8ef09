import {
  accuracy,
  classScores,
  cohenKappa,
  confusionMatrix,
  f1,
  matthews,
  type PrecisionRecall,
  precision,
  recall,
} from "cellwright/metrics";
import { confusionCounts } from "cellwright/plot";
import { describe, expect, test } from "vitest";
import golden from "../golden/metrics/metrics.json" with { type: "json" };
import { code, expectClose, type Golden } from "./support.ts";

const cases = golden.predictions.map((expected, index) => ({ ...expected, index }));

describe("as scikit-learn", () => {
  test.each(cases)("case $index: counts, accuracy, Matthews, kappa", (expected) => {
    const { labels, predictions, classes } = expected;
    expect(confusionMatrix(labels, predictions, { classes }).counts).toEqual(expected.counts);
    expectClose(accuracy(labels, predictions), expected.accuracy);
    expectClose(matthews(labels, predictions), expected.matthews);
    for (const [index, weights] of (["none", "linear", "quadratic"] as const).entries()) {
      expectClose(cohenKappa(labels, predictions, { classes, weights }), expected.kappa[index]!);
    }
  });

  test.each(cases)("case $index: precision, recall, F of classes and their averages", (expected) => {
    const { labels, predictions, classes } = expected;
    expect(expected.scores).toHaveLength(6);
    for (const entry of expected.scores) {
      const zeroDivision = Number(entry.zeroDivision);
      const scores = classScores(labels, predictions, { classes, zeroDivision, beta: entry.beta });
      const [precisions, recalls, fs, support] = entry.perClass as Golden[][];
      scores.perClass.forEach((row, k) => {
        expectClose(row.precision, precisions![k]!);
        expectClose(row.recall, recalls![k]!);
        expectClose(row.f1, fs![k]!);
        expect(row.support).toBe(support![k]);
      });
      for (const average of ["micro", "macro", "weighted"] as const) {
        const row: PrecisionRecall = scores[average];
        for (const [index, value] of [row.precision, row.recall, row.f1].entries()) {
          expectClose(value, (entry[average] as Golden[])[index]!);
        }
        if (entry.beta !== 1) continue;
        const options = { average, classes, zeroDivision };
        expect(precision(labels, predictions, options)).toBe(row.precision);
        expect(recall(labels, predictions, options)).toBe(row.recall);
        expect(f1(labels, predictions, options)).toBe(row.f1);
      }
    }
  });
});

test("images without a label are left out of every figure", () => {
  const labels = [0, -1, 1, 1, -1, 2];
  const predictions = [0, 1, 1, 0, 2, 2];
  const [some, said] = [
    [0, 1, 1, 2],
    [0, 1, 0, 2],
  ] as const;
  expect(confusionMatrix(labels, predictions)).toEqual(confusionMatrix(some, said));
  expect(matthews(labels, predictions)).toBe(matthews(some, said));
  expect(cohenKappa(labels, predictions)).toBe(cohenKappa(some, said));
  expect(classScores(labels, predictions)).toEqual(classScores(some, said));
});

test("nothing to count gives NaN, or what the convention for 0 / 0 says", () => {
  expect(accuracy([], [])).toBeNaN();
  expect(accuracy([-1], [0])).toBeNaN();
  expect(matthews([-1], [0])).toBeNaN();
  expect(cohenKappa([], [])).toBeNaN();
  expect(classScores([], [], { classes: 2 }).macro).toEqual({ precision: 0, recall: 0, f1: 0 });
  expect(classScores([], [], { classes: 2, zeroDivision: Number.NaN }).macro.f1).toBeNaN();
});

test("accuracy knows any number of classes", () => {
  expect(accuracy([1e9, 5, -1], [1e9, 6, 0])).toBe(0.5);
  expect(() => accuracy([0.5], [0])).toThrow("labels must be whole numbers from 0 on; number 0 is 0.5");
});

test("the plot counts with the same function, and typed arrays will do", () => {
  const labels = Int32Array.of(0, 1, 2, 1);
  const predictions = Uint8Array.of(0, 2, 2, 1);
  expect(confusionCounts(labels, predictions, 4)).toEqual(confusionMatrix(labels, predictions, { classes: 4 }));
});

test.each([
  ["CW_LENGTH_MISMATCH", () => accuracy([0], [])],
  ["CW_LABEL_RANGE", () => accuracy([0, Number.NaN], [0, 0])],
  ["CW_LABEL_RANGE", () => matthews([0, 1], [0, -1])],
  ["CW_LABEL_RANGE", () => f1([0, 3], [0, 0], { classes: 2 })],
  ["CW_LABEL_RANGE", () => cohenKappa([0, 1e7], [0, 0])],
  ["CW_OPTION", () => cohenKappa([0], [0], { weights: "cubic" as never })],
  ["CW_OPTION", () => cohenKappa([0], [0], { weights: "toString" as never })],
  ["CW_OPTION", () => f1([0], [0], { average: "samples" as never })],
  ["CW_OPTION", () => f1([0], [0], { average: "perClass" as never })],
  ["CW_OPTION", () => classScores([0], [0], { zeroDivision: 2 })],
  ["CW_OPTION", () => classScores([0], [0], { beta: 0 })],
])("%s: %s", (expected, run) => {
  expect(code(run)).toBe(expected);
});
