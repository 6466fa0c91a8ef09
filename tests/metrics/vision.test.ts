// Figures for images of several classes, for masks, and for boxes.
import { detectionScores, multiLabelScores, segmentationScores, type TrueObject } from "cellwright/metrics";
import { describe, expect, test } from "vitest";
import detection from "../golden/metrics/detection.json" with { type: "json" };
import golden from "../golden/metrics/metrics.json" with { type: "json" };
import { code, expectClose, type Golden, shapes } from "./support.ts";

describe("multiLabelScores", () => {
  test.each(golden.multiLabel.map((expected, index) => ({ ...expected, index })))(
    "as scikit-learn, case $index",
    (expected) => {
      for (const labels of shapes(expected.labels)) {
        // Of a flat array alone nobody knows how many columns it has.
        if (labels instanceof Float64Array) continue;
        for (const entry of expected.scores) {
          const scores = multiLabelScores(labels, expected.outputs, { zeroDivision: Number(entry.zeroDivision) });
          for (const average of ["micro", "macro", "weighted", "samples"] as const) {
            const wanted = (entry as Record<string, unknown>)[average] as Golden[] | undefined;
            if (wanted === undefined) continue;
            const { precision, recall, f1 } = scores[average];
            for (const [index, value] of [precision, recall, f1].entries()) expectClose(value, wanted[index]!);
          }
          for (const [k, row] of scores.perClass.entries()) {
            for (const [index, value] of [row.precision, row.recall, row.f1].entries()) {
              expectClose(value, (entry.perClass as Golden[][])[index]![k]!);
            }
          }
          expectClose(scores.subsetAccuracy, expected.subsetAccuracy);
          expectClose(scores.hammingLoss, expected.hammingLoss);
        }
      }
    },
  );

  test("a class is said from the threshold on", () => {
    const scores = (threshold: number) => multiLabelScores([[1, 0]], [[0.7, 0.2]], { threshold });
    expect(scores(0.7).subsetAccuracy).toBe(1);
    expect(scores(0.71).micro.recall).toBe(0);
    expect(scores(0.2).hammingLoss).toBe(0.5);
    expect(scores(0).micro.recall).toBe(1);
  });

  test.each([
    ["CW_EMPTY", [], [], 0.5],
    ["CW_LABEL_RANGE", [[2]], [[0.5]], 0.5],
    ["CW_LABEL_RANGE", [[-1]], [[0.5]], 0.5],
    ["CW_PROBABILITY", [[1]], [[1.5]], 0.5],
    ["CW_PROBABILITY", [[1]], [[Number.NaN]], 0.5],
    ["CW_LENGTH_MISMATCH", [[1]], [[0.5], [0.5]], 0.5],
    ["CW_SHAPE_MISMATCH", [[1]], [[0.5, 0.5]], 0.5],
    ["CW_OPTION", [[1]], [[0.5]], 2],
  ])("%s: labels %j, outputs %j, threshold %s", (expected, labels, outputs, threshold) => {
    expect(code(() => multiLabelScores(labels, outputs, { threshold }))).toBe(expected);
  });
});

describe("segmentationScores", () => {
  test.each(golden.segmentation)("as scikit-learn, $classes classes", (expected) => {
    const { labels, predictions, classes } = expected;
    const scores = segmentationScores(Uint8Array.from(labels), Uint8Array.from(predictions), { classes });
    expectClose(scores.meanIoU, expected.meanIoU);
    expectClose(scores.meanDice, expected.meanDice);
    expectClose(scores.weightedIoU, expected.weightedIoU);
    scores.perClass.forEach(({ iou, dice }, k) => {
      expectClose(dice, expected.dice[k]!);
      if (expected.dice[k] === "NaN") expect(iou).toBeNaN();
      else expectClose(iou, expected.iou[k]!);
    });
  });

  test("unknown pixels are left out; nothing at all is NaN", () => {
    expect(segmentationScores([0, -1, 1], [0, 0, 1])).toEqual(segmentationScores([0, 1], [0, 1]));
    expect(segmentationScores([-1], [0])).toMatchObject({ meanIoU: Number.NaN, pixelAccuracy: Number.NaN });
    expect(code(() => segmentationScores([0], [0, 1]))).toBe("CW_LENGTH_MISMATCH");
    expect(code(() => segmentationScores([0], [255], { classes: 2 }))).toBe("CW_LABEL_RANGE");
  });
});

