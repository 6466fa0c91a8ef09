/**
 * VS Code, as far as it can be had without it: the managers of its Jupyter extension with our kernel, in a page that has a theme of VS Code.
 * For a kernel that is not Python's the extension takes the manager of ipywidgets 7, and nothing says that it always will: both must do.
 */
import { expect, test } from "vitest";
import { seriousViolations } from "../support/accessibility.ts";
import { fiveWidgets, useFiveWidgets } from "../support/five-widgets.ts";
import { screenshot } from "../support/lab-browser.ts";
import { describeWith } from "../support/requirements.ts";
import { useVSCode } from "../support/vscode-page.ts";

const cells = [
  ...fiveWidgets,
  "link(explorer, noise, preview, tree).set({ indices: [6, 7] });",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the code of a cell
  "`${noise.sharedSelection.indices.length} and ${preview.get('indices').length}`",
  "monitor",
];

/** A theme, its background and its text. */
const colors = [
  ["vscode-dark", "rgb(31, 31, 31)", "rgb(204, 204, 204)"],
  ["vscode-high-contrast", "rgb(0, 0, 0)", "rgb(255, 255, 255)"],
  ["vscode-light", "rgb(255, 255, 255)", "rgb(59, 59, 59)"],
] as const;

describeWith(["chromium", "python", "vscode"], "widgets with VS Code's managers", () => {
  const vscode = useVSCode();

  test.each([
    { manager: 7, anywidget: "environment", asked: [] },
    { manager: 8, anywidget: "cdn", asked: ["anywidget@0"] },
  ] as const)(
    "of ipywidgets $manager: shown, gestures, one selection, themes; page code from the $anywidget",
    {
      timeout: 240_000,
    },
    async ({ manager, anywidget, asked }) => {
      const notebook = await vscode.open(cells, { manager, anywidget, theme: "vscode-dark" });
      const { page, output, run, problems } = notebook;
      await useFiveWidgets(notebook);
      expect(await notebook.asked()).toEqual(asked);

      await run(7);
      await expect.poll(() => output(3).locator(".cw-status").innerText()).toContain("2 chosen");
      await expect.poll(() => output(2).innerText()).toContain("only the selection (2)");
      await expect.poll(() => output(4).innerText()).toContain("image 6 (1 of 2)");
      await output(3).getByRole("application").focus();
      await page.keyboard.press("i");
      await expect.poll(() => output(2).innerText()).toContain("only the selection (198)");
      await run(8);
      await expect.poll(() => output(8).innerText(), { timeout: 20_000 }).toContain("198 and 198");

      const styles = (selector: string, property: "backgroundColor" | "fill") =>
        page
          .locator(selector)
          .evaluateAll((all, name) => [...new Set(all.map((element) => getComputedStyle(element)[name]))], property);
      await run(9); // a second view: it is drawn before it is laid into the page, and never again
      await expect.poll(() => output(9).locator(".ytick text").count(), { timeout: 20_000 }).toBeGreaterThan(1);
      await expect.poll(() => styles(".cw-chart .ytick text", "fill")).toEqual(["rgb(204, 204, 204)"]);
      for (const [theme, background, text] of manager === 7 ? colors : colors.slice(1, 2)) {
        await notebook.useTheme(theme);
        expect(await styles(".cw", "backgroundColor")).toEqual([background]);
        await expect.poll(() => styles(".cw-chart .ytick text", "fill")).toEqual([text]);
        await expect.poll(() => seriousViolations(page, "main"), { timeout: 20_000 }).toEqual([]);
        await screenshot(page, `vscode-${manager}-${theme}.png`);
      }
      await page.close();
      expect(problems).toEqual([]);
    },
  );
});
