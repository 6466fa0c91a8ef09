/** What no widget may stumble over, in one page: images that cannot be read, one class, a thousand classes, places that are no numbers, nothing at all, labels that look like HTML. */
import { expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { screenshot } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const attack = "<img src=x onerror=alert(1)>";

describeWith(["chromium"], "edge cases in an exported page", () => {
  const exported = useExportedPage([
    `import { fromArrays } from "cellwright/data";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, SearchTreeWidget, TrainingMonitor } from "cellwright/widgets";
const dataOf = (count: number, classes: number) => fromArrays({
  images: Float32Array.from({ length: count * 64 }, (_, at) => (at % 7) / 6),
  labels: Array.from({ length: count }, (_, at) => at % classes),
  imageShape: [8, 8, 1],
  classNames: Array.from({ length: classes }, (_, at) => (at === 0 ? "${attack}" : "class " + at)),
}).map((pixels, { index }) => {
  if (index % 3 === 1) throw new Error("this image cannot be decoded");
  return pixels;
});
const [one, thousand] = [dataOf(12, 1), dataOf(2000, 1000)];
/** The model doubts every second label. */
const doubts = (count: number, classes: number) => ({ shape: [count, classes], data: Float32Array.from({ length: count * classes }, (_, at) => {
  const [row, column] = [Math.floor(at / classes), at % classes];
  const guess = (row + (row % 2)) % classes;
  return column === guess ? 0.9 : 0.1 / (classes - 1);
}) });
const plane = (count: number) => Array.from({ length: count }, (_, at) => (at % 5 === 0 ? [Number.NaN, 0] : [Math.cos(at) * at, Math.sin(at) * at]));
new EmbeddingExplorer(plane(12), { data: one })`,
    "new EmbeddingExplorer(plane(2000), { data: thousand })",
    "new LabelNoise(one, { outliers: Float32Array.from({ length: 12 }, (_, at) => at / 12) })",
    "new LabelNoise(thousand, { report: { probabilities: doubts(2000, 1000) } })",
    'new AugmentationPreview(one, { transforms: ["mirror"] })',
    'new AugmentationPreview(thousand, { transforms: ["mirror"] })',
    `new SearchTreeWidget({ data: one, nodes: [{ id: "only", name: "${attack}", score: Number.NaN, reason: "<b>none</b>", samples: [{ id: one.id(1), change: 0.5 }] }] })`,
    "new SearchTreeWidget({ nodes: Array.from({ length: 1000 }, (_, at) => ({ id: 'class ' + at, score: at, configuration: { at } })) })",
    `async function* diverging() {
  yield { type: "start", epochs: 1, steps: 1, backend: "wasm", optimizer: "adam", learningRate: 0.1 } as never;
  yield { type: "step", epoch: 1, epochs: 1, step: 1, steps: 1, loss: Number.NaN, accuracy: Number.NaN, learningRate: 0.1, imagesPerSecond: Number.NaN, timeLeft: Number.NaN } as never;
  yield { type: "epoch", epoch: 1, loss: Number.NaN, accuracy: Number.NaN, best: false } as never;
}
const monitor = new TrainingMonitor();
await monitor.watch(diverging, { name: "${attack}" });
monitor`,
    "new TrainingMonitor()",
  ]);

  test.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("are shown sensibly; dark: $dark, $width pixels wide", async ({ dark, width }) => {
    const { page, problems } = await exported.open({ dark, width });
    const widget = (at: number) => page.locator(".cellwright-widget").nth(at);
    const text = (at: number) => expect.poll(() => widget(at).innerText());
    await text(0).toContain("12 points · 3 without a place left out · 0 chosen");
    await text(0).toContain(attack);
    await text(1).toContain("2,000 points · 400 without a place left out");
    await widget(1).getByRole("application").focus();
    await page.keyboard.press("Control+a");
    await text(1).toContain("1,600 chosen");
    await text(2).toContain("12 of 12 rows");
    await expect.poll(() => widget(2).locator(".cw-absent").count()).toBeGreaterThan(0);
    await text(3).toContain("class 2");
    await text(4).toContain(attack);
    await expect.poll(() => widget(4).locator(".cw-strip").count()).toBe(1);
    await text(5).toContain("1 of 24");
    await expect.poll(() => widget(6).getByRole("treeitem").count()).toBe(1);
    await text(6).toContain("no score");
    await text(6).toContain("<b>none</b>");
    await expect.poll(() => widget(7).getByRole("treeitem").count()).toBeGreaterThan(10);
    await text(8).toContain(`${attack}`);
    await text(8).toContain("epoch 1 of 1");
    await text(9).toContain("no training yet");
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    await screenshot(page, `edge-cases-${dark ? "dark" : "light"}.png`);
    expect(await tooWide(page)).toEqual([]);
    expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
