import { confusionCounts, confusionMatrix } from "cellwright/plot";
import { describe, expect, test } from "vitest";
import golden from "../golden/plot/confusion.json" with { type: "json" };

const code = (run: () => unknown) => {
  try {
    run();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("confusionCounts", () => {
  test.each(golden)("counts $classes classes as scikit-learn does", (expected) => {
    const counted = confusionCounts(expected.labels, expected.predictions, expected.classes);
    expect(counted.counts).toEqual(expected.counts);
    expect(counted.accuracy).toBeCloseTo(expected.accuracy, 14);
    counted.recall.forEach((recall, index) => {
      // scikit-learn gives 0 for a class without images, here it is NaN.
      if (expected.labels.includes(index)) expect(recall).toBeCloseTo(expected.recall[index]!, 14);
      else expect(recall).toBeNaN();
    });
  });

  test("leaves out images without a label, and knows classes that never occur", () => {
    expect(confusionCounts([-1, 0, -1], [1, 0, 0], 3)).toEqual({
      classes: 3,
      total: 1,
      counts: [
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      recall: [1, Number.NaN, Number.NaN],
      precision: [1, Number.NaN, Number.NaN],
      accuracy: 1,
    });
    expect(confusionCounts([], []).accuracy).toBeNaN();
    expect(confusionCounts(Int32Array.of(1, 0), Int32Array.of(1, 1)).counts).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test.each([
    ["CW_LENGTH_MISMATCH", [0, 1], [0], 2],
    ["CW_LABEL_RANGE", [0, 2], [0, 1], 2],
    ["CW_LABEL_RANGE", [0, 1], [0, 2], 2],
    ["CW_LABEL_RANGE", [0, -2], [0, 1], 2],
    ["CW_LABEL_RANGE", [0, 1], [0, -1], 2],
    ["CW_LABEL_RANGE", [0, 0.5], [0, 1], undefined],
    ["CW_LABEL_RANGE", [0, Number.NaN], [0, 1], undefined],
    ["CW_LABEL_RANGE", [0, 1e9], [0, 1], undefined],
    ["CW_LABEL_RANGE", [], [], -1],
  ])("%s: labels %j, predictions %j, %s classes", (expected, labels, predictions, classes) => {
    expect(code(() => confusionCounts(labels, predictions, classes))).toBe(expected);
  });
});

describe("confusionMatrix", () => {
  const classNames = ["cat", `dog <script>alert("x")</script>`, "中文 & 🐈"];
  const figure = confusionMatrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], { classNames });

  test("the plotly heatmap holds shares of rows, counts as text, and names as ticks", () => {
    const [trace] = figure.data as { z: number[][]; text: number[][] }[];
    expect(trace!.z).toEqual([
      [0.5, 0.5, 0],
      [0, 1, 0],
      [1 / 3, 0, 2 / 3],
    ]);
    expect(trace!.text).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 2],
    ]);
    expect(figure.layout).toMatchObject({
      xaxis: { ticktext: classNames },
      yaxis: { ticktext: classNames, autorange: "reversed" },
    });
  });

  test("normalize is scikit-learn's over true labels", () => {
    const last = golden.at(-2)!;
    const [trace] = confusionMatrix(last.labels, last.predictions).data as { z: number[][] }[];
    last.normalized.forEach((row, truth) => {
      row.forEach((share, said) => {
        expect(trace!.z[truth]![said]).toBeCloseTo(share, 14);
      });
    });
    expect(confusionMatrix([0, 0, 0, 1], [0, 0, 1, 1], { normalize: true }).toText()).toContain("66.7%");
  });

  test("the SVG escapes class names and says every count and recall", () => {
    const svg = figure.toSVG();
    expect(svg).not.toContain("<script");
    expect(svg).toContain("dog &lt;script");
    expect(svg).toContain("<title>中文 &amp; 🐈 taken for cat: 1 of 3 (33.3%)</title>");
    expect([...svg.matchAll(/<title>[^<]*<\/title>/g)].length).toBe(9);
    for (const recall of ["50.0%", "100.0%", "66.7%"]) expect(svg).toContain(recall);
  });

  test("the text twin is a table; of many classes, the most frequent mistakes", () => {
    expect(confusionMatrix([0, 0, 1], [0, 1, 1], { classNames: ["cat", "dog"] }).toText()).toBe(
      [
        "accuracy 66.7% on 3 images; columns are predictions",
        "true \\ predicted  cat  dog  recall",
        "             cat    1    1   50.0%",
        "             dog    0    1  100.0%",
      ].join("\n"),
    );
    const labels = Array.from({ length: 300 }, (_, k) => k % 100);
    const text = confusionMatrix(
      labels,
      labels.map((label) => (label === 7 ? 8 : label)),
    ).toText();
    expect(text.split("\n")).toEqual([expect.stringContaining("100 classes"), "3 of 7 taken for 8"]);
  });

  test("a hundred classes stay a small drawing", () => {
    const labels = Array.from({ length: 300 }, (_, k) => k % 100);
    const svg = confusionMatrix(labels, labels).toSVG();
    expect(svg.length).toBeLessThan(40_000);
    expect([...svg.matchAll(/taken for/g)].length).toBe(100);
  });

  test("one class, no image, and nothing at all", () => {
    expect(confusionMatrix([0], [0]).toText()).toContain("on 1 image;");
    const none = confusionMatrix([], [], { classNames: ["a", "b"] });
    expect(none.toSVG()).not.toMatch(/NaN|undefined/);
    expect(none.toText()).toContain("no labelled images");
    expect(code(() => confusionMatrix([], []))).toBe("CW_EMPTY");
    expect(code(() => confusionMatrix([2], [0], { classNames: ["a", "b"] }))).toBe("CW_LABEL_RANGE");
  });
});
