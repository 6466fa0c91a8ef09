/**
 * A private Python environment in the user's cache folder, for people who have Python but no JupyterLab. It is made once
 * with the standard library's `venv` and with pip, under a temporary name, and renamed when complete: whatever is found
 * under the final name is whole, and two commands that make it at once do no harm. An environment is not made to be
 * moved, so the temporary path is replaced in the few text files that hold it (the scripts in `bin`, `pyvenv.cfg`).
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import { cacheFolder } from "./cache.ts";
import { isAlive } from "./processes.ts";
import { askPython, type Python } from "./python.ts";

export interface PrivateEnvironment {
  /** Part of the folder's name. */
  readonly name: string;
  /** pip requirements; another list is another environment. */
  readonly requirements: readonly string[];
}

/** What `cellwright lab` needs: majors are pinned, pip picks the newest below the next one. */
export const labEnvironment: PrivateEnvironment = {
  name: "lab",
  requirements: ["jupyterlab>=4,<5", "anywidget>=0.9,<1"],
};

/** Where this environment is, or would be. */
export function environmentFolder(environment: PrivateEnvironment): string {
  const hash = createHash("sha256").update(environment.requirements.join("\n")).digest("hex").slice(0, 8);
  return join(cacheFolder(), "python", `${environment.name}-${hash}`);
}

const executableIn = (folder: string) =>
  process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");

/** The Python of this environment when it is complete and still runs, else undefined. */
export async function findEnvironment(environment: PrivateEnvironment): Promise<string | undefined> {
  const folder = environmentFolder(environment);
  const made = readComplete(folder);
  if (made === undefined) return undefined;
  // An upgrade of the Python it was made with leaves the environment without its packages.
  const now = await askPython(executableIn(folder));
  const minor = (version: string) => version.split(".").slice(0, 2).join(".");
  return now !== undefined && minor(now.version) === minor(made.version) ? executableIn(folder) : undefined;
}

function readComplete(folder: string): { version: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "complete.json"), "utf8")) as { version: string };
  } catch {
    return undefined;
  }
}

export interface MakeEnvironmentOptions {
  /** Told what pip is doing, a few words at a time. */
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the environment, replacing one that no longer works, and returns its Python.
 *
 * Throws CW_PYTHON_NO_VENV when this Python cannot make environments (Debian ships that part apart) and
 * CW_PYTHON_INSTALL when pip fails, with pip's own last words.
 */
export async function makeEnvironment(
  environment: PrivateEnvironment,
  python: Python,
  options: MakeEnvironmentOptions = {},
): Promise<string> {
  const { onProgress = () => {}, signal } = options;
  const folder = environmentFolder(environment);
  const temporary = `${folder}.making-${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandoned(dirname(folder));
  try {
    onProgress("creating it");
    const made = await run(python.executable, ["-m", "venv", temporary], () => {}, signal);
    if (made.code !== 0) throw noVenv(python, made.output);
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"];
    const phases = pipPhases(onProgress);
    const installed = await run(executableIn(temporary), [...pip, ...environment.requirements], phases, signal);
    if (installed.code !== 0) throw pipFailed(environment, installed.output);
    relocate(temporary, folder);
    writeFileSync(join(temporary, "complete.json"), JSON.stringify({ version: python.version }));
    await replace(temporary, folder, environment);
    return executableIn(folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function replace(temporary: string, folder: string, environment: PrivateEnvironment): Promise<void> {
  // Another process may have finished first; its environment is as good, and may be in use already.
  if ((await findEnvironment(environment)) !== undefined) return;
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const maker = /\.making-(\d+)$/.exec(name);
    if (maker !== null && !isAlive(Number(maker[1]))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Replaces the temporary path in the text files that hold it. */
function relocate(from: string, to: string): void {
  const scripts = dirname(executableIn(from));
  const files = [join(from, "pyvenv.cfg"), ...readdirSync(scripts).map((name) => join(scripts, name))];
  for (const file of files) {
    const isText = existsSync(file) && statSync(file).isFile() && statSync(file).size < 100_000;
    if (!isText || /\.exe$/.test(file)) continue;
    const content = readFileSync(file, "utf8");
    if (content.includes(from)) writeFileSync(file, content.replaceAll(from, to));
  }
}

/** Turns pip's many lines into a few words: what it is doing, and how many packages it has seen. */
function pipPhases(onProgress: (text: string) => void): (line: string) => void {
  const packages = new Set<string>();
  return (line) => {
    const collected = /^Collecting ([A-Za-z0-9._-]+)/.exec(line);
    if (collected !== null) packages.add(collected[1]!.toLowerCase());
    if (collected !== null) onProgress(`downloading package ${packages.size}`);
    const installing = /^Installing collected packages: (.*)/.exec(line);
    if (installing !== null) onProgress(`installing ${installing[1]!.split(",").length} packages`);
  };
}

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

function run(
  command: string,
  args: readonly string[],
  onLine: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...(signal ? { signal } : {}) });
    let output = "";
    let rest = "";
    const onData = (chunk: string) => {
      output = (output + chunk).slice(-20_000);
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line.trim());
    };
    child.stdout.setEncoding("utf8").on("data", onData);
    child.stderr.setEncoding("utf8").on("data", onData);
    child.on("error", (error) => (signal?.aborted ? reject(error) : resolve({ code: 1, output: error.message })));
    child.on("close", (code) => resolve({ code, output }));
  });
}

function noVenv(python: Python, output: string): CellwrightError {
  const minor = python.version.split(".").slice(0, 2).join(".");
  const advice = /ensurepip|No module named venv/.test(output)
    ? `on Debian or Ubuntu: apt-get install python3-venv (or python${minor}-venv)`
    : output.trim().split("\n").at(-1);
  return new CellwrightError(
    "CW_PYTHON_NO_VENV",
    `${python.executable} (${python.version}) cannot make a private environment; ${advice}`,
  );
}

function pipFailed({ requirements }: PrivateEnvironment, output: string): CellwrightError {
  const lines = output.trim().split("\n");
  const errors = lines.filter((line) => /^ERROR:/.test(line));
  const said = (errors.length > 0 ? errors : lines).slice(-3).join("\n");
  return new CellwrightError("CW_PYTHON_INSTALL", `pip could not install ${requirements.join(", ")}:\n${said}`);
}
