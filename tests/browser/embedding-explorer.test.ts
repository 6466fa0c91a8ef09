/**
 * The embedding explorer: in JupyterLab a lasso on the page is a value in the next cell; in an exported page gestures of the hand and
 * of the keyboard choose points, and every edge case is shown sensibly.
 */
import { digits } from "cellwright/data";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { consoleProblems } from "../support/console-problems.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { cellsOf, save, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const preparation = `import { digits } from "cellwright/data";
import { pca } from "cellwright/manifold";
import { EmbeddingExplorer } from "cellwright/widgets";
const data = (await digits()).take(600);
const embedding = await pca(data);`;

const plot = (place: Locator | Page) => place.getByRole("application");
const status = (place: Locator | Page) => place.locator(".cw-status");

/** A drag around a part of the plot, in shares of its sides. */
async function drag(page: Page, place: Locator | Page, corners: readonly (readonly [number, number])[]): Promise<void> {
  await plot(place).scrollIntoViewIfNeeded();
  const box = (await plot(place).boundingBox())!;
  for (const [at, [x, y]] of corners.entries()) {
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: at === 0 ? 1 : 4 });
    if (at === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

async function chosenOf(place: Locator | Page): Promise<number> {
  return Number(/([\d,]+) chosen/.exec(await status(place).innerText())![1]!.replace(",", ""));
}

describeWith(["chromium", "python"], "the embedding explorer in JupyterLab", () => {
  const lab = useLab({
    "explorer.ipynb": [
      `${preparation}\nconst explorer = new EmbeddingExplorer(embedding, { data });\nexplorer`,
      "(await explorer.selection()).indices.length",
      "explorer.set({ color: 'none' }); explorer.select([7, 8, 9]); explorer.get('color')",
      "await explorer.follow(async (onFrame) => { for (let i = 1; i <= 3; i++) { onFrame({ iteration: i, iterations: 3, data: embedding.data.map((value) => value * i), shape: embedding.shape }); await new Promise((resolve) => setTimeout(resolve, 120)); } return embedding; });",
    ],
  });

  test("a lasso reaches the next cell, a choice of the kernel shows, and a reload brings all back", {
    timeout: 240_000,
  }, async () => {
    const page = await lab.open("explorer.ipynb");
    const problems = consoleProblems(page);
    const { run, output } = cellsOf(page);
    await run(0);
    await plot(page).waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Lasso" }).click();
    await drag(page, page, [
      [0.02, 0.02],
      [0.5, 0.02],
      [0.5, 0.98],
      [0.02, 0.98],
    ]);
    await expect.poll(() => chosenOf(page), { timeout: 20_000 }).toBeGreaterThan(50);
    // Lab's own keys would cut the cell and add others.
    await page.keyboard.press("x");
    await page.keyboard.press("a");
    await page.keyboard.press("i");
    const chosen = await chosenOf(page);
    expect(chosen).toBeLessThan(550);
    expect(await page.locator(".jp-CodeCell").count()).toBe(4);
    // The plot has the theme's background, though Lab makes the view before it puts it on the page.
    const corner = () =>
      page
        .locator(".cw-plot canvas")
        .first()
        .evaluate((canvas) => [...(canvas as HTMLCanvasElement).getContext("2d")!.getImageData(2, 2, 1, 1).data]);
    expect(await corner()).toEqual([255, 255, 255, 255]);
    await screenshot(page, "embedding-explorer-lab.png");
    await run(1);
    await expect.poll(() => output(1).innerText(), { timeout: 20_000 }).toBe(String(chosen));
    await run(2);
    await expect.poll(() => chosenOf(page), { timeout: 20_000 }).toBe(3);
    await expect.poll(() => page.getByRole("combobox", { name: "colour by" }).inputValue()).toBe("none");
    await run(3);
    await expect.poll(() => page.locator(".jp-CodeCell").nth(3).innerText(), { timeout: 20_000 }).toMatch(/\[4\]/);
    await save(page);
    await page.reload();
    await expect.poll(() => status(page).innerText(), { timeout: 60_000 }).toBe("600 points · 3 chosen");
    await page.close();
    expect(problems).toEqual([]);
  });
});

describeWith(["chromium"], "the embedding explorer in an exported page", () => {
  const exported = useExportedPage([
    `${preparation}
const predictions = data.labels.map((label, index) => (index % 9 === 0 ? (label + 1) % 10 : label));
const losses = Float32Array.from(predictions, (prediction, index) => (prediction === data.labels[index] ? (index % 50) / 100 : 3 + index / 600));
const explorer = new EmbeddingExplorer(embedding, { data, predictions, losses, scores: losses.map((loss) => Math.exp(-loss)), features: { data: data.images(), shape: [600, 64] } });
explorer`,
    "new EmbeddingExplorer([])",
    `const hostile = new EmbeddingExplorer([[0, 0], [Number.NaN, 1], [0, 0], [Number.POSITIVE_INFINITY, 0]], { labels: [0, 1, 1, -1], classNames: ["<img src=x onerror=alert(1)>", "b"], losses: [Number.NaN, 1, 2, 3] });
hostile`,
    `const many = 3000;
const circle = Array.from({ length: many }, (_, i) => [Math.cos(i) * (1 + (i % 7)), Math.sin(i) * (1 + (i % 7))]);
new EmbeddingExplorer(circle, { labels: circle.map((_, i) => i % 1000), title: "a thousand classes" })`,
    `new EmbeddingExplorer([[0, 0], [1, 0], [0, 1]], { labels: [[1, 0], [1, 1], [0, 1]], classNames: ["cat", "dog"], title: "several labels" })`,
    `import { link } from "cellwright/widgets";
