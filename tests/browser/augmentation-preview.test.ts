/**
 * The augmentation preview: in JupyterLab a policy put together on the page is a value in the next cell; in an exported page the
 * strips can still be scrubbed.
 */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { seriousViolations, tooWide } from "../support/accessibility.ts";
import { consoleProblems } from "../support/console-problems.ts";
import { useExportedPage } from "../support/exported-page.ts";
import { cellsOf, screenshot, useLab } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";

const preparation = `import { digits, fromArrays } from "cellwright/data";
import { mlp } from "cellwright/models";
import { train } from "cellwright/train";
import { AugmentationPreview } from "cellwright/widgets";
const data = (await digits()).split();
const model = mlp({ inputShape: [8, 8, 1], classes: 10, seed: 1 });
for await (const event of train(model, data.train, { epochs: 4, seed: 1 })) void event;
const preview = new AugmentationPreview(data.validation, { model, transforms: ["rotate", "translateX", "contrast", "mirror"] });
await preview.ready();`;

const slider = (page: Page) => page.getByRole("slider", { name: "value" });

describeWith(["chromium", "python"], "the augmentation preview in JupyterLab", () => {
  const lab = useLab({
    "preview.ipynb": [`${preparation}\npreview`, "preview.steps", "preview.set({ transform: 'contrast', value: 0.1 })"],
  });

  test("the slider redraws, a step reaches the next cell, a change of the kernel shows", {
    timeout: 240_000,
  }, async () => {
    const page = await lab.open("preview.ipynb");
    const problems = consoleProblems(page);
    const { run, output } = cellsOf(page);
    await run(0);
    await slider(page).waitFor({ timeout: 60_000 });
    const examples = page.locator('section[aria-label="one transform"] figure');
    await expect.poll(() => examples.count()).toBe(8);
    const before = await examples.first().getAttribute("title");
    await slider(page).fill("45");
    await expect.poll(() => examples.first().getAttribute("title"), { timeout: 20_000 }).not.toBe(before);
    await page.getByRole("button", { name: "Add to the policy" }).click();
    await expect
      .poll(() => page.locator(".cw-code").innerText())
      .toContain('transform: "rotate", probability: 0.5, range: [-45, 45]');
    await run(1);
    await expect.poll(() => output(1).innerText(), { timeout: 20_000 }).toMatch(/rotate[\s\S]*0\.5[\s\S]*-45[\s\S]*45/);
    await run(2);
    await expect
      .poll(() => page.getByRole("combobox", { name: "transform" }).inputValue(), { timeout: 20_000 })
      .toBe("contrast");
    await expect.poll(() => slider(page).inputValue()).toBe("0.1");
    await screenshot(page, "augmentation-preview-lab.png");
    await page.close();
    expect(problems).toEqual([]);
  });
});

describeWith(["chromium"], "the augmentation preview in an exported page", () => {
  const exported = useExportedPage([
    `${preparation}
preview.set({ steps: [{ transform: "rotate", probability: 0.5, range: [-20, 20] }, { transform: "translateX", probability: 1, range: [0.1, 0.1] }] });
await preview.ready();
preview`,
    `const hostile = fromArrays({ images: Float32Array.from({ length: 3 * 48 }, (_, at) => (at % 48) / 48), labels: [0, 1, -1], imageShape: [4, 4, 3], classNames: ["<img src=x onerror=alert(1)>", "b"] }).map((pixels) => pixels.fill(Number.NaN, 0, 3));
const boxed = new AugmentationPreview(hostile, { annotations: () => ({ boxes: [[1, 1, 3, 3]], mask: Uint8Array.from({ length: 16 }, (_, at) => (at > 7 ? 1 : 0)) }) });
await boxed.ready();
boxed`,
  ]);

  describe.each([
    { dark: false, width: 1100 },
    { dark: true, width: 400 },
  ])("dark: $dark, $width pixels wide", ({ dark, width }) => {
    test("strips, a slider that scrubs them, the policy and its code", async () => {
      const { page, problems } = await exported.open({ dark, width });
      const [own, hostile] = [page.locator(".cellwright-widget").first(), page.locator(".cellwright-widget").nth(1)];
      await expect.poll(() => own.locator(".cw-strip").count()).toBe(4);
      await expect.poll(() => own.locator('section[aria-label="policy"] > .cw-tiles figure').count()).toBe(12);
      // A draw step by step: the image, and after each of two steps the image and what has changed.
      const stages = own.locator('section[aria-label="step by step"] figcaption');
      await expect.poll(() => stages.count()).toBeGreaterThan(2);
      expect(await stages.first().innerText()).toContain("as it is");
      expect(await stages.nth(2).innerText()).toBe("what it changed");
      expect(await own.getByRole("button", { name: /Add|next/ }).count()).toBe(0);
      const picture = own.locator('section[aria-label="one transform"] figure');
      expect(await picture.count()).toBe(1);
      const titles = new Set<string | null>();
      for (const value of ["-90", "0", "40", "90"]) {
        await own.getByRole("slider", { name: "value" }).fill(value);
        await expect.poll(() => picture.getAttribute("title")).toContain(`rotate ${value}`);
        titles.add(await picture.getAttribute("title"));
      }
      expect(titles.size).toBe(4);
      await own.locator(".cw-strip").nth(2).getByRole("button").first().focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => own.getByRole("combobox", { name: "transform" }).inputValue()).toBe("contrast");
      expect(await own.locator(".cw-code").innerText()).toContain('{ transform: "translateX", values: [0.1] },');
      expect(await own.locator(".cw-tile.cw-destroyed").count()).toBeGreaterThan(0);
      expect(await hostile.locator("[role=status]").first().innerText()).toContain("<img src=x");
      expect(await tooWide(page)).toEqual([]);
      await screenshot(page, `augmentation-preview-${dark ? "dark" : "light"}.png`);
      expect(await seriousViolations(page, ".cellwright-widget")).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    });
  });
});
