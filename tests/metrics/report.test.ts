import { classScores, expectedCalibrationError, logLoss, Report, report, rocAucPerClass } from "cellwright/metrics";
import { displaySymbol } from "cellwright/plot";
import { describe, expect, test } from "vitest";
import golden from "../golden/metrics/metrics.json" with { type: "json" };
import { code, shapes } from "./support.ts";

describe("report", () => {
  test("of predictions: the figures of classScores, as plain rows", () => {
    const { labels, predictions, classes } = golden.predictions[1]!;
    const scores = classScores(labels, predictions);
    const made = report(labels, predictions);
    expect(made.rows).toEqual(scores.perClass.map((row, index) => ({ class: String(index), ...row })));
    expect(made.rows).toHaveLength(classes);
    expect(made.averages).toEqual([
      { class: "macro average", ...scores.macro, support: labels.length },
      { class: "weighted average", ...scores.weighted, support: labels.length },
    ]);
    expect(made.accuracy).toBe(made.confusion.accuracy);
    expect(made.logLoss).toBeUndefined();
    expect(made.rows[0]).not.toHaveProperty("auc");
    expect(Object.getPrototypeOf(made.rows[0])).toBe(Object.prototype);
  });

  test("of probabilities, in every shape: areas, cross-entropy and calibration error too", () => {
    const { labels, probabilities } = golden.multi[0]!;
    const areas = rocAucPerClass(labels, probabilities);
    for (const shape of shapes(probabilities)) {
      const made = report(labels, shape, { classNames: ["a", "b", "c"] });
      expect(made.rows.map((row) => row.auc)).toEqual(areas);
      expect(made.averages[0]!.auc).toBeCloseTo(golden.multi[0]!.auc.macro, 12);
      expect(made.averages[1]!.auc).toBeCloseTo(golden.multi[0]!.auc.weighted, 12);
      expect(made.logLoss).toBe(logLoss(labels, probabilities));
      expect(made.expectedCalibrationError).toBe(expectedCalibrationError(probabilities, labels));
    }
  });

  test("the text is aligned, the HTML escaped", () => {
    const made = report([0, 0, 1], [0, 1, 1], { classNames: ["cat", "<b>dog</b>"] });
    expect(made.toText()).toBe(
      [
        "           class  precision  recall     F1  images",
        "             cat      1.000   0.500  0.667       2",
        "      <b>dog</b>      0.500   1.000  0.667       1",
        "   macro average      0.750   0.750  0.667       3",
        "weighted average      0.833   0.667  0.667       3",
        "accuracy 66.7 % on 3 images",
      ].join("\n"),
    );
    const bundle = made[displaySymbol]();
    expect(bundle["text/plain"]).toBe(made.toText());
    expect(bundle["text/html"]).toContain("<td>&lt;b&gt;dog&lt;/b&gt;</td>");
    expect(bundle["text/html"]).not.toContain("<b>");
    expect((bundle["text/html"] as string).match(/<tr>/g)).toHaveLength(5);
    expect(made).toBeInstanceOf(Report);
  });

  test("one image, absent classes, labels that are missing", () => {
    const made = report(
      [-1, 1],
      [
        [0.9, 0.1, 0],
        [0.2, 0.7, 0.1],
      ],
      { zeroDivision: Number.NaN },
    );
    expect(made.confusion.total).toBe(1);
    expect(made.averages[0]).toMatchObject({ precision: 1, recall: 1, f1: 1, auc: Number.NaN, support: 1 });
    expect(made.toText()).toContain("accuracy 100.0 % on 1 image,");
    expect(made.toText()).not.toContain("NaN");
  });

  test.each([
    ["CW_EMPTY", () => report([], [])],
    ["CW_EMPTY", () => report([-1], [0])],
    ["CW_LABEL_RANGE", () => report([0, 1], [0, 2], { classNames: ["a", "b"] })],
    ["CW_LABEL_RANGE", () => report([0, 1], [0, 0.5])],
    ["CW_SHAPE_MISMATCH", () => report([0], [[0.5, 0.5]], { classNames: ["a", "b", "c"] })],
    ["CW_SHAPE_MISMATCH", () => report([0, 1], [0, 1, 1])],
    ["CW_SHAPE_MISMATCH", () => report([0, 1], undefined as never)],
    ["CW_PROBABILITY", () => report([0], [[3, 1]])],
    ["CW_OPTION", () => report([0], [0], { zeroDivision: 0.5 })],
  ])("%s: %s", (expected, run) => {
    expect(code(run)).toBe(expected);
  });
});
