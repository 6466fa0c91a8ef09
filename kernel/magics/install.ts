// `%install NAME…`: npm puts packages into the notebook's folder. The download is what this command is for, and it says so
// while it works. Scripts that packages would run on installation are not run.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import { escapeHtml } from "../display/escape.ts";
import { Rendered } from "../display/templates.ts";
import type { Magic } from "./magic.ts";
import { formatDuration } from "./time.ts";

const { clearInterval, JSON, performance, process, Promise, setInterval } = globalThis;

const OPTIONS = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=http"];
const DRAW = 250; // milliseconds

export const magic: Magic = async (argument, { folder, displays, cell, importer }) => {
  const names = argument.split(/\s+/).filter((word) => word !== "");
  const bad = names.find((name) => !/^[@\w.~/][^\s;|&<>$`]*$/.test(name));
  if (names.length === 0 || bad !== undefined) {
    const got = bad === undefined ? "nothing" : bad;
    throw new CellwrightError(
      "CW_MAGIC_USAGE",
      `expected names of npm packages, as in %install left-pad@1, got ${got}`,
    );
  }
  const manifest = join(folder, "package.json");
  const isNew = !existsSync(manifest);
  if (isNew) await writeFile(manifest, `${JSON.stringify({ private: true }, undefined, 2)}\n`, { flag: "wx" });

  const start = performance.now();
  const lines: string[] = [];
  const what = names.join(", ");
  const handle = displays.display(note(`installing ${what} with npm: downloads into ${join(folder, "node_modules")}`));
  const timer = setInterval(() => {
    const files = lines.filter((line) => / http (fetch|cache) /.test(line)).length;
    handle.update(note(`installing ${what}: ${files} files read, ${formatDuration(performance.now() - start)}`));
  }, DRAW);
  try {
    const code = await runNpm(["install", ...OPTIONS, "--prefix", folder, "--", ...names], folder, cell.signal, lines);
    if (code !== 0) throw new CellwrightError("CW_INSTALL_FAILED", explain(lines, names));
  } catch (error) {
    handle.update(note(`${what} could not be installed`));
    if (isNew) await rm(manifest, { force: true });
    throw error;
  } finally {
    clearInterval(timer);
  }
  const versions = await installedVersions(folder, names);
  const stale = versions.map(({ name }) => name).filter((name) => importer.hasImported(name));
  const restart =
    stale.length === 0 ? "" : `; ${stale.join(", ")} was imported before: restart the kernel to have this version`;
  const list = versions.map(({ name, version }) => `${name} ${version}`).join(", ");
  const made = isNew ? "; package.json made" : "";
  handle.update(note(`installed ${list || what} in ${formatDuration(performance.now() - start)}${made}${restart}`));
  handle.flush();
};

const note = (text: string) => new Rendered({ "text/html": `<i>${escapeHtml(text)}</i>`, "text/plain": text });

function runNpm(words: readonly string[], folder: string, signal: AbortSignal, lines: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const windows = process.platform === "win32";
    const child: ChildProcess = spawn(windows ? "npm.cmd" : "npm", [...words], {
      cwd: folder,
      shell: windows,
      signal,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => void lines.push(...text.split("\n").filter(Boolean)));
    }
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") reject(error);
      else
        reject(
          new CellwrightError(
            "CW_INSTALL_FAILED",
            "npm was not found; it comes with Node, and must be in a folder of PATH",
          ),
        );
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** npm's own words, after a sentence for the usual causes. */
function explain(lines: readonly string[], names: readonly string[]): string {
  const errors = lines
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/A complete log of this run|_logs/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!) ?/, ""))
    .filter((line) => line.trim() !== "");
  const text = errors.join("\n");
  const all = names.join(", ");
  if (/\bE404\b/.test(text)) return `the registry has no package ${all}; check the name\n${text}`;
  if (/\bETARGET\b/.test(text)) return `the registry has no such version of ${all}\n${text}`;
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/.test(text)) {
    return `the package registry cannot be reached; ${all} is not installed\n${text}`;
  }
  return `npm could not install ${all}\n${text || lines.slice(-5).join("\n")}`;
}

async function installedVersions(
  folder: string,
  names: readonly string[],
): Promise<{ readonly name: string; readonly version: string }[]> {
  const found = [];
  for (const spec of names) {
    const name = /^(@[^/]+\/)?[^@/]+/.exec(spec)?.[0];
    if (name === undefined) continue;
    try {
      const text = await readFile(join(folder, "node_modules", name, "package.json"), "utf8");
      found.push({ name, version: String((JSON.parse(text) as { version?: unknown }).version) });
    } catch {} // a folder or an address: npm knows its name, we need not
  }
  return found;
}
