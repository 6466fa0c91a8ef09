/**
 * Widgets whose kernel goes while they are shown: restarted by a person, crashed under a cell, killed, shut down. They stay as they were, say so and hide what needs the kernel; the cell that is run
 * again gives a live one.
 */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { consoleProblems } from "../support/console-problems.ts";
import { screenshot, useLab } from "../support/lab-browser.ts";
import { runAllCells, untilDone } from "../support/notebook-page.ts";
import { describeWith } from "../support/requirements.ts";

const cells = [
  `import { digits } from "cellwright/data";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, SearchTreeWidget, TrainingMonitor } from "cellwright/widgets";
const data = (await digits()).take(60);
const probabilities = Array.from({ length: 60 }, (_, at) => Array.from({ length: 10 }, (_, label) => (label === at % 10 ? 0.91 : 0.01)));
const noise = new LabelNoise(data, { report: { probabilities }, everything: true, retrain: async () => probabilities });
noise`,
  "new EmbeddingExplorer(Array.from({ length: 60 }, (_, at) => [Math.cos(at), Math.sin(at)]), { data })",
  'new AugmentationPreview(data, { transforms: ["rotate"] })',
  `const tree = new SearchTreeWidget({ nodes: [{ id: "a", score: 1 }] });
void tree.follow(() => new Promise(() => {})).catch(() => {});
tree`,
  `const monitor = new TrainingMonitor();
void monitor.watch(async function* () {
  yield { type: "start", epochs: 2, steps: 2, backend: "wasm", optimizer: "adam", learningRate: 0.1 } as never;
  await new Promise(() => {});
}, { name: "run" });
monitor`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of a cell
  "`${noise.corrections().length} corrections; pids ${process.ppid} ${process.pid}`",
];
/** How many buttons of each widget only a kernel can answer, while there is one. */
const answered = [2, 0, 2, 1, 1];
const kernelButtons = /Rescore|Retrain|next image|Add to the policy|stop/i;

const cell = (page: Page, index: number) => page.locator(".jp-CodeCell").nth(index);
const output = (page: Page, index: number) => cell(page, index).locator(".jp-OutputArea").first();

async function run(page: Page, index: number): Promise<void> {
  const before = await cell(page, index).locator(".jp-InputPrompt").first().innerText();
  await cell(page, index).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  const prompt = () => cell(page, index).locator(".jp-InputPrompt").first().innerText();
  await expect.poll(prompt, { timeout: 60_000 }).not.toBe(before);
  await expect.poll(prompt, { timeout: 60_000 }).toMatch(/\[\d+\]/);
}

async function runAll(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const prompt of document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")) prompt.textContent = "[ ]:";
  });
  await runAllCells(page);
  await untilDone(page, 90_000);
  await expectAll(page, "alive");
}

/** An entry of Lab's menu Kernel. */
async function kernelMenu(page: Page, command: "restart" | "shutdown"): Promise<void> {
  await page.locator(".jp-MenuBar, #jp-MainMenu").getByText("Kernel", { exact: true }).first().click();
  await page.locator(`.lm-Menu-item[data-command="kernelmenu:${command}"]`).click();
}

/** All five widgets are there, and each says whether its kernel is gone, and hides what needs it. */
async function expectAll(page: Page, state: "alive" | "gone", widgets: readonly number[] = [0, 1, 2, 3, 4]) {
  for (const index of widgets) {
    const widget = output(page, index);
    const what = `widget ${index}`;
    const told = () => widget.getByText("The kernel is gone.").count();
    await expect.poll(told, { timeout: 30_000, message: what }).toBe(state === "gone" ? 1 : 0);
    const buttons = () => widget.getByRole("button", { name: kernelButtons }).count();
    await expect.poll(buttons, { timeout: 30_000, message: what }).toBe(state === "gone" ? 0 : answered[index]);
  }
}

/** What needs no kernel works in the ranking, and is shown once. */
async function decide(page: Page, corrections: number): Promise<void> {
  const ranking = output(page, 0).getByRole("grid", { name: "ranking" });
  await expect.poll(() => ranking.count()).toBe(1);
  await ranking.focus();
  await page.keyboard.press("d");
  await expect.poll(() => output(page, 0).locator(".cw-counts").innerText()).toContain(`${corrections} correction`);
}

/** Restarts the kernel: the widgets say so, and a cell that is run again has a live one. */
async function restartUnder(page: Page): Promise<void> {
  await kernelMenu(page, "restart");
  await page.locator(".jp-Dialog .jp-mod-accept").click();
  await expectAll(page, "gone");
  await decide(page, 1);
  await run(page, 0);
  await expectAll(page, "alive", [0]);
}

describeWith(["chromium", "python"], "widgets whose kernel goes, in JupyterLab", () => {
  const lab = useLab({ "gone.ipynb": cells });

  test("stay and say so after a crash, a kill, a restart and a shutdown; run again they are alive", {
    timeout: 300_000,
  }, async () => {
    const page = await lab.open("gone.ipynb");
    const problems = consoleProblems(page);
    // High enough for all: a cell that leaves Lab's window is drawn anew when it comes back.
    await page.setViewportSize({ width: 1200, height: 5000 });
    const processes = async () => {
      const found = /pids (\d+) (\d+)/.exec(await output(page, 5).innerText());
      return { kernel: Number(found![1]), evaluator: Number(found![2]) };
    };
    await runAll(page);
    await decide(page, 1);

    process.kill((await processes()).evaluator, "SIGKILL");
    await expectAll(page, "gone");
    await screenshot(page, "kernel-crashed.png");
    // The decision is still there, and another one can be made.
    await decide(page, 2);
    await run(page, 0);
    await expectAll(page, "alive", [0]);
    await expectAll(page, "gone", [1, 2, 3, 4]);
    await decide(page, 1);
    await run(page, 5);
    await expect.poll(() => output(page, 5).innerText()).toContain("1 corrections");

    await runAll(page);
    process.kill((await processes()).kernel, "SIGKILL");
    await page.locator(".jp-Dialog").getByText("appears to have died").waitFor({ timeout: 30_000 });
    await page.locator(".jp-Dialog .jp-mod-accept").click();
    await expectAll(page, "gone");
    await decide(page, 1);

    await runAll(page);
    await restartUnder(page);

    await runAll(page);
    await kernelMenu(page, "shutdown");
    await expectAll(page, "gone");
    await decide(page, 1);
    await screenshot(page, "kernel-shut-down.png");
    await page.close();
    expect(problems).toEqual([]);
  });
});

describeWith(["chromium", "python:notebook"], "widgets whose kernel goes, in Notebook 7", () => {
  const jupyter = useLab({ "gone.ipynb": cells });

  test("stay and say so after a restart", { timeout: 180_000 }, async () => {
    const page = await jupyter.open("gone.ipynb", "notebook");
    await page.setViewportSize({ width: 1200, height: 5000 });
    await runAll(page);
    await restartUnder(page);
    await page.close();
  });
});
