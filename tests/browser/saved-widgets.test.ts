/**
 * Widgets whose kernel is not there: in a notebook that is not trusted their pictures and tables stand for them, in one that is they come back as they were saved, and what needs no kernel works.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { codeCell, createNotebook, readNotebook, runNotebook, writeNotebook } from "../../dist/kernel/batch/index.js";
import { consoleProblems } from "../support/console-problems.ts";
import { savedBy, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const five = [
  `import { crossValidatedProbabilities, softmaxRegression } from "cellwright/cleaning";
import { digits } from "cellwright/data";
import { pca } from "cellwright/manifold";
import { mlp } from "cellwright/models";
import { train } from "cellwright/train";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, SearchTreeWidget, TrainingMonitor } from "cellwright/widgets";
const data = (await digits()).take(200);
const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { folds: 2, seed: 1 });
const monitor = new TrainingMonitor();
await monitor.watch((signal) => train(mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 }), data, { epochs: 2, signal }), { name: "saved" });
monitor`,
  'new SearchTreeWidget({ nodes: [{ id: "a", score: 1 }, { id: "b", parent: "a", score: 0.5 }] })',
  "new LabelNoise(data, { report: { probabilities }, everything: true, retrain: async () => probabilities })",
  "new EmbeddingExplorer(await pca(data), { data })",
  'new AugmentationPreview(data, { transforms: ["rotate"] })',
];

/** The five widgets as the runner saves them; and an output that would run a script. */
async function saved(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-saved-"));
  try {
    const [input, output] = [join(folder, "in.ipynb"), join(folder, "out.ipynb")];
    writeNotebook(input, createNotebook(five.map((source) => codeCell(source))));
    const result = await runNotebook(input, output, {});
    if (result.status !== "completed") throw new Error(JSON.stringify(result.failure));
    const notebook = readNotebook(output);
    const script = "<p>a script</p><script>globalThis.wasRun = true</script>";
    const outputs = [{ output_type: "display_data", data: { "text/html": script }, metadata: {} }];
    const last = { ...codeCell("0"), execution_count: 1, outputs };
    return { ...notebook, cells: [...notebook.cells, last] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const output = (page: Page, index: number) =>
  page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").nth(index).locator(".jp-OutputArea").first();

/** A command of JupyterLab by its name in the palette. */
async function command(page: Page, name: string): Promise<void> {
  await page
    .locator(".jp-Notebook")
    .first()
    .click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("Control+Shift+C");
  await page.locator("#modal-command-palette input").fill(name);
  await page.locator("#modal-command-palette .lm-CommandPalette-item").first().click();
}

describeWith(["chromium", "python"], "widgets without their kernel in JupyterLab", () => {
  const lab = useLab({
    "saved.ipynb": saved,
  });

  test("not trusted: pictures and a table, and nothing runs; trusted: as they were saved", {
    timeout: 240_000,
  }, async () => {
    const page = await lab.open("saved.ipynb");
    const problems = consoleProblems(page);
    for (const picture of [0, 1, 3, 4]) {
      const image = output(page, picture).locator("img");
      await image.scrollIntoViewIfNeeded();
      await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(100);
    }
    await expect.poll(() => output(page, 2).locator("table tr").count()).toBe(21);
    await expect.poll(() => output(page, 2).locator("table img").count()).toBe(20);
    await expect.poll(() => output(page, 5).innerText()).toContain("a script");
    expect(await page.locator(".cw").count()).toBe(0);
    expect(await page.evaluate(() => Reflect.get(globalThis, "wasRun"))).toBeUndefined();
    await screenshot(page, "untrusted.png");

    await command(page, "Trust Notebook");
    await Promise.all([savedBy(page), page.locator(".jp-Dialog .jp-mod-accept").click()]);
    // The script is what a trusted notebook may run; a widget waits for its state, which is read with the file.
    await page.reload();
    await output(page, 0).getByRole("region", { name: "saved" }).waitFor({ timeout: 60_000 });
    await expect.poll(() => output(page, 0).innerText()).toContain("epoch 2 of 2");
    await output(page, 0).getByText("Show as a table").click();
    await expect.poll(() => output(page, 0).locator(".cw-table tbody tr").count()).toBe(2);
    expect(await output(page, 0).getByRole("button", { name: /stop/i }).count()).toBe(0);

    await output(page, 1).getByRole("treeitem").nth(1).click();
    await expect.poll(() => output(page, 1).locator(".cw-node-panel h4").innerText()).toContain("b");

    await output(page, 2).getByRole("grid", { name: "ranking" }).focus();
    await page.keyboard.press("d");
    await expect.poll(() => output(page, 2).locator(".cw-counts").innerText()).toContain("1 correction");
    expect(
      await output(page, 2)
        .getByRole("button", { name: /Retrain|Rescore/ })
        .count(),
    ).toBe(0);

    await output(page, 3).getByRole("application").focus();
    await page.keyboard.press("Control+a");
    await expect.poll(() => output(page, 3).locator(".cw-status").innerText()).toContain("200 chosen");

    const figure = output(page, 4).locator('section[aria-label="one transform"] figure');
    await output(page, 4).getByRole("slider", { name: "value" }).fill("-90");
    await expect.poll(() => figure.getAttribute("title")).toContain("rotate -90");
    expect(
      await output(page, 4)
        .getByRole("button", { name: /next image|Add to the policy/ })
        .count(),
    ).toBe(0);
    for (let index = 0; index < 5; index++) {
      expect(await output(page, index).getByText("The kernel is gone.").count()).toBe(1);
    }
    await screenshot(page, "trusted.png");
    await page.close();
    expect(problems).toEqual([]);
  });
});
