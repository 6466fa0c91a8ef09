/** A notebook with all five widgets, and a person's gesture in each of them: the same in every host, so that what differs is the host. */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** Five cells that show a widget each, one that trains, and one that reads what the gestures came to. */
export const fiveWidgets: readonly string[] = [
  `import { crossValidatedProbabilities, softmaxRegression } from "cellwright/cleaning";
import { digits } from "cellwright/data";
import { pca } from "cellwright/manifold";
import { mlp } from "cellwright/models";
import { train } from "cellwright/train";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, link, SearchTreeWidget, TrainingMonitor } from "cellwright/widgets";
const data = (await digits()).take(200);
const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { folds: 2, seed: 1 });
const monitor = new TrainingMonitor();
const tree = new SearchTreeWidget({ nodes: [{ id: "a", score: 1 }, { id: "b", parent: "a", score: 0.5 }] });
const noise = new LabelNoise(data, { report: { probabilities }, everything: true });
const explorer = new EmbeddingExplorer(await pca(data), { data });
const preview = new AugmentationPreview(data, { transforms: ["mirror"] });
monitor`,
  "tree",
  "noise",
  "explorer",
  "preview",
  "await monitor.watch((signal) => train(mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 }), data, { epochs: 100_000, signal }))",
  `const { indices } = await explorer.selection();
[monitor.runs[0]!.status, tree.node?.id, noise.corrections().length, indices.length, preview.get("position")].join()`,
];

/** A notebook as a host shows it. */
export interface Host {
  readonly page: Page;
  /** Starts a cell. */
  run(index: number): Promise<void>;
  /** What is below a cell. */
  output(index: number): Locator;
}

/** Runs the cells, makes a gesture in each widget, and sees them arrive in the kernel. */
export async function useFiveWidgets({ page, run, output }: Host): Promise<void> {
  await run(0);
  await expect.poll(() => output(0).innerText(), { timeout: 40_000 }).toContain("no training yet");

  await run(1);
  await output(1).getByRole("treeitem").nth(1).click({ timeout: 30_000 });
  await expect.poll(() => output(1).locator(".cw-node-panel h4").innerText()).toContain("b");

  await run(2);
  const ranking = output(2).getByRole("grid", { name: "ranking" });
  await ranking.focus({ timeout: 30_000 });
  await page.keyboard.press("d");
  await expect.poll(() => output(2).locator(".cw-counts").innerText()).toContain("1 correction");

  await run(3);
  await output(3).getByRole("application").focus({ timeout: 30_000 });
  await page.keyboard.press("Control+a");
  await expect.poll(() => output(3).locator(".cw-status").innerText()).toContain("200 chosen");

  await run(4);
  await output(4).getByRole("button", { name: "next image" }).click({ timeout: 30_000 });
  await expect.poll(() => output(4).innerText()).toContain("image 1 (2 of 24)");

  await run(5);
  await output(0).getByRole("button", { name: "Stop, keep best weights of run 1" }).click({ timeout: 30_000 });
  await expect.poll(() => output(0).innerText(), { timeout: 30_000 }).toContain("stopped by hand");

  await run(6);
  await expect.poll(() => output(6).innerText(), { timeout: 30_000 }).toContain("aborted,b,1,200,1");
}
