import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Notebook, Output } from "cellwright/batch";
import { codeCell, createNotebook, markdownCell, renderReport } from "cellwright/batch";
import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ansiToHtml } from "../../kernel/batch/html/ansi.ts";
import { needsFrame, sanitizeOutput } from "../../kernel/batch/html/sanitize.ts";
import { chromiumArguments, chromium as chromiumPath, describeWith } from "../support/requirements.ts";
import { makeFolder } from "./kernels.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const display = (data: Record<string, unknown>, metadata = {}): Output => ({
  output_type: "display_data",
  data,
  metadata,
});

function notebookOf(...cells: Array<string | readonly Output[]>): Notebook {
  const all = cells.map((content, index) => {
    if (typeof content === "string") return markdownCell(content);
    const cell = codeCell("const x: number = 1; // <b>");
    cell.execution_count = index + 1;
    cell.outputs = [...content];
    return cell;
  });
  return createNotebook(all, { language_info: { name: "typescript" } });
}

const bodyOf = (page: string) => page.slice(page.indexOf("<main>"), page.indexOf("</main>"));
const policyOf = (page: string) =>
  /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll("&#39;", "'");
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const figure = {
  data: [{ type: "scatter", y: [1, 3, 2] }],
  layout: { title: { text: "</script><script>alert(1)</script>" } },
};

