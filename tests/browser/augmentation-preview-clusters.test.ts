/**
 * The metalearner's clusters in the augmentation preview: in JupyterLab a level that a person takes is in the next cell's params, and params of
 * the kernel show on the page; in an exported page levels can be looked at without a kernel.
 */
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { consoleProblems } from "../support/console-problems.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { cellsOf, save, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const preparation = `import { use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { learnRegularizationParams, presets } from "cellwright/learn";
import { smallCnn } from "cellwright/models";
import { AugmentationPreview } from "cellwright/widgets";
await use("wasm");
const data = (await digits()).split();
const model = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [8, 16], dense: 32, seed: 7 });
const optimization = { epochs: 30, batchSize: 32, learningRate: 0.004 };
const { params } = await learnRegularizationParams(model, data, { optimization, seed: 7 });
const preview = new AugmentationPreview(data.validation, { params, transforms: ["translateX", "shearX", "brightness", "blur", "mirror"] });
await preview.ready();`;

const cluster = (place: Page | Locator, name: string) => place.locator(`section[aria-label="cluster ${name}"]`);
const level = (place: Page | Locator, name: string, at: number) => cluster(place, name).getByRole("radio").nth(at);
/** The strip of a transform, and of its pictures those that are not greyed. */
const strip = (place: Page | Locator, name: string) =>
  place.locator(".cw-strip").filter({ hasText: new RegExp(`^${name}`) });
const within = (place: Page | Locator, name: string) => strip(place, name).locator("figure:not(.cw-outside)").count();

describeWith(["chromium", "python"], "the clusters in JupyterLab", () => {
  const lab = useLab({
    "clusters.ipynb": [
      `${preparation}\npreview`,
      "[preview.params!.spatialCluster, preview.params!.hsvCluster, preview.params!.reasons.spatialCluster].join()",
      "preview.params = { ...preview.params!, hsvCluster: 1, blurCluster: 4 };",
    ],
  });

  test("a level that is taken reaches the next cell, the kernel's params reach the page, a reload brings all back", {
    timeout: 300_000,
  }, async () => {
    const page = await lab.open("clusters.ipynb");
    const problems = consoleProblems(page);
    const { run, output } = cellsOf(page);
    await run(0);
    await cluster(page, "spatial").waitFor({ timeout: 120_000 });
    await expect.poll(() => level(page, "spatial", 3).isChecked()).toBe(true);
    // The identity and six magnitudes.
    await expect.poll(() => within(page, "shearX")).toBe(7);

    // To look at a level changes nothing in the kernel; the keyboard is enough.
    await level(page, "spatial", 3).focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => within(page, "shearX")).toBe(3);
    await run(1);
    await expect.poll(() => output(1).innerText(), { timeout: 20_000 }).toContain("3,3,");
    await page.getByRole("button", { name: "Take level 1" }).press("Enter");
    await expect.poll(() => cluster(page, "spatial").innerText()).toContain("chosen: 1 of 4; the search had 3");
    await expect.poll(() => page.locator(".cw-code").innerText()).toContain("{ ...params, spatialCluster: 1 }");
    await run(1);
    await expect.poll(() => output(1).innerText(), { timeout: 20_000 }).toContain("1,3,taken in the preview");

    await run(2);
    await expect.poll(() => level(page, "hsv", 1).isChecked(), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => level(page, "blur", 4).isChecked()).toBe(true);
    await expect.poll(() => cluster(page, "spatial").innerText()).toMatch(/chosen: 1 of 4(?!;)/);
    await screenshot(page, "augmentation-preview-clusters-lab.png");
    expect(await seriousViolations(page, ".cw-preview")).toEqual([]);

    await level(page, "hsv", 2).check();
    await page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click();
    await save(page);
    await page.reload();
    await cluster(page, "hsv").waitFor({ timeout: 60_000 });
    await expect.poll(() => level(page, "hsv", 2).isChecked()).toBe(true);
    await expect.poll(() => cluster(page, "hsv").innerText()).toContain("chosen: 1 of 4");
    await expect.poll(() => within(page, "shearX")).toBe(3);
    await page.close();
    expect(problems).toEqual([]);
  });
});

describeWith(["chromium"], "the clusters in an exported page", () => {
  const exported = useExportedPage([
    `${preparation}\npreview`,
    `const entry = (value: number, divergence: number) => ({ value, divergence, lossChange: 0, accuracyDrop: 0, dropError: 0, frechet: 0 });
