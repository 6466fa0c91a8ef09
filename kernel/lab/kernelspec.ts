/**
 * The kernelspec: the folder by which Jupyter knows a kernel ("Making kernels for Jupyter": kernel.json beside its
 * logos). It names node and the supervisor by absolute paths: an editor started from a desktop has another PATH than a
 * shell, and a bare `node` is then not found.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CellwrightError } from "../../src/errors.ts";
import { OWN_KERNEL, ownKernel } from "../client/kernelspec.ts";
import { version } from "../version.ts";

export const displayName = "Cellwright (TypeScript)";

const assets = fileURLToPath(new URL("../assets/", import.meta.url));
const logos = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"];

export interface KernelspecOptions {
  /** As a user sees it in a launcher; default "Cellwright (TypeScript)". */
  readonly displayName?: string | undefined;
}

/** The content of kernel.json. `metadata.cellwright` marks it as ours. */
export function kernelspec(options: KernelspecOptions = {}): Record<string, unknown> {
  return {
    argv: ownKernel().argv,
    display_name: options.displayName ?? displayName,
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: true, cellwright: version },
  };
}

/**
 * Writes the kernelspec's folder `kernels/name`, replacing an older one of ours as a whole, and returns its path.
 *
 * Throws CW_KERNELSPEC_NAME for a name that Jupyter would not accept, CW_KERNELSPEC_FOREIGN when a kernel of somebody
 * else has that name, and CW_NOT_WRITABLE when the folder cannot be written.
 *
 * @example
 * writeKernelspec(join(homedir(), ".local/share/jupyter/kernels"));
 */
export function writeKernelspec(kernels: string, name: string = OWN_KERNEL, options: KernelspecOptions = {}): string {
  const folder = join(kernels, checkName(name));
  if (existsSync(folder) && !isOurs(folder)) throw foreign(folder);
  const content = `${JSON.stringify(kernelspec(options), null, 2)}\n`;
  const temporary = join(kernels, `.${name}-${process.pid}`);
  const old = `${temporary}-old`;
  try {
    makeFolders(temporary);
    writeFileSync(join(temporary, "kernel.json"), content);
    for (const logo of logos) copyFileSync(join(assets, logo), join(temporary, logo));
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(temporary, folder);
  } catch (error) {
    if (!existsSync(folder) && existsSync(old)) renameSync(old, folder);
    throw notWritable(kernels, error as NodeJS.ErrnoException);
  } finally {
    discard(temporary);
    discard(old);
  }
  return folder;
}

/**
 * Removes the kernelspec's folder and returns its path.
 *
 * Throws CW_NOT_INSTALLED when there is none, CW_KERNELSPEC_FOREIGN when it is not ours, CW_NOT_WRITABLE.
 */
export function removeKernelspec(kernels: string, name: string = OWN_KERNEL): string {
  const folder = join(kernels, checkName(name));
  if (!existsSync(folder)) {
    throw new CellwrightError(
      "CW_NOT_INSTALLED",
      `there is no kernel at ${folder}; \`jupyter kernelspec list\` shows all`,
    );
  }
  if (!isOurs(folder)) throw foreign(folder);
  try {
    rmSync(folder, { recursive: true });
  } catch (error) {
    throw notWritable(kernels, error as NodeJS.ErrnoException);
  }
  return folder;
}

function discard(folder: string): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}

/** Like `mkdirSync` with `recursive`, which on Linux never returns below /proc. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was faster
  }
}

function checkName(name: string): string {
  // jupyter_client's own pattern; it looks names up in lower case.
  if (/^[a-z0-9._-]+$/.test(name) && !/^\.+$/.test(name)) return name;
  throw new CellwrightError(
    "CW_KERNELSPEC_NAME",
    `expected a name of lower-case letters, digits, '.', '_' and '-', got ${JSON.stringify(name)}`,
  );
}

/** True when the kernelspec in this folder was written by us; one that cannot be read was not. */
export function isOurs(folder: string): boolean {
  return readKernelspec(folder)?.metadata?.cellwright !== undefined;
}

/** The command of the kernelspec in this folder; empty when it cannot be read. */
export function readArguments(folder: string): readonly string[] {
  return readKernelspec(folder)?.argv ?? [];
}

function readKernelspec(folder: string): { argv?: string[]; metadata?: { cellwright?: unknown } } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
  } catch {
    return undefined;
  }
}

function foreign(folder: string): CellwrightError {
  return new CellwrightError(
    "CW_KERNELSPEC_FOREIGN",
    `${folder} holds a kernel that is not Cellwright's; choose another one with --name`,
  );
}

function notWritable(kernels: string, error: NodeJS.ErrnoException): CellwrightError {
  const why =
    error.code === "EACCES" || error.code === "EPERM" || error.code === "EROFS" ? "it is not writable" : error.message;
  return new CellwrightError("CW_NOT_WRITABLE", `${kernels}: ${why}; try --user or --prefix DIR`, { cause: error });
}
