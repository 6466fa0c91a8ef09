/**
 * Notebook 7: all five widgets show there, a gesture in each is a value in the next cell, and a reload brings them back. It is the page that the test knows from JupyterLab, so the widgets' own tests are not
 * repeated: what can differ is the host.
 */
import { expect, test } from "vitest";
import { consoleProblems } from "../support/console-problems.ts";
import { fiveWidgets, useFiveWidgets } from "../support/five-widgets.ts";
import { save, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

describeWith(["chromium", "python:notebook"], "widgets in Notebook 7", () => {
  const jupyter = useLab({ "widgets.ipynb": fiveWidgets });

  test("show, answer a gesture, and come back after a reload", { timeout: 240_000 }, async () => {
    const page = await jupyter.open("widgets.ipynb", "notebook");
    const problems = consoleProblems(page);
    const cell = (index: number) => page.locator(".jp-CodeCell").nth(index);
    const run = async (index: number) => {
      await cell(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
    };
    const output = (index: number) => cell(index).locator(".jp-OutputArea").first();
    await useFiveWidgets({ page, run, output });
    await screenshot(page, "notebook7.png");

    await save(page);
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
