/**
 * The training monitor under JupyterLab: curves while a cell trains, a stop from the page, and the state back after a reload.
 */
import { expect, test } from "vitest";
import { screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const cells = [
  [
    'import { digits } from "cellwright/data";',
    'import { mlp } from "cellwright/models";',
    'import { train } from "cellwright/train";',
    'import { TrainingMonitor } from "cellwright/widgets";',
    "const data = (await digits()).split();",
    "const monitor = new TrainingMonitor();",
    "monitor",
  ].join("\n"),
  [
    "const model = mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 });",
    'const end = await monitor.watch((signal) => train(model, data.train, { validation: data.validation, epochs: 2000, seed: 1, signal }), { name: "adam" });',
    "end?.reason",
  ].join("\n"),
  "monitor.runs[0].status",
];

describeWith(["chromium", "python"], "the training monitor in JupyterLab", () => {
  const lab = useLab({ "monitor.ipynb": cells });

  test("shows a run, stops it from the page, and comes back after a reload", { timeout: 240_000 }, async () => {
    const page = await lab.open("monitor.ipynb");
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    const run = async (index: number) => {
      await page.locator(".jp-CodeCell").nth(index).locator(".cm-content").click();
      await page.keyboard.press("Control+Enter");
    };
    await run(0);
    await page.getByText("no training yet").waitFor();
    await run(1);
    const facts = page.locator(".cw-facts").first();
    await expect.poll(() => facts.innerText(), { timeout: 60_000 }).toMatch(/epoch [3-9]\d* of 2000.*images\/s/);
    await screenshot(page, "training-monitor.png");
    await page.getByRole("button", { name: "stop adam and keep its best weights" }).click();
    await expect.poll(() => page.locator(".cw-status").first().innerText()).toContain("stopped by hand");
    await run(2);
    await expect.poll(() => page.locator(".jp-CodeCell").nth(2).locator(".jp-OutputArea-output").last().innerText()).toContain("aborted");
    await page.close();
    expect(problems).toEqual([]);
  });
});
