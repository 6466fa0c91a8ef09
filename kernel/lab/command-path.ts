/**
 * Finding and asking other programs: a command on PATH, and what it prints. Nothing here goes through a shell, so no
 * path or argument is ever read as more than itself.
 */
import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const suffixes = process.platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];

/** Every executable of this name on PATH, in PATH's order. */
export function allOnPath(name: string, environment: NodeJS.ProcessEnv = process.env): string[] {
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const paths = folders.flatMap((folder) => suffixes.map((suffix) => join(folder, name + suffix)));
  return [...new Set(paths)].filter(isExecutable);
}

/** The executable of this name that a shell would start, or undefined. */
export function onPath(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return allOnPath(name, environment)[0];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export interface AskOptions {
  /** Default: this process's. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds after which the program is stopped; default 30,000. */
  readonly timeout?: number;
}

/** What the program prints on stdout, trimmed; undefined when it fails, is missing or takes too long. */
export function ask(command: string, args: readonly string[], options: AskOptions = {}): Promise<string | undefined> {
  const { environment = process.env, timeout = 30_000 } = options;
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { env: environment, timeout, killSignal: "SIGKILL", windowsHide: true },
      (error, stdout) => {
        resolve(error === null ? stdout.trim() : undefined);
      },
    );
  });
}
