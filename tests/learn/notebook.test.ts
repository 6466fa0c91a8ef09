// The notebook on autofit runs to its end, and shows what it promises.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { builtCommand, createHome, projectFolder } from "../support/command.ts";
import { describeWith } from "../support/requirements.ts";

describeWith(["fashion-mnist"], "autofit on Fashion-MNIST, as a notebook", () => {
  const home = createHome();
  const folder = mkdtempSync(join(tmpdir(), "cellwright-autofit-"));
  afterAll(() => {
    home.remove();
    rmSync(folder, { recursive: true });
  });

  test("runs to its end: the tree and the waterfall as plotly figures, the accuracy no worse after", {
    timeout: 400_000,
  }, () => {
    const output = join(folder, "out.ipynb");
    const run = spawnSync(
      process.execPath,
      [builtCommand(), "run", join(projectFolder, "notebooks/autofit-fashion-mnist.ipynb"), output],
      { encoding: "utf8", env: home.environment },
    );
    expect(run.status, run.stdout + run.stderr).toBe(0);
    const text = readFileSync(output, "utf8");
    expect(text.match(/"application\/vnd\.plotly\.v1\+json"/g)!.length).toBeGreaterThanOrEqual(2);
    const [, before, after] = /before: ([\d.]+) %, after: ([\d.]+) %/.exec(text)!;
    // Of 2,000 test images: one standard error is .8 points.
    expect(Number(after)).toBeGreaterThan(Number(before) - 1.6);
    expect(text).toMatch(/rot90.*lowers the accuracy by/);
  });
});
