/**
 * A notebook in JupyterLab as a user sees it, driven by its menus: open, run all cells, look at what they show.
 */
import { type Browser, chromium as browserType, type Page } from "playwright-core";
import { chromium, chromiumArguments } from "./requirements.ts";

export function launchChromium(): Promise<Browser> {
  return browserType.launch({ executablePath: chromium!, args: chromiumArguments });
}

export interface FinishedCell {
  /** The number in its prompt; null for a cell that was not run, or did not end. */
  readonly number: number | null;
  readonly text: string;
  readonly errors: number;
}

/** Lab shows an error as text of stderr, which no notebook of ours writes otherwise. */
const ERROR = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]';
const kernelIsIdle = '.jp-Notebook-ExecutionIndicator[data-status="idle"]';

/** Opens the address and waits until the notebook is there and its kernel is idle. */
export async function openNotebook(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(address);
  await page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell").first().waitFor({ timeout: 60_000 });
  // Until a kernel is there the page says "No Kernel", and calls that idle.
  await page.locator(".jp-KernelName, .jp-Toolbar-kernelName").getByText("Cellwright").waitFor({ timeout: 60_000 });
  await page.locator(kernelIsIdle).first().waitFor({ timeout: 60_000 });
  return page;
}

/** "Run All Cells" in the menu Run. */
export async function runAllCells(page: Page): Promise<void> {
  await page.locator(".jp-MenuBar, #jp-MainMenu").getByText("Run", { exact: true }).first().click();
  await page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click();
}

/** Waits until every code cell has ended, or one has failed; an error says how far it came. */
export async function untilDone(page: Page, timeout: number): Promise<void> {
  try {
    await page.waitForFunction(
      (error) => {
        const cells = [...document.querySelectorAll(".jp-CodeCell")];
        const prompts = cells.map((cell) => cell.querySelector(".jp-InputPrompt")?.textContent ?? "");
        const failed = document.querySelector(error) !== null;
        return cells.length > 0 && (failed || prompts.every((prompt) => /^\[\d+\]:?$/.test(prompt.trim())));
      },
      ERROR,
      { timeout, polling: 200 },
    );
  } catch (error) {
    const prompts = await page.locator(".jp-CodeCell .jp-InputPrompt").allTextContents();
    const status = await page.locator("#jp-main-statusbar, .jp-Dialog").allInnerTexts();
    throw new Error(`the cells stand at ${prompts.join(" ")}; ${status.join(" ")}`, { cause: error });
  }
}

/** Makes the page high enough for the whole notebook and takes its picture. */
export async function photograph(page: Page, path: string): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 3000 });
  await page
    .locator(".jp-WindowedPanel-outer")
    .first()
    .evaluate((panel) => panel.scrollTo(0, 0));
  await page.waitForTimeout(500); // Lab lays its cells out anew
  await page.screenshot({ path });
}

/** What each code cell shows. */
export function readCells(page: Page): Promise<FinishedCell[]> {
  const read = (cells: Element[], error: string) =>
    cells.map((cell) => ({
      number: Number(/\d+/.exec(cell.querySelector(".jp-InputPrompt")?.textContent ?? "")?.[0] ?? Number.NaN) || null,
      text: (cell.querySelector(".jp-Cell-outputWrapper") as HTMLElement | null)?.innerText ?? "",
      errors: cell.querySelectorAll(error).length,
    }));
  return page.$$eval(".jp-CodeCell", read, ERROR);
}

/** Counts how often the picture under a cell changes from now on; read the count with `changesSeen`. */
export async function watchPictures(page: Page): Promise<void> {
  await page.evaluate(() => {
    const counter = window as unknown as { changesSeen: number };
    counter.changesSeen = 0;
    const notebook = document.querySelector(".jp-Notebook")!;
    new MutationObserver((records) => {
      const isPicture = (node: Node) => node instanceof Element && node.querySelector("svg, img, canvas") !== null;
      if (records.some((record) => [...record.addedNodes].some(isPicture))) counter.changesSeen += 1;
    }).observe(notebook, { childList: true, subtree: true });
  });
}

export function changesSeen(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { changesSeen: number }).changesSeen);
}
