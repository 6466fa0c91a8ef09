/**
 * JupyterLab with notebooks of the test's own, and a browser in front of it: made before the tests of a suite, gone after.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { createHome, type Home } from "./command.ts";
import { type RunningLab, startLab } from "./lab-server.ts";
import { launchChromium, openNotebook } from "./notebook-page.ts";

const kernelspec = { display_name: "Cellwright (TypeScript)", language: "typescript", name: "cellwright" };

export interface LabInBrowser {
  /** Opens one of the notebooks and waits for its kernel; in Notebook 7 where that is asked for. */
  open(name: string, host?: "lab" | "notebook"): Promise<Page>;
}

/** To be called in a suite: `notebooks` are file names with the code of their cells, or with what makes the notebook as it is in its file. */
export function useLab(notebooks: Readonly<Record<string, readonly string[] | (() => Promise<object>)>>): LabInBrowser {
  let home: Home | undefined;
  let folder = "";
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;

  beforeAll(async () => {
    home = createHome();
    folder = mkdtempSync(join(tmpdir(), "cellwright-notebooks-"));
    for (const [name, sources] of Object.entries(notebooks)) {
      if (typeof sources === "function") {
        writeFileSync(join(folder, name), JSON.stringify(await sources()));
        continue;
      }
      const cells = sources.map((source, index) => ({
        cell_type: "code",
        id: `cell-${index}`,
        execution_count: null,
        metadata: {},
        outputs: [],
        source,
      }));
      const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
      writeFileSync(join(folder, name), JSON.stringify(notebook));
    }
    lab = await startLab(home, [], folder);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
    home?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    open(name, host = "lab") {
      // In a workspace of its own Lab opens this notebook alone, not those that were open before, too.
      const path = host === "lab" ? `/lab/workspaces/${name.replace(/\W/g, "-")}/tree/${name}` : `/notebooks/${name}`;
      return openNotebook(browser!, lab!.address.replace("/lab?", `${path}?`));
    },
  };
}

/** Resolves when the notebook has been saved. */
export function savedBy(page: Page): Promise<unknown> {
  return page.waitForResponse(
    (response) => response.request().method() === "PUT" && response.url().includes("/api/contents/"),
  );
}

/** The code cells of a notebook on a page. */
export function cellsOf(page: Page) {
  const cell = (index: number) => page.locator(".jp-CodeCell").nth(index);
  return {
    cell,
    /** The last thing that stands under it. */
    output: (index: number) => cell(index).locator(".jp-OutputArea-output").last(),
    async run(index: number): Promise<void> {
      await cell(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
    },
  };
}

/** Saves the notebook by its key, and waits: a reload would cut the saving off. */
export async function save(page: Page): Promise<void> {
  await Promise.all([savedBy(page), page.keyboard.press("Control+s")]);
}

/** A picture of the page, where `CELLWRIGHT_SCREENSHOTS` names a folder for them. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.CELLWRIGHT_SCREENSHOTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}
