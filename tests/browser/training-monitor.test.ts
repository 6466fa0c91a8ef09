/**
 * The training monitor: in JupyterLab curves while a cell trains, a stop from the page, and the state back after a reload; and as a
 * picture that lives on in an exported page.
 */
import { describe, expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { consoleProblems } from "../support/console-problems.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { cellsOf, save, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const preparation = [
  'import { digits } from "cellwright/data";',
  'import { mlp } from "cellwright/models";',
  'import { train } from "cellwright/train";',
  'import { TrainingMonitor } from "cellwright/widgets";',
  "const data = (await digits()).split();",
  "const monitor = new TrainingMonitor();",
  "const model = () => mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 });",
].join("\n");

describeWith(["chromium", "python"], "the training monitor in JupyterLab", () => {
  const lab = useLab({
    "monitor.ipynb": [
      `${preparation}\nmonitor`,
      'const end = await monitor.watch((signal) => train(model(), data.train, { validation: data.validation, epochs: 2000, seed: 1, signal }), { name: "adam" });\nend?.reason',
      "monitor.runs[0].status",
    ],
    "late.ipynb": [
      `${preparation}
monitor.set({ _library: "a model that this page never had" } as never);
await monitor.watch((signal) => train(model(), data.train, { epochs: 1, seed: 1, signal }), { name: "late" });
monitor`,
      `const second = new TrainingMonitor();
await second.watch((signal) => train(model(), data.train, { epochs: 1, seed: 1, signal }), { name: "in time" });
second`,
    ],
  });

  test("on a page without the library shows all but its charts, and the next one has them", {
    timeout: 120_000,
  }, async () => {
    const page = await lab.open("late.ipynb");
    const cell = (index: number) => page.locator(".jp-CodeCell").nth(index);
    for (const index of [0, 1]) {
      await cell(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
      await cell(index).locator(".cw-run").waitFor({ timeout: 40_000 });
    }
    await expect.poll(() => cell(0).locator(".cw-monitor").innerText()).toContain("The chart is not there yet");
    await expect.poll(() => cell(0).locator(".cw-facts").innerText()).toContain("epoch 1 of 1");
    await expect.poll(() => cell(1).locator(".cw-charts .main-svg").count()).toBeGreaterThan(0);
    expect(await cell(1).locator(".cw-monitor").innerText()).not.toContain("not there yet");
    await page.close();
  });

  test("shows a run, stops it from the page, and comes back after a reload", { timeout: 240_000 }, async () => {
    const page = await lab.open("monitor.ipynb");
    const problems = consoleProblems(page);
    const { run, output } = cellsOf(page);
    await run(0);
    await page.getByText("no training yet").waitFor();
    await run(1);
    const facts = page.locator(".cw-facts").first();
    await expect.poll(() => facts.innerText(), { timeout: 60_000 }).toMatch(/epoch [3-9]\d* of 2000.*images\/s/);
    await screenshot(page, "training-monitor.png");
    // The cell is still running: the page's message arrives while it awaits.
    await page.getByRole("button", { name: "Stop, keep best weights of adam" }).click();
    await expect.poll(() => output(1).innerText(), { timeout: 20_000 }).toContain("aborted");
    await expect.poll(() => page.locator(".cw-status").first().innerText()).toContain("stopped by hand");
    await run(2);
    await expect.poll(() => output(2).innerText()).toContain("aborted");
    const before = await facts.innerText();

    await save(page);
    await page.reload();
    await expect.poll(() => page.locator(".cw-facts").first().innerText(), { timeout: 60_000 }).toBe(before);
    await page.close();
    expect(problems).toEqual([]);
  });
});

describeWith(["chromium"], "the training monitor in an exported page", () => {
  const exported = useExportedPage([
    `${preparation}\ndisplay(monitor);\nconst run = (name: string, learningRate: number) => monitor.watch((signal) => train(model(), data.train, { validation: data.validation, epochs: 4, seed: 1, optimizer: { name: "adam", learningRate } as never, signal }), { name });\nawait run("<b>fast</b>", 0.01);\nawait run("slow", 0.0003);`,
  ]);

  describe.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("dark: $dark, $width pixels wide", ({ dark, width }) => {
    test("shows every run, its curves and its numbers, and zooms, with the network off", async () => {
      const { page, problems } = await exported.open({ dark, width });
      await expect.poll(() => page.locator(".cw-run strong").allInnerTexts()).toEqual(["<b>fast</b>", "slow"]);
      expect(await page.locator(".cw-status").allInnerTexts()).toEqual(["completed", "completed"]);
      expect(await page.locator(".cw-facts").first().innerText()).toContain("epoch 4 of 4 · step 160 of 160");
      const legend = page.locator(".cw-chart .legendtext");
      await expect.poll(() => legend.allTextContents()).toContain("<b>fast</b>, validation");
      expect(await page.getByRole("button", { name: /stop/i }).count()).toBe(0);
      const axis = page.locator(".cw-chart").first().locator(".xtick text");
      await expect.poll(() => axis.count()).toBeGreaterThan(2);
      const before = await axis.allInnerTexts();
      const box = (await page.locator(".cw-chart").first().locator(".nsewdrag").boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.7, { steps: 5 });
      await page.mouse.up();
      await expect.poll(() => axis.allInnerTexts()).not.toEqual(before);
      await page.getByText("Show as a table").click();
      await expect.poll(() => page.locator(".cw-table tbody tr").count()).toBe(8);
      expect(await tooWide(page)).toEqual([]);
      await screenshot(page, `training-monitor-${dark ? "dark" : "light"}.png`);
      expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });
});
