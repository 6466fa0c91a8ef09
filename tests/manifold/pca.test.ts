import { tf } from "cellwright/backend";
import { digits } from "cellwright/data";
import { pca } from "cellwright/manifold";
import { describe, expect, test } from "vitest";
import { clusters, codeOf, golden, largestDifference, points } from "./support.ts";

describe("pca", () => {
  test("is scikit-learn's, signs included", async () => {
    const found = await pca(points, { components: 4 });
    const { scores, components, explainedVariance, explainedVarianceRatio } = golden.pca;
    expect(found.shape).toEqual([120, 4]);
    expect(largestDifference(found.components, components)).toBeLessThan(2e-5);
    expect(largestDifference(found.data, scores)).toBeLessThan(2e-4);
    expect(largestDifference(found.explainedVariance, explainedVariance)).toBeLessThan(1e-5 * explainedVariance[0]!);
    expect(largestDifference(found.explainedVarianceRatio, explainedVarianceRatio)).toBeLessThan(1e-5);
  });

  test("finds the components of images, of which more are wanted than the random basis holds spare", async () => {
    // The sample's images are 8 x 8, with values of sixteenths.
    const images = (await digits()).images().slice(0, 400 * 64);
    const found = await pca({ data: images.map((value) => value * 16), shape: [400, 64] }, { components: 10 });
    const { explainedVariance, firstComponent } = golden.digitsPca;
    found.explainedVariance.forEach((variance, i) => {
      expect(variance / explainedVariance[i]!).toBeCloseTo(1, 4);
    });
    expect(largestDifference(found.components.subarray(0, 64), firstComponent)).toBeLessThan(1e-4);
  });

  test("components are orthonormal; coordinates are uncorrelated; transform repeats them", async () => {
    const { data, shape } = clusters(300, 12, 4);
    const found = await pca({ data, shape }, { components: 12, threads: 3 });
    for (let a = 0; a < 12; a++)
      for (let b = 0; b < 12; b++) {
        let product = 0;
        for (let t = 0; t < 12; t++) product += found.components[a * 12 + t]! * found.components[b * 12 + t]!;
        expect(product).toBeCloseTo(Number(a === b), 5);
      }
    const again = await found.transform({ data, shape });
    expect(largestDifference(again.data, found.data)).toBeLessThan(1e-4);
    expect(found.explainedVarianceRatio.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    expect((await pca({ data, shape }, { components: 12, threads: 1 })).data).toEqual(found.data);
  });

  test("every form of data gives the same", async () => {
    const rows = Array.from({ length: 120 }, (_, i) => [...points.data.subarray(i * 7, (i + 1) * 7)]);
    const expected = await pca(points);
    expect((await pca(rows)).data).toEqual(expected.data);
    expect((await pca({ data: golden.points, shape: [120, 7, 1] })).data).toEqual(expected.data);
    const before = tf.memory().numTensors;
    const tensor = tf.tensor2d(points.data, [120, 7]);
    expect((await pca(tensor)).data).toEqual(expected.data);
    tensor.dispose();
    expect(tf.memory().numTensors).toBe(before);
    const data = (await digits()).take(50);
    expect((await pca(data)).data).toEqual((await pca({ data: data.images(), shape: [50, 64] })).data);
  });

  test("data without variance, one row, one column, fewer rows than columns", async () => {
    const flat = await pca({ data: new Float32Array(40).fill(3), shape: [10, 4] }, { components: 2 });
    expect(flat.data.every((value) => value === 0)).toBe(true);
    expect([...flat.explainedVarianceRatio]).toEqual([0, 0]);
    expect([...(await pca([[1, 2, 3]], { components: 1 })).data]).toEqual([0]);
    expect((await pca([[1], [2], [3]], { components: 1 })).data.map(Math.abs)).toEqual(Float32Array.of(1, 0, 1));
    const wide = await pca(
      Array.from({ length: 5 }, (_, i) => Array.from({ length: 90 }, (_, t) => Math.sin(i * 7 + t * i))),
      { components: 4 },
    );
    expect(wide.explainedVarianceRatio.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
    expect(wide.data.every(Number.isFinite)).toBe(true);
    expect(await codeOf(pca([[1, 2]], { components: 2 }))).toBe("CW_OPTION");
    expect(await codeOf(flat.transform([[1, 2]]))).toBe("CW_SHAPE_MISMATCH");
  });
});
