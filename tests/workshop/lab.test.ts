// An exercise in JupyterLab, as a learner meets it: the check shows a card with a hint; with the cell filled in, a tick.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHome, type Home, projectFolder } from "../support/command.ts";
import { type RunningLab, startLab } from "../support/lab-server.ts";
import * as notebookPage from "../support/notebook-page.ts";
import { describeWith } from "../support/requirements.ts";

const workshopFolder = join(projectFolder, "notebooks/workshop");

describeWith(["chromium", "python"], "an exercise in JupyterLab", () => {
  let home: Home;
  let folder: string;
  let browser: Browser;
  let lab: RunningLab;

  beforeAll(async () => {
    home = createHome();
    // Lab keeps every cell in the page, for us to look at.
    const settings = join(home.folder, ".jupyter/lab/user-settings/@jupyterlab/notebook-extension");
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, "tracker.jupyterlab-settings"), '{ "windowingMode": "none" }');
    folder = mkdtempSync(join(tmpdir(), "cellwright-workshop-"));
    copyFileSync(join(workshopFolder, "exercise-1.ipynb"), join(folder, "exercise-1.ipynb"));
    lab = await startLab(home, [], folder);
    browser = await notebookPage.launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
    home?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the check's card: a hint, and a tick when the cell is filled in", { timeout: 120_000 }, async () => {
    const page = await notebookPage.openNotebook(browser, lab.address.replace("/lab?", "/lab/tree/exercise-1.ipynb?"));
    await notebookPage.runAllCells(page);
    await notebookPage.untilDone(page, 60_000);
    expect((await notebookPage.readCells(page)).filter((cell) => cell.errors > 0)).toEqual([]);
    const card = page.getByRole("group", { name: "Exercise 1: A first classifier" }).first();
    await card.scrollIntoViewIfNeeded();
    expect(await card.textContent()).toContain("✓ 0 of 4 steps");
    expect(await card.textContent()).toContain("counts is still empty");
    expect(await card.evaluate((element) => getComputedStyle(element).borderTopStyle)).toBe("solid");
    const { cells } = JSON.parse(readFileSync(join(workshopFolder, "solutions/exercise-1.ipynb"), "utf8"));
    const solved = cells.find(({ id }: { id: string }) => id === "count-todo").source.join("");
    const editor = page.locator(".jp-CodeCell .cm-content").filter({ hasText: "TODO: count the images" }).first();
    await editor.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(solved);
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.press("Shift+Enter");
    await page.getByText("✓ 1 of 4 steps").first().waitFor({ timeout: 30_000 });
    const screenshots = process.env.CELLWRIGHT_SCREENSHOTS;
    if (screenshots !== undefined) {
      mkdirSync(screenshots, { recursive: true });
      await notebookPage.photograph(page, join(screenshots, "workshop.png"));
    }
  });
});
