/**
 * Widgets that JupyterLab saves with their notebook, as `cellwright lab` sets it up: they come back where the kernel is gone, and still do after the notebook has been saved without it.
 */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { consoleProblems } from "../support/console-problems.ts";
import { save, screenshot, useLab } from "../support/lab-browser.ts";
import { runAllCells, untilDone } from "../support/notebook-page.ts";
import { describeWith } from "../support/requirements.ts";

const cells = [
  `import { digits } from "cellwright/data";
import { LabelNoise, TrainingMonitor } from "cellwright/widgets";
const data = (await digits()).take(40);
const probabilities = Array.from({ length: 40 }, (_, at) => Array.from({ length: 10 }, (_, label) => (label === at % 10 ? 0.91 : 0.01)));
new LabelNoise(data, { report: { probabilities }, everything: true })`,
  `const monitor = new TrainingMonitor();
await monitor.watch(async function* () {
  yield { type: "start", epochs: 1, steps: 1, backend: "wasm", optimizer: "adam", learningRate: 0.1 } as never;
  yield { type: "epoch", epoch: 1, loss: 0.5, accuracy: 0.75, best: false } as never;
}, { name: "saved" });
monitor`,
  "1",
];

const output = (page: Page, index: number) => page.locator(".jp-CodeCell").nth(index).locator(".jp-OutputArea").first();

async function changeAndSave(page: Page): Promise<void> {
  await page.locator(".jp-CodeCell").nth(2).locator(".cm-content").click();
  await page.keyboard.press("End");
  await page.keyboard.type("1");
  await save(page);
}

/** The two widgets as they were saved: pictures, decisions, the selection, and a chart from the shared library. */
async function expectSaved(page: Page): Promise<void> {
  for (const index of [0, 1]) {
    await expect.poll(() => output(page, index).getByText("The kernel is gone.").count(), { timeout: 60_000 }).toBe(1);
  }
  await expect.poll(() => output(page, 0).locator(".cw-counts").innerText()).toContain("1 correction");
  await expect.poll(() => output(page, 0).locator(".cw-row canvas").count()).toBeGreaterThan(3);
  expect(await output(page, 0).locator('.cw-row[aria-selected="true"]').count()).toBe(1);
  await expect.poll(() => output(page, 1).innerText()).toContain("accuracy 75.00 %");
  await expect.poll(() => output(page, 1).locator("svg.main-svg").count()).toBeGreaterThan(1);
}

describeWith(["chromium", "python"], "widgets saved by JupyterLab", () => {
  const lab = useLab({ "saved.ipynb": cells });

  test("come back without their kernel, also when the notebook was saved again without it", {
    timeout: 240_000,
  }, async () => {
    const page = await lab.open("saved.ipynb");
    const problems = consoleProblems(page);
    await runAllCells(page);
    await untilDone(page, 60_000);
    await output(page, 0).getByRole("grid", { name: "ranking" }).focus();
    await page.keyboard.press("d");
    await expect.poll(() => output(page, 0).locator(".cw-counts").innerText()).toContain("1 correction");
    await changeAndSave(page);
    await page.locator(".jp-MenuBar, #jp-MainMenu").getByText("Kernel", { exact: true }).first().click();
    await page.locator('.lm-Menu-item[data-command="kernelmenu:shutdown"]').click();
    await expect.poll(() => output(page, 0).getByText("The kernel is gone.").count(), { timeout: 30_000 }).toBe(1);

    await page.reload();
    await expectSaved(page);
    await changeAndSave(page);
    await page.reload();
    await expectSaved(page);
    await screenshot(page, "saved-by-lab.png");
    await page.close();
    expect(problems).toEqual([]);
  });
});
