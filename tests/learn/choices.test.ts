// What a model decides, as rows: the figures that all learners share.
import { type Dataset, fromArrays } from "cellwright/data";
import { multiLabelScores } from "cellwright/metrics";
import { Random } from "cellwright/random";
import { describe, expect, test } from "vitest";
import { choicesOf, rowsOf } from "../../src/learn/choices.ts";
import { capAt } from "../../src/learn/regularization/admission.ts";
import { judge } from "../../src/learn/regularization/judgement.ts";

const single = (labels: number[]): Dataset =>
  fromArrays({ images: new Uint8Array(labels.length), labels, imageShape: [1, 1, 1] });
const rows = (labels: number[][]): Dataset =>
  fromArrays({ images: new Uint8Array(labels.length), labels, imageShape: [1, 1, 1] });

describe("guessing", () => {
  test("one class an image is worth the largest class, at the entropy of the labels", () => {
    expect(choicesOf(single([0, 1, 2, 3, 0, 1, 2, 3]))).toMatchObject({ rowsPerImage: 1, chance: 0.25 });
    expect(choicesOf(single([0, 1, 2, 3])).guessLoss).toBeCloseTo(Math.log(4), 12);
    expect(choicesOf(single([0, 0, 0, 5])).guessLoss).toBeCloseTo(0.5623351446, 9);
    expect(choicesOf(single([2, 2])).guessLoss).toBeCloseTo(0, 12);
  });

  test("several classes an image is worth the commoner answer of each", () => {
    const { chance, guessLoss, labels, rowsPerImage } = choicesOf(
      rows([
        [1, 0],
        [1, 0],
        [1, 0],
        [0, 0],
      ]),
    );
    expect([...labels]).toEqual([1, 0, 1, 0, 1, 0, 0, 0]);
    expect(rowsPerImage).toBe(2);
    expect(chance).toBe((0.75 + 1) / 2);
    expect(guessLoss).toBeCloseTo(0.5623351446 / 2, 9);
  });
});

describe("a judgement of several classes an image", () => {
  const random = new Random(4);
  const truth = Array.from({ length: 200 }, () => [0, 1, 2].map(() => Number(random.float() < 0.3)));
  // Scores that are three times too sure of themselves.
  const logits = Float32Array.from(truth.flat(), (label) => 3 * (2 * label - 1 + 1.2 * random.normal()));
  const judged = judge(logits, choicesOf(rows(truth)));

  test("counts right labels, and has one loss an image", () => {
    const probabilities = truth.map((_, i) => [0, 1, 2].map((k) => 1 / (1 + Math.exp(-logits[3 * i + k]!))));
    const { hammingLoss } = multiLabelScores(truth, probabilities);
    expect(judged.score.accuracy).toBeCloseTo(1 - hammingLoss, 12);
    expect(judged.losses).toHaveLength(200);
    const loss = truth.flat().reduce((sum, label, i) => {
      const p = probabilities[Math.floor(i / 3)]![i % 3]!;
      return sum - Math.log(label === 1 ? p : 1 - p) / 600;
    }, 0);
    expect(judged.score.loss).toBeCloseTo(loss, 6);
  });

  test("does not mind how sure of itself a model is", () => {
    const doubled = judge(
      logits.map((value) => 2 * value),
      choicesOf(rows(truth)),
    );
    expect(doubled.score.calibratedLoss).toBeCloseTo(judged.score.calibratedLoss, 6);
    expect(doubled.score.loss).toBeGreaterThan(judged.score.loss);
    expect(judged.score.temperature).toBeGreaterThan(1.5);
  });

  test("of one class an image takes the scores as they are", () => {
    const scores = Float32Array.of(1, 2, 3);
    expect(rowsOf(scores, choicesOf(single([0])))).toBe(scores);
    expect([...rowsOf(Float32Array.of(1, -2), choicesOf(rows([[1, 0]])))]).toEqual([0, 1, 0, -2]);
  });
});

test("the cap is a share of what there is to lose: with rare labels a small one", () => {
  expect(capAt({ accuracy: 1, chance: 0.9, isMultiLabel: true }, 3)).toBeCloseTo(0.01, 12);
  expect(capAt({ accuracy: 1, chance: 0.1 }, 3)).toBeCloseTo(0.1, 12);
});
