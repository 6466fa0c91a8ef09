import { knn, type Metric } from "cellwright/manifold";
import { describe, expect, test } from "vitest";
import { clusters, codeOf, golden, largestDifference, points } from "./support.ts";

describe("knn", () => {
  test.each(golden.neighbours)("is scikit-learn's: $metric", async ({ metric, indices, distances }) => {
    const found = await knn(points, 9, { metric: metric as Metric, threads: 2 });
    expect(found.shape).toEqual([120, 9]);
    // Float32 against float64: units of the last place of the largest distance.
    const scale = Math.max(...distances);
    expect(largestDifference(found.distances, distances)).toBeLessThan(3e-6 * scale);
    const same = indices.filter((index, at) => found.indices[at] === index).length;
    expect(same / indices.length).toBeGreaterThan(0.995);
  });

  test("equals sorting all distances, in any number of dimensions", async () => {
    for (const dimensions of [1, 2, 3, 8, 9, 17]) {
      const { data, shape } = clusters(77, dimensions, 3, dimensions);
      const found = await knn({ data, shape }, 76, { threads: 1 });
      for (const i of [0, 1, 40, 76]) {
        const expected = Array.from({ length: 77 }, (_, j) => {
          let sum = 0;
          for (let t = 0; t < dimensions; t++) sum += (data[i * dimensions + t]! - data[j * dimensions + t]!) ** 2;
          return Math.sqrt(sum);
        })
          .filter((_, j) => j !== i)
          .sort((a, b) => a - b);
        expect(largestDifference(found.distances.subarray(i * 76, (i + 1) * 76), expected)).toBeLessThan(2e-5);
        expect(new Set(found.indices.subarray(i * 76, (i + 1) * 76)).size).toBe(76);
        expect(found.indices.subarray(i * 76, (i + 1) * 76)).not.toContain(i);
      }
    }
  });

  test("equal rows are at distance 0, in the order of their index", async () => {
    const data = new Float32Array(30 * 20).map((_, at) => Math.fround(Math.sin(1 + (at % 20)) * 1000));
    const found = await knn({ data, shape: [30, 20] }, 4);
    expect(found.distances.every((distance) => distance === 0)).toBe(true);
    expect([...found.indices.subarray(0, 8)]).toEqual([1, 2, 3, 4, 0, 2, 3, 4]);
  });

  test("rows far from the origin and of any size keep their neighbours", async () => {
    const { data, shape } = clusters(200, 10, 4);
    const expected = await knn({ data, shape }, 5);
    const far = await knn({ data: Float64Array.from(data, (value) => value + 1000), shape }, 5);
    const same = far.indices.filter((index, at) => index === expected.indices[at]).length;
    expect(same / far.indices.length).toBeGreaterThan(0.99);
    for (const factor of [2 ** -60, 2 ** 60]) {
      const scaled = await knn({ data: data.map((value) => value * factor), shape }, 5);
      expect(scaled.indices).toEqual(expected.indices);
      expect(
        largestDifference(
          scaled.distances.map((d) => d / factor),
          expected.distances,
        ),
      ).toBeLessThan(1e-5);
    }
  });

  test("the approximate search finds at least 95 of 100 neighbours, the same ones whatever the threads", async () => {
    const { data, shape } = clusters(3000, 20, 5);
    for (const k of [15, 40]) {
      const exact = await knn({ data, shape }, k, { method: "exact" });
      const found = await knn({ data, shape }, k, { method: "approximate", threads: 2 });
      let hits = 0;
      for (let i = 0; i < 3000; i++) {
        const right = new Set(exact.indices.subarray(i * k, (i + 1) * k));
        for (const index of found.indices.subarray(i * k, (i + 1) * k)) hits += Number(right.has(index));
      }
      expect(hits / (3000 * k)).toBeGreaterThan(0.95);
      const alone = await knn({ data, shape }, k, { method: "approximate", threads: 1 });
      expect(alone.indices).toEqual(found.indices);
    }
    // All rows equal: no plane parts them.
    const same = await knn({ data: new Float32Array(4000), shape: [1000, 4] }, 10, { method: "approximate" });
    expect(same.distances.every((distance) => distance === 0)).toBe(true);
    expect(same.indices.every((index) => index >= 0 && index < 1000)).toBe(true);
  });

  test("what does not fit is an error", async () => {
    const rows = [
      [0, 1],
      [1, 0],
      [2, 2],
    ];
    expect(await codeOf(knn(rows, 3))).toBe("CW_NEIGHBORS");
    expect(await codeOf(knn(rows, 0))).toBe("CW_NEIGHBORS");
    expect(await codeOf(knn(rows, 1.5))).toBe("CW_NEIGHBORS");
    expect(await codeOf(knn([[1, 2]], 1))).toBe("CW_NEIGHBORS");
    expect(await codeOf(knn([], 1))).toBe("CW_EMPTY");
    expect(await codeOf(knn([[], []], 1))).toBe("CW_EMPTY");
    expect(await codeOf(knn([[1, 2], [3]], 1))).toBe("CW_SHAPE_MISMATCH");
    expect(await codeOf(knn({ data: [1, 2, 3], shape: [2, 2] }, 1))).toBe("CW_SHAPE_MISMATCH");
    expect(await codeOf(knn("rows" as never, 1))).toBe("CW_SHAPE_MISMATCH");
    expect(
      await codeOf(
        knn(
          [
            [1, Number.NaN],
            [3, 4],
          ],
          1,
        ),
      ),
    ).toBe("CW_NOT_FINITE");
    expect(
      await codeOf(
        knn(
          [
            [1, Number.POSITIVE_INFINITY],
            [3, 4],
          ],
          1,
        ),
      ),
    ).toBe("CW_NOT_FINITE");
    expect(
      await codeOf(
        knn(
          [
            [0, 0],
            [3, 4],
          ],
          1,
          { metric: "cosine" },
        ),
      ),
    ).toBe("CW_ZERO_ROW");
    expect(
      await codeOf(
        knn(
          [
            [5, 5],
            [3, 4],
          ],
          1,
          { metric: "correlation" },
        ),
      ),
    ).toBe("CW_ZERO_ROW");
    expect(await codeOf(knn(rows, 1, { metric: "hamming" as never }))).toBe("CW_OPTION");
    expect(await codeOf(knn(rows, 1, { threads: 0 }))).toBe("CW_OPTION");
  });
});
