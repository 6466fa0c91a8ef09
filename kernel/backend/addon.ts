/**
 * tfjs-node's native add-on: its authors' release, or compiled here.
 *
 * The add-on is 100 kB of C++ over Node-API and TensorFlow's C interface, both stable, so one compilation serves every Node from 20
 * on and any TensorFlow 2. Its authors' script fetches a ready one and TensorFlow 2.9.1 from a store of theirs, which not every
 * network reaches: that is asked first, once, with a short patience.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import { onPath } from "../lab/command-path.ts";
import { lastWords, runProgram } from "./run-program.ts";
import { librariesOf, type TensorFlow } from "./tensorflow.ts";

const PATIENCE = 4000;

/** Why the authors' release cannot be had here; undefined where it can. */
export async function authorsReleaseProblem(packageFolder: string): Promise<string | undefined> {
  const { binary } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    binary?: { host?: string };
  };
  if (binary?.host === undefined) return "the package names no store";
  try {
    await fetch(binary.host, { method: "HEAD", signal: AbortSignal.timeout(PATIENCE) });
    return undefined;
  } catch (error) {
    const { cause, message } = error as Error;
    return `${new URL(binary.host).host} does not answer (${cause instanceof Error ? cause.message : message})`;
  }
}

/** Runs the authors' install script. Returns what went wrong, or undefined. */
export async function installAuthorsRelease(
  folder: string,
  packageName: string,
  onProgress: (text: string) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  onProgress("the authors' release: downloading");
  const npm = await runProgram("npm", ["rebuild", packageName, "--foreground-scripts"], { folder, signal });
  return npm.code === 0 ? undefined : lastWords(npm.output, 1);
}

/** The compiler to use. @throws CW_COMPILER_MISSING where there is none */
export function findCompiler(): string {
  const compiler = onPath("g++") ?? onPath("clang++") ?? onPath("c++");
  if (compiler !== undefined) return compiler;
  throw new CellwrightError(
    "CW_COMPILER_MISSING",
    "there is no C++ compiler; on Debian or Ubuntu: apt-get install g++",
  );
}

/**
 * Compiles the add-on of the package in `packageFolder` against a TensorFlow; `headers` is Node-API's include folder.
 *
 * @throws CW_ADDON_COMPILE, with the compiler's first errors
 */
export async function compileAddon(
  packageFolder: string,
  headers: string,
  tensorflow: TensorFlow,
  compiler: string,
  signal?: AbortSignal,
): Promise<void> {
  // The linker wants names without a version.
  const links = join(packageFolder, "link");
  mkdirSync(links, { recursive: true });
  for (const library of librariesOf(tensorflow)) {
    symlinkSync(library, join(links, library.slice(library.lastIndexOf("/") + 1).replace(/\.2$/, "")));
  }
  const output = join(packageFolder, "lib", "napi-v8");
  mkdirSync(output, { recursive: true });
  const include = [headers, join(tensorflow.folder, "include"), ".", ".."].map((path) => `-I${path}`);
  const result = await runProgram(
    compiler,
    [
      ...["-std=c++17", "-O2", "-fPIC", "-shared", "-w", "-DNAPI_VERSION=8", "-DBUILDING_NODE_EXTENSION", ...include],
      ...["binding/tfjs_backend.cc", "binding/tfjs_binding.cc"],
      ...[`-L${links}`, "-ltensorflow_cc", "-ltensorflow_framework", `-Wl,-rpath,${tensorflow.folder}`],
      ...["-o", join(output, "tfjs_binding.node")],
    ],
    { folder: packageFolder, signal },
  );
  rmSync(links, { recursive: true, force: true });
  if (result.code === 0) return;
  throw new CellwrightError(
    "CW_ADDON_COMPILE",
    `${compiler} could not compile tfjs-node's add-on against TensorFlow ${tensorflow.version}:\n${lastWords(result.output)}`,
  );
}
