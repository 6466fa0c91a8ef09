// `node scripts/notebooks.mjs [NAME …]`: runs the notebooks (all, or those whose path contains a name) and writes their outputs
// into them, so that they can be read where nothing runs them. Of each output what a page of a repository shows is kept: the
// picture, the table, the text. The interactive twins come back when somebody runs the notebook.
//
// `metadata.cellwright.notebook` is the hash of the cells that the outputs are of; a test compares.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { prepareOrExit, root } from "./prepare.mjs";

const folder = path.join(root, "notebooks");
const shown = ["image/png", "image/svg+xml", "text/html", "text/markdown"]; // the first that is there
const kept = ["text/plain", "application/scrapbook.scrap.json+json"];

/** Trainings before what reads their models. */
function notebooks(names) {
  const all = fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".ipynb") && !name.includes(".ipynb_checkpoints") && !name.startsWith("workshop"));
  const order = (name) => (/train/.test(name) ? 0 : 1);
  return all
    .filter((name) => names.length === 0 || names.some((part) => name.includes(part)))
    .sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
}

/** A list of one output, or of none: of a widget that has no picture the text alone says nothing. */
async function light(output) {
  if (output.data === undefined) return [output];
  const best = shown.find((type) => output.data[type] !== undefined);
  if (best === undefined && output.data["application/vnd.jupyter.widget-view+json"] !== undefined) return [];
  const types = [best, ...kept].filter((type) => output.data[type] !== undefined);
  const { "image/png": png, ...data } = Object.fromEntries(types.map((type) => [type, output.data[type]]));
  return [{ ...output, data: { ...(png && (await smaller(png))), ...data }, metadata: {} }];
}

/** The same picture with a palette, or, where thousands of points make even that more than twice as large, as a small JPEG. */
async function smaller(base64) {
  const { default: sharp } = await import("sharp");
  const png = Buffer.from(base64, "base64");
  const reduced = await sharp(png).png({ palette: true, colours: 128, effort: 10, compressionLevel: 9 }).toBuffer();
  const best = reduced.length < png.length ? reduced : png;
  if (best.length < 20_000) return { "image/png": best.toString("base64") };
  const photograph = sharp(png).flatten({ background: "#fff" }).resize({ width: 460, withoutEnlargement: true });
  const jpeg = await photograph.jpeg({ quality: 60, mozjpeg: true }).toBuffer();
  return jpeg.length < best.length / 2
    ? { "image/jpeg": jpeg.toString("base64") }
    : { "image/png": best.toString("base64") };
}

function withoutRunMetadata({ papermill, cellwright, execution, tags, ...metadata }) {
  return tags?.length > 0 ? { tags, ...metadata } : metadata;
}

async function main() {
  await prepareOrExit();
  const { runNotebook, readNotebook, writeNotebook } = await import(
    pathToFileURL(path.join(root, "dist/kernel/batch/index.js")).href
  );
  const work = fs.mkdtempSync(path.join(os.tmpdir(), "cellwright-notebooks-"));
  fs.cpSync(folder, work, { recursive: true });
  for (const name of notebooks(process.argv.slice(2))) {
    const { notebook, failure, duration } = await runNotebook(path.join(work, name), null);
    if (failure !== null) {
      process.stderr.write(`${name}: ${failure.ename}: ${failure.evalue}\n`);
      process.exitCode = 1;
      continue;
    }
    const original = readNotebook(path.join(folder, name));
    const cells = [];
    for (const cell of original.cells) {
      const run = notebook.cells.find(({ id }) => id === cell.id);
      const metadata = withoutRunMetadata(cell.metadata);
      const outputs = [];
      for (const output of run.outputs ?? []) outputs.push(...(await light(output)));
      const own = cell.cell_type === "code" ? { execution_count: run.execution_count, outputs } : {};
      cells.push({ ...cell, ...own, metadata });
    }
    const { kernelspec, language_info } = notebook.metadata;
    const cellwright = { notebook: notebook.metadata.cellwright.notebook };
    writeNotebook(path.join(folder, name), { ...original, cells, metadata: { kernelspec, language_info, cellwright } });
    const size = fs.statSync(path.join(folder, name)).size;
    process.stdout.write(`${name}: ${duration.toFixed(0)} s, ${Math.round(size / 1000)} kB\n`);
  }
  fs.rmSync(work, { recursive: true });
}

main();
