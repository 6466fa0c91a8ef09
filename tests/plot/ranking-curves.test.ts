import { averagePrecision, rocAuc } from "cellwright/metrics";
import { displaySymbol, precisionRecallCurve, rocCurve } from "cellwright/plot";
import { Random } from "cellwright/random";
import { describe, expect, test } from "vitest";
import golden from "../golden/metrics/curves.json" with { type: "json" };

interface Line {
  readonly name: string;
  readonly x: number[];
  readonly y: number[];
}

const areaOf = ({ name }: Line) => Number(/\((.*)\)$/.exec(name)![1]);

describe("curves of one class", () => {
  test.each(Object.entries(golden.cases))("have scikit-learn's points: %s", (_, { labels, scores, ...expected }) => {
    const [curve, chance] = rocCurve(labels, scores).data as Line[];
    // Its default leaves out the points on straight lines, as here; its own rule keeps some of them.
    for (const [i, x] of curve!.x.entries()) {
      expect(expected.corners.some(([a, b]) => Math.abs(a! - x) + Math.abs(b! - curve!.y[i]!) < 1e-12)).toBe(true);
    }
    // Nothing is lost: every point of the whole curve lies on the drawn one.
    for (const [i, x] of expected.fpr.entries()) expect(distance(curve!, x, expected.tpr[i]!)).toBeLessThan(1e-12);
    expect(areaOf(curve!)).toBeCloseTo(expected.area, 3);
    expect(chance!.name).toBe("chance");
    const [steps] = precisionRecallCurve(labels, scores).data as Line[];
    expect(steps!.x).toHaveLength(expected.recall.length);
    for (const [i, recall] of expected.recall.entries()) {
      expect(steps!.x[i]).toBeCloseTo(recall, 12);
      expect(steps!.y[i]).toBeCloseTo(expected.precision[i]!, 12);
    }
    expect(areaOf(steps!)).toBeCloseTo(expected.averagePrecision, 3);
  });

  /** How far (x, y) is from the broken line. */
  function distance({ x: xs, y: ys }: Line, x: number, y: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i < xs.length; i++) {
      const [dx, dy] = [xs[i]! - xs[i - 1]!, ys[i]! - ys[i - 1]!];
      const along = ((x - xs[i - 1]!) * dx + (y - ys[i - 1]!) * dy) / (dx * dx + dy * dy);
      const share = Math.min(1, Math.max(0, along));
      least = Math.min(least, Math.hypot(xs[i - 1]! + share * dx - x, ys[i - 1]! + share * dy - y));
    }
    return least;
  }
});

describe("curves of many classes", () => {
  const random = new Random(3);
  const labels = Array.from({ length: 90 }, () => random.integer(3));
  const scores = labels.map((label) => [0, 1, 2].map((k) => random.float() + (k === label ? 0.5 : 0)));

  test("are one a class against the rest, and their micro average", () => {
    const classNames = ["cat", "dog", "<owl>"];
    for (const [draw, merit] of [
      [rocCurve, rocAuc],
      [precisionRecallCurve, averagePrecision],
    ] as const) {
      const figure = draw(labels, scores, { classNames });
      const lines = (figure.data as Line[]).filter(({ name }) => name !== "chance");
      expect(lines.map(({ name }) => name.replace(/ \(.*/, ""))).toEqual([...classNames, "micro average"]);
      for (let k = 0; k < 3; k++) {
        const own = merit(
          labels.map((label) => (label === k ? 1 : 0)),
          scores.map((row) => row[k]!),
        );
        expect(areaOf(lines[k]!)).toBeCloseTo(own, 3);
      }
      expect(areaOf(lines[3]!)).toBeCloseTo(merit(labels, scores, { average: "micro" }), 3);
      const svg = figure.toSVG();
      expect(svg).toContain("&lt;owl&gt;");
      expect(svg).not.toMatch(/<owl>|NaN|undefined|Infinity/);
      expect(figure.toText().split("\n")).toHaveLength(5);
    }
    expect(rocCurve(labels, scores, { classes: [2], micro: false }).data).toHaveLength(2);
  });

  test("of several labels an image, as scikit-learn's micro average", () => {
    const { targets, outputs, microCurve, averagePrecision } = golden.multiLabel;
    const lines = precisionRecallCurve(targets, outputs).data as Line[];
    for (let k = 0; k < 4; k++) expect(areaOf(lines[k]!)).toBeCloseTo(averagePrecision[k]!, 3);
    expect(lines[4]!.x).toHaveLength(microCurve.recall.length);
    expect(areaOf((rocCurve(targets, outputs).data as Line[])[4]!)).toBeCloseTo(microCurve.area, 3);
  });

  test("two columns are one curve, of the second; an unlabelled image has no say", () => {
    const pairs = [
      [0.9, 0.1],
      [0.6, 0.4],
      [0.65, 0.35],
      [0.2, 0.8],
      [0.5, 0.5],
    ];
    const [curve] = rocCurve([0, 0, 1, 1, -1], pairs, { classNames: ["no", "yes"] }).data as Line[];
    expect(curve!.name).toBe("yes (0.750)");
    expect(
      rocCurve(
        [0, 0, 1, 1, -1],
        pairs.map(([, yes]) => yes!),
      ).data[0],
    ).toMatchObject({ name: "1 (0.750)" });
  });

  test("a class without images is left out, thirty classes have a legend that ends", async () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: 31 }, (_, k) => ((i * 7 + k * 3) % 11) / 11),
    );
    const figure = rocCurve(
      rows.map((_, i) => i % 30),
      rows,
    );
    expect(figure.data).toHaveLength(32);
    expect(figure.toSVG()).toContain("and 16 more");
    expect(Object.keys(await figure[displaySymbol]())).toContain("image/png");
  });
});

test("what has no curve is refused", () => {
  const code = (name: string) => expect.objectContaining({ code: name });
  expect(() => rocCurve([0, 0], [0.1, 0.2])).toThrow(code("CW_ONE_CLASS"));
  expect(() => rocCurve([], [])).toThrow(code("CW_EMPTY"));
  expect(() =>
    rocCurve(
      [0, 5],
      [
        [1, 2],
        [2, 1],
      ],
    ),
  ).toThrow(code("CW_LABEL_RANGE"));
  expect(() =>
    rocCurve(
      [0, 1],
      [
        [1, Number.NaN],
        [2, 1],
      ],
    ),
  ).toThrow(code("CW_NOT_FINITE"));
  expect(() =>
    precisionRecallCurve(
      [0, 1],
      [
        [1, 2],
        [2, 1],
      ],
      { classes: [2] },
    ),
  ).toThrow(code("CW_OPTION"));
  expect(() =>
    precisionRecallCurve(
      [0, 1, 1],
      [
        [1, 2],
        [2, 1],
      ],
    ),
  ).toThrow(code("CW_LENGTH_MISMATCH"));
});
