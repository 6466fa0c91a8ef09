/**
 * The search tree: in JupyterLab the metalearner's search while it runs, stopped from the page, and requests of a person that reach a study; in an exported page every tab.
 */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { consoleProblems } from "../support/console-problems.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { cellsOf, save, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const trials = `const trials = (count: number) => Array.from({ length: count }, (_, at) => {
  const u = (k: number) => ((at * k * 0.6180339887) % 1);
  const learningRate = 10 ** (-4 + 3 * u(1)), optimizer = ["adam", "sgd", "lamb"][Math.floor(3 * u(7))]!, batchSize = 16 * 2 ** Math.floor(4 * u(3));
  const score = 0.2 + 0.15 * Math.abs(Math.log10(learningRate) + 2.2) + (optimizer === "sgd" ? 0.2 : 0) + 0.05 * u(11);
  return { id: "trial " + (at + 1), score: at % 50 === 49 ? NaN : score, spread: 0.01, cost: 0.1, state: at % 50 === 49 ? "failed" : at % 3 === 0 ? "kept" : "pruned", reason: "asked of the sampler", configuration: { learningRate, optimizer, batchSize, seed: 1 } } as const;
});`;

const family = `import { digits } from "cellwright/data";
import { SearchTreeWidget, AugmentationPreview, link } from "cellwright/widgets";
const data = (await digits()).split().validation;
const configuration = (more = {}) => ({ policy: { kind: "none" }, mirror: false, rotate: 0, labelSmoothing: 0, ...more });
const samples = (from: number) => Array.from({ length: 6 }, (_, at) => ({ id: data.id(from + at), change: 0.2 * at - 0.5 }));
const nodes = [
  { id: "none", name: "none", score: 0.42, spread: 0.02, cost: 0.2, state: "kept", reason: "0.1300 ± 0.0200 nats behind geometry", configuration: configuration() },
  { id: "geometry", parent: "none", name: "geometry, cap .10", score: 0.31, spread: 0.015, cost: 0.35, state: "kept", reason: "the lowest loss of the race", configuration: configuration({ policy: { kind: "clusters" }, rotate: 15 }), change: { score: -0.11, spread: 0.012 }, samples: samples(0), facts: [["accuracy", "91.2 % ± 0.9 %"]] },
  { id: "rand", parent: "none", name: "RandAugment, 2 of magnitude 4", score: 0.47, spread: 0.02, cost: 0.2, state: "pruned", reason: "0.1600 ± 0.0200 nats behind geometry, the best of the race", configuration: configuration({ policy: { kind: "randAugment" } }), change: { score: 0.05, spread: 0.02 }, samples: samples(6) },
  { id: "broken", parent: "none", name: "<b>mixup</b> 9", state: "failed", reason: "the loss is no number", configuration: configuration({ mixup: 9 }) },
  { id: "smooth", parent: "geometry", name: "label smoothing .1", score: 0.29, spread: 0.015, cost: 0.2, state: "winner", reason: "better than geometry by 0.0200 ± 0.0100", configuration: configuration({ policy: { kind: "clusters" }, rotate: 15, labelSmoothing: 0.1 }), change: { score: -0.02, spread: 0.01 }, samples: samples(2) },
  { id: "blur", parent: "geometry", name: "with blur", score: 0.33, spread: 0.015, cost: 0.2, state: "pruned", reason: "no better than geometry, cap .10: +0.0200 ± 0.0100 nats", configuration: configuration({ policy: { kind: "clusters" }, rotate: 15, blurCluster: 3 }), samples: samples(9) },
] as const;
const tree = new SearchTreeWidget({ title: "Regularization search", scoreName: "validation loss, nats", costUnit: "trainings", nodes, data });`;

describeWith(["chromium", "python"], "the search tree in JupyterLab", () => {
  const lab = useLab({
    "search.ipynb": [
      `import { digits } from "cellwright/data";
import { learnRegularizationParams } from "cellwright/learn";
import { mlp } from "cellwright/models";
import { SearchTreeWidget } from "cellwright/widgets";
const data = (await digits()).split();
const tree = new SearchTreeWidget({ data: data.validation });
tree`,
      `const { report } = await tree.follow((onEvent, signal) =>
  learnRegularizationParams((seed) => mlp({ inputShape: [8, 8, 1], classes: 10, seed }), data, { optimization: { epochs: 150, batchSize: 32 }, requests: tree.requests(), onEvent, signal }));
report.complete`,
      "tree.node?.id",
      `const study = new SearchTreeWidget({ title: "a study", scoreName: "loss" });
