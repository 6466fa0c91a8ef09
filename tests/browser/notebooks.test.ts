/**
 * Notebooks in JupyterLab, in a real browser, started as a user starts them: every cell is run from the menu and none may
 * end in an error. `CELLWRIGHT_SCREENSHOTS` names a folder for pictures of the finished pages.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHome, fixturesFolder, type Home, projectFolder } from "../support/command.ts";
import { type RunningLab, startLab } from "../support/lab-server.ts";
import * as notebookPage from "../support/notebook-page.ts";
import { describeWith } from "../support/requirements.ts";

interface Expected {
  /** Pictures that must have been drawn anew while a cell ran. */
  readonly changes: number;
  /** What the last outputs must say; the group is a percentage. */
  readonly accuracy: RegExp;
  readonly atLeast: number;
  /** Milliseconds for all cells. */
  readonly timeout: number;
}

const notebooks: readonly (readonly [path: string, expected: Expected])[] = [
  [
    join(fixturesFolder, "hello.ipynb"),
    { changes: 2, accuracy: /test accuracy ([\d.]+) %/, atLeast: 98, timeout: 20_000 },
  ],
  [
    join(projectFolder, "notebooks/quickstart.ipynb"),
    { changes: 5, accuracy: /test accuracy ([\d.]+) %/, atLeast: 97, timeout: 240_000 },
  ],
  [
    join(projectFolder, "notebooks/label-errors-fashion-mnist.ipynb"),
    { changes: 0, accuracy: /test accuracy [\d.]+ % before, ([\d.]+) % after/, atLeast: 74, timeout: 240_000 },
  ],
];

describeWith(["chromium", "python"], "notebooks in JupyterLab", () => {
  let home: Home;
  let folder: string;
  let browser: Browser;
  let lab: RunningLab;

  beforeAll(async () => {
    home = createHome();
    // The user's own Lab settings are taken over: this one has Lab keep every cell in the page, for us to look at.
    const settings = join(home.folder, ".jupyter/lab/user-settings/@jupyterlab/notebook-extension");
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, "tracker.jupyterlab-settings"), '{ "windowingMode": "none" }');
    // A copy, because Lab saves what it has run.
    folder = mkdtempSync(join(tmpdir(), "cellwright-notebooks-"));
    for (const [path] of notebooks) copyFileSync(path, join(folder, basename(path)));
    lab = await startLab(home, [], folder);
    browser = await notebookPage.launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
    home?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(notebooks)("%s runs to its end", { timeout: 500_000 }, async (path, expected) => {
    // A workspace of its own: Lab would open the other notebook again beside this one.
    const name = basename(path, ".ipynb");
    const address = lab.address.replace("/lab?", `/lab/workspaces/${name}/tree/${basename(path)}?`);
    const page = await notebookPage.openNotebook(browser, address);
    await notebookPage.watchPictures(page);
    await notebookPage.runAllCells(page);
    try {
      await notebookPage.untilDone(page, expected.timeout);
    } finally {
      const screenshots = process.env.CELLWRIGHT_SCREENSHOTS;
      if (screenshots !== undefined) {
        mkdirSync(screenshots, { recursive: true });
        await notebookPage.photograph(page, join(screenshots, `${name}.png`));
      }
    }
    const cells = await notebookPage.readCells(page);
    expect(cells.filter((cell) => cell.errors > 0)).toEqual([]);
    expect(cells.map((cell) => cell.number)).toEqual(cells.map((_, index) => index + 1));
    expect(await notebookPage.changesSeen(page)).toBeGreaterThanOrEqual(expected.changes);
    const accuracy = expected.accuracy.exec(cells.map((cell) => cell.text).join("\n"))?.[1];
    expect(Number(accuracy)).toBeGreaterThanOrEqual(expected.atLeast);
    await page.close();
  });
});
