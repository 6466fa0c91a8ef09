import { multiLabelScores, precisionRecallCurve, rocCurve } from "cellwright/metrics";
import { describe, expect, test } from "vitest";
import golden from "../golden/metrics/curves.json" with { type: "json" };
import { code } from "./support.ts";

const close = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-12);
};

describe("as scikit-learn", () => {
  const cases = { ...golden.cases, micro: golden.multiLabel.microCurve };
  test.each(Object.entries(cases))("%s", (_, expected) => {
    const { labels, scores } = expected;
    const roc = rocCurve(labels, scores);
    close(roc.falsePositiveRates, expected.fpr);
    close(roc.truePositiveRates, expected.tpr);
    close(roc.thresholds.slice(1), expected.thresholds);
    expect(roc.thresholds[0]).toBe(Number.POSITIVE_INFINITY);
    close([roc.area], [expected.area]);
    const { precisions, recalls, averagePrecision } = precisionRecallCurve(labels, scores);
    close(precisions, expected.precision);
    close(recalls, expected.recall);
    close([averagePrecision], [expected.averagePrecision]);
  });

  test("average precision of several labels", () => {
    const { targets, outputs, averagePrecision, meanAveragePrecision } = golden.multiLabel;
    const scores = multiLabelScores(targets, outputs);
    close(scores.averagePrecision, averagePrecision);
    close([scores.meanAveragePrecision], [meanAveragePrecision]);
  });
});

test("a class that no image is of has no average precision, and is left out of the mean", () => {
  const { averagePrecision, meanAveragePrecision } = multiLabelScores(
    [
      [1, 0],
      [0, 0],
    ],
    [
      [0.2, 0.1],
      [0.9, 0.3],
    ],
  );
  expect(averagePrecision).toEqual([0.5, Number.NaN]);
  expect(meanAveragePrecision).toBe(0.5);
});

test("what has no curve is refused", () => {
  expect(code(() => rocCurve([], []))).toBe("CW_EMPTY");
  expect(code(() => rocCurve([0, 1], [1]))).toBe("CW_LENGTH_MISMATCH");
  expect(code(() => rocCurve([0, 2], [1, 1]))).toBe("CW_LABEL_RANGE");
  expect(code(() => rocCurve([0, 1], [1, Number.NaN]))).toBe("CW_NOT_FINITE");
  expect(code(() => rocCurve([1, 1], [1, 2]))).toBe("CW_ONE_CLASS");
  expect(code(() => rocCurve([0, 0], [1, 2]))).toBe("CW_ONE_CLASS");
  expect(code(() => precisionRecallCurve([0, 0], [1, 2]))).toBe("CW_ONE_CLASS");
  expect(precisionRecallCurve([1, 1], [1, 2]).precisions).toEqual([1, 1, 1]);
});
