// The same points in JupyterLab, drawn by three: our explorer on our kernel, plotly's FigureWidget (scattergl) and jupyter-scatter on
// ipykernel. From pressing the keys to the first picture, frames a second while the mouse pans and while it draws a lasso, and the size of the
// notebook as JupyterLab saves it. Before it our slider, from the gesture to its new pixels. Chromium has no graphics processor here: with
// `--disable-gpu` for ours, which needs none, and with WebGL by SwiftShader for all three.
//
//   CELLWRIGHT_PYTHON=… npm run bench -- widgets-lab        (or node tests/bench/widgets-lab.bench.mjs slider: the slider alone) a Python with jupyterlab, ipykernel, anywidget; plotly and jupyter-scatter to compare
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "cellwright/random";
import { chromium } from "playwright-core";
import sharp from "sharp";

const SECONDS = 4;
const python = process.env.CELLWRIGHT_PYTHON ?? "python3";
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cellwright-bench-"));
const swiftShader = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

/** @param {number} count */
const ours = (count) => ({
  name: "cellwright",
  kernel: { display_name: "Cellwright (TypeScript)", language: "typescript", name: "cellwright" },
  cells: [
    `import { readFileSync } from "node:fs";
import { EmbeddingExplorer } from "cellwright/widgets";
const data = new Float32Array(Uint8Array.from(readFileSync("${count}.f32")).buffer);
const labels = Int32Array.from({ length: ${count} }, (_, i) => i % 10);`,
    `new EmbeddingExplorer({ data, shape: [${count}, 2] }, { labels })`,
  ],
  plot: ".cw-plot",
  lasso: (page) => page.getByRole("button", { name: "Lasso" }).click(),
});

/** @param {number} count */
const plotly = (count) => ({
  name: "plotly FigureWidget",
  kernel: { display_name: "Python 3", language: "python", name: "python3" },
  cells: [
    `import numpy as np, plotly.graph_objects as go\nxy = np.fromfile("${count}.f32", dtype="float32").reshape(-1, 2)\nlabels = np.arange(${count}) % 10`,
    `figure = go.FigureWidget([go.Scattergl(x=xy[labels == k, 0], y=xy[labels == k, 1], mode="markers", marker_size=3) for k in range(10)], {"dragmode": "pan", "height": 450})\nfigure`,
    `figure.layout.dragmode = "lasso"`,
  ],
  plot: ".js-plotly-plot .nsewdrag",
  lasso: (page) => runCell(page, 2),
});

/** @param {number} count */
const scatter = (count) => ({
  name: "jupyter-scatter",
  kernel: { display_name: "Python 3", language: "python", name: "python3" },
  cells: [
    `import numpy as np, pandas as pd, jscatter\nxy = np.fromfile("${count}.f32", dtype="float32").reshape(-1, 2)\nframe = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "label": pd.Categorical(np.arange(${count}) % 10)})`,
    `view = jscatter.Scatter(data=frame, x="x", y="y", color_by="label", height=450)\nview.show()`,
    `view.widget.mouse_mode = "lasso"`,
  ],
  plot: ".jp-OutputArea canvas",
  lasso: (page) => runCell(page, 2),
});

