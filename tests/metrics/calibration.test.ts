import { expectedCalibrationError, reliabilityDiagram, softmax, temperatureScaling } from "cellwright/metrics";
import { describe, expect, test } from "vitest";
import golden from "../golden/metrics/metrics.json" with { type: "json" };
import { code, expectClose, shapes } from "./support.ts";

describe("temperature scaling", () => {
  test.each(golden.temperature)("reaches SciPy's minimum: T = $temperature", (expected) => {
    for (const logits of shapes(expected.logits)) {
      const result = temperatureScaling(logits, expected.labels);
      expect(Math.abs(result.temperature - expected.temperature)).toBeLessThan(1e-3);
      expect(Math.abs(result.temperature / expected.temperature - 1)).toBeLessThan(1e-6);
      expectClose(result.lossBefore, expected.lossBefore);
      expectClose(result.lossAfter, expected.lossAfter);
      expect(result.bounded).toBe(false);
    }
  });

  test("three of four right, always equally sure: the confidence becomes 3/4", () => {
    const logits = [
      [4, 0],
      [4, 0],
      [0, 4],
      [0, 4],
    ];
    const { temperature, lossAfter } = temperatureScaling(logits, [0, 0, 1, 0]);
    expect(temperature).toBeCloseTo(4 / Math.log(3), 10);
    expect(lossAfter).toBeCloseTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), 12);
    expect(softmax(logits, { temperature }).data[0]).toBeCloseTo(0.75, 12);
  });

  test("scaling the logits scales the temperature", () => {
    const { logits, labels, temperature } = golden.temperature[0]!;
    for (const factor of [1e-3, 0.5, 100]) {
      const scaled = logits.map((row) => row.map((z) => z * factor + 1e3));
      expect(temperatureScaling(scaled, labels).temperature / temperature / factor).toBeCloseTo(1, 6);
    }
  });

  test("images without a label do not count", () => {
    const { logits, labels } = golden.temperature[1]!;
    const more = temperatureScaling([...logits, [9, -9, 0]], [...labels, -1]);
    expect(more).toEqual(temperatureScaling(logits, labels));
  });

  test("no minimum inside the range is said, not hidden", () => {
    const right = temperatureScaling(
      [
        [2, 0],
        [0, 3],
      ],
      [0, 1],
    );
    expect(right).toMatchObject({ bounded: true, lossAfter: 0 });
    expect(right.temperature).toBeCloseTo(1e-4, 12);
    const wrong = temperatureScaling(
      [
        [2, 0],
        [0, 3],
      ],
      [1, 0],
    );
    expect(wrong.bounded).toBe(true);
    expect(wrong.temperature).toBeCloseTo(1e4, 6);
    expect(wrong.lossAfter).toBeCloseTo(Math.log(2), 3);
    expect(temperatureScaling([[5, 5]], [0])).toEqual({
      temperature: 1,
      lossBefore: Math.LN2,
      lossAfter: Math.LN2,
      bounded: false,
    });
  });

  test.each([
    ["CW_EMPTY", [], []],
    ["CW_EMPTY", [[1, 2]], [-1]],
    ["CW_NOT_FINITE", [[1, Number.NaN]], [0]],
    ["CW_NOT_FINITE", [[1, Number.NEGATIVE_INFINITY]], [0]],
    ["CW_LABEL_RANGE", [[1, 2]], [2]],
    ["CW_LENGTH_MISMATCH", [[1, 2]], [0, 1]],
    ["CW_SHAPE_MISMATCH", [[1], [2]], [0, 1]],
  ])("%s: logits %j, labels %j", (expected, logits, labels) => {
    expect(code(() => temperatureScaling(logits, labels))).toBe(expected);
  });
});

