/** One selection for four widgets in JupyterLab: what a person chooses in the search tree shows in the others, and so does what the kernel chooses. */
import { expect, test } from "vitest";
import { consoleProblems } from "../support/console-problems.ts";
import { save, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

describeWith(["chromium", "python"], "linked widgets in JupyterLab", () => {
  const lab = useLab({
    "linked.ipynb": [
      `import { crossValidatedProbabilities, softmaxRegression } from "cellwright/cleaning";
import { digits } from "cellwright/data";
import { pca } from "cellwright/manifold";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, link, SearchTreeWidget } from "cellwright/widgets";
const data = (await digits()).split().validation;
const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { folds: 3, seed: 1 });
const noise = new LabelNoise(data, { report: { probabilities }, everything: true });
const explorer = new EmbeddingExplorer(await pca(data), { data });
const preview = new AugmentationPreview(data, { transforms: ["mirror"] });
const samples = [2, 3, 4].map((index) => ({ id: data.id(index), change: -0.1 * index }));
const tree = new SearchTreeWidget({ data, nodes: [{ id: "geometry", score: 0.3, samples }] });`,
      "const selection = link(explorer, noise, preview, tree);",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of a cell
      "`${selection.indices}; ${preview.get('indices')}; ${(await explorer.selection()).indices}`",
      "selection.set({ indices: [6, 7] });",
      "for (const widget of [explorer, noise, preview, tree]) display(widget);",
      "selection",
    ],
  });

  test("what is chosen in one is chosen in all", { timeout: 240_000 }, async () => {
    const page = await lab.open("linked.ipynb");
    const problems = consoleProblems(page);
    // Lab hides cells that are far from the view.
    const scroll = (to: number) =>
      page.evaluate((top) => document.querySelector(".jp-WindowedPanel-outer")?.scrollTo({ top }), to);
    const cell = (index: number) => page.locator(".jp-CodeCell").nth(index);
    const run = async (index: number) => {
      await expect
        .poll(() => scroll(0).then(() => cell(index).locator(".cm-content").isVisible()), { timeout: 20_000 })
        .toBe(true);
      await cell(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
    };
    await run(0);
    await run(4);
    const tree = page.locator(".cw-search");
    const shown = (text: string | RegExp) => page.getByText(text).count();
    await tree.getByRole("treeitem").first().waitFor({ state: "attached", timeout: 90_000 });
    await run(1); // they are on the page already
    await expect.poll(() => scroll(100_000).then(() => tree.isVisible()), { timeout: 20_000 }).toBe(true);
    await tree.getByRole("button", { name: "choose all that were helped most" }).click();
    await expect.poll(() => tree.locator(".cw-chosen h5").textContent()).toBe("3 samples chosen");
    await expect.poll(() => shown(/\b3 chosen/), { timeout: 30_000 }).toBeGreaterThan(0);
    await expect.poll(() => shown("only the selection (3)"), { timeout: 30_000 }).toBe(1);
    await expect.poll(() => shown(/image 2 \(1 of 3\)/), { timeout: 30_000 }).toBe(1);
    await run(2);
    const output = cell(2).locator(".jp-OutputArea-output").last();
    await expect.poll(() => output.innerText(), { timeout: 20_000 }).toContain("2,3,4; 2,3,4; 2,3,4");
    await run(3);
    await expect.poll(() => tree.locator(".cw-chosen h5").textContent(), { timeout: 20_000 }).toBe("2 samples chosen");
    await expect.poll(() => shown(/\b2 chosen/)).toBeGreaterThan(0);
    await expect.poll(() => shown("only the selection (2)")).toBe(1);
    await scroll(100_000);
    await cell(5).locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
    const chosen = cell(5).locator(".jp-OutputArea-output").last();
    await expect.poll(() => chosen.innerText(), { timeout: 20_000 }).toContain("2 samples chosen: 6, 7");
    await chosen.getByRole("button", { name: "choose no sample" }).click();
    await expect.poll(() => chosen.innerText(), { timeout: 20_000 }).toContain("0 samples chosen");
    await expect.poll(() => tree.locator(".cw-chosen").count(), { timeout: 20_000 }).toBe(0);

    // Single keys are the widget's, also where it does nothing with them: "d d" would delete its cell. Ctrl+S is the notebook's.
    await tree.getByRole("tab", { name: "Tree" }).focus();
    for (const key of ["d", "d", "x", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    expect(await tree.getByRole("tab", { name: "Tree" }).evaluate((tab) => tab === document.activeElement)).toBe(true);
    expect(await cell(4).locator(".cw-search").count()).toBe(1);
    await save(page);
    await page.close();
    expect(problems).toEqual([]);
  });
});
