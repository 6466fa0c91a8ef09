/**
 * A page that does with widgets what VS Code does, in Chromium: its own manager (the package that its Jupyter extension is built with), its
 * order of doing things (`vscode-webview.ts`), the names and classes its themes give to a page, and our kernel behind a Jupyter server.
 * What is missing is VS Code itself: its extension, and the frame that the page is in.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, beforeAll } from "vitest";
import { createHome, type Home } from "./command.ts";
import { consoleProblems } from "./console-problems.ts";
import type { Host } from "./five-widgets.ts";
import { type RunningLab, startLab } from "./lab-server.ts";
import { launchChromium } from "./notebook-page.ts";
import { pythonWith, vscodeManagers } from "./requirements.ts";
import type { Notebook, WebviewOptions } from "./vscode-webview.ts";

/** Colours of VS Code's own themes, as much of them as a widget may ask for. */
const themes = {
  "vscode-light": {
    "editor-background": "#ffffff",
    "editor-foreground": "#3b3b3b",
    foreground: "#3b3b3b",
    descriptionForeground: "#3b3b3b",
    "editorWidget-background": "#f8f8f8",
    "editorWidget-border": "#c8c8c8",
    "input-background": "#ffffff",
    focusBorder: "#005fb8",
  },
  "vscode-dark": {
    "editor-background": "#1f1f1f",
    "editor-foreground": "#cccccc",
    foreground: "#cccccc",
    descriptionForeground: "#9d9d9d",
    "editorWidget-background": "#202020",
    "editorWidget-border": "#454545",
    "input-background": "#313131",
    focusBorder: "#0078d4",
  },
  "vscode-high-contrast": {
    "editor-background": "#000000",
    "editor-foreground": "#ffffff",
    foreground: "#ffffff",
    descriptionForeground: "#ffffffb3",
    "editorWidget-background": "#0c141f",
    "editorWidget-border": "#6fc3df",
    "input-background": "#000000",
    contrastBorder: "#6fc3df",
    focusBorder: "#f38518",
  },
} as const;

export type VSCodeTheme = keyof typeof themes;

/** What the extension lays around a widget: white, whatever the theme, and since 2025 some of Jupyter's names for colours. */
const style = `
body { margin: 0; padding: 0 26px; color: var(--vscode-editor-foreground); font: 13px var(--vscode-font-family); }
.cell-output-ipywidget-background { background: white !important; color: var(--vscode-editor-foreground);
  --jp-ui-font-family: var(--vscode-editor-font-family); --jp-ui-font-color1: var(--vscode-editor-foreground);
  --jp-ui-font-color2: var(--vscode-editor-foreground); }
.vscode-dark .cell-output-ipywidget-background { --jp-layout-color1: var(--vscode-input-background);
  --jp-layout-color2: var(--vscode-input-background); }`;

export interface VSCodeOptions {
  /** The manager: 7 is what the extension takes for a kernel that is not Python's, 8 for Python's with newer ipywidgets. */
  readonly manager: 7 | 8;
  /** Where anywidget's page code comes from: the environment of the kernel, or a CDN, which the user is asked about. */
  readonly anywidget: "environment" | "cdn";
  readonly theme?: VSCodeTheme;
}

export interface VSCodeNotebook extends Host {
  readonly problems: readonly string[];
  /** What was asked of the CDN. */
  asked(): Promise<readonly string[]>;
  /** Changes the theme, as a user does. */
  useTheme(theme: VSCodeTheme): Promise<void>;
}

export interface VSCode {
  /** Opens a notebook with these cells, none of them run. */
  open(cells: readonly string[], options: VSCodeOptions): Promise<VSCodeNotebook>;
}

