/**
 * `cellwright backend install`: a faster back end in the user's cache folder, or nothing.
 *
 * Everything happens in a temporary folder beside the final one. There the back end must first train a network, in a process of its
 * own; only then is the folder renamed. Whatever fails before that, an interrupt too, leaves what was there before.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BackendName, tf } from "../../src/backend/index.ts";
import { backendFolder, backendsFolder, type InstalledBackend } from "../../src/backend/installed.ts";
import { CellwrightError } from "../../src/errors.ts";
import { findEnvironment, makeEnvironment } from "../lab/environment.ts";
import { isAlive } from "../lab/processes.ts";
import { findPython } from "../lab/python.ts";
import { authorsReleaseProblem, compileAddon, findCompiler, installAuthorsRelease } from "./addon.ts";
import { tryBackend } from "./measure.ts";
import { compileMute } from "./mute.ts";
import { installPackages } from "./packages.ts";
import { findTensorFlow, librariesOf, type TensorFlow, tensorFlowEnvironment, tensorFlowOf } from "./tensorflow.ts";

/** The back ends that can be installed. */
export const installable = ["tfjs-node", "tfjs-node-gpu", "webgpu"] as const satisfies readonly BackendName[];
export type Installable = (typeof installable)[number];

export interface InstallOptions {
  /** Link to the TensorFlow of this Python, and ask for no release of the authors. */
  readonly python?: string | undefined;
  /** Link to the TensorFlow of a private environment, made where it is not there. */
  readonly privateEnvironment?: boolean | undefined;
  /** A sentence about what is going to be done, or was found. */
  readonly onPlan: (sentence: string) => void;
  /** What is being done now; a detail of the same thing changes as it goes on. */
  readonly onProgress: (text: string, detail?: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What was installed. */
export interface InstallResult extends InstalledBackend {
  readonly folder: string;
  readonly imagesPerSecond: number;
}

/**
 * Installs a back end and sees it train.
 *
 * @throws CW_NPM_INSTALL, CW_TENSORFLOW_MISSING, CW_COMPILER_MISSING, CW_ADDON_COMPILE, CW_PYTHON_NO_VENV, CW_PYTHON_INSTALL,
 *   CW_BACKEND_FAILED; whichever it is, the folder is as it was
 */
export async function installBackend(name: Installable, options: InstallOptions): Promise<InstallResult> {
  const final = backendFolder(name);
  const making = join(backendsFolder(), `.making-${process.pid}`);
  const folder = join(making, name);
  removeAbandoned();
  mkdirSync(folder, { recursive: true });
  try {
    const built = name === "webgpu" ? await installWebGpu(folder, options) : await installNode(name, folder, options);
    const complete = { version: tf.version_core, ...built } satisfies InstalledBackend;
    writeFileSync(join(folder, "complete.json"), JSON.stringify(complete, null, 2));
    options.onProgress("training a network with it");
    const environment = { ...process.env, CELLWRIGHT_BACKENDS: making };
    const { imagesPerSecond } = await tryBackend(name, 1, { environment, signal: options.signal });
    replace(folder, final);
    return { ...complete, folder: final, imagesPerSecond };
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** Removes a back end that `installBackend` installed. False where there was none. */
export function uninstallBackend(name: Installable): boolean {
  const folder = backendFolder(name);
  if (!existsSync(folder)) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}

async function installNode(
  name: "tfjs-node" | "tfjs-node-gpu",
  folder: string,
  options: InstallOptions,
): Promise<Pick<InstalledBackend, "detail" | "needs">> {
  const { onPlan, onProgress, signal } = options;
  const version = tf.version_core;
  const packageName = `@tensorflow/${name}`;
  // What was asked for by name is looked for before anything is downloaded.
  const asked = options.python !== undefined || options.privateEnvironment === true;
  const named = asked ? await provideTensorFlow(name === "tfjs-node-gpu", options) : undefined;
  onPlan(`${packageName} ${version} and Node-API's headers from npm (9 MB)`);
  await installPackages(folder, [`${packageName}@${version}`, "node-api-headers@^1.9.0"], {
    standIns: ["@tensorflow/tfjs", "@tensorflow/tfjs-core"],
    version,
    onProgress,
    signal,
  });
  const home = join(folder, "node_modules", packageName);
  if (named === undefined) {
    const problem =
      (await authorsReleaseProblem(home)) ?? (await installAuthorsRelease(folder, packageName, onProgress, signal));
    if (problem === undefined) return { detail: "as its authors release it", needs: [] };
    onPlan(`not as its authors release it: ${problem}`);
  }
  if (process.platform !== "linux") {
    throw new CellwrightError(
      "CW_TENSORFLOW_MISSING",
      `${name} can be built against pip's TensorFlow on Linux only, not on ${process.platform}`,
    );
  }
  const compiler = findCompiler();
  const tensorflow = named ?? (await provideTensorFlow(name === "tfjs-node-gpu", options));
  onPlan(
    `TensorFlow ${tensorflow.version} of ${tensorflow.python}, used where it is; the add-on compiled with ${compiler}`,
  );
  onProgress("compiling the add-on (about 10 s)");
  const headers = join(folder, "node_modules", "node-api-headers", "include");
  await compileAddon(home, headers, tensorflow, compiler, signal);
  await compileMute(folder, headers, compiler, signal);
  return { detail: `built against TensorFlow ${tensorflow.version}`, needs: librariesOf(tensorflow) };
}

/** The TensorFlow that was named, or the first that is there, or a private one that is made now. */
async function provideTensorFlow(gpu: boolean, options: InstallOptions): Promise<TensorFlow> {
  const { python: named, privateEnvironment = false, onPlan, onProgress, signal } = options;
  if (named !== undefined) {
    const found = await tensorFlowOf(named);
    if (found !== undefined) return found;
    throw new CellwrightError(
      "CW_TENSORFLOW_MISSING",
      `${named} has no TensorFlow with libraries and headers; type: ${named} -m pip install tensorflow-cpu`,
    );
  }
  const found = privateEnvironment ? undefined : await findTensorFlow(gpu);
  if (found !== undefined) return found;
  const environment = tensorFlowEnvironment(gpu);
  const python = await findPython();
  if (python === undefined) {
    throw new CellwrightError(
      "CW_TENSORFLOW_MISSING",
      "no Python was found to get TensorFlow with; on Debian: apt-get install python3-venv",
    );
  }
  let executable = await findEnvironment(environment);
  if (executable === undefined) {
    const size = gpu ? "3 GB" : "300 MB";
    onPlan(`${environment.requirements[0]} from pip, into a private Python environment (a download of about ${size})`);
    const onPip = (text: string) => onProgress("getting TensorFlow", text);
    executable = await makeEnvironment(environment, python, { onProgress: onPip, ...(signal && { signal }) });
  }
  const made = await tensorFlowOf(executable);
  if (made !== undefined) return made;
  throw new CellwrightError(
    "CW_TENSORFLOW_MISSING",
    `pip's TensorFlow for this machine (${process.arch}) has no libraries to link to; name another with --python`,
  );
}

async function installWebGpu(
  folder: string,
  { onPlan, onProgress, signal }: InstallOptions,
): Promise<Pick<InstalledBackend, "detail" | "needs">> {
  const version = tf.version_core;
  onPlan(`webgpu (Dawn) and @tensorflow/tfjs-backend-webgpu ${version} from npm (about 160 MB)`);
  await installPackages(folder, ["webgpu@latest", `@tensorflow/tfjs-backend-webgpu@${version}`], {
    standIns: ["@tensorflow/tfjs-core"],
    version,
    onProgress,
    signal,
  });
  return { detail: "Dawn", needs: [] };
}

/** Puts the new folder in the place of the old one, which comes back if that fails. */
function replace(folder: string, final: string): void {
  const old = `${final}.old-${process.pid}`;
  const replaced = existsSync(final);
  if (replaced) renameSync(final, old);
  try {
    renameSync(folder, final);
  } catch (error) {
    if (replaced) renameSync(old, final);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/** Removes what a command that was killed left behind. */
function removeAbandoned(): void {
  const parent = backendsFolder();
  if (!existsSync(parent)) return;
  for (const entry of readdirSync(parent)) {
    const maker = /\.(making|old)-(\d+)$/.exec(entry);
    if (maker !== null && !isAlive(Number(maker[2]))) rmSync(join(parent, entry), { recursive: true, force: true });
  }
}
