/**
 * A notebook that was run and exported, in a browser without a network: what a reader gets by mail.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import {
  codeCell,
  createNotebook,
  readNotebook,
  renderReport,
  runNotebook,
  writeNotebook,
} from "../../dist/kernel/batch/index.js";
import { launchChromium } from "./notebook-page.ts";

export interface ExportedPage {
  /** A new page, and what its console complains about. */
  open(options?: {
    readonly width?: number;
    readonly dark?: boolean;
  }): Promise<{ readonly page: Page; readonly problems: readonly string[] }>;
  /** The page's HTML. */
  html(): string;
}

/** To be called in a suite: the notebook's cells are run once. */
export function useExportedPage(cells: readonly string[]): ExportedPage {
  let folder = "";
  let html = "";
  let browser: Browser | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cellwright-export-"));
    const [input, output] = [join(folder, "in.ipynb"), join(folder, "out.ipynb")];
    writeNotebook(input, createNotebook(cells.map((source) => codeCell(source))));
    const result = await runNotebook(input, output, {});
    if (result.status !== "completed") throw new Error(`the notebook did not run: ${JSON.stringify(result.failure)}`);
    html = renderReport(readNotebook(output));
    writeFileSync(join(folder, "page.html"), html);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    html: () => html,
    async open({ width = 1100, dark = false } = {}) {
      const context = await browser!.newContext({
        viewport: { width, height: 900 },
        colorScheme: dark ? "dark" : "light",
        offline: true,
      });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      page.on(
        "request",
        (request) => /^(file|data|blob):/.test(request.url()) || problems.push(`request: ${request.url()}`),
      );
      await page.goto(pathToFileURL(join(folder, "page.html")).href);
      return { page, problems };
    },
  };
}
