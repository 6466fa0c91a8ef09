import { reliabilityDiagram as numbers } from "cellwright/metrics";
import { displaySymbol, reliabilityDiagram } from "cellwright/plot";
import { describe, expect, test } from "vitest";
import golden from "../golden/metrics/metrics.json" with { type: "json" };

const { labels, probabilities } = golden.calibration[0]!;

interface Bar {
  readonly name: string;
  readonly x: number[];
  readonly y: number[];
  readonly base?: number[];
}

describe("reliabilityDiagram", () => {
  test("shows the bins that hold images, and only those", () => {
    const bins = numbers(probabilities, labels).bins.filter(({ count }) => count > 0);
    const [accuracy, gap, honest, images] = reliabilityDiagram(probabilities, labels).data as Bar[];
    expect(accuracy!.y).toEqual(bins.map((bin) => bin.accuracy));
    gap!.y.forEach((height, k) => {
      expect(gap!.base![k]! + height).toBeCloseTo(bins[k]!.confidence, 14);
    });
    expect(honest!.y).toEqual([0, 1]);
    expect(images!.y).toEqual(bins.map((bin) => bin.count));
    const svg = reliabilityDiagram(probabilities, labels).toSVG();
    expect(svg.match(/<title>/g)).toHaveLength(3 * bins.length);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("the text twin is a table; the title is escaped", () => {
    const pair = [
      [0.9, 0.1],
      [0.9, 0.1],
      [0.4, 0.6],
    ];
    const figure = reliabilityDiagram(pair, [0, 1, 1], { bins: 5, title: "<b>before</b>" });
    expect(figure.toText()).toBe(
      [
        "<b>before</b>: calibration error 40.0%; accuracy 66.7%, confidence 80.0%, 3 images",
        "    confidence  images   mean   right",
        " 40.0% – 60.0%       1  60.0%  100.0%",
        "80.0% – 100.0%       2  90.0%   50.0%",
      ].join("\n"),
    );
    expect(figure.toSVG()).toContain("&lt;b&gt;before");
    expect(figure.toSVG()).not.toContain("<b>");
  });

  test("one image, one bin, a thousand bins", async () => {
    for (const bins of [1, 1000]) {
      const figure = reliabilityDiagram([[1, 0]], [0], { bins });
      expect(figure.toSVG()).not.toMatch(/NaN|undefined|Infinity/);
      expect(Object.keys(await figure[displaySymbol]())).toContain("image/png");
    }
    expect(() => reliabilityDiagram([[1, 0]], [0], { bins: 0 })).toThrow(
      "bins is a whole number from 1 to 1000; got 0",
    );
    expect(() => reliabilityDiagram([], [])).toThrow(expect.objectContaining({ code: "CW_EMPTY" }));
  });
});
