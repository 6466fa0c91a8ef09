/**
 * JupyterLab's debugger on a cell, by the mouse: the bug, a breakpoint in the gutter, the stopped line, its variables, on.
 * `CELLWRIGHT_SCREENSHOTS` names a folder for a picture of the stopped cell.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHome, type Home } from "../support/command.ts";
import { type RunningLab, startLab } from "../support/lab-server.ts";
import * as notebookPage from "../support/notebook-page.ts";
import { describeWith } from "../support/requirements.ts";

const CODE = `const weights: number[] = [0.25, 0.5];
function total(values: number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum;
}
total(weights)`;

const notebook = {
  cells: [{ cell_type: "code", id: "first", execution_count: null, metadata: {}, outputs: [], source: CODE }],
  metadata: { kernelspec: { display_name: "Cellwright (TypeScript)", language: "typescript", name: "cellwright" } },
  nbformat: 4,
  nbformat_minor: 5,
};

describeWith(["chromium", "python"], "JupyterLab's debugger", () => {
  let home: Home;
  let folder: string;
  let browser: Browser;
  let lab: RunningLab;

  beforeAll(async () => {
    home = createHome();
    folder = mkdtempSync(join(tmpdir(), "cellwright-notebooks-"));
    writeFileSync(join(folder, "debugged.ipynb"), JSON.stringify(notebook));
    lab = await startLab(home, [], folder);
    browser = await notebookPage.launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
    home?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a cell stops at a breakpoint that was clicked, and goes on", { timeout: 180_000 }, async () => {
    const page = await notebookPage.openNotebook(browser, lab.address.replace("/lab?", "/lab/tree/debugged.ipynb?"));
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
      await variables.first().waitFor();
      expect((await variables.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim())).toEqual([
        "values Array(2)",
        "sum 0.75",
      ]);
    } finally {
      const screenshots = process.env.CELLWRIGHT_SCREENSHOTS;
      if (screenshots !== undefined) {
        mkdirSync(screenshots, { recursive: true });
        await page.screenshot({ path: join(screenshots, "debugger.png") });
      }
    }
    await page
      .locator('[data-command="debugger:continue"]:visible, .jp-Button[title^="Continue"]:visible')
      .first()
      .click();
    await page.locator(".jp-OutputArea-output").first().waitFor({ timeout: 10_000 });
    const [cell] = await notebookPage.readCells(page);
    expect(cell).toMatchObject({ number: 1, errors: 0, text: expect.stringContaining("0.75") });
    await page.close();
  });
});
