/**
 * Label noise: in JupyterLab what is decided on the page is a value in the next cell, and the kernel ranks anew; in an exported page the
 * ranking can still be filtered, worked through by keyboard and saved as a file.
 */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { consoleProblems } from "../support/console-problems.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { cellsOf, save, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const preparation = `import { digits, fromArrays } from "cellwright/data";
import { crossValidatedProbabilities, softmaxRegression } from "cellwright/cleaning";
import { LabelNoise, Selection } from "cellwright/widgets";
const clean = (await digits()).take(400);
const data = clean.relabel(clean.labels.map((label, at) => (at % 20 === 0 ? (label + 1) % 10 : label)));
const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { folds: 3, seed: 1 });`;

const list = (page: Page) => page.getByRole("grid", { name: "ranking" });

describeWith(["chromium", "python"], "label noise in JupyterLab", () => {
  const lab = useLab({
    "noise.ipynb": [
      `${preparation}
const selection = new Selection();
let trainings = 0;
const noise = new LabelNoise(data, { report: { probabilities }, everything: true, selection, retrain: async (corrected, signal, progress) => {
  trainings++;
  progress(1, 2, "half way");
  if (trainings === 1) throw new Error("no luck");
  if (trainings === 2) await new Promise(() => {});
  return crossValidatedProbabilities(() => softmaxRegression(), corrected, { folds: 3, seed: 1, signal });
} });
noise`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of cells
      "noise.corrections().map(({ index, action, label }) => `${index} ${action} ${label}`).join(', ') + '; chosen ' + selection.indices.length",
      "selection.set({ indices: [...noise.get('lists')[0].index.slice(300, 303)], source: '' }); noise.undo(); noise.corrections().length",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of cells
      "`${noise.get('lists')[0].index.length} ranked`",
    ],
  });

  test("keys decide, the next cell has it; the kernel's changes show; rescore, retrain, stop; a reload", {
    timeout: 300_000,
  }, async () => {
    const page = await lab.open("noise.ipynb");
    const problems = consoleProblems(page);
    const { run, output } = cellsOf(page);
    const counts = page.locator(".cw-counts");
    await run(0);
    await list(page).waitFor({ timeout: 90_000 });
    const cells = await page.locator(".jp-CodeCell").count();
    await list(page).focus();
    for (const key of ["Enter", "k", "d", "d"]) await page.keyboard.press(key);
    await expect.poll(() => counts.innerText()).toContain("4 corrections: 1 relabelled, 1 kept, 2 dropped");
    // JupyterLab's own keys, that delete cells by "d d", have heard nothing.
    expect(await page.locator(".jp-CodeCell").count()).toBe(cells);
    await run(1);
    await expect
      .poll(() => output(1).innerText(), { timeout: 30_000 })
      .toMatch(/(?=.*\d+ relabel \d)(?=.*keep)(?=.*drop.*drop).*; chosen 1/);

    // Far rows' pictures come from the kernel.
    await list(page).evaluate((element) => element.scrollTo(0, 300 * 56));
    await expect
      .poll(() => list(page).locator(".cw-id").allInnerTexts())
      .toContainEqual(expect.stringContaining("#305"));
    await expect.poll(() => list(page).locator("canvas").count(), { timeout: 30_000 }).toBeGreaterThan(8);
    await expect.poll(() => list(page).locator(".cw-absent").count(), { timeout: 30_000 }).toBe(0);

    await run(2);
    await expect.poll(() => counts.innerText(), { timeout: 30_000 }).toContain("3 corrections");
    await expect.poll(() => list(page).locator('[aria-selected="true"]').count()).toBe(3);

    const problem = page.getByRole("alert").filter({ hasText: "training failed" });
    await page.getByRole("button", { name: "Retrain on the corrections" }).click();
    await expect.poll(() => problem.innerText(), { timeout: 30_000 }).toBe("training failed: no luck");
    expect(await counts.innerText()).toContain("3 corrections");
    await page.getByRole("button", { name: "Retrain on the corrections" }).click();
    await page.getByText("half way: 1 of 2").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("stopped: the ranking is as it was").waitFor();
    await page.getByRole("button", { name: "Rescore" }).click();
    await page.getByText("scored again with the corrected labels").waitFor();
    await expect.poll(() => counts.innerText()).toContain("399 of 399 rows");
    await page.getByRole("button", { name: "Retrain on the corrections" }).click();
    await page.getByText("trained: this is the new ranking").waitFor({ timeout: 60_000 });
    await run(3);
    await expect.poll(() => output(3).innerText(), { timeout: 30_000 }).toContain("399 ranked");
    await screenshot(page, "label-noise-lab.png");

    const before = await counts.innerText();
    await save(page);
    await page.reload();
    await expect.poll(() => page.locator(".cw-counts").innerText(), { timeout: 60_000 }).toBe(before);
    await list(page).focus();
    await page.keyboard.press("k");
    // The cursor is on one of the three rows that the kernel has chosen: the decision is about all of them.
    await expect.poll(() => page.locator(".cw-counts").innerText()).toContain("6 corrections");
    await page.close();
    expect(problems).toEqual([]);
  });
});

describeWith(["chromium"], "label noise in an exported page", () => {
  const exported = useExportedPage([
    `${preparation}