const server = await startLab();
try {
  await measureSlider();
  for (const count of process.argv.includes("slider") ? [] : [10_000, 100_000]) {
    writePoints(count);
    const cases = [
      [ours(count), ["--disable-gpu"]],
      ...[ours, plotly, scatter].map((make) => [make(count), swiftShader]),
    ];
    for (const [subject, arguments_] of cases)
      await measure(subject, count, arguments_).catch((error) =>
        say(`${count} points, ${subject.name}: ${error.message.slice(0, 300)}`),
      );
  }
} finally {
  server.process.kill("SIGINT");
  await server.ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function measure(subject, count, arguments_) {
  const file = `${subject.name.replace(" ", "-")}-${count}-${arguments_.length}.ipynb`;
  writeNotebook(file, subject);
  const browser = await chromium.launch({
    executablePath: executable(),
    args: ["--headless", "--no-sandbox", ...arguments_],
  });
  try {
    const page = await openNotebook(browser, file);
    await runCell(page, 0);
    await untilIdle(page);
    const begun = performance.now();
    await runCell(page, 1);
    const place = page.locator(subject.plot).first();
    await place.waitFor({ timeout: 60_000 });
    await untilColourful(place);
    const first = performance.now() - begun;
    await untilIdle(page);
    const pan = await framesWhile(page, place, circle);
    await subject.lasso(page);
    await untilIdle(page);
    const lasso = await framesWhile(page, place, circle);
    const empty = await page.evaluate(countFrames, SECONDS * 1000).then((frames) => frames / SECONDS);
    await page.locator(".jp-Notebook").click({ position: { x: 2, y: 2 } });
    const saved = page.waitForResponse(
      (answer) => answer.request().method() === "PUT" && answer.url().includes("/api/contents/"),
    );
    await page.keyboard.press("Control+s");
    await saved;
    const size = (statSync(join(folder, file)).size / 1e6).toFixed(2);
    const how = arguments_ === swiftShader ? "SwiftShader" : "no WebGL";
    say(
      `${count} points, ${subject.name} (${how}): first picture ${(first / 1000).toFixed(2)} s; pan ${pan.toFixed(1)}, lasso ${lasso.toFixed(1)}, nothing ${empty.toFixed(1)} frames/s; saved ${size} MB`,
    );
  } finally {
    await browser.close();
  }
}

/** The slider of the augmentation preview: from the event to the frame in which the eight pictures are others. */
async function measureSlider() {
  const file = "slider.ipynb";
  writeNotebook(file, {
    ...ours(0),
    cells: [
      `import { digits } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { AugmentationPreview } from "cellwright/widgets";
const data = (await digits()).split().validation;`,
      `const preview = new AugmentationPreview(data, { model: smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [8, 16], dense: 32 }) });\npreview`,
    ],
  });
  const browser = await chromium.launch({
    executablePath: executable(),
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await openNotebook(browser, file);
    await runCell(page, 0);
    await untilIdle(page);
    await runCell(page, 1);
    const section = page.locator('section[aria-label="one transform"]');
    await section.locator("figure").nth(7).waitFor({ timeout: 60_000 });
    await untilIdle(page);
    const times = [];
    for (let n = 0; n < 30; n++) times.push(await section.evaluate(slideTo, 0.05 + (0.9 * ((7 * n) % 30)) / 30));
    times.sort((a, b) => a - b);
    say(
      `slider to new pixels in JupyterLab, 8 images with predictions: median ${times[15].toFixed(0)} ms, slowest ${times.at(-1).toFixed(0)} ms`,
    );
  } finally {
    await browser.close();
  }
}

/** In the page: moves the slider to a share of its range, and waits for the frame that shows the answer. */
function slideTo(section, share) {
  const input = section.querySelector("input[type=range]");
  const pixels = () => section.querySelector("figure canvas")?.toDataURL();
  const before = pixels();
  const begun = performance.now();
  input.value = String(Number(input.min) + share * (Number(input.max) - Number(input.min)));
  input.dispatchEvent(new Event("input"));
  return new Promise((resolve, reject) => {
    const look = () => {
      const now = pixels();
      if (now !== undefined && now !== before) requestAnimationFrame(() => resolve(performance.now() - begun));
      else if (performance.now() - begun > 5000) reject(new Error("no new pixels"));
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** Frames a second while the mouse is dragged over the plot, as fast as the page takes it. */
async function framesWhile(page, place, way) {
  await place.scrollIntoViewIfNeeded();
  const box = await place.boundingBox();
  const [x, y] = way(0);
  await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  await page.mouse.down();
  const counted = page.evaluate(countFrames, SECONDS * 1000);
  const begun = performance.now();
  for (let n = 1; performance.now() - begun < SECONDS * 1000; n++) {
    const [x, y] = way(n);
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  }
  const frames = await counted;
  await page.mouse.up();
  return frames / SECONDS;
}

/** A way round the middle, in shares of the plot's sides. */
function circle(n) {
  return [0.5 + 0.2 * Math.cos(n / 15), 0.5 + 0.2 * Math.sin(n / 15)];
}

/** In the page. */
function countFrames(milliseconds) {
  return new Promise((resolve) => {
    const begun = performance.now();
    let frames = 0;
    const step = () => {
      if (performance.now() - begun > milliseconds) return resolve(frames);
      frames++;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

/** Waits until the screen shows points in colour where the plot is. */
async function untilColourful(place) {
  for (let tries = 0; tries < 400; tries++) {
    const { data, info } = await sharp(await place.screenshot())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    let coloured = 0;
    for (let at = 0; at < data.length; at += info.channels) {
      const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
      if (Math.max(r, g, b) - Math.min(r, g, b) > 60) coloured++;
    }
    if (coloured > 3000) return;
  }
  throw new Error("no picture came");
}

async function runCell(page, index) {
  await page.locator(".jp-CodeCell").nth(index).locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
}

async function untilIdle(page) {
  await page.waitForTimeout(300);
  await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first().waitFor({ timeout: 120_000 });
}

async function openNotebook(browser, file) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  await page.goto(server.address.replace("/lab?", `/lab/workspaces/${file.replace(/\W/g, "-")}/tree/${file}?`));
  await page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell").first().waitFor({ timeout: 60_000 });
  await page
    .locator(".jp-KernelName, .jp-Toolbar-kernelName")
    .getByText(/Cellwright|Python/)
    .waitFor({ timeout: 60_000 });
  await untilIdle(page);
  return page;
}

function writeNotebook(file, { kernel, cells }) {
  const all = cells.map((source, at) => ({
    cell_type: "code",
    id: `cell-${at}`,
    execution_count: null,
    metadata: {},
    outputs: [],
    source,
  }));
  writeFileSync(
    join(folder, file),
    JSON.stringify({ cells: all, metadata: { kernelspec: kernel }, nbformat: 4, nbformat_minor: 5 }),
  );
}

/** Ten clusters. */
function writePoints(count) {
  const points = new Random(1).fillNormal(new Float32Array(2 * count));
  for (let i = 0; i < count; i++) {
    points[2 * i] += 6 * Math.cos(i % 10);
    points[2 * i + 1] += 6 * Math.sin(i % 10);
  }
  writeFileSync(join(folder, `${count}.f32`), new Uint8Array(points.buffer));
}

function startLab() {
  // JupyterLab saves the state of widgets where it is told to.
  const settings = join(folder, "settings/@jupyter-widgets/jupyterlab-manager");
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, "plugin.jupyterlab-settings"), '{ "saveState": true }');
  const environment = {
    ...process.env,
    HOME: folder,
    JUPYTERLAB_SETTINGS_DIR: join(folder, "settings"),
    PATH: [dirname(python), process.env.PATH].join(delimiter),
  };
  const child = spawn(process.execPath, [join(root, "dist/kernel/cli/main.js"), "lab", "--server"], {
    cwd: folder,
    env: environment,
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk) => {
      text += chunk;
      const address = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(text)?.[0];
      if (address) resolve({ process: child, ended, address });
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    void ended.then(() => reject(new Error(`cellwright lab ended: ${text}`)));
  });
}

function executable() {
  return process.env.CELLWRIGHT_CHROMIUM ?? "/usr/bin/chromium";
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