describe("renderReport", () => {
  test("colours code, names cells, lists sections with links that lead to them", () => {
    const page = renderReport(notebookOf("# One\ntext", [], "## Two & *three*\n\n## Two & *three*"));
    expect(page).toContain("<title>One</title>");
    expect(bodyOf(page)).toContain('<span class="hljs-keyword">const</span>');
    expect(bodyOf(page)).toContain("// &lt;b&gt;");
    const links = [...page.matchAll(/<li class="level-\d"><a href="#([^"]+)">/g)].map((match) =>
      decodeURIComponent(match[1]!),
    );
    expect(links).toEqual(["One", "Two-&-three", "Two-&-three-2"]);
    for (const id of links) expect(page).toContain(`id="${id.replaceAll("&", "&amp;")}"`);
  });

  test("has no script and no plotly where nothing needs it", () => {
    const page = renderReport(
      notebookOf("# x", [{ output_type: "stream", name: "stdout", text: "<script>1</script>" }]),
    );
    expect(page).not.toContain("<script");
    expect(policyOf(page)).toMatch(
      /^default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src data: blob:/,
    );
    expect(page.length).toBeLessThan(20_000);
  });

  test("holds plotly once, however many figures there are", () => {
    const output = display({ "application/vnd.plotly.v1+json": figure, "text/html": "<div>no</div>" });
    const page = renderReport(notebookOf([output, output], [output]));
    expect(page.match(/class="plotly-figure"/g)).toHaveLength(3);
    expect(page.match(/\* plotly\.js v/g)).toHaveLength(1);
    expect(page).not.toContain("<script>alert");
    expect(policyOf(page)).not.toContain("unsafe-eval");
  });

  test("shows the richest type there is, and a text where there is none to show", () => {
    const body = bodyOf(
      renderReport(
        notebookOf([
          display({ "text/plain": "not this", "image/png": `${onePixel}\n` }, { "image/png": { width: 5 } }),
          display({ "text/plain": "a picture of it", "image/svg+xml": "<svg width='1' height='1'/>" }),
          display({ "text/plain": "plain\u001b[1mbold\u001b[0m" }),
          display({ "application/json": { a: "<" } }),
          display({ "text/markdown": "*soft*" }),
          display({ "application/x-unknown": 1 }),
          display({}),
        ]),
      ),
    );
    expect(body).toContain(`<img src="data:image/png;base64,${onePixel}" alt="not this" width="5">`);
    expect(body).toContain('alt="a picture of it"');
    const svg = Buffer.from(/data:image\/svg\+xml;base64,([^"]+)"/.exec(body)![1]!, "base64").toString();
    expect(svg).toBe(`<svg xmlns="http://www.w3.org/2000/svg" width='1' height='1'/>`);
    expect(body).toContain('plain<span style="font-weight:bold">bold</span>');
    expect(body).toContain("&quot;a&quot;: &quot;&lt;&quot;");
    expect(body).toContain("<em>soft</em>");
    expect(body).toContain("application/x-unknown, which needs a notebook");
  });

  test("says how the run went", () => {
    const notebook = notebookOf("# x");
    const record = { start_time: "2026-01-02T03:04:05.000000+00:00", duration: 61, exception: true };
    notebook.metadata.papermill = record;
    expect(renderReport(notebook)).toContain("<b>Stopped</b> · in 1 min 1 s · 2026-01-02 03:04 UTC");
    notebook.metadata.papermill = { ...record, exception: null };
    expect(renderReport(notebook)).toContain("<b>Completed</b>");
  });

  test("hides what the notebook hides", () => {
    const notebook = notebookOf([{ output_type: "stream", name: "stdout", text: "hidden output" }]);
    notebook.cells[0]!.metadata.jupyter = { source_hidden: true, outputs_hidden: true };
    const body = bodyOf(renderReport(notebook));
    expect(body).toContain("<details>");
    expect(body).not.toContain("hidden output");
  });

  test("embeds attached pictures and those in the notebook's folder, and no others", () => {
    mkdirSync(join(folder, "book/pictures"), { recursive: true });
    for (const name of ["book/pictures/a b.png", "outside.png"])
      writeFileSync(join(folder, name), Buffer.from(onePixel, "base64"));
    symlinkSync(join(folder, "outside.png"), join(folder, "book/link.png"));
    const cell = markdownCell(
      "![one](attachment:p.png) ![two](pictures/a%20b.png) ![up](../outside.png) ![link](link.png) ![web](https://example.org/x.png)",
    );
    cell.attachments = { "p.png": { "image/png": onePixel } };
    const body = bodyOf(renderReport(createNotebook([cell]), { folder: join(folder, "book") }));
    expect(body.match(/<img/g)).toHaveLength(2);
    for (const name of ["one", "two"]) expect(body).toContain(`alt="${name}"`);
    expect(body).toContain('<a href="https://example.org/x.png" rel="noopener noreferrer">web</a>');
    for (const name of ["up", "link"]) expect(body).toContain(`<a>${name}</a>`);
  });

  test("shows the two ends of a very long output", () => {
    const text = `start${"x".repeat(1_000_000)}end`;
    const page = renderReport(notebookOf([{ output_type: "stream", name: "stdout", text }]));
    expect(page.length).toBeLessThan(300_000);
    expect(page).toMatch(/start(x+)\n… 800008 characters are left out here/);
    expect(page).toMatch(/xend<\/pre>/);
  });

  test("a notebook without cells is a page without sections", () => {
    expect(renderReport(createNotebook())).toContain("<title>Notebook</title>");
  });
});

describe("other people's HTML", () => {
  test.each([
    "<script>steal()</script>",
    "<img src=x onerror=steal()>",
    "<a href='javascript:steal()'>x</a>",
    "<iframe src='https://example.org'></iframe>",
    "<svg><script>steal()</script></svg>",
    "<p style='background:url(https://example.org/steal)'>x</p>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<img src='https://example.org/steal.png'>",
    "<img src='//example.org/steal.png'>",
    "<img src='data:text/html,steal'>",
    "<form action='https://example.org'><input name=steal></form>",
    "<meta http-equiv=refresh content='0;url=https://example.org/steal'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=steal()>",
  ])("loses what is dangerous: %s", (html) => {
    const clean = sanitizeOutput(html);
    expect(clean).not.toMatch(
      /<script|<iframe|<form|<input|<meta|<svg|onerror|javascript:|url\(|position|src="(?!data:image)/i,
    );
    expect(bodyOf(renderReport(notebookOf(html)))).not.toMatch(
      /<script|<iframe|<form|<meta|onerror|javascript:|url\(|src="(?!data:image)/i,
    );
  });

  test("keeps tables, text and embedded pictures", () => {
    const html = `<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td colspan="2" style="color:red">1</td></tr></tbody></table><img src="data:image/png;base64,${onePixel}" alt="x" />`;
    expect(needsFrame(html)).toBe(false);
    expect(sanitizeOutput(html)).toBe(html);
  });

  test("what needs more than that goes into a frame of its own origin", () => {
    const page = renderReport(notebookOf([display({ "text/html": "<b id='x'>a</b><script>let a = '\"';</script>" })]));
    expect(page).toContain('<iframe sandbox="allow-scripts"');
    expect(page).not.toContain("allow-same-origin");
    expect(bodyOf(page)).not.toContain("<script");
  });
});

test.each([
  ["a<b", "a&lt;b"],
  ["\u001b[31mred\u001b[0m", '<span style="color:var(--ansi-1)">red</span>'],
  [
    "\u001b[1;92;44mx\u001b[22my\u001b[39;49mz",
    '<span style="color:var(--ansi-10);background:var(--ansi-4);font-weight:bold">x</span><span style="color:var(--ansi-10);background:var(--ansi-4)">y</span>z',
  ],
  [
    "\u001b[38;5;196ma\u001b[38;5;244mb\u001b[38;5;3mc",
    '<span style="color:rgb(255 0 0)">a</span><span style="color:rgb(128 128 128)">b</span><span style="color:var(--ansi-3)">c</span>',
  ],
  ["\u001b[48;2;1;2;300mx\u001b[m", '<span style="background:rgb(1 2 255)">x</span>'],
  ["\u001b[2Jx\u001b]8;;https://example.org\u0007y\u001b]8;;\u0007", "xy"],
  ["\u001b[38mx", "x"],
])("ansiToHtml(%j)", (text, html) => {
  expect(ansiToHtml(text)).toBe(html);
});

describeWith(["chromium"], "in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath!, args: chromiumArguments });
  });
  afterAll(() => browser.close());

  async function open(notebook: Notebook, colorScheme: "light" | "dark" = "light") {
    const path = join(folder, "report.html");
    writeFileSync(path, renderReport(notebook));
    const page = await browser.newPage({ colorScheme });
    const requests: string[] = [];
    const problems: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(pathToFileURL(path).href);
    const outside = () => requests.filter((url) => !/^(file|data|blob|about):/.test(url));
    return { page, problems, outside };
  }

  test("figures are drawn, in light and dark, without a request and without a complaint", async () => {
    const notebook = notebookOf("# x", [display({ "application/vnd.plotly.v1+json": figure })]);
    for (const scheme of ["light", "dark"] as const) {
      const { page, problems, outside } = await open(notebook, scheme);
      await page.waitForSelector(".plotly-figure .main-svg");
      expect(await page.locator(".plotly-figure .scatterlayer .trace").count()).toBe(1);
      expect(outside()).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  test("a frame runs its own script, cannot reach the page or the network, and gets its height", async () => {
    const heard: string[] = [];
    const server = createServer((request, response) => {
      heard.push(request.url!);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const there = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const html = `<div id="here" style="height:700px"></div><script>
      document.getElementById("here").textContent = "ran";
      try { parent.document.title = "stolen"; } catch {}
      fetch("${there}/fetched").catch(() => {});
      new Image().src = "${there}/picture.png";
      setTimeout(() => { location.href = "${there}/left"; }, 1500);
    </script><script src="${there}/script.js"></script>`;
    const { page } = await open(notebookOf("# Safe", [display({ "text/html": html })]));
    const frame = page.frameLocator("iframe");
    expect(await frame.locator("#here").textContent()).toBe("ran");
    await page.waitForFunction(() => (document.querySelector("iframe")?.clientHeight ?? 0) >= 700);
    expect(await page.title()).toBe("Safe");
    await page.waitForTimeout(2_000);
    expect(heard).toEqual([]);
    server.close();
  });

  test("a frame fits its content, also where a figure takes its time before it", async () => {
    const frame = display({ "text/html": "<svg width='20' height='30'></svg>" });
    const { page } = await open(notebookOf([display({ "application/vnd.plotly.v1+json": figure }), frame]));
    await page.waitForFunction(() => (document.querySelector("iframe")?.clientHeight ?? 1_000) < 100);
    await page.close();
  });

  test("a script that got into the page would not run", async () => {
    const path = join(folder, "tampered.html");
    const page = await browser.newPage();
    const report = renderReport(notebookOf("# Safe", [display({ "text/html": "<svg></svg>" })]));
    writeFileSync(
      path,
      report.replace(
        "</main>",
        "<script>document.title = 'stolen'</script><img src=x onerror=\"document.title='stolen'\"></main>",
      ),
    );
    await page.goto(pathToFileURL(path).href);
    await page.waitForTimeout(200);
    expect(await page.title()).toBe("Safe");
  });

  test("fits a phone", async () => {
    const { page } = await open(
      notebookOf(
        "# x\n\n## y",
        [{ output_type: "stream", name: "stdout", text: "x".repeat(500) }],
        [
          display({ "text/html": `<table><tr>${"<td>wide</td>".repeat(60)}</tr></table>` }),
          display({ "application/vnd.plotly.v1+json": figure }),
        ],
      ),
    );
    await page.setViewportSize({ width: 360, height: 640 });
    await page.waitForFunction(() => document.documentElement.scrollWidth <= 360);
  });
});