/** To be called in a suite: one server and one browser for its tests. */
export function useVSCode(): VSCode {
  let home: Home | undefined;
  let folder = "";
  let browser: Browser | undefined;
  let lab: RunningLab | undefined;
  let webview = "";

  beforeAll(async () => {
    home = createHome();
    folder = mkdtempSync(join(tmpdir(), "cellwright-vscode-"));
    webview = await bundle(fileURLToPath(new URL("vscode-webview.ts", import.meta.url)));
    lab = await startLab(home, [], folder);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
    home?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    async open(cells, { manager, anywidget, theme = "vscode-light" }) {
      const page = await browser!.newPage({ viewport: { width: 1000, height: 900 } });
      // Its document comes from no machine, and may speak to this one all the same.
      await page.context().grantPermissions(["local-network-access"]);
      const problems = consoleProblems(page);
      const { url, token } = lab!;
      const root = `${url}vscode/`;
      const extensions = nbextensions();
      const modules = anywidget === "cdn" ? {} : modulesIn(extensions, root);
      const options: WebviewOptions = { server: url, token, manager: `${root}manager`, modules, cdn: `${root}cdn/` };
      const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>VS Code</title><link rel="icon" href="data:,">
<style>${style}</style><script src="requirejs"></script></head>
<body><main>${cells.map(() => `<div class="cell_container"></div>`).join("")}</main>
<script type="module">import { open } from "./webview"; globalThis.opened = open(${JSON.stringify(options)});</script></body></html>`;
      // The page is at the server's address: what it asks of the server needs no permission.
      await page.route(`${root}**`, (route) => {
        const path = decodeURIComponent(route.request().url().slice(root.length));
        if (path === "") return route.fulfill({ contentType: "text/html", body: html });
        const script = (body: string) => route.fulfill({ contentType: "text/javascript", body });
        if (path === "requirejs") return script(read(createRequire(import.meta.url).resolve("requirejs/require.js")));
        if (path === "webview") return script(webview);
        if (path === "manager") return script(read(vscodeManagers[manager - 7]!));
        // The package of this name on npm has the same file as the one that pip installs.
        const file = path.replace(/^cdn\/anywidget@0\/dist\/index\.js$/, "nbextensions/anywidget/index.js");
        return file.startsWith("nbextensions/") ? script(read(join(extensions, "..", file))) : route.abort();
      });
      await page.goto(root);
      await page.evaluate(paint, themeOf(theme));
      await page.evaluate(() => (globalThis as unknown as { opened: Promise<void> }).opened);
      const output = (index: number) => page.locator(".cell_container").nth(index);
      return {
        page,
        problems,
        output,
        run: (index) =>
          output(index).evaluate(
            (element, code) => (globalThis as unknown as { vscode: Notebook }).vscode.run(code, element as HTMLElement),
            cells[index]!,
          ),
        asked: () => page.evaluate(() => (globalThis as unknown as { vscode: Notebook }).vscode.asked),
        useTheme: (name) => page.evaluate(paint, themeOf(name)),
      };
    },
  };
}

const read = (file: string) => readFileSync(file, "utf8");

async function bundle(input: string): Promise<string> {
  const built = await rolldown({ input, platform: "browser", tsconfig: false, logLevel: "silent" });
  try {
    const { output } = await built.generate({ format: "esm", codeSplitting: false });
    return output[0].code;
  } finally {
    await built.close();
  }
}

/** The folder where packages of the tests' Python have put their page code. */
function nbextensions(): string {
  return join(dirname(pythonWith()!), "../share/jupyter/nbextensions");
}

/** The modules that the `extension.js` files of these folders name, as the extension reads them: it looks for the text, and runs nothing. */
function modulesIn(folder: string, root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder)) {
    let text: string;
    try {
      text = read(join(folder, name, "extension.js"));
    } catch {
      continue;
    }
    const settings = /requirejs\?\.config\(([^)]*)/.exec(text)?.[1] ?? "";
    for (const [, module, path] of settings.matchAll(/([\w-]+)["']?:\s*["'](nbextensions\/[^"']+)/g)) {
      found[module!] = root + path!;
    }
  }
  return found;
}

interface ThemeOnPage {
  readonly kind: string;
  readonly variables: Readonly<Record<string, string>>;
}

function themeOf(theme: VSCodeTheme): ThemeOnPage {
  const fonts = { "font-family": "system-ui, sans-serif", "editor-font-family": "monospace" };
  return { kind: theme, variables: { ...themes[theme], ...fonts } };
}

/** On the page: the class and attribute of the body and the variables of the root element that a theme of VS Code sets. */
function paint({ kind, variables }: ThemeOnPage): void {
  const { body, documentElement } = document;
  body.className = kind;
  body.dataset.vscodeThemeKind = kind;
  documentElement.removeAttribute("style");
  for (const [name, value] of Object.entries(variables)) documentElement.style.setProperty(`--vscode-${name}`, value);
  body.style.background = "var(--vscode-editor-background)";
}
