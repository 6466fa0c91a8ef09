/** What is read off a study: paths, differences, importances beside SciPy's Kruskal-Wallis test. */
import { describe, expect, test } from "vitest";
import { type StudyNodeState, studyNode } from "../../widgets/search-tree/state.ts";
import {
  bestSoFar,
  changesBetween,
  deltas,
  importances,
  kruskalWallis,
  parameters,
  pathTo,
  ranked,
  topShare,
} from "../../widgets/search-tree/study.ts";
import { layout } from "../../widgets/search-tree/view/layout.ts";

const node = (told: object): StudyNodeState => studyNode.parse({ name: "n", ...told });
const trial = (id: number, score: number | null, configuration: Record<string, never> | object = {}) =>
  node({ id: String(id), score, configuration });

describe("order", () => {
  const nodes = [trial(0, 3), trial(1, null), trial(2, 1), trial(3, 2), trial(4, 1)];

  test("the best first, ties in order, nodes without a score left out", () => {
    expect(ranked(nodes, "minimize").map(({ id }) => id)).toEqual(["2", "4", "3", "0"]);
    expect(ranked(nodes, "maximize")[0]!.id).toBe("0");
    expect([...topShare(nodes, "minimize", 50)]).toEqual(["2", "4"]);
    expect([...topShare(nodes, "minimize", 1)]).toEqual(["2"]);
    expect([...topShare([], "minimize", 50)]).toEqual([]);
  });

  test("the best so far", () => {
    expect(bestSoFar(nodes, "minimize")).toEqual([3, 3, 1, 1, 1]);
    expect(bestSoFar([trial(0, null), ...nodes], "maximize")).toEqual([null, 3, 3, 3, 3, 3]);
  });

  test("a circle of parents ends", () => {
    const circle = [node({ id: "a", parent: "b" }), node({ id: "b", parent: "a" })];
    expect(pathTo(circle, "a").map(({ id }) => id)).toEqual(["b", "a"]);
    const none = new Set<string>();
    const options = {
      width: 300,
      narrow: true,
      direction: "minimize",
      folded: none,
      whole: none,
      needed: none,
    } as const;
    expect(layout(circle, options).items.map(({ id }) => id)).toEqual(["a", "b"]);
  });
});

test("of a thousand children the best are shown, and one line for the others", () => {
  const nodes = Array.from({ length: 1000 }, (_, at) => trial(at, (at * 7) % 1000));
  const none = new Set<string>();
  const options = {
    width: 900,
    narrow: false,
    direction: "minimize",
    folded: none,
    whole: none,
    needed: new Set(["999"]),
  } as const;
  const { items } = layout(nodes, options);
  expect(items).toHaveLength(26);
  expect(items.at(-1)!.more).toEqual({ parent: "", count: 975 });
  expect(items.some(({ id }) => id === "999")).toBe(true);
  expect(layout(nodes, { ...options, whole: new Set([""]) }).items).toHaveLength(1000);
});

test("the steps of a path are those that were measured, or else the scores' differences", () => {
  const path = [
    node({ id: "a", score: 1 }),
    node({ id: "b", parent: "a", score: 0.7, change: { score: -0.25, spread: 0.1 } }),
    node({ id: "c", parent: "b", score: 0.5 }),
    node({ id: "d", parent: "c", score: null }),
  ];
  expect(deltas(path).map(({ change, spread }) => [Number(change.toFixed(6)), spread])).toEqual([
    [-0.25, 0.1],
    [-0.2, null],
  ]);
});

test("parameters that differ, nested ones by their full names", () => {
  const [before, after] = [
    node({ id: "a", configuration: { rate: { initial: 0.1 }, list: [1], old: true } }),
    node({ id: "b", configuration: { rate: { initial: 0.2 }, list: [1], more: null } }),
  ];
  expect(changesBetween(before, after)).toEqual([
    { name: "rate.initial", before: 0.1, after: 0.2 },
    { name: "old", before: true, after: undefined },
    { name: "more", before: undefined, after: null },
  ]);
  expect(parameters([before, after]).map(({ name, kind }) => [name, kind])).toEqual([
    ["rate.initial", "number"],
    ["old", "category"],
  ]);
});

describe("importances", () => {
  test("H is SciPy's, ties included", () => {
    // scipy.stats.kruskal([2.1, 3.4, 1.9, 5], [2.2, 2.2, 8, 7.5, 9], [1, 0.5, 2.1])
    const scores = [2.1, 3.4, 1.9, 5, 2.2, 2.2, 8, 7.5, 9, 1, 0.5, 2.1];
    const groups = [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2];
    expect(kruskalWallis(scores, groups)).toBeCloseTo(6.585475352112685, 10);
    expect(kruskalWallis([1, 1, 1], [0, 1, 2])).toBe(0);
  });

  test("what decides has its share, what is noise next to none, and one wild score does not change it", () => {
    const noise = (at: number) => (at * 0.6180339887) % 1;
    const trials = (wild: number) =>
      Array.from({ length: 200 }, (_, at) =>
        trial(at, at === 17 ? wild : Math.log10(10 ** (-4 + 3 * noise(at))) ** 2 + 0.1 * noise(31 * at), {
          rate: 10 ** (-4 + 3 * noise(at)),
          other: noise(17 * at),
          fixed: 1,
        }),
      );
    const [first, second, ...more] = importances(trials(5));
    expect(more).toEqual([]);
    expect([first!.name, second!.name]).toEqual(["rate", "other"]);
    expect(first!.share).toBeGreaterThan(0.9);
    expect(second!.share).toBeLessThan(0.1);
    expect(importances(trials(1e9))[0]!.share).toBeCloseTo(first!.share, 1);
  });

  test("of no trials, one, or equal scores there is nothing to say", () => {
    expect(importances([])).toEqual([]);
    expect(importances([trial(0, 1, { a: 1 })])).toEqual([]);
    expect(importances([trial(0, 1, { a: 1 }), trial(1, 1, { a: 2 }), trial(2, 1, { a: 2 })])[0]!.share).toBe(0);
  });
});