const odd = new AugmentationPreview(data.validation, { transforms: ["shearX", "zoom", "mirror"], params: {
  ...presets.none(),
  spatialMagnitudeTable: { shearX: [entry(0.3, 0)], zoom: [], "<img src=x onerror=alert(1)>": [entry(1, 0)] },
  spatialClusterToIndex: { shearX: [0, 0, 1, 1, 1] },
  reasons: { mirror: "<img src=x onerror=alert(1)>" },
} });
await odd.ready();
odd`,
  ]);

  describe.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("dark: $dark, $width pixels wide", ({ dark, width }) => {
    test("levels are looked at, nothing is taken", async () => {
      const { page, problems } = await exported.open({ dark, width });
      const [own, odd] = [page.locator(".cellwright-widget").first(), page.locator(".cellwright-widget").nth(1)];
      await expect.poll(() => own.locator(".cw-strip").count()).toBe(5);
      const names = await own.locator(".cw-cluster h5").allInnerTexts();
      expect(names).toEqual(["spatial", "hsv", "contrast", "blur", "apart from the clusters"]);
      expect(await cluster(own, "contrast").innerText()).toContain("Not shown here: contrast, autocontrast");
      expect(await strip(own, "shearX").locator(".cw-rail").allInnerTexts()).toEqual([
        "level 1",
        "level 2",
        "level 3",
        "level 4",
      ]);
      expect(await within(own, "shearX")).toBe(7);
      expect(await within(own, "mirror")).toBe(1);

      await level(own, "spatial", 1).check();
      await expect.poll(() => within(own, "shearX")).toBe(3);
      const third = strip(own, "shearX").locator("figure").nth(3);
      const described = await third.locator("canvas").getAttribute("aria-label");
      expect(described).toMatch(
        /cluster spatial: magnitude 3 of 10.*KL 0\.\d+ nats.*from level 2 on; not admitted at level 1, which is looked at/,
      );
      expect(await third.getAttribute("title")).toBe(described!.replaceAll("; ", "\n"));
      expect(await own.getByRole("button", { name: /Take level/ }).count()).toBe(0);
      await level(own, "spatial", 0).check();
      await expect.poll(() => cluster(own, "spatial").innerText()).toContain("Off: nothing is drawn");
      await own.getByRole("button", { name: "Back to 3" }).click();
      await expect.poll(() => within(own, "shearX")).toBe(7);
      await own.getByText("Show as a table").click();
      await own.getByRole("row", { name: /^shearX .* spatial 3 of 10 .* 2 yes, at level 3$/ }).waitFor();
      await own.getByText("Show as a table").click();

      // One magnitude, an empty table, names like HTML, clusters without a table, no policy.
      expect(await strip(odd, "zoom").innerText()).toContain("its table is empty");
      expect(await strip(odd, "shearX").locator(".cw-rail").allInnerTexts()).toEqual(["level 2"]);
      expect(await odd.innerText()).toContain("Not shown here: <img src=x");
      expect(await cluster(odd, "hsv").innerText()).toContain("no magnitude table");
      await level(odd, "spatial", 2).check();
      await expect.poll(() => cluster(odd, "spatial").innerText()).toContain("would draw");

      expect(await tooWide(page)).toEqual([]);
      await screenshot(page, `augmentation-preview-clusters-${dark ? "dark" : "light"}.png`);
      expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });
});
