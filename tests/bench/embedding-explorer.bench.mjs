/**
 * Frames a second of the embedding explorer while it is panned, at 10,000 and 100,000 points, in headless Chromium without a graphics
 * processor. First as such a machine shows pages; then with WebGL by SwiftShader, beside regl-scatterplot (which jupyter-scatter draws
 * with): there everything on the page goes through SwiftShader, which slows both. On a graphics processor the peer is much faster.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { codeCell, createNotebook, readNotebook, renderReport, runNotebook, writeNotebook } from "cellwright/batch";
import { chromium } from "playwright-core";
import { rolldown } from "rolldown";

const SECONDS = 3;
const ROUNDS = 3;

const folder = mkdtempSync(join(tmpdir(), "cellwright-bench-"));
try {
  const peer = await bundlePeer();
  for (const count of [10_000, 100_000]) {
    const page = await pageOf(count);
    await measure(page, count, ["--disable-gpu"]);
    await measure(page, count, ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"], peer);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} file the exported page
 * @param {number} count
 * @param {string[]} arguments_ of Chromium
 * @param {string} [peer] regl-scatterplot as a script
 */
async function measure(file, count, arguments_, peer) {
  const executablePath = process.env.CELLWRIGHT_CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", ...arguments_] });
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    await page.goto(pathToFileURL(file).href);
    await page.locator(`.cw-plot[data-shown="${count}"]`).waitFor();
    const size = await page.locator(".cw-plot").boundingBox();
    if (peer) await page.evaluate(peer);
    const rates = { ours: [], peer: [], empty: [] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.ours.push(await page.evaluate(panOurs, SECONDS));
      if (peer) rates.peer.push(await page.evaluate(panPeer, { seconds: SECONDS, count, ...size }));
      rates.empty.push(await page.evaluate(countFrames, SECONDS));
    }
    const best = (list) => Math.max(...list);
    const beside = peer
      ? `, regl-scatterplot ${best(rates.peer).toFixed(1)}, ratio ${(best(rates.ours) / best(rates.peer)).toFixed(2)}`
      : "";
    process.stdout.write(
      `${count} points, ${Math.round(size.width)} x ${Math.round(size.height)} pixels, ${peer ? "SwiftShader" : "no GPU"}: explorer ${best(rates.ours).toFixed(1)} frames/s${beside}; drawing nothing ${best(rates.empty).toFixed(1)}\n`,
    );
  } finally {
    await browser.close();
  }
}

/** An exported page with an explorer of so many points in ten clusters. */
async function pageOf(count) {
  const cell = `import { Random } from "cellwright/random";
import { EmbeddingExplorer } from "cellwright/widgets";
const data = new Random(1).fillNormal(new Float32Array(${2 * count}));
const labels = Int32Array.from({ length: ${count} }, (_, i) => i % 10);
for (let i = 0; i < ${count}; i++) { data[2 * i] += 6 * Math.cos(labels[i]); data[2 * i + 1] += 6 * Math.sin(labels[i]); }
new EmbeddingExplorer({ data, shape: [${count}, 2] }, { labels })`;
  const [input, output, html] = ["in.ipynb", "out.ipynb", `${count}.html`].map((name) => join(folder, name));
  writeNotebook(input, createNotebook([codeCell(cell)]));
  const result = await runNotebook(input, output, {});
  if (result.status !== "completed") throw new Error(JSON.stringify(result.failure));
  writeFileSync(html, renderReport(readNotebook(output)));
  return html;
}

async function bundlePeer() {
  const input = join(folder, "peer.mjs");
  const package_ = fileURLToPath(import.meta.resolve("regl-scatterplot"));
  writeFileSync(
    input,
    `import create from ${JSON.stringify(package_.replace(/\.js$/, ".esm.js"))}; globalThis.createScatterplot = create;`,
  );
  const built = await rolldown({ input, platform: "browser", onLog: () => {} });
  const { output } = await built.generate({ format: "iife" });
  await built.close();
  return output[0].code;
}

/** In the page: every frame pans by a few pixels; the frames in a second. */
function panOurs(seconds) {
  const plot = document.querySelector("[role=application]");
  return new Promise((resolve) => {
    const begun = performance.now();
    let frames = 0;
    const step = () => {
      const key = Math.floor(frames / 10) % 2 ? "ArrowLeft" : "ArrowRight";
      plot.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true }));
      frames++;
      const passed = (performance.now() - begun) / 1000;
      if (passed < seconds) requestAnimationFrame(step);
      else resolve(frames / passed);
    };
    requestAnimationFrame(step);
  });
}

/** In the page: the same with regl-scatterplot, whose points are as large as ours. */
async function panPeer({ seconds, count, width, height }) {
  const canvas = document.createElement("canvas");
  canvas.style.cssText = `width: ${width}px; height: ${height}px`;
  document.body.prepend(canvas);
  const scatterplot = globalThis.createScatterplot({ canvas, width, height, pointSize: count > 20_000 ? 2.4 : 3 });
  const points = Array.from({ length: count }, (_, i) => [
    Math.cos(i) * Math.sin(i * 0.7),
    Math.sin(i) * Math.cos(i * 0.3),
    i % 10,
  ]);
  scatterplot.set({
    colorBy: "category",
    pointColor: [
      "#0072b2",
      "#e69f00",
      "#009e73",
      "#cc79a7",
      "#56b4e9",
      "#d55e00",
      "#f0e442",
      "#7f7f7f",
      "#8a3ffc",
      "#a3123a",
    ],
  });
  await scatterplot.draw(points);
  let drawn = 0;
  scatterplot.subscribe("draw", () => drawn++);
  const rate = await new Promise((resolve) => {
    const begun = performance.now();
    let frames = 0;
    const step = () => {
      const right = (Math.floor(frames / 10) % 2 ? -1 : 1) * (frames % 10) * 0.005;
      scatterplot.set({ cameraTarget: [right, 0] });
      frames++;
      const passed = (performance.now() - begun) / 1000;
      if (passed < seconds) requestAnimationFrame(step);
      else resolve(drawn / passed);
    };
    requestAnimationFrame(step);
  });
  scatterplot.destroy();
  canvas.remove();
  return rate;
}

/** In the page: what the machine gives when nothing is drawn. */
function countFrames(seconds) {
  return new Promise((resolve) => {
    const begun = performance.now();
    let frames = 0;
    const step = () => {
      frames++;
      const passed = (performance.now() - begun) / 1000;
      if (passed < seconds) requestAnimationFrame(step);
      else resolve(frames / passed);
    };
    requestAnimationFrame(step);
  });
}
