// The tutorials run to their ends by our own runner, and say what they promise. Where a notebook has parameters they are given smaller
// values, which saves time and shows that the notebook bears others than its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CodeCell, type RunOptions, runNotebook } from "cellwright/batch";
import { afterAll, describe, expect, test } from "vitest";
import { projectFolder } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "cellwright-tutorials-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a notebook where it lies, saves nothing, and gives what each cell says as text, by the cell's id. */
async function run(name: string, options: RunOptions = {}) {
  const result = await runNotebook(join(projectFolder, "notebooks", name), null, {
    strict: true,
    env: { TMPDIR: folder },
    ...options,
  });
  const text = Object.fromEntries(
    result.notebook.cells
      .filter((cell): cell is CodeCell => cell.cell_type === "code")
      .map(({ id, outputs }) => [
        id,
        outputs
          .map((output) =>
            output.output_type === "stream"
              ? output.text
              : output.output_type === "error"
                ? output.evalue
                : String(output.data["text/plain"] ?? ""),
          )
          .join("\n"),
      ]),
  );
  return { ...result, text };
}

const percentages = (text: string) => [...text.matchAll(/([\d.]+) %/g)].map(([, share]) => Number(share));

test("reproducibility: one seed one fingerprint, threads, a verified run, and what breaks it", {
  timeout: 240_000,
}, async () => {
  const { status, failure, text } = await run("reproducibility.ipynb");
  expect(status, failure?.evalue).toBe("completed");
  const prints = (id: string) => [...text[id]!.matchAll(/weights: '([0-9a-f]{12})'/g)].map(([, print]) => print);
  const [first, same, other] = prints("chance");
  expect(same).toBe(first);
  expect(other).not.toBe(first);
  expect(Math.min(...percentages(text.chance!))).toBeGreaterThan(85);
  const [one, two, fixed, fixedToo] = prints("threads");
  expect(two).not.toBe(one);
  expect(fixedToo).toBe(fixed);
  expect(text.sums).toContain("(a + b) + c = 1\na + (b + c) = 0");
  expect(text.verify).toContain("the same: 5 cells and 2 files");
  expect(text["break-data"]).toContain("the same: false; changed since: data\n");
  expect(text["break-data"]).toContain("other bytes: ./model/weights");
  expect(text["break-chance"]).toContain("Math.random()");
  expect(text["break-chance"]).toContain("toISOString");
  expect(text.mend).toBe("true");
});

test("hyper-parameters and grids: a grid, resumed and widened, judged by seeds", {
  timeout: 240_000,
}, async () => {
  const parameters = { learningRates: [0.002, 0.02], batchSizes: [64, 256], seeds: [1, 2], epochs: 2 };
  const { status, failure, text } = await run("hyper-parameters-and-grids.ipynb", { parameters });
  expect(status, failure?.evalue).toBe("completed");
  expect(text.inspect).toContain("half a cosine");
  expect(text.strict).toMatch(/learningRate/);
  expect(text.grid).toContain("4 of 4");
  expect(text.table!.match(/completed/g)).toHaveLength(4);
  expect(text.open).toMatch(/^learningRate 0.02, batchSize 64: accuracy [\s\S]*4 trainings: 4 nodes; the best/);
  expect(text.resume).toMatch(/^4 of 4 points were there already/);
  expect(text.more!.match(/cached/g)).toHaveLength(2);
  expect(text.more!.match(/completed/g)).toHaveLength(3);
  expect(text.luck!.match(/standard error/g)).toHaveLength(2);
});

test("augmentation: what a label bears, the search, a transform of one's own", { timeout: 240_000 }, async () => {
  const parameters = { images: 400, epochs: 8 };
  const { status, failure, text } = await run("augmentation-metalearner.ipynb", { parameters });
  expect(status, failure?.evalue).toBe("completed");
  const shares = percentages(text.measure!);
  expect(shares).toHaveLength(8);
  expect(shares[0]!).toBeGreaterThan(80);
  expect(shares[6]!).toBeLessThan(40); // on its side
  expect(text.destroyed).toContain("6 read as");
  expect(text.search).toMatch(/found for [12]\.\d\d trainings/);
  expect(text.rejected).toMatch(/mirror[\s\S]*?admitted: false/);
  expect(percentages(text.both!)).toHaveLength(4);
});

describe("the batch templates", () => {
  const modelFolder = join(folder, "model");

  test("train: reports its figures and keeps a model; other data, other settings", { timeout: 120_000 }, async () => {
    const first = await run("batch/train.ipynb", { parameters: { modelFolder, epochs: 6 } });
    expect(first.status, first.failure?.evalue).toBe("completed");
    expect(first.results.accuracy).toBeGreaterThan(0.9);
    expect(first.results.weights).toMatch(/^weights-[0-9a-f]{12}\.bin$/);
    const parameters = {
      dataset: "mnist",
      images: 300,
      epochs: 1,
      augment: true,
      optimizer: "momentum",
      modelFolder: "",
    };
    const other = await run("batch/train.ipynb", { parameters });
    expect(other.status, other.failure?.evalue).toBe("completed");
    expect(other.results.weights).toBeUndefined();
  });

  test("evaluate: accuracy with its interval, classes, calibration, worst errors; a gate", {
    timeout: 120_000,
  }, async () => {
    const { status, failure, results, text } = await run("batch/evaluate.ipynb", { parameters: { modelFolder } });
    expect(status, failure?.evalue).toBe("completed");
    expect(results.accuracy).toBeGreaterThan(Number(results.accuracyFrom));
    expect(results.accuracy).toBeLessThan(Number(results.accuracyTo));
    expect(results.accuracySurer).toBeGreaterThan(Number(results.accuracy));
    expect(results.calibrationErrorScaled).toBeGreaterThan(0);
    expect(text.classes).toContain("macro average");
    expect(text.worst).toMatch(/read as .*, \d+ %/);
    expect(text.load).toContain("validationAccuracy");
    const gate = await run("batch/evaluate.ipynb", { parameters: { modelFolder, minimumAccuracy: 1 } });
    expect(gate).toMatchObject({ status: "failed", exitCode: 1 });
    expect(gate.failure!.evalue).toContain("below minimumAccuracy");
  });
});
