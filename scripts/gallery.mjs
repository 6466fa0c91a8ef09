// `node scripts/gallery.mjs`: takes the pictures of docs/gallery.md. The page's cells are run as a notebook, the notebook is exported,
// and what stands under each cell that a picture follows is photographed, in a light theme and in a dark one. Needs Chromium
// (`CELLWRIGHT_CHROMIUM`, or the one on PATH).
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { prepareOrExit, root } from "./prepare.mjs";

const page = path.join(root, "docs/gallery.md");

/** The cells in order, each with the name of the picture behind it. */
function readCells() {
  const cells = [];
  for (const [, code, name] of fs
    .readFileSync(page, "utf8")
    .matchAll(/^```ts\n([\s\S]*?)^```$|src="gallery\/([a-z-]+)-light\.png"/gm)) {
    if (code !== undefined) cells.push({ code });
    else cells.at(-1).name = name;
  }
  return cells;
}

async function main() {
  await prepareOrExit();
  const { chromium } = await import("playwright-core");
  const { default: sharp } = await import("sharp");
  const { codeCell, createNotebook, readNotebook, renderReport, runNotebook, writeNotebook } = await import(
    pathToFileURL(path.join(root, "dist/kernel/batch/index.js")).href
  );
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cellwright-gallery-"));
  const at = (name) => path.join(folder, name);
  const cells = readCells();
  writeNotebook(at("in.ipynb"), createNotebook(cells.map(({ code }) => codeCell(code))));
  const { failure } = await runNotebook(at("in.ipynb"), at("out.ipynb"));
  if (failure !== null) throw new Error(`${failure.ename}: ${failure.evalue}`);
  fs.writeFileSync(at("page.html"), renderReport(readNotebook(at("out.ipynb"))));

  const executablePath = process.env.CELLWRIGHT_CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  fs.mkdirSync(path.join(root, "docs/gallery"), { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, colorScheme, offline: true });
    const view = await context.newPage();
    await view.goto(pathToFileURL(at("page.html")).href);
    await view.waitForTimeout(3_000); // charts and widgets draw themselves
    for (const [index, { name }] of cells.entries()) {
      if (name === undefined) continue;
      const picture = await view.locator("section.code").nth(index).locator(".outputs").screenshot();
      const file = path.join(root, "docs/gallery", `${name}-${colorScheme}.png`);
      await sharp(picture).png({ palette: true, colours: 192, compressionLevel: 9, effort: 10 }).toFile(file);
      process.stdout.write(`${path.relative(root, file)}: ${Math.round(fs.statSync(file).size / 1000)} kB\n`);
    }
    await context.close();
  }
  await browser.close();
  fs.rmSync(folder, { recursive: true });
}

main();