type Objects = TrueObject[][];
const box = [0, 0, 10, 10] as const;

describe("detectionScores", () => {
  const cases = detection.map((expected, index) => ({ ...expected, index }));

  test.each(cases)("as COCO's own evaluation, case $index", (expected) => {
    const objects = expected.objects as unknown as Objects;
    const scores = detectionScores(objects, expected.detections as never, { maxDetections: expected.maxDetections });
    expectClose(scores.averagePrecision, expected.averagePrecision);
    expectClose(scores.averageRecall, expected.averageRecall);
    expected.byThreshold.forEach((value, t) => {
      expectClose(scores.byThreshold[t]!, value);
    });
    expect(scores.perClass).toHaveLength(expected.classes);
    (expected.perClass as Golden[]).forEach((value, k) => {
      expectClose(scores.perClass[k]!, value);
    });
  });

  test("by hand: a box of IoU 0.9 is found at nine thresholds of ten", () => {
    const found = [[{ box: [0, 0, 10, 9] as const, class: 0, score: 0.5 }]];
    expect(detectionScores([[{ box, class: 0 }]], found).averagePrecision).toBeCloseTo(0.9, 14);
    expect(detectionScores([[{ box, class: 0 }]], found, { thresholds: [0.9] }).byThreshold).toEqual([1]);
  });

  test("nothing there, nothing found, boxes without area", () => {
    expect(detectionScores([], []).averagePrecision).toBeNaN();
    expect(detectionScores([[]], [[{ box, class: 0, score: 1 }]]).perClass).toEqual([Number.NaN]);
    expect(detectionScores([[{ box, class: 1 }]], [[]])).toMatchObject({ averagePrecision: 0, averageRecall: 0 });
    const flat = [5, 5, 5, 5] as const;
    expect(detectionScores([[{ box: flat, class: 0 }]], [[{ box: flat, class: 0, score: 1 }]]).averagePrecision).toBe(
      0,
    );
  });

  test("two hits on one object are a hit and a false alarm, but none in a crowd", () => {
    const twice = [
      [
        { box, class: 0, score: 0.9 },
        { box, class: 0, score: 0.8 },
        { box: [20, 20, 30, 30] as const, class: 0, score: 0.1 },
      ],
    ];
    const second = { box: [20, 20, 30, 30] as const, class: 0 };
    const precision = (first: TrueObject) => detectionScores([[first, second]], twice).averagePrecision;
    expect(precision({ box, class: 0 })).toBeCloseTo((51 + 50 * (2 / 3)) / 101, 12);
    expect(precision({ box, class: 0, crowd: true })).toBe(1);
  });

  test.each<[string, () => unknown]>([
    ["CW_LENGTH_MISMATCH", () => detectionScores([[]], [])],
    ["CW_BOX", () => detectionScores([[{ box: [5, 0, 4, 1], class: 0 }]], [[]])],
    ["CW_BOX", () => detectionScores([[{ box: [0, 0, Number.NaN, 1], class: 0 }]], [[]])],
    ["CW_BOX", () => detectionScores([[{ box: [0, 0, 1] as never, class: 0 }]], [[]])],
    ["CW_LABEL_RANGE", () => detectionScores([[{ box, class: -1 }]], [[]])],
    ["CW_LABEL_RANGE", () => detectionScores([[{ box, class: 0.5 }]], [[]])],
    ["CW_NOT_FINITE", () => detectionScores([[]], [[{ box, class: 0, score: Number.NaN }]])],
    ["CW_OPTION", () => detectionScores([], [], { thresholds: [] })],
    ["CW_OPTION", () => detectionScores([], [], { thresholds: [0] })],
    ["CW_OPTION", () => detectionScores([], [], { maxDetections: 0 })],
  ])("%s: %s", (expected, run) => {
    expect(code(run)).toBe(expected);
  });
});
