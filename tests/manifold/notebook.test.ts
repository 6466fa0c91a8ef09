// The tutorial runs to its end as a user runs it, and its figures are what it says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { builtCommand, cellwright, createHome, projectFolder } from "../support/command.ts";

test("notebooks/mnist-embeddings.ipynb", { timeout: 240_000 }, async () => {
  builtCommand();
  const home = createHome();
  try {
    const output = join(home.folder, "out.ipynb");
    const run = ["run", join(projectFolder, "notebooks/mnist-embeddings.ipynb"), output];
    const { code, stderr } = await cellwright(run, { environment: home.environment });
    expect(code, stderr).toBe(0);
    const text = readFileSync(output, "utf8");
    const score = (name: string) =>
      Number(new RegExp(`"${name} +trustworthiness ([\\d.]+)`).exec(text)?.[1] ?? Number.NaN);
    expect(score("t-SNE")).toBeGreaterThan(0.97);
    expect(score("UMAP")).toBeGreaterThan(0.955);
    expect(score("principal components")).toBeLessThan(0.85);
    expect(text).toContain("pairs of unlike digits in one place");
  } finally {
    home.remove();
  }
});
