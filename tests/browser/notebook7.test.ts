/**
 * Notebook 7: all five widgets show there, a gesture in each is a value in the next cell, and a reload brings them back. It is the page that the test knows from JupyterLab, so the widgets' own tests are not
 * repeated: what can differ is the host.
 */
import { expect, test } from "vitest";
import { consoleProblems } from "../support/console-problems.ts";
import { savedBy, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

describeWith(["chromium", "python:notebook"], "widgets in Notebook 7", () => {
  const jupyter = useLab({
    "widgets.ipynb": [
      `import { crossValidatedProbabilities, softmaxRegression } from "cellwright/cleaning";
import { digits } from "cellwright/data";
import { pca } from "cellwright/manifold";
import { mlp } from "cellwright/models";
import { train } from "cellwright/train";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, SearchTreeWidget, TrainingMonitor } from "cellwright/widgets";
const data = (await digits()).take(200);
const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { folds: 2, seed: 1 });
const monitor = new TrainingMonitor();
const tree = new SearchTreeWidget({ nodes: [{ id: "a", score: 1 }, { id: "b", parent: "a", score: 0.5 }] });
const noise = new LabelNoise(data, { report: { probabilities }, everything: true });
const explorer = new EmbeddingExplorer(await pca(data), { data });
const preview = new AugmentationPreview(data, { transforms: ["mirror"] });
monitor`,
      "tree",
      "noise",
      "explorer",
      "preview",
      "await monitor.watch((signal) => train(mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 }), data, { epochs: 100_000, signal }))",
      `const { indices } = await explorer.selection();
[monitor.runs[0]!.status, tree.node?.id, noise.corrections().length, indices.length, preview.get("position")].join()`,
    ],
  });

  test("show, answer a gesture, and come back after a reload", { timeout: 240_000 }, async () => {
    const page = await jupyter.open("widgets.ipynb", "notebook");
    const problems = consoleProblems(page);
    const cell = (index: number) => page.locator(".jp-CodeCell").nth(index);
    const run = async (index: number) => {
      await cell(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
    };
    const output = (index: number) => cell(index).locator(".jp-OutputArea").first();
    await run(0);
    await expect.poll(() => output(0).innerText(), { timeout: 40_000 }).toContain("no training yet");

    await run(1);
    await output(1).getByRole("treeitem").nth(1).click({ timeout: 30_000 });
    await expect.poll(() => output(1).locator(".cw-node-panel h4").innerText()).toContain("b");

    await run(2);
    const ranking = output(2).getByRole("grid", { name: "ranking" });
    await ranking.focus({ timeout: 30_000 });
    await page.keyboard.press("d");
    await expect.poll(() => output(2).locator(".cw-counts").innerText()).toContain("1 correction");

    await run(3);
    await output(3).getByRole("application").focus({ timeout: 30_000 });
    await page.keyboard.press("Control+a");
    await expect.poll(() => output(3).locator(".cw-status").innerText()).toContain("200 chosen");

    await run(4);
    await output(4).getByRole("button", { name: "next image" }).click({ timeout: 30_000 });
    await expect.poll(() => output(4).innerText()).toContain("image 1 (2 of 24)");

    await run(5);
    await output(0).getByRole("button", { name: "stop run 1 and keep its best weights" }).click({ timeout: 30_000 });
    await expect.poll(() => output(0).innerText(), { timeout: 30_000 }).toContain("stopped by hand");

    await run(6);
    await expect.poll(() => output(6).innerText(), { timeout: 30_000 }).toContain("aborted,b,1,200,1");
    await screenshot(page, "notebook7.png");

    await Promise.all([savedBy(page), page.keyboard.press("Control+s")]);
    await page.reload();
    await expect.poll(() => output(0).innerText(), { timeout: 60_000 }).toContain("stopped by hand");
    // Outputs that are far from the view are not drawn.
    await cell(4).scrollIntoViewIfNeeded();
    await expect.poll(() => output(4).innerText(), { timeout: 30_000 }).toContain("image 1 (2 of 24)");
    await page.close();
    // Notebook's own scripts may complain; no widget does.
    expect(problems.filter((problem) => !problem.includes("/static/notebook/"))).toEqual([]);
  });
});
