/**
 * The command line as a user has it: the built one, in a process of its own, in a home folder of its own.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectFolder = fileURLToPath(new URL("../../", import.meta.url));
export const fixturesFolder = join(projectFolder, "tests/fixtures");

let command: string | undefined;

/** The path of the built command; builds it when a source has changed. */
export function builtCommand(): string {
  if (command === undefined) {
    const built = spawnSync(process.execPath, [join(projectFolder, "scripts/prepare.mjs")], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(`the build failed:\n${built.stderr}`);
    command = join(projectFolder, "dist/kernel/cli/main.js");
  }
  return command;
}

export interface Home {
  readonly folder: string;
  /** Variables that keep a process to this home. */
  readonly environment: NodeJS.ProcessEnv;
  remove(): void;
}

/** An empty home folder, and an environment that names no Jupyter and no Python environment of the machine. */
export function createHome(environment: NodeJS.ProcessEnv = {}): Home {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-home-"));
  mkdirSync(join(folder, "tmp"));
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(JUPYTER|XDG_|VIRTUAL_ENV|CONDA|CELLWRIGHT|CI$|npm_|VITEST|NODE_OPTIONS|DISPLAY|WAYLAND)/.test(name),
  );
  return {
    folder,
    environment: { ...Object.fromEntries(kept), HOME: folder, TMPDIR: join(folder, "tmp"), ...environment },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly environment?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs `cellwright ARGS` to its end; its output is no terminal. */
export function cellwright(args: readonly string[], settings: RunSettings = {}): Promise<Outcome> {
  const child = startCellwright(args, settings);
  return new Promise((resolve) => {
    const output = { stdout: "", stderr: "" };
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      output.stderr += text;
    });
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

/** Starts `cellwright ARGS` and returns at once. */
export function startCellwright(args: readonly string[], settings: RunSettings = {}): ChildProcess {
  return spawn(process.execPath, [builtCommand(), ...args], {
    env: settings.environment ?? process.env,
    cwd: settings.cwd ?? projectFolder,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Asks until the answer is true; false when it never is. */
export async function eventually(question: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  for (const begun = performance.now(); performance.now() - begun < milliseconds; ) {
    if (await question()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return question();
}

/** Whether a process runs; one that has ended and only waits to be counted (a zombie) does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