const requests = study.requests();
display(study);
await study.follow(async (onEvent) => {
  const node = (told: object) => onEvent({ type: "node", node: { id: "", ...told } });
  node({ id: "first", score: 1, configuration: { rate: 0.1 } });
  node({ id: "second", parent: "first", state: "running", configuration: { rate: 0.2 } });
  for await (const request of requests) {
    if (request.type === "prune") node({ id: request.node, state: "pruned", reason: "pruned by hand" });
    else {
      node({ id: "third", parent: request.node, score: 0.5, configuration: request.configuration, state: "winner" });
      break;
    }
  }
});
study.winner?.configuration`,
      "tree.set({ node: 'none' })",
    ],
  });

  const opened = async () => {
    const page = await lab.open("search.ipynb");
    const problems = consoleProblems(page);
    const { run, output } = cellsOf(page);
    return { page, problems, run, output };
  };

  test("the metalearner's nodes appear while it runs; stop, prune and enqueue reach it; a reload brings all back", {
    timeout: 300_000,
  }, async () => {
    const { page, problems, run, output } = await opened();
    await run(0);
    const search = page.locator(".cw-search").first();
    await expect.poll(() => search.innerText(), { timeout: 60_000 }).toContain("no node yet");
    await run(1);
    const items = search.getByRole("treeitem");
    await expect.poll(() => items.count(), { timeout: 90_000 }).toBeGreaterThan(1);
    // A candidate that waits is left, and one of one's own is put in its place, while the cell awaits.
    await search.getByRole("treeitem", { name: "TrivialAugment, waiting" }).click();
    await search.getByRole("button", { name: "prune TrivialAugment" }).click();
    await expect
      .poll(() => search.getByRole("treeitem", { name: /^TrivialAugment, pruned.*pruned by you/ }).count(), {
        timeout: 60_000,
      })
      .toBe(1);
    await search.getByRole("treeitem", { name: /^none, / }).click();
    await search.getByText("Change and enqueue").click();
    await search.getByRole("textbox").fill('{ "mixup": 0.3 }');
    await search.getByRole("button", { name: "Enqueue", exact: true }).click();
    await expect
      .poll(() => search.getByRole("treeitem", { name: /^yours: mixup 0.3, / }).count(), { timeout: 60_000 })
      .toBe(1);
    await search.getByRole("button", { name: "stop the search" }).click();
    await expect.poll(() => output(1).innerText(), { timeout: 60_000 }).toContain("false");
    await expect.poll(() => search.locator("[role=status]").first().innerText()).toBe("stopped by hand");
    const cells = await page.locator(".jp-CodeCell.jp-mod-active").count();
    await items.first().focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => search.locator(".cw-node-panel h4").innerText()).toContain("geometry");
    expect(await page.locator(".jp-CodeCell.jp-mod-active").count()).toBe(cells);
    await run(2);
    await expect.poll(() => output(2).innerText(), { timeout: 20_000 }).toContain("geometry");
    await screenshot(page, "search-tree-lab.png");

    await run(3);
    const study = page.locator(".cw-search").nth(1);
    await study.getByRole("treeitem", { name: "second, running" }).click({ timeout: 20_000 });
    await study.getByRole("button", { name: "prune second" }).click();
    await expect
      .poll(() => study.getByRole("treeitem", { name: "second, pruned" }).count(), { timeout: 20_000 })
      .toBe(1);
    await study.getByText("Change and enqueue").click();
    await study.getByRole("textbox").fill('{ "rate": ');
    await study.getByRole("button", { name: "Enqueue", exact: true }).click();
    expect(await study.getByRole("alert").innerText()).not.toBe("");
    await study.getByRole("textbox").fill('{ "rate": 0.3 }');
    await study.getByRole("button", { name: "Enqueue", exact: true }).click();
    await expect.poll(() => output(3).innerText(), { timeout: 20_000 }).toMatch(/rate.*0\.3/);
    await run(4);
    await expect.poll(() => search.locator(".cw-node-panel h4").innerText(), { timeout: 20_000 }).toContain("none");

    const before = await items.allInnerTexts();
    await save(page);
    await page.reload();
    await expect.poll(() => items.count(), { timeout: 60_000 }).toBe(before.length);
    expect(await items.allInnerTexts()).toEqual(before);
    await page.close();
    expect(problems).toEqual([]);
  });
});

describeWith(["chromium"], "the search tree in an exported page", () => {
  const exported = useExportedPage([
    `${family}\nconst preview = new AugmentationPreview(data, { transforms: ["mirror"] });\nlink(tree, preview);\ntree`,
    `${trials}\nconst many = new SearchTreeWidget({ title: "1,000 trials", scoreName: "loss", nodes: trials(1000) });\nmany`,
    "new SearchTreeWidget({ title: 'empty' })",
  ]);

  describe.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("dark: $dark, $width pixels wide", ({ dark, width }) => {
    const shot = (page: Page, name: string) => screenshot(page, `search-tree-${name}-${dark ? "dark" : "light"}.png`);

    test("a tree that is walked through by keys, its reasons, differences and samples", async () => {
      const { page, problems } = await exported.open({ dark, width });
      const own = page.locator(".cellwright-widget").first();
      const items = own.getByRole("treeitem");
      await expect.poll(() => items.count()).toBe(6);
      await items.first().focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      const panel = own.locator(".cw-node-panel");
      await expect.poll(() => panel.locator("h4").innerText()).toContain("label smoothing .1");
      expect(await panel.innerText()).toContain("-0.02 ± 0.01");
      expect(await panel.locator("table").first().innerText()).toMatch(/labelSmoothing\s+0\s+0\.1/);
      await shot(page, "tree");
      await panel.getByRole("button", { name: "choose all that were helped most" }).click();
      await expect.poll(() => panel.locator(".cw-chosen h5").innerText()).toBe("3 samples chosen");
      await expect.poll(() => own.locator(".cw-badge", { hasText: "◆ 3" }).count()).toBe(2);
      await items.nth(1).focus();
      await page.keyboard.press("ArrowLeft");
      await expect.poll(() => items.count()).toBe(4);
      await page.keyboard.press("ArrowRight");
      await expect.poll(() => items.count()).toBe(6);
      expect(await own.locator(".cw-links path.cw-path").count()).toBe(2);
      expect(await own.getByRole("treeitem", { name: "<b>mixup</b> 9, failed" }).count()).toBe(1);
      expect(await own.getByRole("button", { name: /stop|prune|enqueue/i }).count()).toBe(0);
      expect(await tooWide(page)).toEqual([]);
      await shot(page, "chosen");
      expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    });

    test("history, waterfall, parallel coordinates and importances of a thousand trials", async () => {
      const { page, problems } = await exported.open({ dark, width });
      const first = page.locator(".cellwright-widget").first();
      await first.getByRole("tab", { name: "Waterfall" }).click();
      await expect
        .poll(() => first.locator("svg[role=img]").first().getAttribute("aria-label"))
        .toContain("label smoothing .1 -0.02 ± 0.01, better");
      await shot(page, "waterfall");
      const own = page.locator(".cellwright-widget").nth(1);
      await own.scrollIntoViewIfNeeded();
      const items = own.getByRole("treeitem");
      await expect.poll(() => items.count()).toBe(25);
      await shot(page, "many");
      await own.getByRole("tab", { name: "History" }).click();
      const chart = own.getByRole("slider");
      await expect.poll(() => chart.getAttribute("aria-valuemax")).toBe("980");
      await own.getByLabel("which trials").selectOption("5");
      await expect.poll(() => chart.getAttribute("aria-valuemax")).toBe("49");
      await own.getByLabel("log axis").check();
      await expect.poll(() => own.locator(".cw-axis").first().textContent()).toBe("loss (log)");
      await chart.focus();
      await page.keyboard.press("End");
      await expect.poll(() => chart.getAttribute("aria-valuetext")).toMatch(/^trial \d+: trial \d+/);
      await shot(page, "history");
      await own.getByLabel("which trials").selectOption("100");
      await own.getByRole("tab", { name: "Parallel" }).click();
      const lines = own.locator(".cw-line");
      await expect.poll(() => lines.count()).toBe(980);
      const status = own.locator("[role=tabpanel]:not([hidden]) [role=status]");
      const area = (await own.locator(".cw-brush-area").first().boundingBox())!;
      await page.mouse.move(area.x + area.width / 2, area.y + 20);
      await page.mouse.down();
      await page.mouse.move(area.x + area.width / 2, area.y + 120, { steps: 4 });
      await page.mouse.up();
      await expect.poll(() => status.innerText()).not.toContain("980 of 980");
      await shot(page, "parallel");
      await own.getByRole("button", { name: "Clear the filters" }).click();
      await expect.poll(() => status.innerText()).toContain("980 of 980");
      await own.getByText("Filter by typing").click();
      await own.getByLabel("optimizer", { exact: true }).selectOption("lamb");
      await expect.poll(() => own.locator(".cw-line:not(.cw-out)").count()).toBeLessThan(500);
      await own.getByRole("tab", { name: "Importances" }).click();
      await expect
        .poll(() => own.locator(".cw-importances .cw-name").allInnerTexts())
        .toEqual(["optimizer", "learningRate", "batchSize"]);
      await shot(page, "importances");
      expect(await tooWide(page)).toEqual([]);
      expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });
});
