// What widgets cost: the size of a saved notebook with all five, and how long a move of the slider takes until its pictures are on
// their way to the page. Frames a second of the explorer are measured by embedding-explorer.bench.mjs.
//
//   npm run bench -- widgets
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeCell, createNotebook, readNotebook, runNotebook, writeNotebook } from "../../dist/kernel/batch/index.js";

const STATE = "application/vnd.jupyter.widget-state+json";
const cell = `import { crossValidatedProbabilities, softmaxRegression } from "cellwright/cleaning";
import { digits } from "cellwright/data";
import { learnRegularizationParams } from "cellwright/learn";
import { pca } from "cellwright/manifold";
import { smallCnn } from "cellwright/models";
import { train } from "cellwright/train";
import { AugmentationPreview, EmbeddingExplorer, LabelNoise, link, SearchTreeWidget, TrainingMonitor } from "cellwright/widgets";
const data = (await digits()).split();
const model = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [8, 16], dense: 32, seed: 7 });
const monitor = new TrainingMonitor();
await monitor.watch((signal) => train(model, data.train, { epochs: 3, validation: data.validation, seed: 1, signal }));
const tree = new SearchTreeWidget({ data: data.validation });
const optimization = { epochs: 6, batchSize: 64, learningRate: 0.006 };
await tree.follow((onEvent, signal) => learnRegularizationParams(model, data, { optimization, seed: 1, onEvent, signal }));
const noise = new LabelNoise(data.train, { report: { probabilities: await crossValidatedProbabilities(() => softmaxRegression(), data.train, { folds: 3, seed: 1 }) } });
const explorer = new EmbeddingExplorer(await pca(data.train, { components: 2 }), { data: data.train });
const preview = new AugmentationPreview(data.validation, { model });
await preview.ready();
link(explorer, noise, preview, tree);
for (const widget of [monitor, tree, noise, explorer, preview]) display(widget);`;
const slide = `const times: number[] = [];
for (let n = 0; n < 40; n += 1) {
  const begun = performance.now();
  preview.set({ transform: "rotate", value: n - 20 });
  await preview.ready();
  times.push(performance.now() - begun);
}
times.sort((a, b) => a - b);
console.log(JSON.stringify({ median: times[20], slowest: times.at(-1) }));`;

const folder = mkdtempSync(join(tmpdir(), "cellwright-bench-"));
try {
  const [input, output] = [join(folder, "in.ipynb"), join(folder, "out.ipynb")];
  writeNotebook(input, createNotebook([codeCell(cell), codeCell(slide)]));
  const result = await runNotebook(input, output, {});
  if (result.status !== "completed") throw new Error(JSON.stringify(result.failure?.evalue));
  const notebook = readNotebook(output);
  const models = Object.values(notebook.metadata.widgets[STATE].state);
  process.stdout.write(`notebook with five widgets: ${megabytes(statSync(output).size)} as saved\n`);
  for (const { state, buffers = [] } of models) {
    const name = state._anywidget_id.replace("cellwright.", "");
    const code = (state._esm?.length ?? 0) + (state._css?.length ?? 0) + (state.source?.length ?? 0);
    const bytes = buffers.reduce((sum, { data }) => sum + data.length, 0);
    process.stdout.write(
      `  ${name.padEnd(20)} code ${megabytes(code)}, pictures and numbers ${megabytes(bytes)}, all ${megabytes(JSON.stringify(state).length + bytes)}\n`,
    );
  }
  const timed = JSON.parse(notebook.cells[1].outputs.map(({ text }) => text ?? "").join(""));
  process.stdout.write(
    `slider to the pictures of 8 images with predictions: median ${timed.median.toFixed(1)} ms, slowest ${timed.slowest.toFixed(1)} ms\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