describe("softmax", () => {
  test("is exact for logits of any size", () => {
    expect([...softmax([[1000, 1000]]).data]).toEqual([0.5, 0.5]);
    expect([...softmax([[0, -1e300]], { temperature: 1e-9 }).data]).toEqual([1, 0]);
    expect(softmax(Float32Array.of(0, 0, 0, 0, 0, 0), { classes: 3 }).shape).toEqual([2, 3]);
  });

  test("says what it cannot take", () => {
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(code(() => softmax([[0, 1]], { temperature }))).toBe("CW_TEMPERATURE");
    }
    expect(code(() => softmax([0, 1, 2]))).toBe("CW_SHAPE_MISMATCH");
    expect(code(() => softmax([0, 1, 2], { classes: 2 }))).toBe("CW_SHAPE_MISMATCH");
    expect(code(() => softmax([[0, Number.NaN]]))).toBe("CW_NOT_FINITE");
    expect(code(() => softmax([]))).toBe("CW_EMPTY");
  });
});

describe("calibration error", () => {
  test.each(golden.calibration.map((expected, index) => ({ ...expected, index })))(
    "as the paper's formula, case $index",
    ({ labels, probabilities, results }) => {
      for (const { bins, expected, maximum, counts } of results) {
        for (const shape of shapes(probabilities)) {
          expectClose(expectedCalibrationError(shape, labels, { bins }), expected);
          const diagram = reliabilityDiagram(shape, labels, { bins });
          expectClose(diagram.maximumCalibrationError, maximum);
          expect(diagram.bins.map(({ count }) => count)).toEqual(counts);
        }
      }
      expect(expectedCalibrationError(probabilities, labels)).toBe(
        expectedCalibrationError(probabilities, labels, { bins: 15 }),
      );
    },
  );

  test("a confidence on an edge belongs to the bin below, for every edge of every number of bins", () => {
    for (let bins = 1; bins <= 60; bins++) {
      for (let m = Math.ceil(bins / 2); m <= bins; m++) {
        const diagram = reliabilityDiagram([m / bins], [1], { bins });
        const said = diagram.bins.findIndex(({ count }) => count === 1);
        expect(said).toBe(m - 1);
        expect(diagram.bins[said]).toMatchObject({ upper: m / bins, confidence: m / bins });
      }
    }
  });

  test("one bin is the gap between mean confidence and accuracy", () => {
    const diagram = reliabilityDiagram(
      [
        [0.8, 0.2],
        [0.6, 0.4],
        [0.7, 0.3],
      ],
      [0, 1, -1],
      { bins: 1 },
    );
    expect(diagram).toMatchObject({ total: 2, accuracy: 0.5 });
    expect(diagram.confidence).toBeCloseTo(0.7, 14);
    expect(diagram.expectedCalibrationError).toBeCloseTo(0.2, 14);
    expect(diagram.maximumCalibrationError).toBe(diagram.expectedCalibrationError);
  });

  test("empty bins have no confidence, and a perfect model no error", () => {
    const diagram = reliabilityDiagram(
      [
        [1, 0],
        [0, 1],
      ],
      [0, 1],
    );
    expect(diagram.expectedCalibrationError).toBe(0);
    expect(diagram.bins[0]).toEqual({
      lower: 0,
      upper: 1 / 15,
      count: 0,
      confidence: Number.NaN,
      accuracy: Number.NaN,
    });
    expect(diagram.bins.at(-1)).toMatchObject({ upper: 1, count: 2 });
  });

  test("float32 probabilities, whose sums and largest values round above 1, are probabilities", () => {
    expect(expectedCalibrationError(Float32Array.of(1.0000001, 0), [0])).toBeCloseTo(0, 6);
  });

  test.each([
    ["CW_BINS", [[0.5, 0.5]], [0], 0],
    ["CW_BINS", [[0.5, 0.5]], [0], 1.5],
    ["CW_BINS", [[0.5, 0.5]], [0], 1e9],
    ["CW_EMPTY", [], [], 15],
    ["CW_EMPTY", [[0.5, 0.5]], [-1], 15],
    ["CW_PROBABILITY", [[3, -2]], [0], 15],
    ["CW_PROBABILITY", [[Number.NaN, 0.5]], [0], 15],
    ["CW_PROBABILITY", [[0.5, 0.2]], [0], 15],
    ["CW_LABEL_RANGE", [[0.5, 0.5]], [2], 15],
  ])("%s: probabilities %j, labels %j, %s bins", (expected, probabilities, labels, bins) => {
    expect(code(() => expectedCalibrationError(probabilities, labels, { bins }))).toBe(expected);
  });
});
