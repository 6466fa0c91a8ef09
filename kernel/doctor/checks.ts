/**
 * What is there and what is not. Each check answers in the same form: a state, what was found, and for what is missing
 * the words to type. A check never throws: something that cannot be asked is `missing` or `broken`, with the reason.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { listBackends } from "../../src/backend/index.ts";
import { kernelFolders, OWN_KERNEL, ownKernel } from "../client/kernelspec.ts";
import { launchKernel } from "../client/launch.ts";
import { ask, onPath } from "../lab/command-path.ts";
import { findJupyterLab, type JupyterLab } from "../lab/jupyter.ts";
import { isOurs, readArguments } from "../lab/kernelspec.ts";
import { findPython } from "../lab/python.ts";

export interface Check {
  readonly area: "node" | "kernel" | "python" | "jupyter" | "back end" | "gpu";
  readonly name: string;
  /** `broken`: it is there and does not work. */
  readonly state: "ok" | "missing" | "broken";
  /** What was found, or why it is not usable. */
  readonly detail: string;
  /** What to type to get it; only for what is not `ok`. */
  readonly advice?: string;
  /** Cellwright does not work without it. */
  readonly required: boolean;
}

/** Asks everything at once; a second or two, most of it Python starting. */
export async function runChecks(): Promise<Check[]> {
  const answers = await Promise.all([
    checkNode(),
    checkKernel(),
    checkPython(),
    checkJupyter(),
    checkBackends(),
    checkGpus(),
  ]);
  return answers.flat();
}

async function checkNode(): Promise<Check[]> {
  const detail = `${process.versions.node} at ${process.execPath}`;
  return [{ area: "node", name: "Node", state: "ok", detail, required: true }];
}

/** Starts the kernel and asks it who it is: the whole way, with the native sockets in it. */
async function checkKernel(): Promise<Check[]> {
  const base = { area: "kernel", name: "kernel", required: true } as const;
  try {
    const begun = performance.now();
    const kernel = await launchKernel({ argv: ownKernel().argv, startTimeout: 20_000 });
    const took = performance.now() - begun;
    await kernel.shutdown();
    return [{ ...base, state: "ok", detail: `starts and answers in ${took.toFixed(0)} ms` }];
  } catch (error) {
    const advice = "npm ci && npm run build";
    return [{ ...base, state: "broken", detail: (error as Error).message, advice }];
  }
}

async function checkPython(): Promise<Check[]> {
  const base = { area: "python", name: "Python", required: false } as const;
  const python = await findPython();
  if (python !== undefined) return [{ ...base, state: "ok", detail: `${python.version} at ${python.executable}` }];
  const advice = process.platform === "darwin" ? "brew install python" : "apt-get install python3 python3-venv";
  return [{ ...base, state: "missing", detail: "no Python 3.9 or newer on PATH; only JupyterLab needs it", advice }];
}

async function checkJupyter(): Promise<Check[]> {
  const { lab, rejected } = await findJupyterLab();
  return [describeLab(lab, rejected), ...(lab === undefined ? [] : [describeAnywidget(lab)]), ...installedKernels(lab)];
}

function describeLab(lab: JupyterLab | undefined, rejected: string | undefined): Check {
  const base = { area: "jupyter", name: "JupyterLab", required: false } as const;
  if (lab === undefined) {
    const detail =
      rejected ?? "no `jupyter` on PATH; `cellwright lab` downloads a private JupyterLab when it is first used";
    return { ...base, state: "missing", detail, advice: "pip install 'jupyterlab>=4' anywidget" };
  }
  const note = rejected === undefined ? "" : ` (not used: ${rejected})`;
  return {
    ...base,
    state: "ok",
    detail: `${lab.version}${lab.origin === "private" ? ", private," : ""} at ${lab.command}${note}`,
  };
}

function describeAnywidget(lab: JupyterLab): Check {
  const base = { area: "jupyter", name: "anywidget", required: false } as const;
  const folder = lab.paths.data
    .map((path) => join(path, "labextensions", "anywidget"))
    .find((path) => existsSync(path));
  if (folder !== undefined) return { ...base, state: "ok", detail: folder };
  return {
    ...base,
    state: "missing",
    detail: "interactive widgets will show as text",
    advice: "pip install anywidget",
  };
}

/** Kernelspecs of ours, wherever this Jupyter looks: one may name a Node that is gone. */
function installedKernels(lab: JupyterLab | undefined): Check[] {
  const base = { area: "jupyter", name: "kernelspec", required: false } as const;
  const folders = lab === undefined ? kernelFolders() : lab.paths.data.map((path) => join(path, "kernels"));
  const found = folders.map((folder) => join(folder, OWN_KERNEL)).filter(isOurs);
  if (found.length === 0) {
    const detail = "not installed; `cellwright lab` needs none, your own Jupyter and VS Code do";
    return [{ ...base, state: "missing", detail, advice: "cellwright install" }];
  }
  return found.map((folder) => {
    const gone = readArguments(folder).filter((word) => word.startsWith("/") && !existsSync(word));
    if (gone.length === 0) return { ...base, state: "ok", detail: folder };
    return {
      ...base,
      state: "broken",
      detail: `${folder} names ${gone.join(" and ")}: not there`,
      advice: "cellwright install",
    };
  });
}

async function checkBackends(): Promise<Check[]> {
  return listBackends().map(({ name, installed, version, reason, install }) => ({
    area: "back end",
    name,
    state: installed ? "ok" : "missing",
    detail: version === undefined ? reason : `${version}: ${reason}`,
    ...(install !== undefined && { advice: install }),
    required: name === "wasm",
  }));
}

async function checkGpus(): Promise<Check[]> {
  const base = { area: "gpu", name: "NVIDIA", required: false } as const;
  if (onPath("nvidia-smi") === undefined) {
    const detail = "no nvidia-smi on PATH; training runs on the processor";
    return [{ ...base, state: "missing", detail, advice: "install NVIDIA's driver, where there is such a card" }];
  }
  const answer = await ask("nvidia-smi", ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"], {
    timeout: 10_000,
  });
  if (answer === undefined || answer === "") {
    return [{ ...base, state: "broken", detail: "nvidia-smi names no GPU", advice: "nvidia-smi (it says why)" }];
  }
  return answer.split("\n").map((line) => {
    const [name, memory, driver] = line.split(", ");
    return { ...base, state: "ok", detail: `${name}, ${memory}, driver ${driver}` };
  });
}
