/**
 * JupyterLab's debugger on a cell, by the mouse: the bug, a breakpoint in the gutter, the stopped line, its variables, on.
 * `CELLWRIGHT_SCREENSHOTS` names a folder for a picture of the stopped cell.
 */
import { expect, test } from "vitest";
import { screenshot, useLab } from "../support/lab-browser.ts";
import { readCells } from "../support/notebook-page.ts";
import { describeWith } from "../support/requirements.ts";

const CODE = `const weights: number[] = [0.25, 0.5];
function total(values: number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum;
}
total(weights)`;

describeWith(["chromium", "python"], "JupyterLab's debugger", () => {
  const lab = useLab({ "debugged.ipynb": [CODE] });

  test("a cell stops at a breakpoint that was clicked, and goes on", { timeout: 180_000 }, async () => {
    const page = await lab.open("debugged.ipynb");
    await page.locator(".jp-DebuggerBugButton:visible").first().click();
    const gutter = page.locator(".jp-Notebook .cm-breakpoint-gutter .cm-gutterElement");
    await gutter.nth(4).click(); // the first element only gives the gutter its width
    await page.locator(".jp-DebuggerBreakpoint").first().waitFor({ timeout: 10_000 });
    await page.locator(".jp-Notebook .cm-content").first().click();
    await page.keyboard.press("Shift+Enter");
    try {
      const line = page.locator(".jp-Notebook .jp-DebuggerEditor-highlight");
      await line.waitFor({ timeout: 10_000 });
      expect(await line.innerText()).toBe("  return sum;");
      expect(await page.locator(".jp-DebuggerCallstackFrame").allInnerTexts()).toMatchObject([
        expect.stringContaining("total"),
        expect.stringContaining("Cell [1]"),
      ]);
      const variables = page.locator(".jp-DebuggerVariables .jp-TreeItem");
      // Until the stop has reached the panel it shows the notebook's own variables.
      const shown = async () => (await variables.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
      await expect.poll(shown, { timeout: 10_000 }).toEqual(["values Array(2)", "sum 0.75"]);
    } finally {
      await screenshot(page, "debugger.png");
    }
    await page
      .locator('[data-command="debugger:continue"]:visible, .jp-Button[title^="Continue"]:visible')
      .first()
      .click();
    await page.locator(".jp-OutputArea-output").first().waitFor({ timeout: 10_000 });
    // The output may be there before the number is.
    await expect
      .poll(async () => (await readCells(page))[0], { timeout: 10_000 })
      .toMatchObject({ number: 1, errors: 0, text: expect.stringContaining("0.75") });
    await page.close();
  });
});
