// Plotly.js itself says whether a figure is one of its own, and draws it; in Chromium, since it needs a page.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { confusionMatrix, learningCurve, precisionRecallCurve, reliabilityDiagram, rocCurve } from "cellwright/plot";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chromium, chromiumArguments, describeWith } from "../support/requirements.ts";

interface PlotlyPage {
  Plotly: {
    validate(data: unknown, layout: unknown): { msg: string }[] | undefined;
    newPlot(element: unknown, figure: unknown): Promise<unknown>;
  };
  document: {
    body: { replaceChildren(element: unknown): void; querySelectorAll(selector: string): { length: number } };
    createElement(name: string): unknown;
  };
}

describeWith(["chromium"], "figures as plotly.js takes them", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await playwright.launch({ executablePath: chromium!, args: chromiumArguments });
    page = await browser.newPage();
    const source = createRequire(import.meta.url).resolve("plotly.js-dist-min");
    await page.addScriptTag({ content: await readFile(source, "utf8") });
  });
  afterAll(() => browser?.close());

  /** What plotly complains about, and how many drawings it made. */
  const draw = (figure: object) =>
    page.evaluate(async (json) => {
      const { Plotly, document } = globalThis as unknown as PlotlyPage;
      const figure = JSON.parse(json);
      const found = Plotly.validate(figure.data, figure.layout) ?? [];
      const element = document.createElement("div");
      document.body.replaceChildren(element);
      await Plotly.newPlot(element, figure);
      return { messages: found.map(({ msg }) => msg), drawings: document.body.querySelectorAll("svg.main-svg").length };
    }, JSON.stringify(figure));

  test.each([
    [
      "a learning curve",
      learningCurve([
        { epoch: 1, loss: 1, accuracy: 0.5, validation: { loss: 2, accuracy: 0.4 } },
        { epoch: 2, loss: 0.5, accuracy: 0.8 },
      ]),
    ],
    [
      "a loss alone",
      learningCurve([
        { epoch: 1, loss: 1 },
        { epoch: 2, loss: Number.NaN },
      ]),
    ],
    ["an empty history", learningCurve([])],
    ["a confusion matrix", confusionMatrix([0, 1, 1], [0, 1, 0], { classNames: ["cat", "cat"] })],
    [
      "a reliability diagram",
      reliabilityDiagram(
        [
          [0.9, 0.1],
          [0.6, 0.4],
          [0.2, 0.8],
        ],
        [0, 1, 1],
      ),
    ],
    ["a ROC curve", rocCurve([0, 1, 1, 0], [0.1, 0.4, 0.8, 0.3])],
    [
      "precision and recall of several labels",
      precisionRecallCurve(
        [
          [0, 1],
          [1, 1],
        ],
        [
          [0.3, 0.4],
          [0.8, 0.2],
        ],
      ),
    ],
    ["a matrix in percent", confusionMatrix([0, 1, 1], [0, 1, 0], { normalize: true })],
  ])("%s", async (_, figure) => {
    const { messages, drawings } = await draw(figure);
    expect(messages).toEqual([]);
    expect(drawings).toBeGreaterThan(0);
  });

  test("plotly does complain about what it does not know", async () => {
    const { messages } = await draw({
      data: [{ type: "scatter", x: [1], y: [1], line: { colour: "red" } }],
      layout: {},
    });
    expect(messages).toHaveLength(1);
  });
});
