// Kernelspecs: how a kernel is started, by name. Source: "Making kernels for Jupyter" and "Jupyter's common directories
// and file locations" (Jupyter documentation). Our own kernel needs no installed spec: it is started by its absolute
// path with the Node that runs us.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CellwrightError } from "../../src/errors.ts";

export interface KernelSpec {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interruptMode: "signal" | "message";
}

/** The name under which our own kernel is installed. */
export const OWN_KERNEL = "cellwright";

/** How to start our own kernel: the built supervisor, under this Node. */
export function ownKernel(): KernelSpec {
  const here = import.meta.url;
  const relative = here.endsWith(".ts") ? "../../dist/kernel/supervisor/main.js" : "../supervisor/main.js";
  const main = fileURLToPath(new URL(relative, here));
  if (!existsSync(main)) {
    throw new CellwrightError("CW_KERNEL_NOT_BUILT", `expected the kernel at ${main}, found none; run npm run build`);
  }
  return {
    name: OWN_KERNEL,
    displayName: "Cellwright (TypeScript)",
    language: "typescript",
    argv: [process.execPath, main, "{connection_file}"],
    env: {},
    interruptMode: "message",
  };
}

/** The kernelspec of that name; `cellwright` is always our own kernel, installed or not. */
export function findKernel(name: string = OWN_KERNEL): KernelSpec {
  if (name === OWN_KERNEL) return ownKernel();
  if (!/^[a-z0-9._-]+$/i.test(name)) {
    throw new CellwrightError("CW_KERNEL_NAME", `expected a kernel's name, got ${JSON.stringify(name)}`);
  }
  for (const folder of kernelFolders()) {
    const resource = join(folder, name);
    const file = join(resource, "kernel.json");
    if (existsSync(file)) return readSpec(name, resource, file);
  }
  const known = [OWN_KERNEL, ...listKernels()].join(", ");
  throw new CellwrightError(
    "CW_KERNEL_NAME",
    `expected an installed kernel, got ${JSON.stringify(name)}; known: ${known}`,
  );
}

/** Names of the installed kernels, ours left out. */
export function listKernels(): string[] {
  const names = new Set<string>();
  for (const folder of kernelFolders()) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      if (name !== OWN_KERNEL && existsSync(join(folder, name, "kernel.json"))) names.add(name);
    }
  }
  return [...names].sort();
}

/** Where Jupyter looks for kernelspecs, first match wins. */
export function kernelFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const paths: string[] = [];
  const add = (...parts: Array<string | undefined>) => {
    const [first, ...rest] = parts;
    if (first !== undefined && first !== "") paths.push(join(first, ...(rest as string[]), "kernels"));
  };
  for (const path of (env.JUPYTER_PATH ?? "").split(delimiter)) add(path);
  for (const prefix of [env.VIRTUAL_ENV, env.CONDA_PREFIX]) add(prefix, "share", "jupyter");
  if (env.JUPYTER_DATA_DIR) add(env.JUPYTER_DATA_DIR);
  else if (process.platform === "win32") add(env.APPDATA, "jupyter");
  else if (process.platform === "darwin") add(homedir(), "Library", "Jupyter");
  else add(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
  add(jupyterPrefix(env), "share", "jupyter");
  if (process.platform === "win32") add(env.PROGRAMDATA, "jupyter");
  else for (const prefix of ["/usr/local", "/usr"]) add(prefix, "share", "jupyter");
  return [...new Set(paths)];
}

/** The environment of the first `jupyter` on the path, which need not be activated. */
function jupyterPrefix(env: NodeJS.ProcessEnv): string | undefined {
  const command = process.platform === "win32" ? "jupyter.exe" : "jupyter";
  const folder = (env.PATH ?? "").split(delimiter).find((path) => path !== "" && existsSync(join(path, command)));
  return folder === undefined ? undefined : dirname(folder);
}

function readSpec(name: string, resource: string, file: string): KernelSpec {
  const fail = (problem: string): never => {
    throw new CellwrightError("CW_KERNEL_SPEC", `${file}: ${problem}; install the kernel again`);
  };
  let spec: Record<string, unknown>;
  try {
    spec = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (error) {
    return fail(`expected JSON, got something else: ${(error as Error).message}`);
  }
  const { argv, env = {}, language = "", display_name = name, interrupt_mode = "signal" } = spec;
  if (!Array.isArray(argv) || argv.length === 0 || argv.some((part) => typeof part !== "string")) {
    return fail(`expected argv to be a list of strings, got ${JSON.stringify(argv)}`);
  }
  if (typeof env !== "object" || env === null) return fail("expected env to be an object");
  return {
    name,
    displayName: String(display_name),
    language: String(language),
    argv: (argv as string[]).map((part) => part.replaceAll("{resource_dir}", resource)),
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, expand(String(value))])),
    interruptMode: interrupt_mode === "message" ? "message" : "signal",
  };
}

/** `${NAME}` in a kernelspec's environment means this process's variable. */
function expand(value: string): string {
  return value.replace(/\$\{(\w+)\}/g, (whole, name: string) => process.env[name] ?? whole);
}
