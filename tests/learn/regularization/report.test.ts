import { use } from "cellwright/backend";
import { regularizationMarkdown, searchFigure, searchWaterfall, techniqueDeltas } from "cellwright/learn";
import { treeFigure, waterfall } from "cellwright/plot";
import { beforeAll, describe, expect, test } from "vitest";
import { search, someDigits } from "./support.ts";

describe("the report of a search", () => {
  let report: Awaited<ReturnType<typeof search>>["report"];
  beforeAll(async () => {
    await use("wasm");
    const optimization = { epochs: 3, batchSize: 64 };
    report = (await search(await someDigits(), { optimization, seed: 2 })).report;
  });

  test("has the path from none to the winner as deltas that add up", () => {
    const { tree } = report;
    const winner = tree.nodes.find(({ id }) => id === tree.winner)!;
    const deltas = techniqueDeltas(tree);
    const sum = deltas.reduce((total, { accuracyChange }) => total + accuracyChange, 0);
    expect(tree.nodes[0]!.scores[0]!.accuracy + sum).toBeCloseTo(winner.scores[0]!.accuracy, 12);
    const text = searchWaterfall(tree).toText();
    for (const { technique } of deltas) expect(text).toContain(technique);
  });

  test("draws every node, in SVG, plotly and text", async () => {
    const figure = searchFigure(report.tree);
    for (const { title } of report.tree.nodes) {
      expect(figure.toSVG()).toContain(title.split(",")[0]!);
      expect(figure.toText()).toContain(title);
      expect(JSON.stringify(figure.toJSON())).toContain(title);
    }
    expect(figure.toText().match(/★/g)).toHaveLength(1);
    expect((await figure.toPNG()).length).toBeGreaterThan(1000);
  });

  test("is Markdown too, with every reason", () => {
    const text = regularizationMarkdown(report);
    for (const { reason } of [...report.tree.nodes, ...report.tree.probe.decisions]) expect(text).toContain(reason);
    expect(regularizationMarkdown({ ...report, complete: false })).toContain("stopped before its end");
    // Every row of a table has as many cells as its head.
    const cells = text.split("\n").filter((line) => line.startsWith("|"));
    expect(cells.every((line) => [3, 6].includes(line.split(" | ").length))).toBe(true);
  });
});

describe("the figures", () => {
  const node = (id: string, parent: string | null, state: "winner" | "pruned" = "pruned") => ({
    id,
    parent,
    label: `<${id}>`,
    figures: "",
    state,
  });

  test("a tree puts children under their parents and escapes what it is given", () => {
    const figure = treeFigure([node("a", null), node("b", "a"), node("c", null), node("d", "b", "winner")]);
    expect(figure.toText().split("\n")).toEqual(["Search", "○ <a>: ", "  ○ <b>: ", "    ★ <d>:  (winner)", "○ <c>: "]);
    expect(figure.toSVG()).toContain("&lt;d&gt;");
    expect(figure.toSVG()).not.toContain("<d>");
    expect(treeFigure([]).toText()).toBe("Search");
    expect(() => treeFigure([node("a", "b")])).toThrow(/parent b that is not before it/);
    expect(() => treeFigure([node("a", null), node("a", null)])).toThrow(/two nodes are called a/);
  });

  test("a waterfall ends where its steps lead", () => {
    const steps = [
      { label: "up", change: 0.05 },
      { label: "down", change: -0.02 },
    ];
    const figure = waterfall(0.9, steps);
    expect(figure.toText()).toMatch(/90\.0%\s+start\n\s+\+5\.0%\s+up\n\s+−2\.0%\s+down\n\s+93\.0%\s+end/);
    expect(figure.toSVG()).toContain("up: +5.0%");
    expect(waterfall(0, []).toSVG()).not.toContain("NaN");
    expect(() => waterfall(0.9, [{ label: "x", change: Number.NaN }])).toThrow(/finite/);
  });
});
