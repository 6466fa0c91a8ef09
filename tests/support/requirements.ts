/**
 * What some tests need beyond Node: Chromium, a Python with Jupyter, VS Code's widget managers, a data package, Redis, a back end. Such a
 * test says so and is skipped where the thing is missing, with a line that says what to install. In CI (the variable `CI` is set) a
 * missing thing fails the test instead: a suite that silently shrinks is not a suite.
 *
 *     describeWith(["python", "chromium"], "the quickstart in JupyterLab", () => { test("…", …) });
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { cacheFolder } from "../../kernel/lab/cache.ts";
import { listBackends } from "../../src/backend/candidates.ts";
import vscodePackages from "./vscode.json" with { type: "json" };

/** `python`: one with JupyterLab, anywidget, ipykernel, nbclient. `python:NAME`: that module as well. */
export type Need =
  | "chromium"
  | "python"
  | `python:${string}`
  | "fashion-mnist"
  | "redis"
  | "tfjs-node"
  | "vscode"
  | "webgpu";

const jupyterModules = ["jupyterlab", "jupyter_client", "anywidget", "ipykernel", "nbclient"];

/** The first executable of these names on PATH, or undefined. */
export function onPath(...names: string[]): string | undefined {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  return undefined;
}

/** Chromium for playwright-core: `CELLWRIGHT_CHROMIUM`, or the system's own. */
export const chromium: string | undefined =
  process.env.CELLWRIGHT_CHROMIUM ?? onPath("chromium", "chromium-browser", "google-chrome");

/** The arguments Chromium needs in a container without a display, a GPU, or a way out. */
export const chromiumArguments = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function pythonCandidates(): string[] {
  const candidates: (string | undefined)[] = [process.env.CELLWRIGHT_PYTHON];
  const environments = join(cacheFolder(), "python");
  if (existsSync(environments)) {
    // "tests-…" sorts after "lab-…", and has the more modules: look there first.
    for (const name of readdirSync(environments).sort().reverse()) {
      if (existsSync(join(environments, name, "complete.json")))
        candidates.push(join(environments, name, "bin/python"));
    }
  }
  candidates.push(onPath("python3"));
  return candidates.filter((candidate) => candidate !== undefined);
}

function hasModules(executable: string, modules: readonly string[]): boolean {
  const script = `import importlib.util as u, sys; sys.exit(any(u.find_spec(n) is None for n in sys.argv[1:]))`;
  return spawnSync(executable, ["-c", script, ...modules], { stdio: "ignore" }).status === 0;
}

const found = new Map<string, string | undefined>();

/** A Python that has Jupyter and the modules named, or undefined. Asked once for each set of names. */
export function pythonWith(...modules: string[]): string | undefined {
  const key = modules.join(" ");
  if (!found.has(key)) {
    const wanted = [...jupyterModules, ...modules];
    found.set(
      key,
      pythonCandidates().find((candidate) => hasModules(candidate, wanted)),
    );
  }
  return found.get(key);
}

/** Node executables to test on: the one running, and the current one of the npm package `node` where it is another. */
export const nodes: readonly { readonly name: string; readonly path: string }[] = [
  process.execPath,
  fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url)),
]
  .filter((path) => existsSync(path))
  .map((path) => ({ name: `node ${spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.trim()}`, path }))
  .filter(({ name }, index, all) => all.findIndex((other) => other.name === name) === index);

/** The code with which VS Code shows widgets, for kernels with ipywidgets 7 (and for those that are not Python's) and 8. */
export const vscodeManagers: readonly string[] = vscodePackages.map(({ name, version }) =>
  join(cacheFolder(), "vscode", `${basename(name)}-${version}.js`),
);

/** Undefined when the need is met, else what to install, as one line. */
export function missing(need: Need): string | undefined {
  if (need === "chromium") {
    return chromium === undefined ? "Chromium is not installed; on Debian: apt-get install chromium" : undefined;
  }
  if (need === "fashion-mnist") {
    const there = existsSync("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz");
    return there ? undefined : "Fashion-MNIST is not installed; on Debian: apt-get install dataset-fashion-mnist";
  }
  if (need === "redis") {
    return onPath("redis-server") === undefined
      ? "Redis is not installed; on Debian: apt-get install redis-server"
      : undefined;
  }
  if (need === "vscode") {
    return vscodeManagers.every((path) => existsSync(path))
      ? undefined
      : "VS Code's widget managers are not there; fetch them: node scripts/test-vscode.mjs";
  }
  if (need === "tfjs-node" || need === "webgpu") return missingBackend(need);
  const modules = need === "python" ? [] : [need.slice("python:".length)];
  if (pythonWith(...modules) !== undefined) return undefined;
  const what = modules.length > 0 ? ` and ${modules[0]}` : "";
  return `there is no Python with JupyterLab${what}; make one: node scripts/test-python.mjs (or set CELLWRIGHT_PYTHON)`;
}

function missingBackend(name: "tfjs-node" | "webgpu"): string | undefined {
  const { installed, reason } = listBackends().find((backend) => backend.name === name)!;
  if (!installed) return `${reason}; install it: node scripts/test-backends.mjs`;
  if (name === "tfjs-node" || process.platform !== "linux") return undefined;
  // Where there is no graphics processor, the driver that Debian's Chromium brings along computes on the processor.
  const device = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"].some((path) => existsSync(path));
  const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
  if (!device && existsSync(driver)) process.env.VK_DRIVER_FILES ??= driver;
  const folders = ["/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
  const loader = folders.some((folder) => existsSync(join(folder, "libvulkan.so.1")));
  if (loader && (device || process.env.VK_DRIVER_FILES !== undefined)) return undefined;
  return "there is no Vulkan, or no device for it; on Debian: apt-get install libvulkan1 chromium";
}

/** `describe` for tests with needs: skipped with a line where one is missing, failing there in CI. */
export function describeWith(needs: readonly Need[], title: string, body: () => void): void {
  const reasons = needs.map(missing).filter((reason) => reason !== undefined);
  if (reasons.length === 0) {
    describe(title, body);
    return;
  }
  describe(title, () => {
    test(`skipped: ${reasons.join("; ")}`, (context) => {
      if (process.env.CI) throw new Error(reasons.join("; "));
      context.skip(reasons.join("; "));
    });
  });
}
