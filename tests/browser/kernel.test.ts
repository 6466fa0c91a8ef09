/**
 * The kernel under JupyterLab's own hands: completion, tooltip, a question, the stop button, a cell after a restart.
 */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { screenshot, useLab } from "../support/lab-browser.ts";
import { readCells } from "../support/notebook-page.ts";
import { describeWith } from "../support/requirements.ts";

const cells = [
  "const greeting: string = 'hello';",
  "greeting.toUpp",
  "Math.max",
  "const answer = prompt('your name? '); answer.length",
  "let rounds = 0; for (;;) rounds += 1;",
  "rounds > 1000",
];

const editor = (page: Page, index: number) => page.locator(".jp-CodeCell").nth(index).locator(".cm-content");
const output = (page: Page, index: number) => page.locator(".jp-CodeCell").nth(index).locator(".jp-OutputArea-output");

async function run(page: Page, index: number): Promise<void> {
  await editor(page, index).click();
  await page.keyboard.press("Control+Enter");
}

describeWith(["chromium", "python"], "the kernel in JupyterLab", () => {
  const lab = useLab({ "kernel.ipynb": cells });

  test("completes, explains, asks, stops and keeps its variables", { timeout: 240_000 }, async () => {
    const page = await lab.open("kernel.ipynb");
    await run(page, 0);
    await page.locator(".jp-CodeCell").first().getByText("[1]").waitFor();

    // Completion knows the earlier cell.
    await editor(page, 1).click();
    await page.keyboard.press("End");
    await page.keyboard.press("Tab");
    const completions = page.locator(".jp-Completer:visible .jp-Completer-item");
    await expect
      .poll(() => completions.allInnerTexts(), { timeout: 20_000 })
      .toContainEqual(expect.stringContaining("toUpperCase"));
    await screenshot(page, "completion.png");
    await page.keyboard.press("Enter");
    await expect.poll(() => editor(page, 1).innerText()).toBe("greeting.toUpperCase");

    // The tooltip has signature and documentation.
    await editor(page, 2).click();
    await page.keyboard.press("End");
    await page.keyboard.press("Shift+Tab");
    const tooltip = page.locator(".jp-Tooltip");
    await tooltip.waitFor({ timeout: 20_000 });
    const signature = /max\(\.\.\.values: number\[\]\): number[\s\S]*larger/;
    await expect.poll(() => tooltip.innerText(), { timeout: 20_000 }).toMatch(signature);
    await screenshot(page, "tooltip.png");
    await page.keyboard.press("Escape");

    // A question waits for its answer.
    await run(page, 3);
    const input = page.locator("input.jp-Stdin-input");
    await input.waitFor({ timeout: 20_000 });
    await input.fill("Ada");
    await input.press("Enter");
    await expect.poll(() => output(page, 3).last().innerText(), { timeout: 20_000 }).toContain("3");

    // The stop button ends an endless loop.
    await run(page, 4);
    await page.locator(".jp-CodeCell").nth(4).getByText("[*]").waitFor();
    await page.waitForTimeout(500);
    await page
      .locator('[data-command="notebook:interrupt-kernel"]:visible, .jp-Button[title^="Interrupt"]:visible')
      .first()
      .click();
    await expect.poll(() => output(page, 4).last().innerText(), { timeout: 20_000 }).toContain("Interrupted");
    await run(page, 5);
    await expect.poll(() => output(page, 5).last().innerText(), { timeout: 20_000 }).toContain("true");
    await screenshot(page, "kernel.png");
    const finished = await readCells(page);
    expect(finished.map((cell) => cell.errors)).toEqual([0, 0, 0, 0, 1, 0]);
    await page.close();
  });
});