const linked = ["one", "two"].map((title) => new EmbeddingExplorer([[0, 0], [1, 0], [0, 1]], { labels: [0, 1, 1], title }));
link(...linked);
display(linked[0]);
linked[1]`,
  ]);

  describe.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("dark: $dark, $width pixels wide", ({ dark, width }) => {
    test("pan, zoom, lasso, set operations, images, neighbours, edge cases", async () => {
      const { page, problems } = await exported.open({ dark, width });
      const widget = (index: number) => page.locator(".cellwright-widget").nth(index);
      const own = widget(0);
      await expect.poll(() => status(own).innerText()).toBe("600 points · 0 chosen");
      const frame = own.locator(".cw-plot");
      await expect.poll(() => frame.getAttribute("data-shown")).toBe("600");

      await own.getByRole("button", { name: "Box" }).click();
      await drag(page, own, [
        [0.01, 0.01],
        [0.5, 0.99],
      ]);
      await expect.poll(() => chosenOf(own)).toBeGreaterThan(50);
      const left = await chosenOf(own);
      await own.getByRole("button", { name: "Lasso" }).click();
      await page.keyboard.down("Shift");
      await drag(page, own, [
        [0.5, 0.01],
        [0.99, 0.01],
        [0.99, 0.99],
        [0.5, 0.99],
      ]);
      await page.keyboard.up("Shift");
      await expect.poll(() => chosenOf(own)).toBeGreaterThan(left);
      await own.getByRole("button", { name: "Invert" }).click();
      await expect.poll(() => chosenOf(own)).toBeLessThan(100);
      await own.getByRole("button", { name: "Clear" }).click();
      await expect.poll(() => chosenOf(own)).toBe(0);

      // The same by keyboard alone.
      await plot(own).focus();
      await page.keyboard.press("b");
      await page.keyboard.press(" ");
      for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowRight");
      for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowDown");
      await page.keyboard.press(" ");
      await expect.poll(() => chosenOf(own)).toBeGreaterThan(5);
      expect(await own.locator('section[aria-label="chosen points"] .cw-point').count()).toBe(
        Math.min(200, await chosenOf(own)),
      );

      const threes = (await digits()).take(600).labels.filter((label) => label === 3).length;
      // A class of the legend, and a point with its neighbours in the features.
      await own.getByRole("button", { name: /^3 / }).click();
      await expect.poll(() => chosenOf(own)).toBe(threes);
      await own.locator('section[aria-label="chosen points"] .cw-point').first().click();
      await expect.poll(() => own.locator('section[aria-label="point"]').innerText()).toContain("label 3");
      expect(await own.locator('section[aria-label="nearest neighbours"] .cw-point').count()).toBe(12);
      await own.getByRole("combobox", { name: "colour by" }).selectOption("loss");
      await expect.poll(() => own.locator(".cw-legend").innerText()).toMatch(/loss 0[\s\S]*and more/);
      await screenshot(page, `embedding-explorer-${dark ? "dark" : "light"}-${width}.png`);

      // Closer by wheel and keys, until images stand on the points.
      await own.getByRole("combobox", { name: "colour by" }).selectOption("label");
      await own.getByRole("button", { name: "Clear" }).click();
      await plot(own).focus();
      const box = (await plot(own).boundingBox())!;
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -150);
      await expect.poll(async () => Number(await frame.getAttribute("data-thumbnails"))).toBeGreaterThan(10);
      await screenshot(page, `embedding-explorer-zoomed-${dark ? "dark" : "light"}-${width}.png`);
      await page.keyboard.press("0");
      await expect.poll(() => frame.getAttribute("data-shown")).toBe("600");

      await own.getByText("Different labels in one place").click();
      await own.locator(".cw-collision").first().click();
      await expect.poll(() => chosenOf(own)).toBe(2);
      await own.getByText("Show as a table").click();
      await expect.poll(() => own.locator(".cw-table tbody tr").count()).toBe(2);

      expect(await status(widget(1)).innerText()).toBe("no points · 0 chosen");
      expect(await status(widget(2)).innerText()).toBe("4 points · 2 without a place left out · 0 chosen");
      expect(await widget(2).locator(".cw-class").first().innerText()).toContain("<img src=x");
      await widget(2).getByRole("button", { name: /<img/ }).click();
      await expect.poll(() => chosenOf(widget(2))).toBe(1);
      expect(await widget(3).locator(".cw-class").count()).toBe(24);
      await widget(3).getByRole("searchbox").fill("class 99");
      await expect.poll(() => widget(3).locator(".cw-class").count()).toBe(11);
      await widget(4).getByRole("combobox", { name: "label shown" }).selectOption("dog");
      await expect.poll(() => widget(4).locator(".cw-legend").innerText()).toContain("not dog");

      // What is chosen in one of two linked explorers is chosen in the other.
      await widget(5)
        .getByRole("button", { name: /^class 1/ })
        .click();
      await expect.poll(() => chosenOf(widget(6))).toBe(2);
      await widget(6).getByRole("button", { name: "Invert" }).click();
      await expect.poll(() => chosenOf(widget(5))).toBe(1);

      await widget(3).scrollIntoViewIfNeeded();
      await screenshot(page, `embedding-explorer-classes-${dark ? "dark" : "light"}-${width}.png`);
      expect(await tooWide(page)).toEqual([]);
      expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });
});
