/** Widgets of nothing, of one, of what is all alike or no number, and of names that are empty, of right-to-left scripts or of pictures. */
import { expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { screenshot } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const names = ["", "حاجز", "👩‍👩‍👧‍👦".repeat(12), "<b>bold</b>"];

describeWith(["chromium"], "little to show, in an exported page", () => {
  const exported = useExportedPage([
    `import { fromArrays } from "cellwright/data";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, SearchTreeWidget, TrainingMonitor } from "cellwright/widgets";
const dataOf = (count: number, classNames: string[], side = 8) => fromArrays({
  images: Float32Array.from({ length: count * side ** 2 }, (_, at) => (at % 7) / 6),
  labels: Array.from({ length: count }, (_, at) => at % classNames.length),
  imageShape: [side, side, 1],
  classNames,
});
const names = ${JSON.stringify(names)};
const [pixels, noNumbers] = [dataOf(8, names, 1), dataOf(8, names).map((image) => image.fill(Number.NaN))];
const uniform = { shape: [8, 4], data: Float32Array.from({ length: 32 }, (_, at) => (at % 4 === (Math.floor(at / 4) + 1) % 4 ? 0.7 : 0.1)) };
new LabelNoise(noNumbers.take(0), { report: { probabilities: [] }, features: [], retrain: async () => [] })`,
    "new LabelNoise(dataOf(6, ['cat']), { report: { probabilities: Array.from({ length: 6 }, () => [1]) }, features: dataOf(6, ['cat']), retrain: async () => [] })",
    "new LabelNoise(dataOf(1, ['cat', 'dog']), { report: { probabilities: [[0.1, 0.9]] }, features: dataOf(1, ['cat', 'dog']) })",
    "new LabelNoise(pixels, { report: { probabilities: uniform } })",
    "new LabelNoise(noNumbers)",
    "new EmbeddingExplorer([], { data: noNumbers.take(0) })",
    "new EmbeddingExplorer([[3, 4]], { features: [[1, 2, 3]], labels: [0], classNames: names })",
    "new EmbeddingExplorer(Array.from({ length: 8 }, () => [1, 2]), { data: pixels })",
    "new EmbeddingExplorer(Array.from({ length: 8 }, () => [Number.NaN, Number.POSITIVE_INFINITY]), { data: noNumbers, scores: new Float32Array(8).fill(Number.NaN) })",
    "new EmbeddingExplorer([[1e300, 0], [1e-300, 1], [5, 5], [5, 5.000001]], { losses: [Number.POSITIVE_INFINITY, Number.NaN, 1, 2] })",
    "new SearchTreeWidget()",
    "new SearchTreeWidget({ nodes: [{ id: 'a', name: '', score: Number.POSITIVE_INFINITY }, { id: 'b', name: names[1], parent: 'a', score: 1 }, { id: 'c', name: names[2], parent: 'a', score: Number.NaN }, { id: 'd', name: 'in a ring', parent: 'e', score: 2 }, { id: 'e', name: 'the other', parent: 'd', score: 3 }] })",
    `async function* run(loss: number) {
  yield { type: "start", epochs: 2, steps: 2, backend: "wasm", optimizer: "adam", learningRate: 0.1 } as never;
  for (const epoch of [1, 2]) {
    yield { type: "step", epoch, epochs: 2, step: epoch, steps: 2, loss, accuracy: loss, learningRate: 0.1, imagesPerSecond: Number.POSITIVE_INFINITY, timeLeft: Number.NaN } as never;
    yield { type: "epoch", epoch, loss, accuracy: loss, validation: { loss, accuracy: loss }, best: false } as never;
  }
}
const monitor = new TrainingMonitor();
await monitor.watch(() => run(Number.NaN), { name: "" });
await monitor.watch(() => run(Number.POSITIVE_INFINITY), { name: names[1] });
await monitor.watch(async function* () {} as never, { name: "nothing told" });
monitor`,
    "new AugmentationPreview(pixels, { transforms: ['rotate'] })",
    "new AugmentationPreview(noNumbers.take(1), { transforms: ['rotate'] })",
  ]);

  test.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("says so; dark: $dark, $width pixels wide", async ({ dark, width }) => {
    const { page, problems } = await exported.open({ dark, width });
    const widget = (at: number) => page.locator(".cellwright-widget").nth(at);
    const text = (at: number) => expect.poll(() => widget(at).innerText());
    expect(await widget(0).innerText()).toBe("There is nothing to rank: the data has no images.");
    await text(1).toContain("Labels cannot be compared: the data has one class.");
    await text(1).toContain("6 of 6 rows");
    expect(await widget(1).getByRole("tab").allInnerTexts()).toEqual(["Outliers", "Near duplicates (0)"]);
    await widget(1).getByRole("grid", { name: "ranking" }).focus();
    await page.keyboard.press("d");
    await text(1).toContain("1 correction: 0 relabelled, 0 kept, 1 dropped");
    await text(2).toContain("Outliers");
    await text(3).toContain("class 0");
    await text(3).toContain(names[1]!);
    await text(3).toContain(names[2]!);
    await text(4).toContain("Nothing was ranked");
    await text(5).toContain("no points · 0 chosen");
    expect(
      await widget(5)
        .getByText(/click|draw around/)
        .count(),
    ).toBe(0);
    await text(6).toContain("class 0");
    for (const [at, chosen] of [
      [6, "1 chosen"],
      [7, "8 chosen"],
      [8, "8 without a place left out · 0 chosen"],
      [9, "1 without a place left out · 3 chosen"],
    ] as const) {
      await widget(at).getByRole("application").focus();
      await page.keyboard.press("Control+a");
      await text(at).toContain(chosen);
    }
    await text(10).toContain("no node yet");
    for (const name of ["History", "Waterfall", "Parallel coordinates", "Importances"]) {
      for (const at of [10, 11]) await widget(at).getByRole("tab", { name }).click();
    }
    await widget(11).getByRole("tab", { name: "Tree" }).click();
    expect(await widget(11).getByRole("treeitem").count()).toBe(5);
    // No half characters.
    expect(await widget(11).innerHTML()).not.toContain("\ufffd");
    await text(12).toContain("run 1");
    await expect.poll(() => widget(12).getByText("the loss is no finite number").count()).toBe(2);
    await text(12).toContain("100%");
    await text(13).toContain("rotate");
    await text(14).toContain("rotate");
    await screenshot(page, `little-${dark ? "dark" : "light"}.png`);
    expect(await tooWide(page)).toEqual([]);
    expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
