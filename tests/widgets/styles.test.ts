/** Style sheets of widgets are global on a page: each may speak of its own widget only. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../../widgets/", import.meta.url);

test.each([
  ["augmentation-preview", "cw-preview"],
  ["embedding-explorer", "cw-embedding"],
  ["label-noise", "cw-labels"],
  ["search-tree", "cw-search"],
  ["training-monitor", "cw-monitor"],
])("every rule of %s is about .%s", (name, own) => {
  const css = readFileSync(new URL(`${name}/view.css`, folder), "utf8");
  const selectors = css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("{")
    .slice(0, -1)
    .map((part) => part.split("}").at(-1)!.trim())
    .filter((selector) => !selector.startsWith("@") && !/[:;]\s*$/.test(selector));
  expect(selectors.length).toBeGreaterThan(3);
  // Twice as particular as what all widgets share, so that the order in which sheets were loaded does not matter.
  for (const selector of selectors)
    expect(selector.split(/,(?![^(]*\))/).every((each) => each.trim().startsWith(`.cw.${own} `))).toBe(true);
  expect(readFileSync(new URL(`${name}/view.ts`, folder), "utf8")).toContain(`"${own}"`);
});