const noise = new LabelNoise(data, { report: { probabilities }, features: data, leaks: { pairs: [{ a: 3, b: 1, distance: 0.01 }], other: data } });
noise`,
    `const many = 70_000;
const hostile = fromArrays({ images: new Float32Array(many * 4), labels: Int32Array.from({ length: many }, (_, at) => at % 2), imageShape: [2, 2, 1], classNames: ["<img src=x onerror=alert(1)>", "b"], ids: Array.from({ length: many }, (_, at) => (at === 0 ? "=cmd|'/c calc'!A1" : "<b>" + at)) }).map((pixels, { index }) => (index % 7 === 3 ? pixels.slice(1) : pixels.fill(Number.NaN)));
new LabelNoise(hostile, { everything: true, report: { probabilities: { data: Float32Array.from({ length: 2 * many }, (_, at) => (at % 2 ? 1 - (at >> 1) / many : (at >> 1) / many)), shape: [many, 2] } } })`,
    `const classes = 1000;
const broad = fromArrays({ images: new Float32Array(2000 * 4), labels: Int32Array.from({ length: 2000 }, (_, at) => at % classes), imageShape: [2, 2, 1], classNames: Array.from({ length: classes }, (_, at) => "class number " + at) });
const rows = Float32Array.from({ length: 2000 * classes }, (_, at) => (at % classes === ((((at / classes) | 0) % classes) + ((((at / classes) | 0) % classes) % 3)) % classes ? 0.9 : 0.1 / (classes - 1)));
new LabelNoise(broad, { report: { probabilities: { data: rows, shape: [2000, classes] } } })`,
    "new LabelNoise(data.take(3), { selection: noise.sharedSelection })",
  ]);

  describe.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("dark: $dark, $width pixels wide", ({ dark, width }) => {
    test("filters, keys, undo, tabs, a file; many rows, many classes, none", { timeout: 120_000 }, async () => {
      const { page, problems } = await exported.open({ dark, width });
      await expect.poll(() => page.locator(".cellwright-widget .cw-noise").count()).toBe(4);
      const [own, hostile, broad, none] = [0, 1, 2, 3].map((at) => page.locator(".cellwright-widget").nth(at)) as [
        ReturnType<Page["locator"]>,
        ReturnType<Page["locator"]>,
        ReturnType<Page["locator"]>,
        ReturnType<Page["locator"]>,
      ];
      const ranking = own.getByRole("grid", { name: "ranking" });
      await expect.poll(() => ranking.locator("canvas").count()).toBeGreaterThan(5);
      expect(await own.getByRole("button", { name: /Rescore|Retrain|Stop/ }).count()).toBe(0);
      await screenshot(page, `label-noise-${dark ? "dark" : "light"}.png`);
      await ranking.focus();
      for (const key of ["s", "k", "d", "4"]) await page.keyboard.press(key);
      const counts = own.locator(".cw-counts");
      await expect.poll(() => counts.innerText()).toContain("4 corrections: 2 relabelled, 1 kept, 1 dropped");
      await page.keyboard.press("u");
      await expect.poll(() => counts.innerText()).toContain("3 corrections: 1 relabelled");
      await page.keyboard.press("r");
      await expect.poll(() => counts.innerText()).toContain("4 corrections: 2 relabelled");
      await page.keyboard.press("Control+a");
      await page.keyboard.press("k");
      await expect.poll(() => counts.innerText()).toMatch(/^(\d+) of \1 rows · \1 corrections: 0 relabelled, \1 kept/);
      await page.keyboard.press("Control+z");
      await expect.poll(() => counts.innerText()).toContain("4 corrections");

      const [saved] = await Promise.all([
        page.waitForEvent("download"),
        own.getByRole("button", { name: "Download corrections" }).click(),
      ]);
      const lines = readFileSync((await saved.path())!, "utf8").split("\r\n");
      expect(lines[0]).toBe("index,id,action,given,given_name,label,label_name");
      expect(lines.length).toBe(6);

      const total = Number((await counts.innerText()).match(/of (\d+) rows/)![1]);
      await own
        .getByRole("grid", { name: /confident joint/ })
        .locator("td.cw-deep, td.cw-pale")
        .first()
        .focus();
      await page.keyboard.press("Enter");
      await expect.poll(async () => Number((await counts.innerText()).match(/^(\d+)/)![1])).toBeLessThan(total);
      await own.getByRole("button", { name: "Show all" }).click();
      await own.getByRole("combobox", { name: "filter by decision" }).selectOption("drop");
      await expect.poll(() => counts.innerText()).toMatch(/^1 of/);
      await own.getByRole("button", { name: "Show all" }).click();
      if (width > 640) await own.getByRole("button", { name: "image" }).click();
      else await own.getByRole("button", { name: "given" }).click();
      await expect.poll(() => own.locator('.cw-head [aria-pressed="true"]').innerText()).toContain("▲");
      for (const name of ["Outliers", "Near duplicates", "Split leaks"]) {
        await own.getByRole("tab", { name }).click();
        await expect.poll(() => own.getByRole("tab", { name }).getAttribute("aria-selected")).toBe("true");
      }
      await expect.poll(() => counts.innerText()).toMatch(/^1 of 1 rows/);
      await expect.poll(() => ranking.locator("canvas").count()).toBe(2);

      const huge = hostile.getByRole("grid", { name: "ranking" });
      await expect.poll(() => huge.getAttribute("aria-rowcount")).toBe("70000");
      expect(await huge.getByRole("row").count()).toBeLessThan(30);
      expect(await huge.locator(".cw-given").first().innerText()).toBe("<img src=x onerror=alert(1)>");
      await huge.focus();
      await page.keyboard.press("End");
      await expect.poll(() => huge.locator('[aria-rowindex="70000"]').getAttribute("class")).toContain("cw-current");
      await hostile.getByRole("searchbox").fill("<b>6999");
      await expect.poll(() => hostile.locator(".cw-counts").innerText()).toMatch(/^11 of 70000 rows/);

      await expect.poll(() => broad.locator(".cw-note").innerText()).toContain("20 of 1000 classes");
      await broad.getByRole("combobox", { name: "frequent pair" }).selectOption({ index: 1 });
      await expect.poll(() => broad.locator(".cw-counts").innerText()).toMatch(/^[12] of/);
      await expect.poll(() => none.innerText()).toContain("Nothing was ranked: pass a report");
      // The widgets share a selection: what is chosen in the first is chosen in the last.
      await own.getByRole("tab", { name: "Label issues" }).click();
      await ranking.focus();
      for (const key of ["Home", "Shift+ArrowDown", "Shift+ArrowDown"]) await page.keyboard.press(key);
      await expect.poll(() => none.getByText("only the selection (3)").count()).toBe(1);
      expect(await tooWide(page)).toEqual([]);
      expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });
});
