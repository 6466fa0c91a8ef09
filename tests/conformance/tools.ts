// A folder in which Python's Jupyter tools find our kernel, and papermill our package: installed from `kernel/papermill`
// with pip, as a user would, but beside the environment instead of into it, so that the tests see the sources as they are.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeKernelspec } from "../../kernel/lab/kernelspec.ts";
import type { Outcome } from "../support/command.ts";
import { projectFolder } from "../support/command.ts";
import type { Need } from "../support/requirements.ts";
import { pythonWith } from "../support/requirements.ts";

const modules = ["papermill", "hatchling", "nbconvert", "jupytext"];
export const toolNeeds: readonly Need[] = ["python", ...modules.map((name): Need => `python:${name}`)];

export interface Tools {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** `python -m ARGS` to its end. */
  python(args: readonly string[], options?: { readonly cwd?: string; readonly input?: string }): Promise<Outcome>;
  /** `jupyter ARGS`. */
  jupyter(args: readonly string[]): Promise<Outcome>;
  installPackage(): Promise<void>;
  remove(): void;
}

export function makeTools(): Tools {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-tools-"));
  const packages = join(folder, "packages");
  const executable = pythonWith(...modules) ?? "python3";
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    JUPYTER_PATH: folder,
    PYTHONPATH: packages,
    PYTHONUTF8: "1",
    PYTHONWARNINGS: "ignore",
  };
  writeKernelspec(join(folder, "kernels"));
  const run = (command: string, args: readonly string[], cwd = folder, input?: string) => {
    const stdin = input === undefined ? "ignore" : "pipe"; // papermill takes a pipe for the notebook
    const child = spawn(command, args, { cwd, env: environment, stdio: [stdin, "pipe", "pipe"] });
    child.stdin?.end(input);
    return outcome(child);
  };
  const python: Tools["python"] = (args, { cwd, input } = {}) => run(executable, args, cwd, input);
  return {
    folder,
    environment,
    python,
    jupyter: (args) => run(join(dirname(executable), "jupyter"), args),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
    async installPackage() {
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"];
      const source = join(projectFolder, "kernel/papermill");
      const { code, stderr } = await python([...pip, "--no-build-isolation", "--target", packages, source]);
      if (code !== 0) throw new Error(`kernel/papermill does not install:\n${stderr}`);
    },
  };
}

function outcome(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]!.setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}
